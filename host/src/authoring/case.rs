//! Cases: what a plugin is given, and what it is to do with that.

use super::AuthoringError;
use crate::object::{Object, ResourceTypes, Schemas, guess_object, yaml};
use crate::plugin::{GivenObjects, LookUps, Operation};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file of cases, one in each YAML document.
#[derive(Debug)]
pub struct CaseFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// Its cases, in their order.
    pub cases: Vec<Case>,
}

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it is about.
    pub name: String,
    /// Its first line in the file, from 1.
    pub line: usize,
    /// The configuration of the plugin.
    pub config: Value,
    /// What the plugin is called with.
    pub subject: Subject,
    /// What is in the cluster, for look-ups.
    pub cluster: Vec<Object>,
    /// How commands end, for hooks.
    pub exec: Vec<ExecAnswer>,
    /// What is to come out; none where that is to be found out.
    pub expect: Option<Value>,
    operation: OperationSpec,
}

/// What a plugin is called with, by its world.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A modifier: an object.
    Object(Object),
    /// A resolver: the object to restore and the live one.
    Conflict {
        /// As it would be created.
        wanted: Object,
        /// As it is in the cluster.
        live: Object,
    },
    /// A hook: a pod, and the moment.
    Pod {
        /// The pod.
        pod: Object,
        /// The moment.
        event: EventSpec,
    },
}

/// The moment that a hook is called for.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventSpec {
    /// `before-backup`, `after-backup`, `before-restore`, `after-restore`.
    pub phase: String,
    /// Why it is called in another way than usual.
    #[serde(default)]
    pub cause: Option<String>,
    /// What was kept for the pod before.
    #[serde(default)]
    pub facts: BTreeMap<String, String>,
}

/// How a command ends, in a case.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExecAnswer {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// The container; any where it is none.
    #[serde(default)]
    pub container: Option<String>,
    /// The exit code.
    #[serde(default)]
    pub exit_code: i32,
    /// What it writes to standard output.
    #[serde(default)]
    pub stdout: String,
    /// What it writes to standard error.
    #[serde(default)]
    pub stderr: String,
    /// Why it cannot be run: an error code of the interface `pods`.
    #[serde(default)]
    pub error: Option<String>,
}

/// What the plugin is told about the operation.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct OperationSpec {
    kind: Option<String>,
    now: Option<jiff::Timestamp>,
    #[serde(default)]
    backup: String,
    #[serde(default)]
    namespace_mappings: BTreeMap<String, String>,
}

/// A document, as it is written.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Document {
    name: Option<String>,
    #[serde(default = "nothing")]
    config: Value,
    #[serde(default)]
    operation: OperationSpec,
    object: Option<Value>,
    wanted: Option<Value>,
    live: Option<Value>,
    pod: Option<Value>,
    event: Option<EventSpec>,
    #[serde(default)]
    cluster: Vec<Value>,
    #[serde(default)]
    exec: Vec<ExecAnswer>,
    expect: Option<Value>,
}

fn nothing() -> Value {
    json!({})
}

impl CaseFile {
    /// All files with cases in the folder `cases` of the project at `folder`, in the order of their names.
    pub fn read_all(folder: &Path) -> Result<Vec<Self>, AuthoringError> {
        let cases = folder.join("cases");
        let none = || AuthoringError::NoCases(cases.display().to_string());
        let entries = std::fs::read_dir(&cases).map_err(|_| none())?;
        let is_yaml = |path: &PathBuf| path.extension().is_some_and(|end| end == "yaml" || end == "yml");
        let mut paths: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(is_yaml)
            .collect();
        paths.sort();
        if paths.is_empty() {
            return Err(none());
        }
        let read = |path: &PathBuf| {
            let text = std::fs::read_to_string(path).map_err(AuthoringError::file(path))?;
            CaseFile::parse(path, text)
        };
        paths.iter().map(read).collect()
    }

    /// The cases in `text`, which errors call `path`.
    pub fn parse(path: &Path, text: String) -> Result<Self, AuthoringError> {
        let wrong = |line: usize, message: String| AuthoringError::Case {
            file: path.display().to_string(),
            line,
            message,
        };
        let documents = yaml::parse_all(&text).map_err(|error| wrong(error.line, error.message))?;
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let mut cases = Vec::new();
        for (index, document) in documents.into_iter().enumerate() {
            if document.value.is_null() {
                continue;
            }
            let unnamed = || format!("{stem} {}", index + 1);
            let case = Case::read(document.value, document.line, unnamed);
            cases.push(case.map_err(|message| wrong(document.line, message))?);
        }
        Ok(CaseFile {
            path: path.to_owned(),
            text,
            cases,
        })
    }
}

impl Case {
    fn read(document: Value, line: usize, unnamed: impl FnOnce() -> String) -> Result<Self, String> {
        let document: Document = serde_path_to_error::deserialize(document)
            .map_err(|error| format!("{}: {}", error.path(), error.inner()))?;
        let types = ResourceTypes::built_in();
        let object = |json: Value| guess_object(json, &types).map_err(str::to_owned);
        let subject = match (
            document.object,
            document.wanted,
            document.live,
            document.pod,
            document.event,
        ) {
            (Some(json), None, None, None, None) => Subject::Object(object(json)?),
            (None, Some(wanted), Some(live), None, None) => Subject::Conflict {
                wanted: object(wanted)?,
                live: object(live)?,
            },
            (None, None, None, Some(pod), Some(event)) => Subject::Pod {
                pod: object(pod)?,
                event,
            },
            _ => {
                let message = "a case has `object` (resource-modifier), or `wanted` and `live` (conflict-resolver), or \
                               `pod` and `event` (pod-hook)";
                return Err(message.to_owned());
            }
        };
        Ok(Case {
            name: document.name.unwrap_or_else(unnamed),
            line,
            config: document.config,
            subject,
            cluster: document
                .cluster
                .into_iter()
                .map(object)
                .collect::<Result<_, _>>()?,
            exec: document.exec,
            expect: document.expect,
            operation: document.operation,
        })
    }

    /// The operation that the plugin is called in. The time is that of the case, or the first second of 2026.
    pub(super) fn operation(&self) -> Operation {
        let first = jiff::Timestamp::from_second(1_767_225_600).unwrap_or_default();
        Operation {
            kind: self.operation.kind.clone().unwrap_or_else(|| "test".to_owned()),
            now: self.operation.now.unwrap_or(first),
            backup: self.operation.backup.clone(),
            namespace_mappings: self.operation.namespace_mappings.clone(),
            seed: [0; 32],
            schemas: Arc::new(Schemas::default()),
            look_ups: LookUps::new(GivenObjects::new(self.cluster.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn parse(text: &str) -> Result<CaseFile, AuthoringError> {
        CaseFile::parse(Path::new("cases/mine.yaml"), text.to_owned())
    }

    #[test]
    fn each_document_is_a_case() {
        let text = "
object: {apiVersion: v1, kind: Pod, metadata: {name: a}}
---
name: two
wanted: {apiVersion: v1, kind: Pod, metadata: {name: a}}
live: {apiVersion: v1, kind: Pod, metadata: {name: a}}
";
        let file = parse(text).unwrap();
        let found: Vec<(&str, usize)> = file
            .cases
            .iter()
            .map(|case| (case.name.as_str(), case.line))
            .collect();
        assert_eq!(found, [("mine 1", 2), ("two", 4)]);
    }

    #[rstest]
    #[case::nothing("name: x", "cases/mine.yaml:1: a case has `object`")]
    #[case::both("object: {}\nwanted: {}", "cases/mine.yaml:1: a case has `object`")]
    #[case::misspelt("objekt: {}", "cases/mine.yaml:1: objekt: unknown field")]
    #[case::no_object("object: {kind: Pod}", "cases/mine.yaml:1: this is no object of Kubernetes")]
    #[case::deep(
        "---\n---\nexec: [{command: 1}]",
        "cases/mine.yaml:3: exec[0].command: invalid type"
    )]
    #[case::no_yaml("a: [", "cases/mine.yaml:")]
    fn what_is_no_case_is_named_with_its_line(#[case] text: &str, #[case] message: &str) {
        let error = parse(text).unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
    }
}
