//! Plugins that look where they may not, or without end.

use super::*;
use lazarette::plugin::PluginErrorKind;
use rstest::rstest;

fn cluster() -> Vec<Object> {
    let object = |kind: &str, namespace: &str| {
        let json =
            json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": "a", "namespace": namespace}});
        guess_object(json, &ResourceTypes::built_in()).unwrap()
    };
    vec![
        object("ConfigMap", "shop"),
        object("ConfigMap", "bank"),
        object("Secret", "shop"),
    ]
}

/// What a look-up with these grants comes to: the one note, or the code of the error.
fn look(config: Value, grants: &[&str]) -> String {
    let operation = operation_among(cluster());
    let plugin = configure(LOOKING, settings(config, grants), &operation).unwrap();
    match host().batch(&operation).modify(&plugin, &mut pod()) {
        Ok(modified) => format!("{} {}", modified.notes[0].code, modified.notes[0].message),
        Err(PluginError {
            kind: PluginErrorKind::Failed { code, .. },
            ..
        }) => code,
        Err(error) => error.kind.code().name().to_owned(),
    }
}

fn get(resource: &str, namespace: &str) -> Value {
    json!({"do": "get", "resource": resource, "namespace": namespace, "name": "a"})
}

fn list(resource: &str, namespace: Option<&str>) -> Value {
    json!({"do": "list", "resource": resource, "namespace": namespace})
}

#[rstest]
#[case::granted(get("configmaps", "shop"), &["cluster.get:configmaps@shop"], "found a")]
#[case::nothing_there(get("configmaps", "zoo"), &["cluster.get:configmaps"], "nothing a")]
#[case::no_grant(get("configmaps", "shop"), &[], "not-granted")]
#[case::another_namespace(get("configmaps", "bank"), &["cluster.get:configmaps@shop"], "not-granted")]
#[case::another_type(get("pods", "shop"), &["cluster.get:configmaps"], "not-granted")]
#[case::secrets(get("secrets", "shop"), &["cluster.get"], "not-granted")]
#[case::secrets_by_name(get("secrets", "shop"), &["cluster.get:secrets@shop"], "found a")]
#[case::another_call(list("configmaps", Some("shop")), &["cluster.get"], "not-granted")]
#[case::a_list(list("configmaps", None), &["cluster.list:configmaps"], "found 2")]
#[case::all_namespaces(list("configmaps", None), &["cluster.list:configmaps@shop"], "not-granted")]
#[case::no_type(get("../secrets", "shop"), &["cluster.get"], "unknown-resource")]
fn a_plugin_sees_what_was_granted(#[case] config: Value, #[case] grants: &[&str], #[case] expected: &str) {
    assert_eq!(look(config, grants), expected);
}

#[rstest]
#[case::forever("get-for-ever", "limit")]
#[case::then_a_loop("get-and-loop", "PluginDeadline")]
fn look_ups_are_no_way_around_the_limits(#[case] what: &str, #[case] expected: &str) {
    let found = look(json!({"do": what, "resource": "configmaps"}), &["cluster.get"]);
    // Ten thousand look-ups may take longer than a plugin has.
    assert!(found == expected || found == "PluginDeadline", "{found}");
}

#[test]
fn look_ups_are_counted() {
    let operation = operation_among(cluster());
    let plugin = configure(
        LOOKING,
        settings(get("configmaps", "shop"), &["cluster.get"]),
        &operation,
    )
    .unwrap();
    host().batch(&operation).modify(&plugin, &mut pod()).unwrap();
    assert_eq!(plugin.report().look_ups, 1);
    assert_eq!(operation.look_ups.record("").len(), 1);
}
