//! Who made a pod.

use super::super::requests::Requests;
use super::super::types::Types;
use crate::cluster::ClusterError;
use crate::object::{Object, ObjectId, ResourceType};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use tokio::sync::Mutex;

/// Controllers above one another that are looked at: an operator's resource, a stateful set of it, and two more.
const LONGEST_CHAIN: usize = 4;

/// Tells of pods whether a controller made them that this restore created.
pub(super) struct Makers<'a> {
    requests: &'a Requests<'a>,
    types: &'a Types,
    created: &'a BTreeSet<ObjectId>,
    /// The controllers of those that were looked at.
    known: Mutex<HashMap<ObjectId, Option<Maker>>>,
}

/// A controller.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Maker {
    id: ObjectId,
    of: ResourceType,
}

impl<'a> Makers<'a> {
    pub(super) fn new(requests: &'a Requests<'a>, types: &'a Types, created: &'a BTreeSet<ObjectId>) -> Self {
        Makers {
            requests,
            types,
            created,
            known: Mutex::default(),
        }
    }

    /// Whether a controller that this restore created made `pod`, itself or through others.
    pub(super) async fn made(&self, pod: &Object) -> Result<bool, ClusterError> {
        let mut next = self.maker_of(&pod.json, pod.id.namespace.as_deref());
        for _ in 0..LONGEST_CHAIN {
            let Some(maker) = next else {
                return Ok(false);
            };
            if self.created.contains(&maker.id) {
                return Ok(true);
            }
            next = self.above(maker).await?;
        }
        Ok(false)
    }

    /// The controller of a controller.
    async fn above(&self, maker: Maker) -> Result<Option<Maker>, ClusterError> {
        // Held while it is asked for: many pods have one controller, which is asked for once.
        let mut known = self.known.lock().await;
        if let Some(above) = known.get(&maker.id) {
            return Ok(above.clone());
        }
        let namespace = maker.id.namespace.as_deref();
        let live = self.requests.get(&maker.of, namespace, &maker.id.name).await?;
        let above = live.and_then(|live| self.maker_of(&live, namespace));
        known.insert(maker.id, above.clone());
        Ok(above)
    }

    fn maker_of(&self, object: &Value, namespace: Option<&str>) -> Option<Maker> {
        let owners = object.pointer("/metadata/ownerReferences")?.as_array()?;
        let owner = owners
            .iter()
            .find(|owner| owner.get("controller") == Some(&Value::Bool(true)))?;
        let text = |member| owner.get(member).and_then(Value::as_str);
        let of = self.types.of_kind(text("apiVersion")?, text("kind")?)?;
        Some(Maker {
            id: ObjectId {
                resource: of.resource.clone(),
                namespace: namespace.filter(|_| of.namespaced).map(str::to_owned),
                name: text("name")?.to_owned(),
            },
            of: of.clone(),
        })
    }
}
