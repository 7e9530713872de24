//! The store in Azure, against Azurite.

mod conformance;
mod faults;
mod identities;
mod messages;
mod program;
mod store;
mod wire;
