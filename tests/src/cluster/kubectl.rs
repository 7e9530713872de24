//! `kubectl`, for what users do before and after us.

use super::Cluster;
use crate::servers;
use serde_json::Value;
use std::io::Write;
use std::process::{Command, Output, Stdio};

impl Cluster {
    /// Run `kubectl` as administrator and give what it prints.
    ///
    /// # Panics
    /// When it fails.
    #[track_caller]
    pub fn kubectl(&self, words: &[&str]) -> String {
        self.kubectl_with(words, "")
    }

    /// The same, with a text as its standard input.
    #[track_caller]
    pub fn kubectl_with(&self, words: &[&str], input: &str) -> String {
        let output = self.try_kubectl(words, input);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "kubectl {}: {stderr}", words.join(" "));
        String::from_utf8(output.stdout).expect("kubectl prints UTF-8")
    }

    /// The same, and nothing is wrong when it fails.
    pub fn try_kubectl(&self, words: &[&str], input: &str) -> Output {
        let mut kubectl = Command::new(servers::program("kubectl"))
            .arg("--kubeconfig")
            .arg(self.kubeconfig())
            .arg("--cache-dir")
            .arg(self.folder().join("kubectl-cache"))
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("kubectl runs");
        // Where it ends before it has read everything, its message says why.
        let _ = kubectl
            .stdin
            .take()
            .expect("its standard input")
            .write_all(input.as_bytes());
        kubectl.wait_with_output().expect("kubectl ends")
    }

    /// Apply manifests (server-side, so that large ones go too).
    #[track_caller]
    pub fn apply(&self, manifests: &str) {
        self.kubectl_with(&["apply", "--server-side", "-f", "-"], manifests);
    }

    /// What `kubectl get … -o json` prints.
    #[track_caller]
    pub fn get(&self, words: &[&str]) -> Value {
        let words = [&["get"], words, &["-o", "json"]].concat();
        serde_json::from_str(&self.kubectl(&words)).expect("kubectl prints JSON")
    }
}
