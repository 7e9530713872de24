//! Services: addresses and ports that the server chose.

use super::super::report::Note;
use super::{items, map_mut, text};
use serde_json::Value;
use std::collections::BTreeSet;

/// Where `kubectl apply` keeps what was applied.
const LAST_APPLIED: &str = "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration";

/// Drop cluster addresses (`None` stays: a headless service) and the node ports that nobody asked for.
pub(super) fn prepare(service: &mut Value, preserve_node_ports: bool, notes: &mut Vec<Note>) {
    if text(service, "/spec/clusterIP") != Some("None")
        && let Some(spec) = map_mut(service, "/spec")
    {
        spec.shift_remove("clusterIP");
        spec.shift_remove("clusterIPs");
    }
    if !preserve_node_ports && text(service, "/spec/type") != Some("ExternalName") {
        let asked = AskedFor::read(service);
        release_node_ports(service, &asked, notes);
        release_health_check_port(service, &asked, notes);
    }
}

/// The node ports that somebody asked for, as opposed to those that the server chose.
///
/// Where `kubectl apply` wrote down what was applied, that decides about the ports; else who manages the fields does.
#[derive(Default)]
struct AskedFor {
    /// Whether there is an annotation of `kubectl apply`.
    applied: bool,
    /// Names of ports with a node port in what was applied.
    names: BTreeSet<String>,
    /// Node ports of ports without a name in what was applied.
    numbers: BTreeSet<i64>,
    /// Port and protocol of ports whose node port somebody manages.
    managed: BTreeSet<(i64, String)>,
    /// Whether the port of health checks was asked for.
    health_check: bool,
}

impl AskedFor {
    fn read(service: &Value) -> Self {
        let mut asked = AskedFor::default();
        if let Some(applied) = text(service, LAST_APPLIED).and_then(|json| serde_json::from_str(json).ok()) {
            asked.read_applied(&applied);
        }
        for entry in items(service, "/metadata/managedFields") {
            asked.read_managed(entry);
        }
        asked
    }

    fn read_applied(&mut self, applied: &Value) {
        self.applied = true;
        for port in items(applied, "/spec/ports") {
            let Some(number) = port.get("nodePort").and_then(number).filter(|number| *number > 0) else {
                continue;
            };
            match port.get("name").and_then(Value::as_str) {
                Some(name) => _ = self.names.insert(name.to_owned()),
                None => _ = self.numbers.insert(number),
            }
        }
        let health_check = applied.pointer("/spec/healthCheckNodePort").and_then(number);
        self.health_check |= health_check.is_some_and(|number| number > 0);
    }

    /// An entry lists its fields as `f:spec: {f:ports: {k:{"port":80,"protocol":"TCP"}: {f:nodePort: {}}}}`.
    fn read_managed(&mut self, entry: &Value) {
        let spec = entry.pointer("/fieldsV1/f:spec");
        self.health_check |= spec.and_then(|spec| spec.get("f:healthCheckNodePort")).is_some();
        let ports = spec
            .and_then(|spec| spec.get("f:ports"))
            .and_then(Value::as_object);
        for (key, fields) in ports.into_iter().flatten() {
            let key: Option<Value> = key
                .strip_prefix("k:")
                .and_then(|key| serde_json::from_str(key).ok());
            if let Some(key) = key.filter(|_| fields.get("f:nodePort").is_some())
                && let Some(port) = key.get("port").and_then(Value::as_i64)
            {
                self.managed.insert((port, protocol(&key).to_owned()));
            }
        }
    }

    fn allows(&self, port: &Value) -> bool {
        if !self.applied {
            let number = port.get("port").and_then(Value::as_i64).unwrap_or_default();
            return self.managed.contains(&(number, protocol(port).to_owned()));
        }
        match port
            .get("name")
            .and_then(Value::as_str)
            .filter(|name| !name.is_empty())
        {
            Some(name) => self.names.contains(name),
            None => port
                .get("nodePort")
                .and_then(Value::as_i64)
                .is_some_and(|n| self.numbers.contains(&n)),
        }
    }
}

/// Drop the node ports that nobody asked for.
fn release_node_ports(service: &mut Value, asked: &AskedFor, notes: &mut Vec<Note>) {
    let ports = service.pointer_mut("/spec/ports").and_then(Value::as_array_mut);
    for (index, port) in ports.into_iter().flatten().enumerate() {
        if port.get("nodePort").is_none() || asked.allows(port) {
            continue;
        }
        let released = port
            .as_object_mut()
            .and_then(|port| port.shift_remove("nodePort"));
        if let Some(number) = released.as_ref().and_then(number).filter(|number| *number > 0) {
            let message = format!("node port {number} is not kept: nothing shows that it was asked for");
            notes.push(Note::new(
                "node-port-released",
                message,
                format!("/spec/ports/{index}/nodePort"),
            ));
        }
    }
}

/// Drop the port of health checks when nobody asked for it. Only load balancers that keep traffic on its node have one.
fn release_health_check_port(service: &mut Value, asked: &AskedFor, notes: &mut Vec<Note>) {
    let has_one = text(service, "/spec/type") == Some("LoadBalancer")
        && text(service, "/spec/externalTrafficPolicy") == Some("Local");
    if !has_one || asked.health_check {
        return;
    }
    let released = map_mut(service, "/spec").and_then(|spec| spec.shift_remove("healthCheckNodePort"));
    if let Some(number) = released.as_ref().and_then(number).filter(|number| *number > 0) {
        let message = format!("health check port {number} is not kept: nothing shows that it was asked for");
        notes.push(Note::new(
            "node-port-released",
            message,
            "/spec/healthCheckNodePort",
        ));
    }
}

/// The protocol of a port, with its default.
fn protocol(port: &Value) -> &str {
    port.get("protocol").and_then(Value::as_str).unwrap_or("TCP")
}

/// A number however it was written: what was applied is kept as a person wrote it, `8080`, `8080.0` or `"8080"`.
fn number(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number
            .as_i64()
            .or_else(|| number.to_string().strip_suffix(".0")?.parse().ok()),
        _ => None,
    }
}
