//! What paths are looked up in: the object itself, or a copy of a part of it that operations are carried out on.

use lazarette_sdk::{Object, Value};

/// Something that strict JSON pointers lead into.
pub trait Document {
    /// What is at `pointer`.
    fn get(&self, pointer: &str) -> Option<Value>;

    /// Put `value` at `pointer`: into a list before the element that is there, or at its end (`-`).
    fn add(&mut self, pointer: &str, value: Value);

    /// Put `value` in the place of what is at `pointer`.
    fn replace(&mut self, pointer: &str, value: Value);

    /// Remove what is at `pointer`.
    fn remove(&mut self, pointer: &str);
}

/// The object, which never changes. Used for operations that do not build upon each other.
impl Document for &Object<'_> {
    fn get(&self, pointer: &str) -> Option<Value> {
        Object::get(self, pointer)
    }

    fn add(&mut self, _: &str, _: Value) {}

    fn replace(&mut self, _: &str, _: Value) {}

    fn remove(&mut self, _: &str) {}
}

/// A copy of the part of an object that holds everything that operations read or change.
pub struct PartialCopy {
    /// Pointer to the part in the object.
    pointer: String,
    part: Option<Value>,
}

impl PartialCopy {
    /// Copy what is at `pointer`.
    pub fn of(object: &Object, pointer: &str) -> Self {
        PartialCopy {
            pointer: pointer.to_owned(),
            part: object.get(pointer),
        }
    }

    fn at(&mut self, pointer: &str) -> Option<&mut Value> {
        self.part
            .as_mut()?
            .pointer_mut(pointer.strip_prefix(&self.pointer)?)
    }
}

impl Document for PartialCopy {
    fn get(&self, pointer: &str) -> Option<Value> {
        self.part
            .as_ref()?
            .pointer(pointer.strip_prefix(&self.pointer)?)
            .cloned()
    }

    fn add(&mut self, pointer: &str, value: Value) {
        let Some((parent, last)) = pointer.rsplit_once('/') else {
            return;
        };
        match self.at(parent) {
            Some(Value::Object(members)) => drop(members.insert(unescape(last), value)),
            Some(Value::Array(elements)) => {
                let index = last.parse().unwrap_or(elements.len());
                elements.insert(index.min(elements.len()), value);
            }
            _ => {}
        }
    }

    fn replace(&mut self, pointer: &str, value: Value) {
        if let Some(target) = self.at(pointer) {
            *target = value;
        }
    }

    fn remove(&mut self, pointer: &str) {
        let Some((parent, last)) = pointer.rsplit_once('/') else {
            return;
        };
        match self.at(parent) {
            Some(Value::Object(members)) => drop(members.remove(&unescape(last))),
            Some(Value::Array(elements)) => {
                if let Some(index) = last.parse().ok().filter(|index| *index < elements.len()) {
                    elements.remove(index);
                }
            }
            _ => {}
        }
    }
}

fn unescape(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}
