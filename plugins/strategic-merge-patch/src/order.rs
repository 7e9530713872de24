//! The order of elements in a merged list.
//!
//! Elements of the patch stand in the order of the patch, the others in the order of the object. Where the two are
//! interleaved, the order of the object decides; what it does not know comes first.

use crate::schema::ListStrategy;
use lazarette_sdk::{Error, Value};
use std::collections::HashMap;

/// What makes two elements of a list the same.
pub struct Identity {
    /// Members of objects; none for plain values.
    keys: Vec<String>,
}

impl Identity {
    /// The identity of the elements of a list.
    pub fn of(strategy: ListStrategy) -> Self {
        let keys = match strategy {
            ListStrategy::Keys(keys) => keys,
            ListStrategy::Set | ListStrategy::Replace => Vec::new(),
        };
        Identity { keys }
    }

    /// Whether elements are objects.
    pub fn is_keyed(&self) -> bool {
        !self.keys.is_empty()
    }

    /// What identifies `element`, if it has that.
    pub fn known(&self, element: &Value) -> Option<String> {
        match self.keys.as_slice() {
            [] => Some(element.to_string()),
            [key] => element.get(key).map(Value::to_string),
            // Of several keys all but one may be left to their defaults.
            keys => {
                let values: Vec<Option<&Value>> = keys.iter().map(|key| element.get(key)).collect();
                values
                    .iter()
                    .any(Option::is_some)
                    .then(|| serde_json::json!(values).to_string())
            }
        }
    }

    /// What identifies `element`, in the list at `pointer`; an error where it lacks that.
    pub fn key(&self, element: &Value, pointer: &str) -> Result<String, Error> {
        self.known(element).ok_or_else(|| {
            let message = format!(
                "an element of the list has no '{}', by which it is merged",
                self.keys.join("', '")
            );
            Error::new("patch", message).at(pointer)
        })
    }

    /// The position at which each identity is first seen in `elements`.
    pub fn positions(&self, elements: &[Value], pointer: &str) -> Result<HashMap<String, usize>, Error> {
        let mut positions = HashMap::new();
        for (position, element) in elements.iter().enumerate() {
            positions.entry(self.key(element, pointer)?).or_insert(position);
        }
        Ok(positions)
    }
}

/// Put the elements `merged` in order: those in `first` as they are there, the others by their positions in `original`.
pub fn arrange(
    merged: Vec<Value>,
    first: &[Value],
    original: &HashMap<String, usize>,
    identity: &Identity,
    pointer: &str,
) -> Result<Vec<Value>, Error> {
    let in_first = identity.positions(first, pointer)?;
    let (mut ordered, mut others) = (Vec::new(), Vec::new());
    for element in merged {
        let key = identity.key(&element, pointer)?;
        let place = original.get(&key).copied();
        match in_first.get(&key) {
            Some(position) => ordered.push((*position, place, element)),
            None => others.push((place, element)),
        }
    }
    ordered.sort_by_key(|(position, ..)| *position);
    sort(&mut others);
    Ok(interleave(
        ordered.into_iter().map(|(_, place, element)| (place, element)),
        others,
    ))
}

/// Sort by places. There are elements without one only where a patch gives an empty order: Kubernetes then compares them
/// as less than any other, and each goes to the front.
fn sort(elements: &mut [(Option<usize>, Value)]) {
    if elements.iter().all(|(place, _)| place.is_some()) {
        elements.sort_by_key(|(place, _)| *place);
        return;
    }
    for end in 1..=elements.len() {
        let (sorted, _) = elements.split_at_mut(end);
        let place = sorted.last().and_then(|(place, _)| *place);
        let after = |(other, _): &(Option<usize>, Value)| {
            place.zip(*other).is_some_and(|(place, other)| other <= place)
        };
        let target = sorted
            .iter()
            .take(end - 1)
            .rposition(after)
            .map_or(0, |position| position + 1);
        if let Some(moved) = sorted.get_mut(target..) {
            moved.rotate_right(1);
        }
    }
}

/// Take the next of `others` where it stood before the next of `ordered`, and that one otherwise.
fn interleave(
    ordered: impl Iterator<Item = (Option<usize>, Value)>,
    others: Vec<(Option<usize>, Value)>,
) -> Vec<Value> {
    let mut others = others.into_iter().peekable();
    let mut all = Vec::new();
    for (place, element) in ordered {
        let is_before = |(other, _): &(Option<usize>, Value)| {
            other.zip(place).is_some_and(|(other, place)| other < place)
        };
        while let Some((_, other)) = others.next_if(is_before) {
            all.push(other);
        }
        all.push(element);
    }
    all.extend(others.map(|(_, element)| element));
    all
}

/// The elements of a patch must be in `order`, and stand in that order.
pub fn check(patch: &[Value], order: &[Value], identity: &Identity, pointer: &str) -> Result<(), Error> {
    if patch.is_empty() || order.is_empty() {
        return Ok(());
    }
    let mut rest = order.iter().map(|element| identity.known(element));
    for element in patch
        .iter()
        .filter(|element| element.get(crate::directive::PATCH).is_none())
    {
        let key = Some(identity.key(element, pointer)?);
        if !rest.any(|other| other == key) {
            let message =
                "the patch has an element that its $setElementOrder has not, or has at another place";
            return Err(Error::new("patch", message).at(pointer));
        }
    }
    Ok(())
}
