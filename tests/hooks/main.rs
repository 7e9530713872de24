//! Hooks, through the program, on a real node: etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kubelet,
//! containerd and runc. Where a machine cannot run a node, a line says why and these tests do nothing.

mod annotations;
mod backup;
mod connection;
mod endings;
mod faults;
mod frozen;
#[path = "../cli/harness.rs"]
#[allow(dead_code, reason = "the tests of the command line need more of it")]
mod harness;
mod pods;
mod postgresql;
mod report;
mod resources;
mod restore;
mod running;
