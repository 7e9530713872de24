//! Snapshots of volumes, through the program, on a real node with a CSI driver, external-provisioner, external-snapshotter
//! and snapshot-controller. Where a machine cannot run a node, a line says why and these tests do nothing.

mod claims;
#[path = "../cli/harness.rs"]
#[allow(dead_code, reason = "the tests of the command line need more of it")]
mod harness;
mod postgresql;
mod refused;
mod removal;
mod restore;
