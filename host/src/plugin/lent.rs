//! What an instance holds handles of.

use std::collections::BTreeMap;

/// What a plugin holds handles of. No handle is given twice, so that one that was kept too long finds nothing.
pub struct Lent<T> {
    things: BTreeMap<u32, T>,
    next: u32,
}

impl<T> Lent<T> {
    /// Nothing yet; `first` is the first handle.
    pub fn new(first: u32) -> Self {
        Lent {
            things: BTreeMap::new(),
            next: first,
        }
    }

    /// Keep a thing, and give its handle.
    pub fn add(&mut self, thing: T) -> u32 {
        let handle = self.next;
        self.next = self.next.saturating_add(1);
        self.things.insert(handle, thing);
        handle
    }

    /// The thing of a handle.
    pub fn get(&self, handle: u32) -> Option<&T> {
        self.things.get(&handle)
    }

    /// The handle was dropped.
    pub fn remove(&mut self, handle: u32) {
        self.things.remove(&handle);
    }

    /// How many things there are.
    pub fn len(&self) -> usize {
        self.things.len()
    }
}
