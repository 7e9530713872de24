//! The command line, through the program itself: what its users type, and what they get.

mod authoring;
mod backups;
mod defects;
mod demo;
#[allow(dead_code, reason = "the tests with real clusters need more of it")]
mod harness;
mod help;
mod hooks;
mod interruption;
mod languages;
mod modifiers;
mod operators;
mod plugins;
mod policies;
mod readme;
mod restores;
mod settings;
mod usage;
