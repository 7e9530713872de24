//! How far the library says it is, told as ours.

use crate::report::{self, Progress};
use rustic_core::{ProgressBars, ProgressType, RusticProgress};

/// What the library draws its progress on.
#[derive(Clone, Debug)]
pub(super) struct Bars {
    /// What is told of the steps in bytes, `Copying`, and of no other; none: all of them, as the library calls them.
    pub name: Option<String>,
    pub progress: Progress,
}

impl Bars {
    /// For what nobody looks at.
    pub fn hidden() -> Bars {
        Bars {
            name: None,
            progress: Progress::default(),
        }
    }
}

impl ProgressBars for Bars {
    fn progress(&self, kind: ProgressType, prefix: &str) -> rustic_core::Progress {
        let name = match (&self.name, kind) {
            (Some(name), ProgressType::Bytes) => name.clone(),
            (Some(_), _) => String::new(),
            (None, _) => sentence(prefix),
        };
        // Who has a name tells of bytes alone, and a step without a name is one that the library does not tell of.
        if name.is_empty() {
            return rustic_core::Progress::hidden();
        }
        let bar = Bar {
            name,
            is_bytes: matches!(kind, ProgressType::Bytes),
            progress: self.progress.clone(),
        };
        bar.begin(None);
        rustic_core::Progress::new(bar)
    }
}

/// A step of the library.
#[derive(Debug)]
struct Bar {
    name: String,
    is_bytes: bool,
    progress: Progress,
}

impl Bar {
    fn begin(&self, total: Option<u64>) {
        let unit = match self.is_bytes {
            true => report::Unit::Bytes,
            false => report::Unit::Things,
        };
        self.progress.begin_in(unit, self.name.clone(), total);
    }
}

impl RusticProgress for Bar {
    fn is_hidden(&self) -> bool {
        false
    }

    /// The total may be known late, when something was done already.
    fn set_length(&self, total: u64) {
        self.progress.expect(total);
    }

    fn set_title(&self, _title: &str) {}

    fn inc(&self, count: u64) {
        self.progress.advance(count);
    }

    fn finish(&self) {}
}

/// `reading index...` as a title of ours: `Reading index`.
fn sentence(prefix: &str) -> String {
    let text = prefix.trim_end_matches('.');
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_library_says_is_told_as_ours() {
        let progress = Progress::default();
        let bars = Bars {
            name: None,
            progress: progress.clone(),
        };
        let bar = bars.progress(ProgressType::Counter, "reading index...");
        bar.inc(2);
        bar.set_length(5);
        let now = progress.now();
        assert_eq!(
            (now.step.as_str(), now.total, now.done),
            ("Reading index", Some(5), 2)
        );
    }

    #[test]
    fn a_step_in_bytes_has_the_name_of_the_operation() {
        let progress = Progress::default();
        let bars = Bars {
            name: Some("Copying shop/data".into()),
            progress: progress.clone(),
        };
        bars.progress(ProgressType::Bytes, "backing up...").inc(7);
        assert_eq!(progress.now().step, "Copying shop/data");
        bars.progress(ProgressType::Counter, "saving snapshots...").inc(1);
        assert_eq!(progress.now().done, 7, "the other steps show nothing");
    }
}
