//! What plugins decided, checked and carried out.

use serde_json::Value;

/// What a modifier did to an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Modified {
    /// Whether it patched the object.
    pub changed: bool,
    /// Why it left the object as it is, where it said so.
    pub skipped: Option<String>,
    /// What it wants the user to know.
    pub notes: Vec<Note>,
}

/// What a resolver decided about an object that exists.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolution {
    /// What is to happen.
    pub verdict: Verdict,
    /// What it wants the user to know.
    pub notes: Vec<Note>,
}

/// What is to happen to an object that exists.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Leave the live object as it is.
    Skip {
        /// The resolver's reason; may be empty.
        reason: String,
    },
    /// Write this: the live object with the resolver's patches applied.
    Patch {
        /// The whole object.
        patched: Value,
    },
    /// Put the object to restore in the place of the live one.
    Replace,
    /// Delete the live object, wait, and create the one to restore.
    Recreate,
    /// Create the object to restore under another name.
    Rename {
        /// The other name.
        name: String,
    },
}

/// Something that a plugin wants the user to know about an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The plugin's code.
    pub code: String,
    /// One sentence.
    pub message: String,
    /// Where in the object, if anywhere.
    pub pointer: Option<String>,
}
