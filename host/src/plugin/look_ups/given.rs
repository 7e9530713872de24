//! Look-ups answered from objects that are at hand.

use super::{LookUpError, LookUpSource};
use crate::object::{GroupResource, LabelSelector, Object, ObjectKey};
use async_trait::async_trait;

/// Objects that are at hand: those of a case, or of a file.
#[derive(Clone, Debug, Default)]
pub struct GivenObjects(Vec<Object>);

impl GivenObjects {
    /// These objects, and no others.
    pub fn new(mut objects: Vec<Object>) -> Self {
        objects.sort_by_key(key);
        GivenObjects(objects)
    }

    fn of<'a>(
        &'a self,
        resource: &'a GroupResource,
        namespace: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Object> {
        self.0.iter().filter(move |object| {
            object.id.resource == *resource
                && namespace.is_none_or(|namespace| object.id.namespace.as_deref() == Some(namespace))
        })
    }
}

#[async_trait]
impl LookUpSource for GivenObjects {
    async fn get(
        &self,
        resource: &GroupResource,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<Option<Object>, LookUpError> {
        Ok(self
            .of(resource, namespace)
            .find(|object| object.id.name == name)
            .cloned())
    }

    async fn list(
        &self,
        resource: &GroupResource,
        namespace: Option<&str>,
        label_selector: &str,
        _bytes: usize,
    ) -> Result<Vec<Object>, LookUpError> {
        let selector = LabelSelector::parse(label_selector)
            .map_err(|error| LookUpError::Invalid(format!("the label selector: {error}")))?;
        Ok(self
            .of(resource, namespace)
            .filter(|object| selector.matches(object.labels()))
            .cloned()
            .collect())
    }
}

fn key(object: &Object) -> ObjectKey {
    ObjectKey::new(object.id.namespace.as_deref(), &object.id.name)
}
