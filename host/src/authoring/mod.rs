//! What authors of plugins need: a new project, tests of a component against cases in files, a manifest put into a
//! component, and what calls cost. It works on the plugin host alone, without a cluster or a backup.

mod bench;
mod case;
mod component;
mod error;
mod expectation;
mod package;
mod project;
mod sdk;
mod suite;
mod update;

pub use bench::{Measured, Spread, measure};
pub use case::{Case, CaseFile};
pub use component::Component;
pub use error::AuthoringError;
pub use package::{componentize, with_manifest};
pub use project::{Language, Project};
pub use suite::{CaseResult, Suite};
pub use update::updated;
