//! Restores into a real cluster. What is restored is backed up from a folder of manifests.

mod conflicts;
mod interrupted;
mod planned;
mod types;

use crate::harness::{Ran, Workplace};
use lazarette_tests::cluster::{self, Cluster};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A backup `b` of some objects, and a cluster to restore it into.
pub struct Given {
    pub workplace: Workplace,
    pub cluster: &'static Cluster,
}

impl Given {
    /// A backup of `objects`.
    pub fn backup(objects: &[Value]) -> Self {
        let mut workplace = Workplace::empty();
        let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
        workplace.write("cluster/objects.json", &list.to_string());
        workplace.done(&["backup", "create", "b"]);
        let cluster = cluster::first();
        workplace.go_to(cluster.kubeconfig());
        Given { workplace, cluster }
    }

    /// Restore it as `r`, and give the report.
    pub fn restore(&self, words: &[&str]) -> Value {
        self.restore_as("r", words)
    }

    /// Restore it as `name`, and give the report.
    pub fn restore_as(&self, name: &str, words: &[&str]) -> Value {
        let ran = self.run(&[&["restore", "create", "b", "--name", name], words].concat());
        serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:#?}"))
    }

    /// Run a command with `-o json`, however it ends.
    pub fn run(&self, words: &[&str]) -> Ran {
        self.workplace.run(&[words, &["-o", "json"]].concat())
    }

    /// An object of the cluster.
    pub fn get(&self, namespace: &str, of: &str, name: &str) -> Value {
        self.cluster.get(&["-n", namespace, of, name])
    }
}

/// A name that no other test has.
pub fn unique(prefix: &str) -> String {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("{prefix}-{}-{number}", std::process::id())
}

pub fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

pub fn config_map(namespace: &str, name: &str, data: Value) -> Value {
    let metadata = json!({"name": name, "namespace": namespace});
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})
}

/// The report on an object.
#[track_caller]
pub fn on<'a>(report: &'a Value, id: &str) -> &'a Value {
    let (of, name) = id.split_once(' ').unwrap();
    let (namespace, name) = name
        .split_once('/')
        .map_or((Value::Null, name), |(n, name)| (json!(n), name));
    let is_it = |object: &&Value| {
        let id = &object["id"];
        id["resource"] == of && id["namespace"] == namespace && id["name"] == name
    };
    let objects = report["objects"].as_array().unwrap();
    objects
        .iter()
        .find(is_it)
        .unwrap_or_else(|| panic!("no {id} in {report:#}"))
}

/// The codes of the notes on an object.
pub fn notes(object: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let notes = object["notes"].as_array().into_iter().flatten();
    notes
        .map(|note| (text(&note["code"]), text(&note["pointer"])))
        .collect()
}
