//! The Wasm host: it loads plugins, keeps them within their limits and grants, hands them objects and gives back what
//! they decided. It knows nothing of backups.

mod activity;
mod aot;
mod applies_to;
mod bindings;
mod built_in;
mod cache;
mod change;
mod clock;
mod decision;
mod engine;
mod error;
mod grants;
mod host;
mod inquiry;
mod inspect;
mod instance;
mod lent;
mod limiter;
mod linker;
mod loaded;
mod log;
mod look_ups;
mod modification;
mod moment;
mod operation;
mod outcome;
mod pods;
mod precedents;
mod registry;
mod settings;
mod signature;
mod source;
mod state;
mod waiting;
mod wasi;

#[cfg(test)]
mod tests;

pub use activity::{LogLine, PluginReport};
pub use applies_to::AppliesTo;
pub use built_in::{BUILT_INS, component as built_in_component, modifier_grants};
pub use error::{PluginError, PluginErrorKind};
pub use grants::{Access, Grants};
pub use host::{Batch, Configured, PluginHost, default_cache};
pub use inspect::{Inspection, MANIFEST_SECTION, Manifest, World};
pub use loaded::Plugin;
pub use look_ups::{Answered, ClusterSource, GivenObjects, LookUp, LookUpError, LookUpSource, LookUps};
pub use moment::{Facts, InitContainers, Moment};
pub use operation::Operation;
pub use outcome::{Modified, Note, Resolution, Verdict};
pub use pods::{EXEC_OUTPUT, ExecOutput, Pod, PodError, PodSession, Scripted, ScriptedPod};
pub use registry::{Address, RegistryError, Signed};
pub use settings::{Isolation, Limits, Settings};
pub use signature::TrustedKeys;
pub use source::{Source, SourceError, read as read_signed, signature_file};

/// The version of the contract (`wit/`) that this host speaks.
pub const CONTRACT_VERSION: &str = "0.1.0";
