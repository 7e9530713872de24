//! What came of a call.

use crate::Error;
use json_patch::Patch;
use serde_json::Value;
use std::cell::RefCell;

/// What came of a call that returned `Ok`.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The object (the live one of a resolver) with the patches applied.
    pub object: Value,
    /// What was decided besides patches.
    pub verdict: Verdict,
    /// All operations of JSON patches, in order. Merge patches are not among them.
    pub operations: Vec<Value>,
    /// What the plugin wants the user to know.
    pub notes: Vec<Note>,
}

/// What was decided besides patches. The last one counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing: patches are applied, where there are any.
    #[default]
    None,
    /// Skip, with the reason.
    Skip(String),
    /// Fail, with code and message.
    Fail(String, String),
    /// Replace the live object.
    Replace,
    /// Delete and create anew.
    Recreate,
    /// Create under this name.
    Rename(String),
}

/// A note of a plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The plugin's code.
    pub code: String,
    /// One sentence.
    pub message: String,
    /// Where in the object.
    pub pointer: Option<String>,
}

/// Takes down what a plugin decides.
#[derive(Debug, Default)]
pub struct Recorder {
    patches: RefCell<Vec<Step>>,
    verdict: RefCell<Verdict>,
    notes: RefCell<Vec<Note>>,
}

#[derive(Debug)]
enum Step {
    Json(String),
    Merge(String),
}

impl Recorder {
    pub(crate) fn json_patch(&self, patch: &str) {
        self.patches.borrow_mut().push(Step::Json(patch.to_owned()));
    }

    pub(crate) fn merge_patch(&self, patch: &str) {
        self.patches.borrow_mut().push(Step::Merge(patch.to_owned()));
    }

    pub(crate) fn skip(&self, reason: &str) {
        self.verdict.replace(Verdict::Skip(reason.to_owned()));
    }

    pub(crate) fn fail(&self, code: &str, message: &str) {
        self.verdict
            .replace(Verdict::Fail(code.to_owned(), message.to_owned()));
    }

    pub(crate) fn replace(&self) {
        self.verdict.replace(Verdict::Replace);
    }

    pub(crate) fn recreate(&self) {
        self.verdict.replace(Verdict::Recreate);
    }

    pub(crate) fn rename(&self, name: &str) {
        self.verdict.replace(Verdict::Rename(name.to_owned()));
    }

    pub(crate) fn note(&self, code: &str, message: &str, pointer: Option<&str>) {
        let note = Note {
            code: code.to_owned(),
            message: message.to_owned(),
            pointer: pointer.map(str::to_owned),
        };
        self.notes.borrow_mut().push(note);
    }

    /// The outcome for `object`. Patches that do not apply are the error that the host would report.
    pub(crate) fn outcome(self, mut object: Value) -> Result<Outcome, Error> {
        let output = |error: &dyn std::fmt::Display| Error::new("output", error.to_string());
        let verdict = self.verdict.into_inner();
        let mut operations = Vec::new();
        for step in self.patches.into_inner() {
            match step {
                Step::Json(text) => {
                    let patch: Patch = serde_json::from_str(&text).map_err(|error| output(&error))?;
                    if verdict == Verdict::None {
                        json_patch::patch(&mut object, &patch).map_err(|error| output(&error))?;
                    }
                    operations.extend(
                        patch
                            .0
                            .iter()
                            .filter_map(|operation| serde_json::to_value(operation).ok()),
                    );
                }
                Step::Merge(text) => {
                    let patch = serde_json::from_str(&text).map_err(|error| output(&error))?;
                    if verdict == Verdict::None {
                        json_patch::merge(&mut object, &patch);
                    }
                }
            }
        }
        Ok(Outcome {
            object,
            verdict,
            operations,
            notes: self.notes.into_inner(),
        })
    }
}
