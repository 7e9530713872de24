//! What holds for every store, for the stores that need a server: the same suite that a folder passes.

pub use lazarette::store::*;

#[path = "../../host/src/store/conformance.rs"]
pub mod conformance;
