//! Lazarette: backup and restore of Kubernetes whose every decision about an object is made by a sandboxed
//! WebAssembly plugin.
//!
//! Data flows one way: [`cluster`] → [`backup`] → [`archive`] → [`store`], and back: [`store`] → [`archive`] →
//! [`restore`] → [`cluster`]. [`plugin`] knows nothing of backups: [`modify`], [`hooks`] and [`restore`] hand it objects and
//! get decisions. [`vault`] keeps the data of volumes beside the archive. [`doctor`] finds out beforehand whether an operation would go through, [`policy`] decides when one is made and how long it is kept. [`cli`] parses, calls the library and prints.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::as_conversions
    )
)]

pub mod archive;
pub mod authoring;
pub mod backup;
pub mod cli;
pub mod cluster;
pub mod controller;
pub mod doctor;
pub mod hooks;
pub mod modify;
pub mod object;
pub mod plugin;
pub mod policy;
pub mod report;
pub mod resources;
pub mod restore;
mod signing;
pub mod store;
pub mod vault;
pub mod volumes;
