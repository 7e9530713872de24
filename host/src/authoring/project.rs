//! A new project: everything that a plugin needs to be built and tested, in one folder.

use super::AuthoringError;
use super::sdk::{CONTRACT, SDK, SDK_MANIFEST};
use crate::plugin::World;
use std::path::Path;

/// The languages that there are templates for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// With the SDK.
    #[default]
    Rust,
    /// With componentize-js, from npm.
    Javascript,
    /// With componentize-py, from PyPI.
    Python,
}

/// A project that is to be made.
#[derive(Clone, Debug)]
pub struct Project {
    name: String,
    world: World,
    language: Language,
}

macro_rules! by_world {
    ($world:expr, $before:literal, $after:literal) => {
        match $world {
            World::ResourceModifier => {
                include_str!(concat!("templates/", $before, "resource-modifier", $after))
            }
            World::ConflictResolver => {
                include_str!(concat!("templates/", $before, "conflict-resolver", $after))
            }
            World::PodHook => include_str!(concat!("templates/", $before, "pod-hook", $after)),
        }
    };
}

impl Project {
    /// A project called `name`: lower-case letters, digits and `-`.
    pub fn new(name: &str, world: World, language: Language) -> Result<Self, AuthoringError> {
        let legal = |word: &str| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        let begins_well = name.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
        if !begins_well || name.len() > 63 || !name.split('-').all(legal) {
            return Err(AuthoringError::Name(name.to_owned()));
        }
        Ok(Project {
            name: name.to_owned(),
            world,
            language,
        })
    }

    /// Write it into `folder`, which must not be there yet, or be empty.
    pub fn write(&self, folder: &Path) -> Result<(), AuthoringError> {
        let is_free = match std::fs::read_dir(folder) {
            Ok(mut entries) => entries.next().is_none(),
            Err(error) => error.kind() == std::io::ErrorKind::NotFound,
        };
        if !is_free {
            return Err(AuthoringError::Exists(folder.display().to_string()));
        }
        for (path, text) in self.files() {
            let path = folder.join(path);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent).map_err(AuthoringError::file(parent))?;
            }
            std::fs::write(&path, text).map_err(AuthoringError::file(&path))?;
        }
        Ok(())
    }

    /// Its files, by path and text.
    fn files(&self) -> Vec<(String, String)> {
        let mut files = match self.language {
            Language::Rust => self.rust(),
            Language::Javascript => self.javascript(),
            Language::Python => self.python(),
        };
        files.push(("manifest.json", by_world!(self.world, "manifests/", ".json")));
        files.push(match self.world {
            World::ResourceModifier => (
                "cases/labels.yaml",
                include_str!("templates/cases/resource-modifier/labels.yaml"),
            ),
            World::ConflictResolver => (
                "cases/annotation.yaml",
                include_str!("templates/cases/conflict-resolver/annotation.yaml"),
            ),
            World::PodHook => (
                "cases/command.yaml",
                include_str!("templates/cases/pod-hook/command.yaml"),
            ),
        });
        let own = files
            .into_iter()
            .map(|(path, text)| (path.to_owned(), self.filled(text)));
        own.chain(self.vendored()).collect()
    }

    fn rust(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("Cargo.toml", include_str!("templates/rust/Cargo.toml.in")),
            (".gitignore", include_str!("templates/rust/gitignore")),
            ("README.md", include_str!("templates/rust/README.md")),
            ("src/lib.rs", by_world!(self.world, "rust/", ".rs")),
            ("vendor/lazarette-sdk/Cargo.toml", SDK_MANIFEST),
        ]
    }

    fn javascript(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            (
                "package.json",
                include_str!("templates/javascript/package.json.in"),
            ),
            (".gitignore", include_str!("templates/javascript/gitignore")),
            ("README.md", include_str!("templates/javascript/README.md")),
            ("build.mjs", include_str!("templates/javascript/build.mjs")),
            ("src/plugin.js", by_world!(self.world, "javascript/", ".js")),
            (
                "src/reported.js",
                include_str!("templates/javascript/reported.js"),
            ),
            ("wit/plugin.wit", by_world!(self.world, "wit/", ".wit")),
        ]
    }

    fn python(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            (
                "requirements.txt",
                include_str!("templates/python/requirements.txt"),
            ),
            (".gitignore", include_str!("templates/python/gitignore")),
            ("README.md", include_str!("templates/python/README.md")),
            ("plugin.py", by_world!(self.world, "python/", ".py")),
            ("reported.py", include_str!("templates/python/reported.py")),
            ("wit/plugin.wit", by_world!(self.world, "wit/", ".wit")),
        ]
    }

    /// What comes along unchanged: the contract, and for Rust the SDK.
    fn vendored(&self) -> Vec<(String, String)> {
        let below = |folder: &str, files: &[(&str, &str)]| -> Vec<(String, String)> {
            files
                .iter()
                .map(|(path, text)| (format!("{folder}/{path}"), (*text).to_owned()))
                .collect()
        };
        match self.language {
            Language::Rust => [
                below("vendor/lazarette-sdk/src", SDK),
                below("vendor/lazarette-sdk/wit", CONTRACT),
            ]
            .concat(),
            Language::Javascript | Language::Python => below("wit/deps/lazarette", CONTRACT),
        }
    }

    fn filled(&self, text: &str) -> String {
        text.replace("{{name}}", &self.name)
            .replace("{{crate}}", &self.name.replace('-', "_"))
            .replace("{{package}}", "my")
            .replace("{{world}}", self.world.name())
            .replace("{{version}}", env!("CARGO_PKG_VERSION"))
            .replace("{{use}}", &self.way_to_use())
    }

    /// The commands that use the plugin once it is built.
    fn way_to_use(&self) -> String {
        let name = &self.name;
        let component = match self.language {
            Language::Rust => format!("target/wasm32-wasip2/release/{}.wasm", name.replace('-', "_")),
            Language::Javascript | Language::Python => "plugin.wasm".to_owned(),
        };
        match self.world {
            World::ResourceModifier => format!(
                "lazarette plugin run {component} --plugin-config '{{\"labels\": {{\"team\": \"shop\"}}}}' < manifests.yaml\n\
                 lazarette restore plan BACKUP --plugin {name}={component} --resource-modifiers rules.yaml\n\
                 # with a rule  plugin: {{name: {name}, config: {{labels: {{team: shop}}}}}}"
            ),
            World::ConflictResolver => format!(
                "lazarette restore plan BACKUP --plugin {name}={component} --conflict-policy plugin:{name} \\\n    \
                 --plugin-config {name}='{{\"annotation\": \"example.com/keep\"}}'"
            ),
            World::PodHook => format!("lazarette plugin inspect {component}     # what it asks for"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("label", true)]
    #[case("my-plugin-2", true)]
    #[case("", false)]
    #[case("2nd", false)]
    #[case("My", false)]
    #[case("a--b", false)]
    #[case("a_b", false)]
    #[case("../a", false)]
    fn names(#[case] name: &str, #[case] expected: bool) {
        assert_eq!(
            Project::new(name, World::PodHook, Language::Rust).is_ok(),
            expected
        );
    }

    #[rstest]
    fn no_project_is_left_with_gaps(
        #[values(World::ResourceModifier, World::ConflictResolver, World::PodHook)] world: World,
        #[values(Language::Rust, Language::Javascript, Language::Python)] language: Language,
    ) {
        for (path, text) in Project::new("mine", world, language).unwrap().files() {
            assert!(!text.contains("{{"), "{path}");
        }
    }

    #[test]
    fn what_is_there_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let project = Project::new("mine", World::ResourceModifier, Language::Rust).unwrap();
        project.write(folder.path()).unwrap();
        assert!(matches!(
            project.write(folder.path()),
            Err(AuthoringError::Exists(_))
        ));
    }
}
