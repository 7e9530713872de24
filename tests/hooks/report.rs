//! What the program says of hooks.

use crate::harness::{Ran, Workplace};
use flate2::read::GzDecoder;
use serde_json::Value;
use std::fs::File;

/// The exit code of an operation that is done in part.
pub const IN_PART: i32 = 3;

/// What hooks did in a backup: the commands that ran, or were to.
#[track_caller]
pub fn attempts(workplace: &Workplace, backup: &str) -> Vec<Value> {
    let path = workplace.path(&format!(
        "backups/backups/{backup}/{backup}-lazarette-hooks.json.gz"
    ));
    let file = File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let record: Value = serde_json::from_reader(GzDecoder::new(file)).unwrap();
    record["attempts"].as_array().unwrap().clone()
}

/// Those in the report of a restore.
#[track_caller]
pub fn attempts_of(restored: &Ran) -> Vec<Value> {
    let report: Value = serde_json::from_str(&restored.stdout).unwrap_or_else(|_| panic!("{restored:#?}"));
    report["hookAttempts"]
        .as_array()
        .unwrap_or_else(|| panic!("{report:#}"))
        .clone()
}

/// The attempt with a command that has this word.
#[track_caller]
pub fn attempt<'a>(attempts: &'a [Value], word: &str) -> &'a Value {
    let has = |attempt: &&Value| attempt["command"].to_string().contains(word);
    attempts
        .iter()
        .find(has)
        .unwrap_or_else(|| panic!("'{word}' is not in {attempts:#?}"))
}

/// Make a backup of a namespace with the hooks in a text, and give what it did.
pub fn back_up(workplace: &Workplace, name: &str, namespace: &str, hooks: &str, more: &[&str]) -> Ran {
    workplace.write("hooks.yaml", hooks);
    let words = [
        "backup",
        "create",
        name,
        "--include-namespaces",
        namespace,
        "--hooks",
        "hooks.yaml",
    ];
    workplace.run(&[&words, more].concat())
}

/// Whether a backup holds a pod.
pub fn holds(workplace: &Workplace, backup: &str, namespace: &str, pod: &str) -> bool {
    let archive = workplace.path(&format!("backups/backups/{backup}/{backup}.tar.gz"));
    let mut archive = tar::Archive::new(flate2::read::MultiGzDecoder::new(File::open(archive).unwrap()));
    let wanted = format!("resources/pods/namespaces/{namespace}/{pod}.json");
    let mut entries = archive.entries().unwrap();
    entries.any(|entry| entry.unwrap().path().unwrap().to_str() == Some(wanted.as_str()))
}
