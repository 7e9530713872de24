//! The rules: described once, for the document and for the native code.

use crate::objects::{CHANGE, SELECTED, TYPES};
use lazarette::object::GroupResource;
use serde_json::{Value, json};

/// A rule, to be written down or to be made native code of.
#[derive(Clone)]
pub struct Description {
    /// The type that the rule is for, as in a document.
    pub group_resource: String,
    /// Which objects of the type it is for.
    pub condition: Condition,
    /// A JSON patch, or a merge patch where it is no list.
    pub patch: Value,
}

/// What an object must be like.
#[derive(Clone, Copy)]
pub enum Condition {
    /// In this namespace.
    Namespace(&'static str),
    /// Of a name that matches this regular expression.
    Name(&'static str),
    /// With a label of this key and value.
    Label(&'static str, &'static str),
}

/// Twenty rules: one for each type of objects, and 15 that match none of them.
pub fn descriptions() -> Vec<Description> {
    let operation = |operation, path, value: Value| json!({"op": operation, "path": path, "value": value});
    let patches = [
        json!({"data": {"region": "north"}, "metadata": {"labels": {"restored": "yes"}}}),
        json!({"metadata": {"annotations": {"example.com/rotated": "no", "example.com/restored": "yes"}}}),
        json!([
            operation("replace", "/spec/type", json!("ClusterIP")),
            operation("add", "/metadata/annotations/example.com~1restored", json!("yes")),
        ]),
        json!([
            operation(
                "replace",
                "/spec/template/spec/containers/0/image",
                json!("registry.example.com/web:2")
            ),
            operation("add", "/metadata/labels/restored", json!("yes")),
        ]),
        json!([
            operation("replace", "/spec/mode", json!("manual")),
            operation("add", "/spec/limits", json!({"cpu": "2", "memory": "4Gi"})),
        ]),
    ];
    let of_types = TYPES
        .iter()
        .zip(patches)
        .flat_map(|((group, resource, _), patch)| {
            let describe = |condition| Description {
                group_resource: GroupResource::new(*group, *resource).to_string(),
                condition,
                patch: patch.clone(),
            };
            [
                Condition::Label(SELECTED, CHANGE),
                Condition::Namespace("elsewhere"),
                Condition::Name("^database-[0-9]+$"),
            ]
            .map(describe)
        });
    let of_other_types = [
        "pods",
        "ingresses.networking.k8s.io",
        "jobs.batch",
        "gadgets.example.com",
        "leases",
    ];
    let of_other_types = of_other_types.map(|group_resource| Description {
        group_resource: group_resource.to_owned(),
        condition: Condition::Label(SELECTED, CHANGE),
        patch: json!({"metadata": {"labels": {"restored": "yes"}}}),
    });
    of_types.chain(of_other_types).collect()
}

/// The document with these rules.
pub fn document(rules: &[Description]) -> String {
    let rules: Vec<Value> = rules.iter().map(Description::document).collect();
    json!({"version": "v1", "resourceModifierRules": rules}).to_string()
}

impl Description {
    fn document(&self) -> Value {
        let mut conditions = match self.condition {
            Condition::Namespace(namespace) => json!({"namespaces": [namespace]}),
            Condition::Name(regex) => json!({"resourceNameRegex": regex}),
            Condition::Label(key, value) => json!({"labelSelector": {"matchLabels": {key: value}}}),
        };
        conditions["groupResource"] = json!(self.group_resource);
        let Some(operations) = self.patch.as_array() else {
            return json!({"conditions": conditions, "mergePatches": [{"patchData": self.patch}]});
        };
        let operations: Vec<Value> = operations
            .iter()
            .map(|operation| {
                json!({"operation": operation["op"], "path": operation["path"], "value": operation["value"]})
            })
            .collect();
        json!({"conditions": conditions, "patches": operations})
    }
}
