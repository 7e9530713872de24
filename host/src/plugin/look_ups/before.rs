//! What the operation has changed itself: look-ups see it as it was before.

use super::{LookUpError, too_much};
use crate::object::{GroupResource, LabelSelector, Object, ObjectId, ObjectKey};
use std::collections::HashMap;
use std::sync::Arc;

/// Objects as they were before the operation wrote them.
#[derive(Default)]
pub struct Before(HashMap<ObjectId, State>);

/// An object before the operation.
enum State {
    /// There was none.
    Absent,
    /// It was this one.
    Was(Arc<Object>),
    /// There was one, which there was no room for.
    NotKept,
}

impl Before {
    /// The operation is about to write `id`, where `live` is now. What was first counts.
    pub fn keep(&mut self, id: &ObjectId, live: Option<&Object>, bytes_left: usize) -> usize {
        if self.0.contains_key(id) {
            return 0;
        }
        let size = live.map_or(0, |live| live.json.to_string().len());
        let state = match live {
            None => State::Absent,
            Some(live) if size <= bytes_left => State::Was(Arc::new(live.clone())),
            Some(_) => State::NotKept,
        };
        let kept = if matches!(state, State::NotKept) { 0 } else { size };
        self.0.insert(id.clone(), state);
        kept
    }

    /// The object `id`, where `found` is now.
    pub fn get(&self, id: &ObjectId, found: Option<Object>) -> Result<Option<Arc<Object>>, LookUpError> {
        match self.0.get(id) {
            None => Ok(found.map(Arc::new)),
            Some(State::Absent) => Ok(None),
            Some(State::Was(object)) => Ok(Some(Arc::clone(object))),
            Some(State::NotKept) => Err(too_much()),
        }
    }

    /// The objects of a list, where `found` is now, in the order of namespace and name.
    pub fn list(
        &self,
        resource: &GroupResource,
        namespace: Option<&str>,
        label_selector: &str,
        found: Vec<Object>,
    ) -> Result<Vec<Arc<Object>>, LookUpError> {
        let is_in = |id: &&ObjectId| {
            id.resource == *resource && (namespace.is_none() || id.namespace.as_deref() == namespace)
        };
        if !self.0.keys().any(|id| is_in(&id)) {
            return Ok(found.into_iter().map(Arc::new).collect());
        }
        let selector = LabelSelector::parse(label_selector)
            .map_err(|error| LookUpError::Invalid(format!("the label selector: {error}")))?;
        let mut objects: Vec<Arc<Object>> = found
            .into_iter()
            .filter(|object| !self.0.contains_key(&object.id))
            .map(Arc::new)
            .collect();
        for (_, state) in self.0.iter().filter(|(id, _)| is_in(id)) {
            match state {
                State::Absent => {}
                State::Was(object) if selector.matches(object.labels()) => objects.push(Arc::clone(object)),
                State::Was(_) => {}
                State::NotKept => return Err(too_much()),
            }
        }
        objects.sort_by_key(|object| ObjectKey::new(object.id.namespace.as_deref(), &object.id.name));
        Ok(objects)
    }
}
