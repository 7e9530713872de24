//! Fields of live objects that cannot be changed: they stay as they are, so that the rest can be patched.
//!
//! An API server mostly names the field that it refuses. For some kinds it says no more than `spec`; what can be changed
//! of those is listed here (validation of Kubernetes 1.36: `ValidatePodUpdate`, `ValidateStatefulSetUpdate`,
//! `ValidatePersistentVolumeClaimUpdate`, `ValidateJobUpdate`).

use crate::object::GroupResource;
use serde_json::Value;

/// Members of `spec` that can be changed, for kinds of which the server does not name those that cannot.
fn mutable_spec(of: &GroupResource) -> Option<&'static [&'static str]> {
    match (of.group.as_str(), of.resource.as_str()) {
        ("", "pods") => Some(&["activeDeadlineSeconds", "tolerations"]),
        ("", "persistentvolumeclaims") => Some(&["resources", "volumeAttributesClassName"]),
        ("", "services") => Some(&[
            "ports",
            "selector",
            "type",
            "externalIPs",
            "sessionAffinity",
            "sessionAffinityConfig",
            "externalName",
            "externalTrafficPolicy",
            "internalTrafficPolicy",
            "publishNotReadyAddresses",
            "loadBalancerSourceRanges",
            "allocateLoadBalancerNodePorts",
            "trafficDistribution",
        ]),
        ("apps", "statefulsets") => Some(&[
            "replicas",
            "ordinals",
            "template",
            "updateStrategy",
            "revisionHistoryLimit",
            "persistentVolumeClaimRetentionPolicy",
            "minReadySeconds",
        ]),
        ("batch", "jobs") => Some(&[
            "parallelism",
            "suspend",
            "activeDeadlineSeconds",
            "backoffLimit",
            "ttlSecondsAfterFinished",
        ]),
        _ => None,
    }
}

/// Let `patched` have what `live` has in the `fields` that an API server refused (`spec.selector`,
/// `spec.ports[0].nodePort`). Returns the JSON pointers of what was put back; none where nothing could be.
pub(super) fn put_back(
    patched: &mut Value,
    live: &Value,
    of: &GroupResource,
    fields: &[String],
) -> Vec<String> {
    let mut done = Vec::new();
    for field in fields {
        match (field.as_str(), mutable_spec(of)) {
            ("spec", Some(mutable)) => put_back_spec(patched, live, mutable, &mut done),
            _ => {
                let pointer = pointer(field);
                done.extend(put_back_nearest(patched, live, &pointer));
            }
        }
    }
    done
}

/// Put back all members of `spec` but those that can be changed, and of containers all but their image.
fn put_back_spec(patched: &mut Value, live: &Value, mutable: &[&str], done: &mut Vec<String>) {
    let members = |object: &Value| -> Vec<String> {
        let spec = object.get("spec").and_then(Value::as_object);
        spec.into_iter().flatten().map(|(key, _)| key.clone()).collect()
    };
    let mut names = members(patched);
    names.extend(members(live));
    names.sort_unstable();
    names.dedup();
    for name in names.iter().filter(|name| !mutable.contains(&name.as_str())) {
        let pointer = format!("/spec/{}", escape(name));
        match name.as_str() {
            "containers" | "initContainers" => put_back_containers(patched, live, &pointer, done),
            _ => done.extend(put_back_at(patched, live, &pointer).then_some(pointer)),
        }
    }
}

/// Of the containers of a pod only the images can be changed.
fn put_back_containers(patched: &mut Value, live: &Value, pointer: &str, done: &mut Vec<String>) {
    let Some(kept) = live.pointer(pointer).and_then(Value::as_array) else {
        return;
    };
    let wanted = patched.pointer(pointer).and_then(Value::as_array);
    let image_of = |container: &Value| -> Option<Value> {
        let name = container.get("name")?;
        let mut same = wanted.into_iter().flatten();
        let wanted = same.find(|wanted| wanted.get("name") == Some(name))?;
        wanted.get("image").cloned()
    };
    let containers: Vec<Value> = kept
        .iter()
        .map(|container| {
            let mut container = container.clone();
            let image = image_of(&container);
            if let Some((place, image)) = container.get_mut("image").zip(image) {
                *place = image;
            }
            container
        })
        .collect();
    if let Some(place) = patched.pointer_mut(pointer)
        && *place != Value::Array(containers.clone())
    {
        *place = Value::Array(containers);
        done.push(pointer.to_owned());
    }
}

/// Put back what is at `pointer`; where nothing differs there, the nearest thing around it that does.
fn put_back_nearest(patched: &mut Value, live: &Value, pointer: &str) -> Option<String> {
    let mut pointer = pointer;
    while !pointer.is_empty() {
        if put_back_at(patched, live, pointer) {
            return Some(pointer.to_owned());
        }
        pointer = pointer.rsplit_once('/').map_or("", |(around, _)| around);
    }
    None
}

/// Put back what is at `pointer`. Returns whether anything differed.
fn put_back_at(patched: &mut Value, live: &Value, pointer: &str) -> bool {
    let kept = live.pointer(pointer);
    if patched.pointer(pointer) == kept {
        return false;
    }
    let Some((around, last)) = pointer.rsplit_once('/') else {
        return false;
    };
    match (patched.pointer_mut(around), kept) {
        (Some(Value::Object(map)), Some(kept)) => _ = map.insert(unescape(last), kept.clone()),
        (Some(Value::Object(map)), None) => _ = map.shift_remove(&unescape(last)),
        (Some(Value::Array(list)), Some(kept)) => {
            let Some(place) = last.parse().ok().and_then(|index: usize| list.get_mut(index)) else {
                return false;
            };
            *place = kept.clone();
        }
        // An element that was added, or a place that is not there: what is around it is put back.
        _ => return false,
    }
    true
}

/// The JSON pointer of a field in the notation of an API server: `spec.ports[0].nodePort`, `data[key]`.
fn pointer(field: &str) -> String {
    let mut pointer = String::new();
    let mut rest = field;
    while !rest.is_empty() {
        let (segment, after) = match rest.strip_prefix('[') {
            Some(inner) => inner.split_once(']').unwrap_or((inner, "")),
            None => rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len())),
        };
        pointer.push('/');
        pointer.push_str(&escape(segment));
        rest = after.strip_prefix('.').unwrap_or(after);
    }
    pointer
}

fn escape(segment: &str) -> String {
    segment.replace('~', "~0").replace('/', "~1")
}

fn unescape(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case("spec", "/spec")]
    #[case("spec.ports[0].nodePort", "/spec/ports/0/nodePort")]
    #[case("data[a/b]", "/data/a~1b")]
    #[case(
        "metadata.labels[app.kubernetes.io/name]",
        "/metadata/labels/app.kubernetes.io~1name"
    )]
    #[case("", "")]
    #[case("spec[", "/spec/")]
    fn fields_as_pointers(#[case] field: &str, #[case] expected: &str) {
        assert_eq!(pointer(field), expected);
    }

    #[rstest]
    #[case::named(
        "deployments.apps", &["spec.selector"],
        json!({"spec": {"selector": {"a": 2}, "replicas": 3}}), json!({"spec": {"selector": {"a": 1}, "replicas": 1}}),
        json!({"spec": {"selector": {"a": 1}, "replicas": 3}}), &["/spec/selector"]
    )]
    #[case::added(
        "services", &["spec.clusterIP"],
        json!({"spec": {"clusterIP": "None", "x": 1}}), json!({"spec": {}}),
        json!({"spec": {"x": 1}}), &["/spec/clusterIP"]
    )]
    #[case::of_a_list(
        "services", &["spec.clusterIPs[0]"],
        json!({"spec": {"clusterIPs": ["b"]}}), json!({"spec": {"clusterIPs": ["a"]}}),
        json!({"spec": {"clusterIPs": ["a"]}}), &["/spec/clusterIPs/0"]
    )]
    #[case::an_added_element(
        "widgets.example.com", &["spec.list[1]"],
        json!({"spec": {"list": [1, 2]}}), json!({"spec": {"list": [1]}}),
        json!({"spec": {"list": [1]}}), &["/spec/list"]
    )]
    #[case::only_spec(
        "statefulsets.apps", &["spec"],
        json!({"spec": {"serviceName": "b", "replicas": 3, "podManagementPolicy": "Parallel"}}), json!({"spec": {"serviceName": "a", "replicas": 1}}),
        json!({"spec": {"serviceName": "a", "replicas": 3}}), &["/spec/podManagementPolicy", "/spec/serviceName"]
    )]
    #[case::pods(
        "pods", &["spec"],
        json!({"spec": {"hostNetwork": true, "containers": [{"name": "a", "image": "a:2", "tty": true}]}}),
        json!({"spec": {"containers": [{"name": "a", "image": "a:1"}]}}),
        json!({"spec": {"containers": [{"name": "a", "image": "a:2"}]}}), &["/spec/containers", "/spec/hostNetwork"]
    )]
    #[case::equal("deployments.apps", &["spec.selector"], json!({"spec": {}}), json!({"spec": {}}), json!({"spec": {}}), &[])]
    fn what_cannot_be_changed_stays(
        #[case] of: &str,
        #[case] fields: &[&str],
        #[case] patched: Value,
        #[case] live: Value,
        #[case] expected: Value,
        #[case] pointers: &[&str],
    ) {
        let fields: Vec<_> = fields.iter().map(|&field| field.to_owned()).collect();
        let mut result = patched;
        let done = put_back(&mut result, &live, &of.parse().unwrap(), &fields);
        assert_eq!(result, expected);
        assert_eq!(done, pointers);
    }
}
