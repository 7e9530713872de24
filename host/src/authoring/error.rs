//! What can go wrong while a plugin is written and tested.

use crate::plugin::PluginError;
use crate::report::{Code, Problem};
use std::path::Path;

/// Why a project, a component or a case cannot be worked with.
#[derive(Debug, thiserror::Error)]
pub enum AuthoringError {
    /// A name that cannot be that of a plugin.
    #[error(
        "'{0}' is no name of a plugin: lower-case letters, digits and single '-', beginning with a letter"
    )]
    Name(String),
    /// There is something in the place of the new project.
    #[error("{0}: there is something already")]
    Exists(String),
    /// A folder without a component that was built.
    #[error("{folder}: there is no component; build it first, looked for {}", tried.join(", "))]
    NotBuilt {
        /// The folder.
        folder: String,
        /// Where a component would have been found.
        tried: Vec<String>,
    },
    /// A folder without cases.
    #[error("{0}: there are no cases; write one into a file there that ends with .yaml")]
    NoCases(String),
    /// A case that cannot be read, or is not one.
    #[error("{file}:{line}: {message}")]
    Case {
        /// The file.
        file: String,
        /// Its line.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// A manifest that is none.
    #[error("{file}: {message}")]
    Manifest {
        /// The file.
        file: String,
        /// What is wrong.
        message: String,
    },
    /// A module that cannot be made a component, or a component that is damaged.
    #[error("{0}")]
    Component(String),
    /// A file that cannot be read or written.
    #[error("{file}: {cause}")]
    File {
        /// The file.
        file: String,
        /// Why.
        cause: std::io::Error,
    },
    /// The plugin itself.
    #[error(transparent)]
    Plugin(#[from] PluginError),
}

impl AuthoringError {
    /// For `map_err`: what went wrong with the file at `path`.
    pub(super) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> AuthoringError {
        let file = path.display().to_string();
        move |cause| AuthoringError::File { file, cause }
    }
}

impl From<AuthoringError> for Problem {
    fn from(error: AuthoringError) -> Problem {
        let message = error.to_string();
        let code = match error {
            AuthoringError::Name(_) => Code::InvalidArgument,
            AuthoringError::Exists(_) => Code::AlreadyExists,
            AuthoringError::NotBuilt { .. } | AuthoringError::NoCases(_) => Code::NotFound,
            AuthoringError::Case { .. } | AuthoringError::Manifest { .. } => Code::InvalidDocument,
            AuthoringError::Component(_) => Code::InvalidPlugin,
            AuthoringError::File { cause, .. } => match cause.kind() {
                std::io::ErrorKind::NotFound => Code::NotFound,
                _ => Code::FileAccess,
            },
            AuthoringError::Plugin(error) => return error.into(),
        };
        Problem::new(code, message)
    }
}
