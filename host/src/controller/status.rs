//! Writing status and events.

use super::ControllerError;
use crate::report::Problem;
use crate::resources::{Condition, ConditionStatus};
use jiff::Timestamp;
use kube::api::{Patch, PatchParams};
use kube::{Api, Resource};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::fmt::Debug;

/// Whose fields these are.
pub(super) const MANAGER: &str = "lazarette-controller";

/// Put `status` in the place of the one that the resource `name` has.
pub(super) async fn put<K, S>(api: &Api<K>, name: &str, status: &S) -> Result<(), ControllerError>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug,
    S: Serialize + Debug,
{
    let patch = json!({
        "apiVersion": K::api_version(&()),
        "kind": K::kind(&()),
        "metadata": {"name": name},
        "status": status,
    });
    api.patch_status(name, &PatchParams::apply(MANAGER).force(), &Patch::Apply(patch))
        .await?;
    Ok(())
}

/// The condition `kind` from a result: true, or false for the reason of the problem.
pub(super) fn condition(kind: &str, result: Result<&str, &Problem>, now: Timestamp) -> Condition {
    match result {
        Ok(message) => Condition::new(kind, ConditionStatus::True, kind, message, now),
        Err(problem) => {
            let message = format!("{problem}. {}", problem.code.action());
            Condition::new(kind, ConditionStatus::False, problem.code.name(), message, now)
        }
    }
}

/// The present, to the second: what people read.
pub(super) fn now() -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default()
}
