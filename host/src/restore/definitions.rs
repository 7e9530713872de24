//! Definitions that were restored: the cluster needs a moment until it serves what they define.

use super::requests::Requests;
use super::types::Types;
use crate::cluster::{ClusterError, Discovery};
use crate::object::{GroupResource, ResourceType};
use crate::report::{Cancellation, Code, Problem};
use serde_json::Value;
use std::time::Duration;

/// How long a cluster may take to serve what definitions define. Names that are taken are never served.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between looking, at first; each time twice as long up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What the cluster serves once it serves all of `defined`, or when it has been waited for long enough; then there is a
/// problem for each type that it does not serve.
pub(super) async fn wait_until_served(
    requests: &Requests<'_>,
    defined: &[ResourceType],
    cancellation: &Cancellation,
) -> Result<(Types, Vec<(GroupResource, Problem)>), ClusterError> {
    let (mut waited, mut pause) = (Duration::ZERO, FIRST_PAUSE);
    loop {
        let discovery = requests.cluster().resource_types().await?;
        let missing: Vec<&ResourceType> = defined.iter().filter(|of| !serves(&discovery, of)).collect();
        if missing.is_empty() {
            return Ok((Types::new(discovery), Vec::new()));
        }
        if waited >= PATIENCE || cancellation.is_cancelled() {
            let mut problems = Vec::new();
            for of in missing {
                problems.push((of.resource.clone(), problem(requests, of).await?));
            }
            return Ok((Types::new(discovery), problems));
        }
        tokio::time::sleep(pause).await;
        waited += pause;
        pause = (2 * pause).min(LONGEST_PAUSE);
    }
}

/// Whether the type is served in its version. One that is listed without versions takes any.
fn serves(discovery: &Discovery, of: &ResourceType) -> bool {
    let listed = discovery
        .types
        .iter()
        .any(|served| served.resource == of.resource);
    let versions = discovery.versions.get(&of.resource);
    listed && versions.is_none_or(|versions| versions.contains(&of.version))
}

/// Why a type is not served, as its definition says.
async fn problem(requests: &Requests<'_>, of: &ResourceType) -> Result<Problem, ClusterError> {
    let definitions = ResourceType {
        resource: GroupResource::new("apiextensions.k8s.io", "customresourcedefinitions"),
        version: "v1".to_owned(),
        kind: "CustomResourceDefinition".to_owned(),
        namespaced: false,
    };
    let name = of.resource.to_string();
    let live = requests.get(&definitions, None, &name).await?;
    let reason = live.as_ref().and_then(reason).unwrap_or_default();
    let message = format!(
        "the cluster does not serve version {} of it after {} s{reason}",
        of.version,
        PATIENCE.as_secs()
    );
    Ok(Problem::new(Code::UnknownResourceType, message).about(name))
}

/// What the conditions of a definition say that is not as it should be.
fn reason(definition: &Value) -> Option<String> {
    let conditions = definition.pointer("/status/conditions")?.as_array()?;
    let text = |condition: &Value, member| {
        condition
            .get(member)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    conditions
        .iter()
        .find(|condition| {
            let of = text(condition, "type");
            let is_bad = text(condition, "status")
                == if of == "NonStructuralSchema" {
                    "True"
                } else {
                    "False"
                };
            is_bad && of != "KubernetesAPIApprovalPolicyConformant"
        })
        .map(|condition| format!(": {}: {}", text(condition, "reason"), text(condition, "message")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case::conflict(
        json!([{"type": "NamesAccepted", "status": "False", "reason": "PluralConflict", "message": "\"widgets\" is already in use"}]),
        Some(": PluralConflict: \"widgets\" is already in use")
    )]
    #[case::schema(
        json!([{"type": "NonStructuralSchema", "status": "True", "reason": "Violations", "message": "no type"}]),
        Some(": Violations: no type")
    )]
    #[case::fine(json!([{"type": "Established", "status": "True"}]), None)]
    fn the_definition_says_why(#[case] conditions: Value, #[case] expected: Option<&str>) {
        let definition = json!({"status": {"conditions": conditions}});
        assert_eq!(reason(&definition).as_deref(), expected);
    }
}
