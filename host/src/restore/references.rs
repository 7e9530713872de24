//! References to a mapped namespace that a restore does not rewrite, because it cannot know what they mean.

use super::place::Mapping;
use super::report::Note;
use crate::object::Object;
use serde_json::Value;

/// Where the pod template is in an object: in a pod, in the controllers of pods, in a cron job.
const POD_SPECS: [&str; 3] = [
    "/spec",
    "/spec/template/spec",
    "/spec/jobTemplate/spec/template/spec",
];

/// Notes on places that still name a namespace from which objects are mapped away: host names of services in
/// environment variables, commands and arguments, and services of webhooks, aggregated APIs and conversions.
pub(super) fn stay_behind(object: &Object, mapping: &Mapping) -> Vec<Note> {
    let mut notes = Vec::new();
    match (
        object.id.resource.group.as_str(),
        object.id.resource.resource.as_str(),
    ) {
        ("", "pods" | "replicationcontrollers") | ("apps" | "batch", _) => {
            for spec in POD_SPECS {
                for containers in ["containers", "initContainers"] {
                    host_names(&object.json, &format!("{spec}/{containers}"), mapping, &mut notes);
                }
            }
        }
        ("admissionregistration.k8s.io", _) => {
            for index in 0..length(&object.json, "/webhooks") {
                let pointer = format!("/webhooks/{index}/clientConfig/service/namespace");
                service_namespace(&object.json, &pointer, mapping, &mut notes);
            }
        }
        ("apiregistration.k8s.io", "apiservices") => {
            service_namespace(&object.json, "/spec/service/namespace", mapping, &mut notes);
        }
        ("apiextensions.k8s.io", "customresourcedefinitions") => {
            let pointer = "/spec/conversion/webhook/clientConfig/service/namespace";
            service_namespace(&object.json, pointer, mapping, &mut notes);
        }
        _ => {}
    }
    notes
}

/// Look at the environment variables, commands and arguments of the containers in the list at `pointer`.
fn host_names(json: &Value, pointer: &str, mapping: &Mapping, notes: &mut Vec<Note>) {
    for container in 0..length(json, pointer) {
        let variables = format!("{pointer}/{container}/env");
        for index in 0..length(json, &variables) {
            host_name(json, &format!("{variables}/{index}/value"), mapping, notes);
        }
        for list in ["command", "args"] {
            let arguments = format!("{pointer}/{container}/{list}");
            for index in 0..length(json, &arguments) {
                host_name(json, &format!("{arguments}/{index}"), mapping, notes);
            }
        }
    }
}

/// Look at the text at `pointer`.
fn host_name(json: &Value, pointer: &str, mapping: &Mapping, notes: &mut Vec<Note>) {
    let Some(text) = json.pointer(pointer).and_then(Value::as_str) else {
        return;
    };
    for (old, new) in mapping
        .0
        .iter()
        .filter(|(old, new)| old != new && names_service_in(text, old))
    {
        let message =
            format!("a host name seems to be that of a service in {old}, which is restored into {new}");
        notes.push(Note::new("reference-not-mapped", message, pointer));
    }
}

/// Look at the namespace of a service at `pointer`.
fn service_namespace(json: &Value, pointer: &str, mapping: &Mapping, notes: &mut Vec<Note>) {
    let Some(old) = json.pointer(pointer).and_then(Value::as_str) else {
        return;
    };
    let new = mapping.of(old);
    if old != new {
        let message = format!("the service is looked for in {old}, which is restored into {new}");
        notes.push(Note::new("reference-not-mapped", message, pointer));
    }
}

/// Whether `text` has a host name of a service in `namespace`: `SERVICE.NAMESPACE`, alone or followed by `.svc`.
fn names_service_in(text: &str, namespace: &str) -> bool {
    let of_label = |c: char| c.is_ascii_alphanumeric() || c == '-';
    text.match_indices(namespace).any(|(start, _)| {
        let before = text.get(..start).and_then(|before| before.strip_suffix('.'));
        let after = text.get(start + namespace.len()..).unwrap_or_default();
        let ends = match after.strip_prefix('.') {
            Some(rest) => rest
                .strip_prefix("svc")
                .is_some_and(|rest| !rest.starts_with(of_label)),
            None => !after.starts_with(of_label),
        };
        ends && before.is_some_and(|before| before.ends_with(of_label))
    })
}

/// How many elements the list at `pointer` has.
fn length(json: &Value, pointer: &str) -> usize {
    json.pointer(pointer)
        .and_then(Value::as_array)
        .map_or(0, Vec::len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::ResourceType;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case::short("redis.shop:6379", true)]
    #[case::alone("redis.shop", true)]
    #[case::full("http://api.shop.svc.cluster.local/v1", true)]
    #[case::in_a_list("a=1,redis.shop,b", true)]
    #[case::no_service("shop", false)]
    #[case::a_path("/etc/shop/config", false)]
    #[case::longer("redis.shopping:6379", false)]
    #[case::another_end("redis.my-shop:6379", false)]
    #[case::a_public_name("www.shop.example.com", false)]
    #[case::not_quite_svc("www.shop.svcs", false)]
    #[case::other_script("ü.shop", false)]
    fn a_host_name_is_known_by_its_form(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(names_service_in(text, "shop"), expected);
    }

    fn notes(resource: &str, json: Value) -> Vec<String> {
        let of = ResourceType {
            resource: resource.parse().unwrap(),
            version: "v1".into(),
            kind: "Any".into(),
            namespaced: false,
        };
        let mut json = json;
        json["metadata"] = json!({"name": "it"});
        let mapping = Mapping([("shop".to_owned(), "test".to_owned())].into());
        let notes = stay_behind(&Object::new(&of, json).unwrap(), &mapping);
        notes.into_iter().filter_map(|note| note.pointer).collect()
    }

    #[test]
    fn environment_and_arguments_of_all_containers_are_looked_at() {
        let template = json!({"spec": {
            "containers": [
                {"env": [{"value": "x"}, {"value": "redis.shop"}]},
                {"command": ["run"], "args": ["--api", "http://api.shop.svc"]},
            ],
            "initContainers": [{"command": ["wait", "db.shop:5432"]}],
        }});
        assert_eq!(
            notes("deployments.apps", json!({"spec": {"template": template}})),
            [
                "/spec/template/spec/containers/0/env/1/value",
                "/spec/template/spec/containers/1/args/1",
                "/spec/template/spec/initContainers/0/command/1",
            ]
        );
    }

    #[rstest]
    #[case(
        "validatingwebhookconfigurations.admissionregistration.k8s.io",
        "/webhooks/0/clientConfig/service/namespace"
    )]
    #[case("apiservices.apiregistration.k8s.io", "/spec/service/namespace")]
    #[case(
        "customresourcedefinitions.apiextensions.k8s.io",
        "/spec/conversion/webhook/clientConfig/service/namespace"
    )]
    fn services_that_the_api_server_calls_are_looked_at(#[case] resource: &str, #[case] pointer: &str) {
        let service = json!({"service": {"namespace": "shop"}});
        let json = json!({
            "webhooks": [{"clientConfig": service}],
            "spec": {"service": service["service"], "conversion": {"webhook": {"clientConfig": service}}},
        });
        assert_eq!(notes(resource, json), [pointer]);
    }
}
