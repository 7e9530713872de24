//! Built-in plugin: bring what exists back to the state of the backup, field by field.
//!
//! AKS Backup's conflict policy `Patch`, gentler than the merge patch that Velero makes: what was added to the live
//! object since the backup stays, and lists whose elements have an identity are merged element by element.

mod merge;

use lazarette_sdk::{Decision, Error, Object, Resolver, Value};
use serde::Deserialize;

struct ConflictPatch;

/// There is nothing to configure.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {}

impl Resolver for ConflictPatch {
    type Config = Config;

    fn configure(_: Config) -> Result<Self, Error> {
        Ok(ConflictPatch)
    }

    fn resolve(&mut self, wanted: &Object, live: &Object, decision: &Decision) -> Result<(), Error> {
        let keys = |pointer: &str| list_keys(live, pointer);
        let operations = merge::operations(&live.value(), &wanted.value(), &keys);
        match operations.is_empty() {
            true => decision.skip("nothing to change"),
            false => decision.json_patch(&Value::Array(operations)),
        }
        Ok(())
    }
}

/// The members that identify an element of a list. Velero appends to both lists of a service account by name, of which
/// Kubernetes declares one to be replaced as a whole.
fn list_keys(object: &Object, pointer: &str) -> Option<Vec<String>> {
    let identity = object.identity();
    let is_service_account = identity.group.is_empty() && identity.resource == "serviceaccounts";
    match pointer {
        "/secrets" | "/imagePullSecrets" if is_service_account => Some(vec!["name".to_owned()]),
        _ => object.list_keys(pointer),
    }
}

lazarette_sdk::export_resolver!(ConflictPatch, manifest: "../manifest.json");

#[cfg(test)]
mod tests {
    use super::*;
    use lazarette_sdk::json;
    use lazarette_sdk::testing::{Fixture, Verdict, configure_with, resolve};

    fn patched(wanted: &Fixture, live: &Fixture) -> Value {
        resolve(&mut ConflictPatch, wanted, live).unwrap().object
    }

    fn deployment(containers: Value) -> Fixture {
        Fixture::new(json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {"template": {"spec": {"containers": containers}}},
        }))
        .with_list_keys("/spec/template/spec/containers", &["name"])
        .with_list_keys("/spec/template/spec/containers/-/env", &["name"])
    }

    #[test]
    fn a_field_comes_back_and_what_was_added_stays() {
        let wanted = deployment(
            json!([{"name": "web", "image": "web:1", "env": [{"name": "MODE", "value": "fast"}]}]),
        );
        let live = deployment(json!([
            {"name": "sidecar", "image": "mesh:7"},
            {"name": "web", "image": "web:2", "env": [{"name": "NEW", "value": "1"}, {"name": "MODE", "value": "slow"}]},
        ]));
        let outcome = resolve(&mut ConflictPatch, &wanted, &live).unwrap();
        assert_eq!(
            outcome.object["spec"]["template"]["spec"]["containers"],
            json!([
                {"name": "sidecar", "image": "mesh:7"},
                {"name": "web", "image": "web:1", "env": [{"name": "NEW", "value": "1"}, {"name": "MODE", "value": "fast"}]},
            ])
        );
        assert_eq!(outcome.operations.len(), 2, "only what differs is written");
    }

    #[test]
    fn nothing_to_change_is_said() {
        let live = deployment(json!([{"name": "web", "image": "web:1", "tty": true}]));
        let outcome = resolve(&mut ConflictPatch, &deployment(json!([{"name": "web"}])), &live).unwrap();
        assert_eq!(outcome.verdict, Verdict::Skip("nothing to change".into()));
    }

    #[test]
    fn secrets_of_a_service_account_are_added_by_name() {
        let account = |secrets: Value| {
            Fixture::new(json!({
                "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "web"}, "imagePullSecrets": secrets,
            }))
        };
        let live = account(json!([{"name": "b"}, {"name": "a"}]));
        let object = patched(&account(json!([{"name": "a"}, {"name": "c"}])), &live);
        assert_eq!(
            object["imagePullSecrets"],
            json!([{"name": "b"}, {"name": "a"}, {"name": "c"}])
        );
    }

    #[test]
    fn there_is_nothing_to_configure() {
        let configure = |config| configure_with(config, <ConflictPatch as Resolver>::configure);
        assert!(configure(json!({})).is_ok());
        assert!(configure(json!({"force": true})).is_err());
    }
}
