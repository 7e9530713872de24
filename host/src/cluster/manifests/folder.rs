//! Which files of a folder are manifests.

use crate::cluster::ClusterError;
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The manifests below a folder, in the order of their paths, and sentences on what was left out.
pub(super) fn manifest_files(root: &Path) -> Result<(Vec<PathBuf>, Vec<String>), ClusterError> {
    let real_root = fs::canonicalize(root).map_err(|source| io_error(root, source))?;
    if !real_root.is_dir() {
        let message = format!(
            "{} is not a folder; expected a folder of manifests",
            root.display()
        );
        return Err(ClusterError::Unusable(message));
    }
    let seen = HashSet::from([real_root.clone()]);
    let mut walk = Walk {
        real_root,
        seen,
        files: Vec::new(),
        warnings: Vec::new(),
    };
    walk.folder(root)?;
    Ok((walk.files, walk.warnings))
}

/// The error for what the system said about `path`.
pub(super) fn io_error(path: &Path, source: std::io::Error) -> ClusterError {
    ClusterError::Io {
        path: path.display().to_string(),
        source,
    }
}

struct Walk {
    real_root: PathBuf,
    /// Where links led to, so that nothing is read twice and a loop ends.
    seen: HashSet<PathBuf>,
    files: Vec<PathBuf>,
    warnings: Vec<String>,
}

impl Walk {
    fn folder(&mut self, folder: &Path) -> Result<(), ClusterError> {
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let mut entries = entries.map_err(|source| io_error(folder, source))?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            if !entry.file_name().as_encoded_bytes().starts_with(b".") {
                self.entry(&entry.path())?;
            }
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path) -> Result<(), ClusterError> {
        let real = match fs::canonicalize(path) {
            Ok(real) => real,
            Err(error) if path.is_symlink() => {
                self.warnings.push(format!(
                    "{}: the link leads nowhere ({error}); left out",
                    path.display()
                ));
                return Ok(());
            }
            Err(source) => return Err(io_error(path, source)),
        };
        if !real.starts_with(&self.real_root) {
            self.warnings.push(format!(
                "{}: the link leads out of the folder; left out",
                path.display()
            ));
            return Ok(());
        }
        if !self.seen.insert(real) {
            return Ok(());
        }
        // Pipes and devices are no manifests, whatever their names.
        if path.is_dir() {
            self.folder(path)?;
        } else if path.is_file() && is_manifest(path) {
            self.files.push(path.to_owned());
        }
        Ok(())
    }
}

fn is_manifest(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| {
        ["yaml", "yml", "json"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(extension))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_are_found_in_the_order_of_their_paths() {
        let folder = tempfile::tempdir().unwrap();
        for path in [
            "b.yml",
            "a/z.yaml",
            "a/y.JSON",
            "a/note.txt",
            ".git/c.yaml",
            "a/.hidden.yaml",
            "yaml",
        ] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let (files, warnings) = manifest_files(folder.path()).unwrap();
        let names: Vec<_> = files
            .iter()
            .map(|path| path.strip_prefix(folder.path()).unwrap())
            .collect();
        assert_eq!(names, ["a/y.JSON", "a/z.yaml", "b.yml"].map(Path::new));
        assert!(warnings.is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_inside_the_folder_only_and_once() {
        use std::os::unix::fs::symlink;
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(outside.path().join("x.yaml"), "").unwrap();
        fs::create_dir(folder.path().join(".data")).unwrap();
        fs::write(folder.path().join(".data/a.yaml"), "").unwrap();
        for (target, link) in [
            (folder.path().join(".data/a.yaml"), "a.yaml"),
            (folder.path().join(".data/a.yaml"), "again.yaml"),
            (folder.path().to_owned(), "loop"),
            (outside.path().join("x.yaml"), "outside.yaml"),
            (outside.path().join("missing"), "nowhere.yaml"),
        ] {
            symlink(target, folder.path().join(link)).unwrap();
        }
        let (files, warnings) = manifest_files(folder.path()).unwrap();
        assert_eq!(files, [folder.path().join("a.yaml")]);
        let texts: Vec<_> = warnings
            .iter()
            .map(|text| text.contains("outside.yaml") || text.contains("nowhere"))
            .collect();
        assert_eq!(texts, [true, true], "{warnings:?}");
    }

    #[test]
    fn what_is_no_folder_is_an_error() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(matches!(
            manifest_files(file.path()),
            Err(ClusterError::Unusable(_))
        ));
        assert!(matches!(
            manifest_files(&file.path().join("x")),
            Err(ClusterError::Io { .. })
        ));
    }
}
