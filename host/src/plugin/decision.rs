//! What a plugin decides during a call, taken down as it comes, and carried out when the call has ended well.

use super::change::{Change, PatchText, valid_name};
use super::modification::{Action, Modification};
use super::outcome::{Note, Resolution, Verdict};
use super::{Grants, Limits, PluginErrorKind};
use crate::object::Object;

/// Notes that are kept of one call.
const NOTES: usize = 100;

/// What has been decided in a call so far.
#[derive(Debug, Default)]
pub struct Decisions {
    patches: Vec<PatchText>,
    ruling: Option<Ruling>,
    notes: Vec<Note>,
    bytes: usize,
}

#[derive(Debug)]
enum Ruling {
    Skip(String),
    Fail { code: String, message: String },
    Replace,
    Recreate,
    Rename(String),
}

impl Decisions {
    /// Count `bytes` that the plugin hands over, and refuse what goes over the limit.
    fn charge(&mut self, bytes: usize, limits: &Limits) -> Result<(), PluginErrorKind> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes <= limits.output {
            return Ok(());
        }
        Err(PluginErrorKind::Output(format!(
            "more than {} bytes in one call",
            limits.output
        )))
    }

    pub fn json_patch(&mut self, patch: String, limits: &Limits) -> Result<(), PluginErrorKind> {
        self.charge(patch.len(), limits)?;
        self.patches.push(PatchText::Json(patch));
        Ok(())
    }

    pub fn merge_patch(&mut self, patch: String, limits: &Limits) -> Result<(), PluginErrorKind> {
        self.charge(patch.len(), limits)?;
        self.patches.push(PatchText::Merge(patch));
        Ok(())
    }

    pub fn skip(&mut self, reason: String, limits: &Limits) -> Result<(), PluginErrorKind> {
        self.rule(reason.len(), Ruling::Skip(reason), limits)
    }

    pub fn fail(&mut self, code: String, message: String, limits: &Limits) -> Result<(), PluginErrorKind> {
        self.rule(code.len() + message.len(), Ruling::Fail { code, message }, limits)
    }

    pub fn replace(&mut self, limits: &Limits) -> Result<(), PluginErrorKind> {
        self.rule(0, Ruling::Replace, limits)
    }

    pub fn recreate(&mut self, limits: &Limits) -> Result<(), PluginErrorKind> {
        self.rule(0, Ruling::Recreate, limits)
    }

    pub fn rename(&mut self, name: String, limits: &Limits) -> Result<(), PluginErrorKind> {
        self.rule(name.len(), Ruling::Rename(name), limits)
    }

    fn rule(&mut self, bytes: usize, ruling: Ruling, limits: &Limits) -> Result<(), PluginErrorKind> {
        self.charge(bytes, limits)?;
        self.ruling = Some(ruling);
        Ok(())
    }

    pub fn note(&mut self, note: Note, limits: &Limits) -> Result<(), PluginErrorKind> {
        self.charge(note.code.len() + note.message.len(), limits)?;
        if self.notes.len() < NOTES {
            self.notes.push(note);
        }
        Ok(())
    }

    /// How many bytes the plugin has handed over.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// What a modifier decided, read and checked.
    pub fn modification(self, limits: &Limits) -> Result<Modification, PluginErrorKind> {
        let action = match self.ruling {
            Some(Ruling::Skip(reason)) => Action::Skip { reason },
            Some(Ruling::Fail { code, message }) => Action::Fail { code, message },
            Some(_) => {
                let message = "replace, recreate and rename are for conflict resolvers";
                return Err(PluginErrorKind::Output(message.to_owned()));
            }
            None if self.patches.is_empty() => Action::Nothing,
            None => Action::Change(Change::read(self.patches, limits)?),
        };
        Ok(Modification {
            action,
            notes: self.notes,
        })
    }

    /// What a resolver decided. Patches are applied to a copy of `live`.
    pub fn resolve(
        self,
        live: &Object,
        grants: &Grants,
        limits: &Limits,
    ) -> Result<Resolution, PluginErrorKind> {
        let mut notes = self.notes;
        let verdict = match self.ruling {
            Some(Ruling::Skip(reason)) => Verdict::Skip { reason },
            Some(Ruling::Fail { code, message }) => {
                return Err(PluginErrorKind::Failed {
                    code,
                    message,
                    pointer: None,
                });
            }
            Some(Ruling::Replace) => Verdict::Replace,
            Some(Ruling::Recreate) => {
                may_recreate(live, grants)?;
                Verdict::Recreate
            }
            Some(Ruling::Rename(name)) => Verdict::Rename {
                name: valid_name(name)?,
            },
            None if self.patches.is_empty() => Verdict::Skip {
                reason: String::new(),
            },
            None => {
                let mut patched = live.json.clone();
                let change = Change::read(self.patches, limits)?;
                notes.extend(change.apply(&mut patched, &Grants::default())?);
                Verdict::Patch { patched }
            }
        };
        Ok(Resolution { verdict, notes })
    }
}

/// Types whose objects hold data that goes with them: deleted only by a grant that names the type.
const PRECIOUS: &[&str] = &[
    "namespaces",
    "persistentvolumeclaims",
    "persistentvolumes",
    "customresourcedefinitions.apiextensions.k8s.io",
];

fn may_recreate(live: &Object, grants: &Grants) -> Result<(), PluginErrorKind> {
    let resource = live.id.resource.to_string();
    let named = format!("objects.delete:{resource}");
    if grants.allow(&named) || (grants.allow("objects.delete") && !PRECIOUS.contains(&resource.as_str())) {
        return Ok(());
    }
    let wanted = if PRECIOUS.contains(&resource.as_str()) {
        named
    } else {
        "objects.delete".to_owned()
    };
    Err(PluginErrorKind::Grant(format!(
        "it wants to delete and create anew; that needs the grant `{wanted}`"
    )))
}

#[cfg(test)]
mod tests;
