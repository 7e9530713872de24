//! How far an operation is.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A handle through which an operation says how far it is. Clones share one state, so that an operation may hand
/// them to its workers while somebody else draws [`Progress::now`]. Cheap enough to be called for every object.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    step: Arc<Mutex<Step>>,
    done: Arc<AtomicU64>,
}

/// What the things of a step are counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// Objects, files, requests.
    #[default]
    Things,
    /// Bytes, which people read as sizes.
    Bytes,
}

/// What an operation is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Step {
    name: String,
    unit: Unit,
    total: Option<u64>,
}

/// How far an operation is at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// What it is doing, to be read by people: `Reading objects`. Empty before the first step.
    pub step: String,
    /// What is counted.
    pub unit: Unit,
    /// How many there are, where that is known.
    pub total: Option<u64>,
    /// How many of them are done.
    pub done: u64,
}

impl Progress {
    /// Begin a step named `name` (`Writing objects`) with `total` things to do, where their number is known.
    pub fn begin(&self, name: impl Into<String>, total: Option<u64>) {
        self.begin_in(Unit::Things, name, total);
    }

    /// The same for a step that counts `unit`.
    pub fn begin_in(&self, unit: Unit, name: impl Into<String>, total: Option<u64>) {
        *self.step() = Step {
            name: name.into(),
            unit,
            total,
        };
        self.done.store(0, Ordering::Relaxed);
    }

    /// This step has `total` things to do, as is known by now.
    pub fn expect(&self, total: u64) {
        self.step().total = Some(total);
    }

    /// `count` more things of this step are done.
    pub fn advance(&self, count: u64) {
        self.done.fetch_add(count, Ordering::Relaxed);
    }

    /// How far the operation is now.
    pub fn now(&self) -> Position {
        let Step { name, unit, total } = self.step().clone();
        Position {
            step: name,
            unit,
            total,
            done: self.done.load(Ordering::Relaxed),
        }
    }

    /// A worker that panicked has left a step whole, so the poison means nothing.
    fn step(&self) -> MutexGuard<'_, Step> {
        self.step.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_count_together_and_a_step_begins_at_nothing() {
        let progress = Progress::default();
        progress.begin("Reading objects", None);
        progress.clone().advance(3);
        progress.advance(1);
        assert_eq!(
            progress.now(),
            Position {
                step: "Reading objects".into(),
                unit: Unit::Things,
                total: None,
                done: 4
            }
        );

        progress.begin("Writing objects", Some(4));
        assert_eq!(
            progress.now(),
            Position {
                step: "Writing objects".into(),
                unit: Unit::Things,
                total: Some(4),
                done: 0
            }
        );
    }
}
