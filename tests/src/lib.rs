//! What the end-to-end tests share: real servers, faults, counts. What goes wrong here panics, as in a test.

pub mod azurite;
pub mod cluster;
pub mod contract;
pub mod counts;
pub mod kept;
mod listening;
pub mod node;
pub mod pki;
pub mod processes;
pub mod proxy;
pub mod restic;
pub mod servers;
pub mod socks;
pub mod tls;
pub mod tunnel;
pub mod velero;
pub mod wait;

/// The example in the README, which must compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
