//! What can go wrong with a plugin.

use crate::report::{Code, Problem};

/// Why a plugin cannot be used, or failed on an object. Each names the plugin; [`Problem::about`] names the object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("plugin {plugin}: {kind}")]
pub struct PluginError {
    /// Name of the plugin.
    pub plugin: String,
    /// What went wrong.
    pub kind: PluginErrorKind,
}

/// What went wrong with a plugin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PluginErrorKind {
    /// The file is no component, or of no world that we know.
    #[error("{0}")]
    Invalid(String),
    /// The component was built for another version of the contract.
    #[error(
        "it was built for version {found} of the contract; this host has {}",
        super::CONTRACT_VERSION
    )]
    Contract {
        /// The version that the component imports or exports.
        found: String,
    },
    /// Something is not granted.
    #[error("{0}")]
    Grant(String),
    /// The component is another one than was asked for.
    #[error("{0}")]
    Digest(String),
    /// The component is not signed by whom it must be.
    #[error("{0}")]
    Signature(String),
    /// The plugin refused its configuration.
    #[error("configuration refused{}: {message}", pointer.as_ref().filter(|at| !at.is_empty()).map(|at| format!(" at {at}")).unwrap_or_default())]
    Configuration {
        /// The plugin's message.
        message: String,
        /// The member that is wrong.
        pointer: Option<String>,
    },
    /// A call ran longer than it may.
    #[error("ran longer than {0:?}")]
    Deadline(std::time::Duration),
    /// More memory was wanted than is allowed.
    #[error("wanted more than {} MiB of memory", limit >> 20)]
    Memory {
        /// The limit in bytes.
        limit: usize,
    },
    /// The plugin crashed.
    #[error("crashed: {0}")]
    Trap(String),
    /// What it decided cannot be carried out.
    #[error("returned something that cannot be used: {0}")]
    Output(String),
    /// It looks up what has changed since the plan was made that is applied.
    #[error("{0}")]
    Outdated(String),
    /// The plugin returned an error, or decided that the object cannot be restored.
    #[error("{message} ({code})")]
    Failed {
        /// The plugin's code.
        code: String,
        /// The plugin's message.
        message: String,
        /// Where in the object.
        pointer: Option<String>,
    },
}

impl PluginErrorKind {
    /// The code in the catalogue.
    pub fn code(&self) -> Code {
        match self {
            PluginErrorKind::Invalid(_) => Code::InvalidPlugin,
            PluginErrorKind::Contract { .. } => Code::PluginContract,
            PluginErrorKind::Grant(_) => Code::PluginGrant,
            PluginErrorKind::Digest(_) => Code::PluginDigest,
            PluginErrorKind::Signature(_) => Code::PluginSignature,
            PluginErrorKind::Configuration { .. } => Code::PluginConfiguration,
            PluginErrorKind::Deadline(_) => Code::PluginDeadline,
            PluginErrorKind::Memory { .. } => Code::PluginMemory,
            PluginErrorKind::Trap(_) => Code::PluginTrap,
            PluginErrorKind::Output(_) => Code::PluginOutput,
            PluginErrorKind::Outdated(_) => Code::OutdatedPlan,
            PluginErrorKind::Failed { .. } => Code::PluginFailed,
        }
    }
}

impl From<PluginError> for Problem {
    fn from(error: PluginError) -> Problem {
        Problem::new(error.kind.code(), error.to_string())
    }
}
