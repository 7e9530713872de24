//! The program with real clusters: etcd, kube-apiserver and kube-controller-manager (`lazarette_tests::cluster`).

mod backup;
#[path = "../cli/harness.rs"]
#[allow(dead_code, reason = "the tests of the command line need more of it")]
mod harness;
