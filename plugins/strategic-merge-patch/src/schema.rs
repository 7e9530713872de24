//! What is known about the fields of an object.

use lazarette_sdk::Object;
use std::cell::RefCell;

/// What is known about the fields of an object, and which lists were found to be unknown.
pub struct Schema<'o> {
    object: &'o Object<'o>,
    is_built_in: bool,
    replaced: RefCell<Vec<String>>,
}

/// How a list of the object and one of the patch become one.
#[derive(Debug, PartialEq, Eq)]
pub enum ListStrategy {
    /// The patch's list takes its place.
    Replace,
    /// Elements that are objects, identified by these members.
    Keys(Vec<String>),
    /// Plain values, each once.
    Set,
}

impl<'o> Schema<'o> {
    /// What is known about `object`.
    pub fn of(object: &'o Object<'o>) -> Self {
        Schema {
            object,
            is_built_in: object.is_built_in(),
            replaced: RefCell::default(),
        }
    }

    /// How the list at `pointer` is merged. An index in it stands for every element.
    pub fn list(&self, pointer: &str) -> ListStrategy {
        if !self.is_built_in {
            return match self.object.list_keys(pointer) {
                Some(keys) if keys.is_empty() => ListStrategy::Set,
                Some(keys) => ListStrategy::Keys(keys),
                None => {
                    self.note_replaced(pointer);
                    ListStrategy::Replace
                }
            };
        }
        match self.object.merge_key(pointer) {
            _ if !self.has_strategy(pointer, "merge") => ListStrategy::Replace,
            Some(key) => ListStrategy::Keys(vec![key]),
            None => ListStrategy::Set,
        }
    }

    /// Whether the object at `pointer` is replaced, not merged.
    pub fn is_replaced(&self, pointer: &str) -> bool {
        self.is_built_in && self.has_strategy(pointer, "replace")
    }

    /// Pointers to the lists that were replaced because nothing is known about them.
    pub fn replaced(self) -> Vec<String> {
        self.replaced.into_inner()
    }

    fn note_replaced(&self, pointer: &str) {
        let mut replaced = self.replaced.borrow_mut();
        if !replaced.iter().any(|known| known == pointer) {
            replaced.push(pointer.to_owned());
        }
    }

    fn has_strategy(&self, pointer: &str, wanted: &str) -> bool {
        let strategies = self.object.patch_strategy(pointer).unwrap_or_default();
        strategies.split(',').any(|strategy| strategy == wanted)
    }
}
