// Command folder-store is a plugin of Velero that keeps objects as files below a folder.
package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/vmware-tanzu/velero/pkg/plugin/framework"
)

func main() {
	framework.NewServer().
		RegisterObjectStore("lazarette.dev/folder", func(logrus.FieldLogger) (any, error) {
			return &folderStore{}, nil
		}).
		Serve()
}

// folderStore keeps objects below the folder that its configuration names: a bucket cannot be a path.
type folderStore struct {
	root string
}

func (s *folderStore) Init(config map[string]string) error {
	s.root = config["root"]
	if s.root == "" {
		return errors.New("the configuration lacks `root`, a folder")
	}
	return nil
}

func (s *folderStore) path(bucket, key string) string {
	return filepath.Join(s.root, bucket, filepath.FromSlash(key))
}

func (s *folderStore) PutObject(bucket, key string, body io.Reader) error {
	path := s.path(bucket, key)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".partial-")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	if _, err := io.Copy(file, body); err != nil {
		file.Close()
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

func (s *folderStore) ObjectExists(bucket, key string) (bool, error) {
	_, err := os.Stat(s.path(bucket, key))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func (s *folderStore) GetObject(bucket, key string) (io.ReadCloser, error) {
	return os.Open(s.path(bucket, key))
}

func (s *folderStore) ListObjects(bucket, prefix string) ([]string, error) {
	root := filepath.Join(s.root, bucket)
	var keys []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(entry.Name(), ".") {
			return err
		}
		relative, err := filepath.Rel(root, path)
		if key := filepath.ToSlash(relative); strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return keys, err
}

func (s *folderStore) ListCommonPrefixes(bucket, prefix, delimiter string) ([]string, error) {
	keys, err := s.ListObjects(bucket, prefix)
	seen := map[string]bool{}
	for _, key := range keys {
		if at := strings.Index(key[len(prefix):], delimiter); at >= 0 {
			seen[key[:len(prefix)+at+len(delimiter)]] = true
		}
	}
	prefixes := make([]string, 0, len(seen))
	for found := range seen {
		prefixes = append(prefixes, found)
	}
	sort.Strings(prefixes)
	return prefixes, err
}

func (s *folderStore) DeleteObject(bucket, key string) error {
	path := s.path(bucket, key)
	if err := os.Remove(path); err != nil {
		return err
	}
	// An object store has no folders, so that one that is empty goes; one that is not stays.
	_ = os.Remove(filepath.Dir(path))
	return nil
}

func (s *folderStore) CreateSignedURL(string, string, time.Duration) (string, error) {
	return "", errors.New("a folder has no addresses")
}
