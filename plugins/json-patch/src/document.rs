//! What paths are looked up in: the object itself, or a copy of a part of it that operations are carried out on.

use lazarette_sdk::pointer::name;
use lazarette_sdk::{Object, Value};

/// Something that strict JSON pointers lead into.
pub trait Document {
    /// What is at `pointer`.
    fn get(&self, pointer: &str) -> Option<Value>;

    /// What can hold something at `pointer`, or that nothing can; none where there is nothing.
    fn holder(&self, pointer: &str) -> Option<Holder>;

    /// How many elements the list at `pointer` has.
    fn length(&self, pointer: &str) -> usize;

    /// Put `value` at `pointer`: into a list before the element that is there, or at its end (`-`).
    fn add(&mut self, pointer: &str, value: &Value);

    /// Put `value` in the place of what is at `pointer`.
    fn replace(&mut self, pointer: &str, value: &Value);

    /// Put a copy of what is at `from` at `pointer`.
    fn copy(&mut self, from: &str, pointer: &str);

    /// Remove what is at `pointer`, and return it.
    fn remove(&mut self, pointer: &str) -> Option<Value>;
}

/// What a value is to those who want to put something into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// It holds members.
    Object,
    /// It holds elements.
    List,
    /// It holds nothing.
    None,
}

/// The object, which never changes, and is asked for no more than must be known. Used for operations that do not build upon each other.
impl Document for &Object<'_> {
    fn get(&self, pointer: &str) -> Option<Value> {
        Object::get(self, pointer)
    }

    fn holder(&self, pointer: &str) -> Option<Holder> {
        Some(match self.type_of(pointer)?.as_str() {
            "object" => Holder::Object,
            "array" => Holder::List,
            _ => Holder::None,
        })
    }

    /// Found by asking for elements: lists of equal length give equal answers, whatever is in them.
    fn length(&self, pointer: &str) -> usize {
        let has = |index: usize| self.type_of(&format!("{pointer}/{index}")).is_some();
        let mut bound = 1;
        while has(bound - 1) {
            bound *= 2;
        }
        let (mut length, mut above) = (bound / 2, bound - 1);
        while length < above {
            let middle = length.midpoint(above);
            if has(middle) {
                length = middle + 1;
            } else {
                above = middle;
            }
        }
        length
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

    fn holder(&self, pointer: &str) -> Option<Holder> {
        Some(match self.look(pointer)? {
            Value::Object(_) => Holder::Object,
            Value::Array(_) => Holder::List,
            _ => Holder::None,
        })
    }

    fn length(&self, pointer: &str) -> usize {
        self.look(pointer).and_then(Value::as_array).map_or(0, Vec::len)
    }

    fn add(&mut self, pointer: &str, value: &Value) {
        let Some((parent, last)) = pointer.rsplit_once('/') else {
            return;
        };
        match self.at(parent) {
            Some(Value::Object(members)) => drop(members.insert(name(last), value.clone())),
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
            Value::Object(members) => members.remove(&name(last)),
            Value::Array(elements) => {
                let index = last.parse().ok().filter(|index| *index < elements.len())?;
                Some(elements.remove(index))
            }
            _ => None,
        }
    }
}
