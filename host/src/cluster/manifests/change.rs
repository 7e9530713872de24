//! Changes to a folder, by the rules of a server.

use super::contents::{Contents, classify};
use super::file::{ManifestFile, manifest_error};
use super::layout::new_file;
use super::load::reload;
use super::metadata;
use super::state::{Place, State};
use crate::cluster::{ClusterError, Write};
use crate::object::{GroupResource, ObjectId, ObjectKey, ResourceTypes, defined_resource};
use serde_json::Value;
use std::collections::BTreeMap;

impl State {
    /// Write a new object, in a file of its own.
    pub(super) fn create(
        &mut self,
        resource: &GroupResource,
        mut object: Value,
        how: Write,
    ) -> Result<Value, ClusterError> {
        let key = self.check(resource, &mut object)?;
        let id = State::id(resource, &key);
        if let Some(namespace) = key
            .namespace
            .as_deref()
            .filter(|namespace| !self.has_namespace(namespace))
        {
            return Err(ClusterError::NamespaceNotFound(namespace.to_owned()));
        }
        if self.place_of(resource, &key).is_some() {
            return Err(ClusterError::Exists(id));
        }
        if how.dry_run {
            return would_be_written(&id, object);
        }
        self.write_new(resource, key, &id, object)
    }

    /// Put `object` in the place of the one of its name. One of the namespaces that are there without a manifest gets
    /// one.
    pub(super) fn replace(
        &mut self,
        resource: &GroupResource,
        mut object: Value,
        how: Write,
    ) -> Result<Value, ClusterError> {
        let key = self.check(resource, &mut object)?;
        let id = State::id(resource, &key);
        let live = self
            .get(resource, &key)?
            .ok_or_else(|| ClusterError::NotFound(id.clone()))?;
        if have_different_versions(&live, &object) {
            return Err(ClusterError::Conflict(id));
        }
        if how.dry_run {
            return would_be_written(&id, object);
        }
        let Some(place) = self.place_of(resource, &key).copied() else {
            return self.write_new(resource, key, &id, object);
        };
        self.define_if_definition(&id, &object)?;
        self.rewrite(&place, &id, Some(&object))?;
        self.keep(resource, key, &object, place);
        Ok(object)
    }

    /// Remove an object. Nothing happens when there is none. One with another `uid` than the one given stays.
    pub(super) fn delete(
        &mut self,
        resource: &GroupResource,
        key: &ObjectKey,
        uid: Option<&str>,
    ) -> Result<(), ClusterError> {
        let id = State::id(resource, key);
        let Some(place) = self.place_of(resource, key).copied() else {
            return Ok(());
        };
        let live = self.get(resource, key)?.unwrap_or_default();
        let live_uid = live.pointer("/metadata/uid").and_then(Value::as_str);
        if matches!((live_uid, uid), (Some(live), Some(wanted)) if live != wanted) {
            return Err(ClusterError::Conflict(id));
        }
        let defined = match is_definition(resource) {
            true => defined_resource(&live),
            false => None,
        };
        let left = match &defined {
            Some(defined) => self.objects.get(defined).map_or(0, BTreeMap::len),
            None if resource.is("", "namespaces") => self.count_in_namespace(&key.name),
            None => 0,
        };
        if left > 0 {
            let message = format!("{left} of its objects are left; delete them first");
            return Err(ClusterError::Rejected { id, message });
        }
        self.rewrite(&place, &id, None)?;
        if let Some(all) = self.objects.get_mut(resource) {
            all.remove(key);
        }
        if let Some(defined) = defined {
            self.types.forget(&defined);
        }
        Ok(())
    }

    /// Check that an object is one of `resource`, and put it into its namespace.
    fn check(&self, resource: &GroupResource, object: &mut Value) -> Result<ObjectKey, ClusterError> {
        let of = self
            .types
            .get(resource)
            .ok_or_else(|| ClusterError::UnknownType(resource.clone()))?;
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let id = || ObjectId {
            resource: resource.clone(),
            namespace: text("/metadata/namespace"),
            name: text("/metadata/name").unwrap_or_default(),
        };
        let (api_version, kind) = (
            text("/apiVersion").unwrap_or_default(),
            text("/kind").unwrap_or_default(),
        );
        if self.types.of_kind(&api_version, &kind) != Some(of) {
            let message =
                format!("it says that it is a '{kind}' of '{api_version}', which is not {resource}");
            return Err(ClusterError::Rejected { id: id(), message });
        }
        let named = id();
        metadata::admit(of, object).map_err(|message| ClusterError::Rejected { id: named, message })
    }

    fn write_new(
        &mut self,
        resource: &GroupResource,
        key: ObjectKey,
        id: &ObjectId,
        object: Value,
    ) -> Result<Value, ClusterError> {
        let defined = self.define_if_definition(id, &object)?;
        let file = match ManifestFile::create(&new_file(&self.root, resource, &key), &object) {
            Ok(file) => file,
            Err(error) => {
                defined.iter().for_each(|defined| self.types.forget(defined));
                return Err(error);
            }
        };
        let place = Place {
            file: self.files.len(),
            document: 0,
            line: 1,
            item: None,
        };
        self.files.push(file);
        self.keep(resource, key, &object, place);
        Ok(object)
    }

    /// Serve what a custom resource definition defines.
    fn define_if_definition(
        &mut self,
        id: &ObjectId,
        object: &Value,
    ) -> Result<Option<GroupResource>, ClusterError> {
        if !is_definition(&id.resource) {
            return Ok(None);
        }
        let rejected = |message| ClusterError::Rejected {
            id: id.clone(),
            message,
        };
        self.types.define(object).map_err(rejected)?;
        Ok(defined_resource(object))
    }

    /// Rewrite or remove the document of an object, or its item where the document is a list.
    fn rewrite(&mut self, place: &Place, id: &ObjectId, object: Option<&Value>) -> Result<(), ClusterError> {
        let Some(file) = self.files.get(place.file) else {
            return Err(ClusterError::NotFound(id.clone()));
        };
        let list = match place.item {
            None => None,
            Some(_) => Some(self.list_without(file, place, id, object)?),
        };
        let document = match &list {
            None => object,
            Some(list) => Some(list).filter(|list| !is_empty_list(list)),
        };
        let changed = match self.files.get_mut(place.file) {
            Some(file) => file.change(place.document, document, id),
            None => Err(ClusterError::NotFound(id.clone())),
        };
        if let Err(ClusterError::Conflict(_)) = changed {
            // Whoever looks again sees what is there now.
            reload(self, place.file)?;
        }
        changed
    }

    /// The list at `place` with `object` in the place of the item of its name, or without that item.
    fn list_without(
        &self,
        file: &ManifestFile,
        place: &Place,
        id: &ObjectId,
        object: Option<&Value>,
    ) -> Result<Value, ClusterError> {
        let mut list = file.document(place.document)?;
        let items = match classify(list.clone()) {
            Ok(Contents::List(items)) => items,
            _ => {
                return Err(manifest_error(
                    file.path(),
                    Some(place.line),
                    "it is a list no more",
                ));
            }
        };
        let position = items.into_iter().position(|item| self.is(item, id));
        let (Some(position), Some(items)) = (position, list.get_mut("items").and_then(Value::as_array_mut))
        else {
            return Err(ClusterError::NotFound(id.clone()));
        };
        match (object, items.get_mut(position)) {
            (Some(object), Some(item)) => *item = object.clone(),
            _ => {
                items.remove(position);
            }
        }
        Ok(list)
    }

    /// Whether `object` is the one with this id.
    fn is(&self, mut object: Value, id: &ObjectId) -> bool {
        let (api_version, kind) = metadata::type_of(&object);
        let Some(of) = self.types.of_kind(api_version, kind) else {
            return false;
        };
        let key = metadata::admit(of, &mut object);
        of.resource == id.resource && key.is_ok_and(|key| State::id(&id.resource, &key) == *id)
    }
}

/// What a dry run answers, once all else has been checked.
fn would_be_written(id: &ObjectId, object: Value) -> Result<Value, ClusterError> {
    if is_definition(&id.resource) {
        ResourceTypes::check(&object).map_err(|message| ClusterError::Rejected {
            id: id.clone(),
            message,
        })?;
    }
    Ok(object)
}

fn is_definition(resource: &GroupResource) -> bool {
    resource.is("apiextensions.k8s.io", "customresourcedefinitions")
}

fn is_empty_list(list: &Value) -> bool {
    list.get("items")
        .and_then(Value::as_array)
        .is_some_and(Vec::is_empty)
}

/// Whether both objects have a resource version, and not the same.
fn have_different_versions(live: &Value, object: &Value) -> bool {
    let version = |object: &Value| {
        object
            .pointer("/metadata/resourceVersion")
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    matches!((version(live), version(object)), (Some(live), Some(wanted)) if live != wanted)
}
