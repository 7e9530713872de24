//! What a folder holds, as it was read and as it has been changed since.

use super::file::ManifestFile;
use crate::cluster::{ClusterError, Discovery, Page, RawObject};
use crate::object::{GroupResource, LabelSelector, ObjectId, ObjectKey, ResourceType, ResourceTypes};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};
use std::ops::Bound;
use std::path::{Path, PathBuf};

/// Namespaces that every cluster has from its beginning.
const INITIAL_NAMESPACES: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];

/// How many objects a page has at most: as many as `kubectl` asks a server for.
const PAGE_OBJECTS: usize = 500;

/// How many bytes of JSON a page has about at most, so that a few pages in flight stay small.
const PAGE_BYTES: usize = 4 << 20;

/// Everything that is known about a folder.
#[derive(Debug)]
pub(super) struct State {
    pub(super) root: PathBuf,
    pub(super) files: Vec<ManifestFile>,
    pub(super) types: ResourceTypes,
    pub(super) objects: BTreeMap<GroupResource, BTreeMap<ObjectKey, Entry>>,
    pub(super) warnings: Vec<String>,
}

/// An object.
#[derive(Debug)]
pub(super) struct Entry {
    json: Box<str>,
    labels: Vec<(String, String)>,
    version: String,
    pub(super) place: Place,
}

/// Where an object is defined.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Number of the file.
    pub(super) file: usize,
    /// Number of the document in the file.
    pub(super) document: usize,
    /// Line of the document when it was read.
    pub(super) line: usize,
    /// Number of the item when it was read, where the document is a list.
    pub(super) item: Option<usize>,
}

impl State {
    /// An empty folder at `root`.
    pub(super) fn new(root: &Path) -> Self {
        State {
            root: root.to_owned(),
            files: Vec::new(),
            types: ResourceTypes::built_in(),
            objects: BTreeMap::new(),
            warnings: Vec::new(),
        }
    }

    /// How the object with `key` is named.
    pub(super) fn id(resource: &GroupResource, key: &ObjectKey) -> ObjectId {
        ObjectId {
            resource: resource.clone(),
            namespace: key.namespace.clone(),
            name: key.name.clone(),
        }
    }

    /// Where an object is defined, if it is.
    pub(super) fn place_of(&self, resource: &GroupResource, key: &ObjectKey) -> Option<&Place> {
        self.objects.get(resource)?.get(key).map(|entry| &entry.place)
    }

    /// A place, for people: `shop.yaml:3`.
    pub(super) fn describe(&self, place: &Place) -> String {
        let path = self
            .files
            .get(place.file)
            .map_or_else(String::new, |file| file.path().display().to_string());
        let item = place
            .item
            .map(|item| format!(" (item {})", item + 1))
            .unwrap_or_default();
        format!("{path}:{}{item}", place.line)
    }

    /// Put an object into its place, also in the place of an older state of it.
    pub(super) fn keep(&mut self, resource: &GroupResource, key: ObjectKey, object: &Value, place: Place) {
        // A value has a form in JSON: its keys are texts.
        let json = object.to_string().into_boxed_str();
        let labels = object.pointer("/metadata/labels").and_then(Value::as_object);
        let text = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
        let labels = labels.into_iter().flatten().filter_map(text).collect();
        let version = object
            .get("apiVersion")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let version = version.rsplit('/').next().unwrap_or_default().to_owned();
        let entry = Entry {
            json,
            labels,
            version,
            place,
        };
        self.objects
            .entry(resource.clone())
            .or_default()
            .insert(key, entry);
    }

    /// Forget the objects of the file with this number.
    pub(super) fn forget_file(&mut self, number: usize) {
        for all in self.objects.values_mut() {
            all.retain(|_, entry| entry.place.file != number);
        }
    }

    /// What the folder serves. A type has the version of its objects where they agree on one, else the preferred one.
    pub(super) fn discovery(&self) -> Discovery {
        let with_version = |of: &ResourceType| {
            let entries = self.objects.get(&of.resource).into_iter().flatten();
            let versions: HashSet<&String> = entries.map(|(_, entry)| &entry.version).collect();
            let agreed = versions.iter().next().filter(|_| versions.len() == 1);
            ResourceType {
                version: agreed.map_or(&of.version, |version| *version).clone(),
                ..of.clone()
            }
        };
        Discovery {
            types: self.types.iter().map(with_version).collect(),
            versions: self.types.defined_versions().clone(),
            warnings: self.warnings.clone(),
        }
    }

    /// The objects of a type after `after`, and from where to go on if there may be more.
    pub(super) fn page(
        &self,
        resource: &GroupResource,
        namespace: Option<&str>,
        selector: &LabelSelector,
        after: Option<ObjectKey>,
    ) -> Result<(Page, Option<ObjectKey>), ClusterError> {
        self.types
            .get(resource)
            .ok_or_else(|| ClusterError::UnknownType(resource.clone()))?;
        let Some(all) = self.objects.get(resource) else {
            return Ok((Page::default(), None));
        };
        let start = match (after, namespace) {
            (Some(key), _) => Bound::Excluded(key),
            (None, Some(namespace)) => Bound::Included(ObjectKey::new(Some(namespace), "")),
            (None, None) => Bound::Unbounded,
        };
        let entries = all.range((start, Bound::Unbounded));
        let inside =
            entries.take_while(|(key, _)| namespace.is_none() || key.namespace.as_deref() == namespace);
        let mut page = Page::default();
        let mut bytes = 0;
        for (key, entry) in inside {
            if !selector.matches(
                entry
                    .labels
                    .iter()
                    .map(|(key, value)| (key.as_str(), value.as_str())),
            ) {
                continue;
            }
            bytes += &entry.json.len();
            let (labels, json) = (entry.labels.clone(), entry.json.clone());
            page.items.push(RawObject {
                id: State::id(resource, key),
                labels,
                json,
            });
            if page.items.len() >= PAGE_OBJECTS || bytes >= PAGE_BYTES {
                return Ok((page, Some(key.clone())));
            }
        }
        Ok((page, None))
    }

    /// One object. The namespaces that every cluster has, and those that hold objects, are there without a manifest.
    pub(super) fn get(
        &self,
        resource: &GroupResource,
        key: &ObjectKey,
    ) -> Result<Option<Value>, ClusterError> {
        self.types
            .get(resource)
            .ok_or_else(|| ClusterError::UnknownType(resource.clone()))?;
        let entry = self.objects.get(resource).and_then(|all| all.get(key));
        if let Some(entry) = entry {
            return Ok(serde_json::from_str(&entry.json).ok());
        }
        let implied = resource.is("", "namespaces") && self.has_namespace(&key.name);
        let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": key.name}});
        Ok(implied.then_some(object))
    }

    /// Whether objects can be created in a namespace.
    pub(super) fn has_namespace(&self, name: &str) -> bool {
        INITIAL_NAMESPACES.contains(&name)
            || self
                .place_of(&GroupResource::new("", "namespaces"), &ObjectKey::new(None, name))
                .is_some()
            || self.is_inhabited(name)
    }

    /// Whether a namespace holds objects.
    fn is_inhabited(&self, name: &str) -> bool {
        let first = ObjectKey::new(Some(name), "");
        let is_inside = |(key, _): (&ObjectKey, &Entry)| key.namespace.as_deref() == Some(name);
        let mut types = self.objects.values();
        types.any(|all| all.range(&first..).next().is_some_and(is_inside))
    }

    /// How many objects a namespace holds.
    pub(super) fn count_in_namespace(&self, name: &str) -> usize {
        let inside = |all: &BTreeMap<ObjectKey, Entry>| {
            all.keys()
                .filter(|key| key.namespace.as_deref() == Some(name))
                .count()
        };
        self.objects.values().map(inside).sum()
    }
}
