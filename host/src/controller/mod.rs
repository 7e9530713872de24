//! The controller: turns resources of `lazarette.dev` into calls of this library, and results into status.
//!
//! It decides nothing by itself: [`crate::policy`] says when a run is due and what may be deleted, and the store is the
//! truth about recovery points. One replica at a time holds the lease and works; when it loses it, it ends. A run has the
//! rights of a service account of its own namespace, by a token that is asked for it, and never the controller's.

mod account;
mod backups;
mod context;
mod error;
mod expiry;
mod instances;
mod lease;
mod locations;
mod manifests;
mod points;
mod policies;
mod probes;
mod restores;
mod runs;
mod start;
mod status;
mod stores;

pub use context::Settings;
pub use error::ControllerError;
pub use manifests::{Installation, manifests};
pub use start::run;
