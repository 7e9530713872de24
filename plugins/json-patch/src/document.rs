//! What paths are looked up in: the object itself, or a copy of a part of it that operations are carried out on.

use lazarette_sdk::{Object, Value};

/// Something that strict JSON pointers lead into.
pub trait Document {
    /// What is at `pointer`.
    fn get(&self, pointer: &str) -> Option<Value>;

    /// Whether there is something at `pointer`.
    fn has(&self, pointer: &str) -> bool;

    /// Whether there is an object at `pointer`. Asked where its members do not matter.
    fn is_object(&self, pointer: &str) -> bool;

    /// Put `value` at `pointer`: into a list before the element that is there, or at its end (`-`).
    fn add(&mut self, pointer: &str, value: &Value);

    /// Put `value` in the place of what is at `pointer`.
    fn replace(&mut self, pointer: &str, value: &Value);

    /// Put a copy of what is at `from` at `pointer`.
    fn copy(&mut self, from: &str, pointer: &str);

    /// Remove what is at `pointer`, and return it.
    fn remove(&mut self, pointer: &str) -> Option<Value>;
}

/// The object, which never changes. Used for operations that do not build upon each other.
impl Document for &Object<'_> {
    fn get(&self, pointer: &str) -> Option<Value> {
        Object::get(self, pointer)
    }

    fn has(&self, pointer: &str) -> bool {
        self.raw(pointer).is_some()
    }

    fn is_object(&self, pointer: &str) -> bool {
        self.raw(pointer).is_some_and(|json| json.starts_with('{'))
    }

    fn add(&mut self, _: &str, _: &Value) {}

    fn replace(&mut self, _: &str, _: &Value) {}

    fn copy(&mut self, _: &str, _: &str) {}

    fn remove(&mut self, _: &str) -> Option<Value> {
        None
    }
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

    fn look(&self, pointer: &str) -> Option<&Value> {
        self.part.as_ref()?.pointer(pointer.strip_prefix(&self.pointer)?)
    }

    fn at(&mut self, pointer: &str) -> Option<&mut Value> {
        self.part
            .as_mut()?
            .pointer_mut(pointer.strip_prefix(&self.pointer)?)
    }
}

impl Document for PartialCopy {
    fn get(&self, pointer: &str) -> Option<Value> {
        self.look(pointer).cloned()
    }

    fn has(&self, pointer: &str) -> bool {
        self.look(pointer).is_some()
    }

    fn is_object(&self, pointer: &str) -> bool {
        self.look(pointer).is_some_and(Value::is_object)
    }

    fn add(&mut self, pointer: &str, value: &Value) {
        let Some((parent, last)) = pointer.rsplit_once('/') else {
            return;
        };
        match self.at(parent) {
            Some(Value::Object(members)) => drop(members.insert(unescape(last), value.clone())),
            Some(Value::Array(elements)) => {
                let index = last.parse().unwrap_or(elements.len());
                elements.insert(index.min(elements.len()), value.clone());
            }
            _ => {}
        }
    }

    fn replace(&mut self, pointer: &str, value: &Value) {
        if let Some(target) = self.at(pointer) {
            *target = value.clone();
        }
    }

    fn copy(&mut self, from: &str, pointer: &str) {
        if let Some(value) = self.get(from) {
            self.add(pointer, &value);
        }
    }

    fn remove(&mut self, pointer: &str) -> Option<Value> {
        let (parent, last) = pointer.rsplit_once('/')?;
        match self.at(parent)? {
            Value::Object(members) => members.remove(&unescape(last)),
            Value::Array(elements) => {
                let index = last.parse().ok().filter(|index| *index < elements.len())?;
                Some(elements.remove(index))
            }
            _ => None,
        }
    }
}

fn unescape(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}
