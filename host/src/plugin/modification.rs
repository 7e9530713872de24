//! What a modifier decided, read and checked, and ready to be carried out on any object.

use super::change::Change;
use super::outcome::{Modified, Note};
use super::{Grants, PluginErrorKind};
use crate::object::Object;

/// What a call of a modifier came to: a modification, or the plugin's own error.
pub type Conclusion = Result<Modification, PluginErrorKind>;

/// What a modifier decided.
#[derive(Clone, Debug)]
pub struct Modification {
    /// What is to be done.
    pub action: Action,
    /// What the user is to know.
    pub notes: Vec<Note>,
}

/// What is to be done to an object.
#[derive(Clone, Debug)]
pub enum Action {
    /// Nothing.
    Nothing,
    /// Nothing, for a reason.
    Skip {
        /// The plugin's words.
        reason: String,
    },
    /// The object cannot be restored.
    Fail {
        /// The plugin's code.
        code: String,
        /// One sentence.
        message: String,
    },
    /// Patch it.
    Change(Change),
}

impl Modification {
    /// Carry it out on `object`. After an error `object` is as it was.
    pub fn carry_out(&self, object: &mut Object, grants: &Grants) -> Result<Modified, PluginErrorKind> {
        let mut modified = Modified {
            notes: self.notes.clone(),
            ..Modified::default()
        };
        match &self.action {
            Action::Nothing => {}
            Action::Skip { reason } => modified.skipped = Some(reason.clone()),
            Action::Fail { code, message } => {
                return Err(PluginErrorKind::Failed {
                    code: code.clone(),
                    message: message.clone(),
                    pointer: None,
                });
            }
            Action::Change(change) => {
                modified.notes.extend(change.apply(&mut object.json, grants)?);
                modified.changed = true;
            }
        }
        Ok(modified)
    }
}

/// Carry out a conclusion, or say what it is that failed.
pub fn carry_out(
    conclusion: &Conclusion,
    object: &mut Object,
    grants: &Grants,
) -> Result<Modified, PluginErrorKind> {
    match conclusion {
        Ok(modification) => modification.carry_out(object, grants),
        Err(failure) => Err(failure.clone()),
    }
}
