//! The vault, through the program: with a folder and with Azurite as the store, and with restic beside it.

mod azure;
mod commands;
#[path = "../cli/harness.rs"]
#[allow(dead_code, reason = "the tests of the command line need more of it")]
mod harness;
mod kill;
mod restic;
mod volume;
