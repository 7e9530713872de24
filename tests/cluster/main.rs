//! The program with real clusters: etcd, kube-apiserver and kube-controller-manager.

mod backup;
mod contents;
mod controller;
mod definitions;
mod doctor;
mod faults;
#[path = "../cli/harness.rs"]
#[allow(dead_code, reason = "the tests of the command line need more of it")]
mod harness;
mod hooks;
mod kill;
mod login;
mod published;
mod resources;
mod restore;
mod rights;
mod round_trip;
mod secrets;
mod velero;
mod waiting;
