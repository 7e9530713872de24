//! The runs that go on in this process.

use crate::report::Cancellation;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The runs that go on in this process, by the uid of their resource.
pub(super) struct Runs {
    going_on: Mutex<BTreeMap<String, Cancellation>>,
    most: usize,
}

impl Runs {
    /// At most `most` at a time.
    pub fn new(most: usize) -> Self {
        Runs {
            going_on: Mutex::default(),
            most,
        }
    }

    /// Begin the run `uid`; none when it goes on already, or so many do that it must wait.
    pub fn begin(&self, uid: &str) -> Option<Cancellation> {
        let mut going_on = self.going_on();
        if going_on.contains_key(uid) || going_on.len() >= self.most {
            return None;
        }
        let cancellation = Cancellation::default();
        going_on.insert(uid.to_owned(), cancellation.clone());
        Some(cancellation)
    }

    /// Whether the run `uid` goes on.
    pub fn is_going_on(&self, uid: &str) -> bool {
        self.going_on().contains_key(uid)
    }

    /// Ask the run `uid` to stop.
    pub fn cancel(&self, uid: &str) {
        if let Some(cancellation) = self.going_on().get(uid) {
            cancellation.cancel();
        }
    }

    /// Ask all to stop.
    pub fn cancel_all(&self) {
        self.going_on().values().for_each(Cancellation::cancel);
    }

    /// The run `uid` has ended.
    pub fn end(&self, uid: &str) {
        self.going_on().remove(uid);
    }

    /// How many go on.
    pub fn count(&self) -> usize {
        self.going_on().len()
    }

    /// A run that panicked has left the map whole, so the poison means nothing.
    fn going_on(&self) -> MutexGuard<'_, BTreeMap<String, Cancellation>> {
        self.going_on.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
