//! What is wrong with an archive, as long as that can be read by anybody.

use crate::archive::Finding;
use crate::object::ObjectId;

/// Beyond this, findings are counted only: a hostile archive can have millions of them.
const MOST: usize = 1000;

/// What is wrong with an archive.
#[derive(Debug, Default)]
pub(super) struct Findings {
    kept: Vec<Finding>,
    more: u64,
}

impl Findings {
    /// Note something about a file, or about an object in it.
    pub(super) fn add(&mut self, file: &str, object: Option<ObjectId>, message: impl Into<String>) {
        if self.kept.len() >= MOST {
            self.more += 1;
            return;
        }
        self.kept.push(Finding {
            file: file.to_owned(),
            object,
            message: message.into(),
        });
    }

    /// All of them; the last one says how many more there are.
    pub(super) fn into_vec(mut self) -> Vec<Finding> {
        if let (1.., Some(last)) = (self.more, self.kept.last()) {
            let (file, message) = (last.file.clone(), format!("{} more such findings", self.more));
            self.kept.push(Finding {
                file,
                object: None,
                message,
            });
        }
        self.kept
    }
}
