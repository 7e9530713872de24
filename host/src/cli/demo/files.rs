//! The files of the demo: the example application, and the rules that change it.

use crate::report::{Code, Problem, ResultOf};
use std::io::ErrorKind;
use std::path::Path;

/// Paths below the demo's folder, and what is written there.
const FILES: [(&str, &str); 8] = [
    (
        "cluster/campaign-definition.yaml",
        include_str!("../../../assets/demo/cluster/campaign-definition.yaml"),
    ),
    (
        "cluster/campaigns.yaml",
        include_str!("../../../assets/demo/cluster/campaigns.yaml"),
    ),
    (
        "cluster/database.yaml",
        include_str!("../../../assets/demo/cluster/database.yaml"),
    ),
    (
        "cluster/namespaces.yaml",
        include_str!("../../../assets/demo/cluster/namespaces.yaml"),
    ),
    (
        "cluster/reports.yaml",
        include_str!("../../../assets/demo/cluster/reports.yaml"),
    ),
    (
        "cluster/staging.yaml",
        include_str!("../../../assets/demo/cluster/staging.yaml"),
    ),
    (
        "cluster/storefront.yaml",
        include_str!("../../../assets/demo/cluster/storefront.yaml"),
    ),
    ("rules.yaml", include_str!("../../../assets/demo/rules.yaml")),
];

/// Write the files into `folder`, which must not be there yet, or be empty: nothing of the user's is touched.
pub(super) fn write(folder: &Path) -> ResultOf<()> {
    let failed =
        |error: std::io::Error| Problem::new(Code::FileAccess, error.to_string()).about(folder.display());
    let is_empty = match std::fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == ErrorKind::NotFound => true,
        Err(error) => return Err(failed(error)),
    };
    if !is_empty {
        let message = "the folder is not empty: delete it, or choose another one with --dir";
        return Err(Problem::new(Code::AlreadyExists, message).about(folder.display()));
    }
    std::fs::create_dir_all(folder.join("cluster")).map_err(failed)?;
    FILES
        .iter()
        .try_for_each(|(path, text)| std::fs::write(folder.join(path), text))
        .map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_example_is_written() {
        let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo");
        let mut expected: Vec<String> = ["", "cluster"]
            .iter()
            .flat_map(|folder| std::fs::read_dir(assets.join(folder)).unwrap())
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_file())
            .map(|path| path.strip_prefix(&assets).unwrap().display().to_string())
            .collect();
        expected.sort();
        assert_eq!(FILES.map(|(path, _)| path.to_owned()).to_vec(), expected);
    }

    #[test]
    fn a_folder_with_anything_in_it_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("mine"), "precious").unwrap();
        assert_eq!(write(folder.path()).unwrap_err().code, Code::AlreadyExists);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
