//! Decisions, checked and carried out.

use super::*;
use crate::object::{GroupResource, ResourceType};
use crate::plugin::Modified;
use rstest::rstest;
use serde_json::{Value, json};

fn object() -> Object {
    let of = ResourceType {
        resource: GroupResource::new("", "configmaps"),
        version: "v1".to_owned(),
        kind: "ConfigMap".to_owned(),
        namespaced: true,
    };
    let json = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "settings", "namespace": "shop"}, "data": {"a": "1"},
    });
    Object::new(&of, json).unwrap()
}

fn grants(names: &[&str]) -> Grants {
    Grants(names.iter().map(|&name| name.to_owned()).collect())
}

fn modify(patch: Value, granted: &[&str]) -> (Object, Result<Modified, PluginErrorKind>) {
    let (mut object, limits) = (object(), Limits::default());
    let mut decisions = Decisions::default();
    match patch.is_array() {
        true => decisions.json_patch(patch.to_string(), &limits).unwrap(),
        false => decisions.merge_patch(patch.to_string(), &limits).unwrap(),
    }
    let result = decisions
        .modification(&limits)
        .and_then(|modification| modification.carry_out(&mut object, &grants(granted)));
    (object, result)
}

#[test]
fn a_patch_is_applied_whole_or_not_at_all() {
    let patch = json!([{"op": "add", "path": "/data/b", "value": "2"}, {"op": "remove", "path": "/nothing"}]);
    let (after, result) = modify(patch, &[]);
    assert!(matches!(result, Err(PluginErrorKind::Output(_))));
    assert_eq!(after, object());
}

#[rstest]
#[case::kind(json!([{"op": "replace", "path": "/kind", "value": "Secret"}]), "object.retype")]
#[case::name(json!({"metadata": {"name": "other"}}), "object.rename")]
#[case::name_by_parent(json!([{"op": "replace", "path": "/metadata", "value": {"name": "x"}}]), "object.rename")]
#[case::name_by_move(json!([{"op": "move", "from": "/metadata/name", "path": "/data/name"}]), "object.rename")]
fn a_change_of_identity_needs_its_grant(#[case] patch: Value, #[case] grant: &str) {
    let (after, result) = modify(patch, &[]);
    let Err(PluginErrorKind::Grant(message)) = result else {
        panic!("{result:?}")
    };
    assert!(message.contains(grant), "{message}");
    assert_eq!(after, object());
}

#[test]
fn a_granted_rename_is_carried_out() {
    let (after, result) = modify(json!({"metadata": {"name": "other"}}), &["object.rename"]);
    assert!(result.unwrap().changed);
    assert_eq!(after.json["metadata"]["name"], "other");
}

#[rstest]
#[case(json!({"metadata": {"name": "a/b"}}))]
#[case(json!({"metadata": {"name": ""}}))]
#[case(json!({"metadata": {"name": 7}}))]
#[case(json!({"metadata": {"name": null}}))]
fn a_rename_to_no_name_is_refused(#[case] patch: Value) {
    assert!(matches!(
        modify(patch, &["object.rename"]).1,
        Err(PluginErrorKind::Output(_))
    ));
}

#[test]
fn a_change_of_the_namespace_has_no_effect_and_is_noted() {
    let (after, result) = modify(
        json!({"metadata": {"namespace": "other"}, "data": {"b": "2"}}),
        &[],
    );
    assert_eq!(after.json["metadata"]["namespace"], "shop");
    assert_eq!(after.json["data"], json!({"a": "1", "b": "2"}));
    assert_eq!(result.unwrap().notes[0].code, "no-effect");
}

#[test]
fn growth_by_copies_is_bounded() {
    let long = "x".repeat(1 << 20);
    let mut patch = vec![json!({"op": "add", "path": "/data/a", "value": long})];
    patch.extend((0..8).map(|n| json!({"op": "copy", "from": "/data", "path": format!("/data/c{n}")})));
    let (after, result) = modify(Value::Array(patch), &[]);
    assert!(matches!(result, Err(PluginErrorKind::Output(_))), "{result:?}");
    assert_eq!(after, object());
}

#[test]
fn operations_and_bytes_are_bounded() {
    let limits = Limits {
        operations: 2,
        output: 1000,
        ..Limits::default()
    };
    let operation = json!({"op": "add", "path": "/data/b", "value": "2"});
    let mut decisions = Decisions::default();
    decisions
        .json_patch(json!([operation, operation, operation]).to_string(), &limits)
        .unwrap();
    let result = decisions
        .modification(&limits)
        .and_then(|modification| modification.carry_out(&mut object(), &Grants::default()));
    assert!(matches!(result, Err(PluginErrorKind::Output(_))));
    assert!(Decisions::default().skip("x".repeat(1001), &limits).is_err());
}

#[test]
fn precious_objects_are_deleted_only_by_a_grant_that_names_them() {
    let mut claim = object();
    claim.id.resource = GroupResource::new("", "persistentvolumeclaims");
    let resolve = |object: &Object, granted: &[&str]| {
        let limits = Limits::default();
        let mut decisions = Decisions::default();
        decisions.recreate(&limits).unwrap();
        decisions
            .resolve(object, &grants(granted), &limits)
            .map(|resolution| resolution.verdict)
    };
    assert!(resolve(&object(), &[]).is_err());
    assert_eq!(
        resolve(&object(), &["objects.delete"]).unwrap(),
        Verdict::Recreate
    );
    assert!(resolve(&claim, &["objects.delete"]).is_err());
    assert_eq!(
        resolve(&claim, &["objects.delete:persistentvolumeclaims"]).unwrap(),
        Verdict::Recreate
    );
}
