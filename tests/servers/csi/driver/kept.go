package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// kept is a volume or a snapshot: a folder with the data, and what is known of it.
type kept struct {
	folder string
	// Size is how much was asked for, in bytes.
	Size int64
	// Source is the volume of a snapshot.
	Source string
	// Group is the group of a snapshot, if it is of one.
	Group   string
	Created time.Time
}

func (k *kept) id() string   { return filepath.Base(k.folder) }
func (k *kept) data() string { return filepath.Join(k.folder, "data") }

func (d *driver) volume(id string) (*kept, error)   { return read(d.volumes(), id) }
func (d *driver) snapshot(id string) (*kept, error) { return read(d.snapshots(), id) }

// read reads what is kept under a name.
func read(folder, id string) (*kept, error) {
	if id == "" || strings.ContainsAny(id, "/.") {
		return nil, status.Errorf(codes.NotFound, "there is no %q", id)
	}
	found := &kept{folder: filepath.Join(folder, id)}
	text, err := os.ReadFile(filepath.Join(found.folder, "kept.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, status.Errorf(codes.NotFound, "there is no %q", id)
	}
	if err == nil {
		err = json.Unmarshal(text, found)
	}
	if err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	return found, nil
}

// keep makes a folder with a copy of the data in another one, if there is one. It gets its name when it is whole.
func keep(folder, id, from string, what kept) (*kept, error) {
	unfinished := filepath.Join(folder, "."+id)
	what.folder, what.Created = filepath.Join(folder, id), time.Now()
	err := os.RemoveAll(unfinished)
	if err == nil {
		err = os.MkdirAll(filepath.Join(unfinished, "data"), 0o755)
	}
	if err == nil {
		err = os.Chmod(filepath.Join(unfinished, "data"), 0o777)
	}
	if err == nil && from != "" {
		copied := exec.Command("cp", "--archive", "--reflink=auto", from+"/.", filepath.Join(unfinished, "data"))
		// Files that go away while they are copied are none of a moment's picture.
		if output, failed := copied.CombinedOutput(); failed != nil && !strings.Contains(string(output), "No such file") {
			err = errors.New(string(output))
		}
	}
	text, encoded := json.Marshal(what)
	if err = errors.Join(err, encoded); err == nil {
		err = os.WriteFile(filepath.Join(unfinished, "kept.json"), text, 0o644)
	}
	if err == nil {
		err = os.Rename(unfinished, what.folder)
	}
	if err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	return &what, nil
}

// remove removes what is kept under a name, if there is any.
func remove(folder, id string) error {
	found, err := read(folder, id)
	if err != nil {
		if status.Code(err) == codes.NotFound {
			return nil
		}
		return err
	}
	if err := os.RemoveAll(found.folder); err != nil {
		return status.Error(codes.Internal, err.Error())
	}
	return nil
}

// all is all that a folder keeps.
func all(folder string) []*kept {
	entries, _ := os.ReadDir(folder)
	var found []*kept
	for _, entry := range entries {
		if one, err := read(folder, entry.Name()); err == nil {
			found = append(found, one)
		}
	}
	return found
}
