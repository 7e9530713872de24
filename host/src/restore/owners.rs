//! Owners of restored objects. Their references carry the `uid` of an object in the original cluster; in a last pass
//! they are set again to the owner of the same name, where that was restored.
//!
//! Pods, replica sets and controller revisions of built-in controllers are not in it: their controllers adopt them.

use super::item::Item;
use super::marks::Marks;
use super::pipeline::lock;
use super::requests::Requests;
use super::types::Types;
use crate::cluster::{ClusterError, Write};
use crate::object::{Object, ObjectId, ResourceType};
use crate::report::{Code, Problem};
use futures::StreamExt;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::sync::OnceCell;

/// Controllers that adopt what fits their selector and has no controller.
const ADOPTING: [&str; 5] = [
    "ReplicaSet",
    "ReplicationController",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
];

/// Objects that are looked at at the same time; how many requests that makes is decided elsewhere.
const AT_ONCE: usize = 256;

/// How often an object is written again that has changed in between.
const ATTEMPTS: usize = 3;

/// Objects that are named in a warning.
const NAMED: usize = 5;

/// Who owns an object, without the `uid`: `apiVersion`, `kind`, `name`, `controller`, `blockOwnerDeletion`.
pub(super) type Owner = Map<String, Value>;

/// The owners of an object of the backup that have to be set again.
pub(super) fn owners(object: &Object) -> Vec<Owner> {
    let references = object
        .json
        .pointer("/metadata/ownerReferences")
        .and_then(Value::as_array);
    let is_adopted = |owner: &Owner| {
        let is_controller = owner.get("controller") == Some(&Value::Bool(true));
        let kind = owner.get("kind").and_then(Value::as_str).unwrap_or_default();
        is_controller && ADOPTING.contains(&kind) && is_adoptable(object)
    };
    references
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .filter(|owner| !is_adopted(owner))
        .map(|owner| {
            let mut owner = owner.clone();
            owner.shift_remove("uid");
            owner
        })
        .collect()
}

fn is_adoptable(object: &Object) -> bool {
    let resource = &object.id.resource;
    resource.is("", "pods")
        || resource.is("apps", "replicasets")
        || resource.is("apps", "controllerrevisions")
}

/// An object that was created without its owners.
pub(super) struct Owned {
    of: ResourceType,
    target: ObjectId,
    owners: Vec<Owner>,
}

impl Owned {
    /// The object of `item`, once it is created, if it has owners.
    pub(super) fn of(item: &mut Item) -> Option<Self> {
        let owners = std::mem::take(&mut item.owners);
        (!owners.is_empty()).then(|| Owned {
            of: item.of.clone(),
            target: item.report.target.clone(),
            owners,
        })
    }

    /// Give the owners back, because the object was not created.
    pub(super) fn into_owners(self) -> Vec<Owner> {
        self.owners
    }
}

/// What came of setting owners.
#[derive(Debug, Default)]
pub(super) struct OwnersSet {
    /// What could not be done.
    pub problems: Vec<Problem>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// Set the owners of `objects` again.
pub(super) async fn set_owners(
    requests: &Requests<'_>,
    types: &Types,
    marks: &Marks,
    mut objects: Vec<Owned>,
) -> OwnersSet {
    objects.sort_by(|one, other| one.target.cmp(&other.target));
    let uids = Uids {
        requests,
        types,
        known: Mutex::default(),
    };
    let results: Vec<_> = futures::stream::iter(objects)
        .map(|owned| {
            let uids = &uids;
            async move {
                let result = set(requests, uids, marks, &owned).await;
                (owned.target, result)
            }
        })
        .buffered(AT_ONCE)
        .boxed()
        .collect()
        .await;
    let mut set = OwnersSet::default();
    let mut lost = Vec::new();
    let mut given_up = 0;
    for (target, result) in results {
        match result {
            Ok(true) => {}
            Ok(false) => lost.push(target.to_string()),
            Err(ClusterError::GivenUp { .. }) => given_up += 1,
            Err(error) => set
                .problems
                .push(Problem::from(error).about(format!("owners of {target}"))),
        }
    }
    if given_up > 0 {
        let message =
            format!("the owners of {given_up} more objects were not set: the cluster was given up before");
        set.problems.push(Problem::new(Code::ClusterUnreachable, message));
    }
    set.warnings.extend(lost_owners(&lost));
    set
}

/// Set the owners of an object again. False where one of them is not there.
async fn set(
    requests: &Requests<'_>,
    uids: &Uids<'_>,
    marks: &Marks,
    owned: &Owned,
) -> Result<bool, ClusterError> {
    let namespace = owned.target.namespace.as_deref();
    let mut references = Vec::new();
    for owner in &owned.owners {
        references.extend(uids.reference(owner, namespace).await?);
    }
    let all = references.len() == owned.owners.len();
    for _ in 0..ATTEMPTS {
        let found = requests.get(&owned.of, namespace, &owned.target.name).await?;
        let Some(mut live) = found.and_then(|json| Object::new(&owned.of, json)) else {
            return Ok(all);
        };
        if !marks.are_on(&live) || !add(&mut live.json, &references) {
            return Ok(all);
        }
        match requests
            .replace(&owned.of, &live.json, Write::default())
            .await
            .result
        {
            Err(ClusterError::Conflict(_)) => {}
            result => return result.map(|_| all),
        }
    }
    Err(ClusterError::Conflict(owned.target.clone()))
}

/// Add owners to those that the object has. Returns whether that changes anything.
fn add(object: &mut Value, references: &[Value]) -> bool {
    let Some(metadata) = object.pointer_mut("/metadata").and_then(Value::as_object_mut) else {
        return false;
    };
    let present = metadata.entry("ownerReferences").or_insert_with(|| json!([]));
    let Some(present) = present.as_array_mut() else {
        return false;
    };
    let before = present.len();
    for reference in references {
        let is_same = |other: &Value| other.get("uid") == reference.get("uid");
        let controls = |other: &Value| other.get("controller") == Some(&Value::Bool(true));
        // Whoever has become its controller meanwhile stays that: there can be only one.
        let taken = controls(reference) && present.iter().any(controls);
        if !present.iter().any(is_same) && !taken {
            present.push(reference.clone());
        }
    }
    present.len() > before
}

/// The identities of owners in the cluster.
struct Uids<'a> {
    requests: &'a Requests<'a>,
    types: &'a Types,
    known: Mutex<HashMap<ObjectId, Arc<OnceCell<Option<String>>>>>,
}

impl Uids<'_> {
    /// The reference to an owner of an object in `namespace`; none where there is no such owner.
    async fn reference(&self, owner: &Owner, namespace: Option<&str>) -> Result<Option<Value>, ClusterError> {
        let text = |member| owner.get(member).and_then(Value::as_str).unwrap_or_default();
        let Some(of) = self.types.of_kind(text("apiVersion"), text("kind")) else {
            return Ok(None);
        };
        let id = ObjectId {
            resource: of.resource.clone(),
            namespace: namespace.filter(|_| of.namespaced).map(str::to_owned),
            name: text("name").to_owned(),
        };
        let Some(uid) = self.uid(of, &id).await? else {
            return Ok(None);
        };
        let mut reference = owner.clone();
        reference.insert(
            "apiVersion".to_owned(),
            of.resource.api_version(&of.version).into(),
        );
        reference.insert("uid".to_owned(), uid.into());
        Ok(Some(Value::Object(reference)))
    }

    async fn uid(&self, of: &ResourceType, id: &ObjectId) -> Result<Option<String>, ClusterError> {
        // Many objects have one owner, which is asked for once; different ones are asked for at the same time.
        let known = Arc::clone(lock(&self.known).entry(id.clone()).or_default());
        let ask = || async {
            let found = self.requests.get(of, id.namespace.as_deref(), &id.name).await?;
            let uid = found.as_ref().and_then(|owner| owner.pointer("/metadata/uid"));
            Ok(uid.and_then(Value::as_str).map(str::to_owned))
        };
        known.get_or_try_init(ask).await.cloned()
    }
}

fn lost_owners(objects: &[String]) -> Option<String> {
    let named: Vec<_> = objects.iter().take(NAMED).map(String::as_str).collect();
    let named = named.join(", ");
    match objects.len() {
        0 => None,
        1 => Some(format!("{named} has lost an owner that is not in the cluster")),
        count if count <= NAMED => Some(format!("{named} have lost owners that are not in the cluster")),
        count => Some(format!(
            "{count} objects have lost owners that are not in the cluster: {named} and {} more",
            count - NAMED
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::adopted("pods", json!([{"kind": "ReplicaSet", "name": "web", "controller": true, "uid": "1"}]), &[])]
    #[case::of_another_controller("pods", json!([{"kind": "Workflow", "name": "w", "controller": true, "uid": "1"}]), &["w"])]
    #[case::of_a_cron_job("jobs.batch", json!([{"kind": "CronJob", "name": "c", "controller": true, "uid": "1"}]), &["c"])]
    #[case::not_controlled("pods", json!([{"kind": "ReplicaSet", "name": "web", "uid": "1"}]), &["web"])]
    #[case::odd("pods", json!("x"), &[])]
    fn owners_that_have_to_be_set_again(
        #[case] resource: &str,
        #[case] references: Value,
        #[case] expected: &[&str],
    ) {
        let of = ResourceType {
            resource: resource.parse().unwrap(),
            version: "v1".into(),
            kind: "Any".into(),
            namespaced: true,
        };
        let json = json!({"metadata": {"name": "it", "ownerReferences": references}});
        let found = owners(&Object::new(&of, json).unwrap());
        let names: Vec<_> = found
            .iter()
            .map(|owner| owner["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, expected);
        assert!(found.iter().all(|owner| !owner.contains_key("uid")));
    }

    #[rstest]
    #[case::none(json!({}), true, 1)]
    #[case::others(json!({"ownerReferences": [{"uid": "2"}]}), true, 2)]
    #[case::already(json!({"ownerReferences": [{"uid": "1"}]}), false, 1)]
    #[case::another_controller(json!({"ownerReferences": [{"uid": "2", "controller": true}]}), false, 1)]
    fn owners_are_added(#[case] metadata: Value, #[case] changes: bool, #[case] count: usize) {
        let mut object = json!({"metadata": metadata});
        assert_eq!(
            add(&mut object, &[json!({"uid": "1", "controller": true})]),
            changes
        );
        assert_eq!(
            object["metadata"]["ownerReferences"].as_array().unwrap().len(),
            count
        );
    }

    #[rstest]
    #[case(0, None)]
    #[case(1, Some("o has lost an owner that is not in the cluster"))]
    #[case(2, Some("o, o have lost owners that are not in the cluster"))]
    #[case(
        7,
        Some("7 objects have lost owners that are not in the cluster: o, o, o, o, o and 2 more")
    )]
    fn objects_without_owners_are_told(#[case] count: usize, #[case] expected: Option<&str>) {
        assert_eq!(lost_owners(&vec!["o".to_owned(); count]).as_deref(), expected);
    }
}
