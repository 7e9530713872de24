//! The contract and the Rust SDK, as they go into new projects: an author has neither our sources nor, perhaps, a
//! network.

/// A file by its path in the project and its text.
pub type File = (&'static str, &'static str);

macro_rules! files {
    ($from:literal: $($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!($from, $path)))),*]
    };
}

/// `wit/`.
pub const CONTRACT: &[File] = files!("../../../wit/":
    "cluster.wit",
    "decisions.wit",
    "events.wit",
    "log.wit",
    "objects.wit",
    "operation.wit",
    "package.wit",
    "pods.wit",
    "schemas.wit",
    "types.wit",
    "worlds.wit",
);

/// `sdk/rust/src/`.
pub const SDK: &[File] = files!("../../../sdk/rust/src/":
    "bindings.rs",
    "cluster.rs",
    "decision.rs",
    "error.rs",
    "event.rs",
    "export.rs",
    "forward.rs",
    "lib.rs",
    "log.rs",
    "object.rs",
    "operation.rs",
    "pods.rs",
    "pointer.rs",
    "testing/fixture.rs",
    "testing/mod.rs",
    "testing/outcome.rs",
    "testing/surroundings.rs",
);

/// The manifest of the SDK's crate when it stands alone.
pub const SDK_MANIFEST: &str = include_str!("templates/rust/sdk.Cargo.toml");

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn paths(folder: &Path, below: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            match entry.path() {
                path if path.is_dir() => paths(&path, below, found),
                path => found.push(path.strip_prefix(below).unwrap().display().to_string()),
            }
        }
        found.sort();
    }

    #[test]
    fn every_file_of_the_contract_and_of_the_sdk_goes_along() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for (folder, files) in [("wit", CONTRACT), ("sdk/rust/src", SDK)] {
            let folder = workspace.join(folder);
            let mut found = Vec::new();
            paths(&folder, &folder, &mut found);
            let embedded: Vec<&str> = files.iter().map(|(path, _)| *path).collect();
            assert_eq!(found, embedded, "add it to the list in host/src/authoring/sdk.rs");
        }
    }

    #[test]
    fn the_sdk_has_the_dependencies_of_this_workspace() {
        let ours: toml::Table = include_str!("../../../Cargo.toml").parse().unwrap();
        let ours = ours["workspace"]["dependencies"].as_table().unwrap();
        let alone: toml::Table = SDK_MANIFEST.parse().unwrap();
        let here: toml::Table = include_str!("../../../sdk/rust/Cargo.toml").parse().unwrap();
        assert_eq!(alone["features"], here["features"]);
        let alone = alone["dependencies"].as_table().unwrap();
        let here: Vec<&String> = here["dependencies"].as_table().unwrap().keys().collect();
        assert_eq!(alone.keys().collect::<Vec<_>>(), here);
        for (name, dependency) in alone {
            let mut dependency = dependency.clone();
            if let Some(table) = dependency.as_table_mut() {
                table.remove("optional");
            }
            assert_eq!(dependency, ours[name], "{name}");
        }
    }
}
