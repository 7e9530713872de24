//! The objects.

use lazarette_tests::counts::Chance;
use serde_json::{Value, json};

/// How many namespaces the objects are in.
pub const NAMESPACES: usize = 50;

/// The types, as paths of an API server: before the namespace, and after it.
pub const TYPES: [(&str, &str); 5] = [
    ("/api/v1", "configmaps"),
    ("/api/v1", "secrets"),
    ("/apis/apps/v1", "deployments"),
    ("/api/v1", "services"),
    ("/apis/bench.example.com/v1", "widgets"),
];

/// Words that texts are made of, so that they compress as texts do.
const WORDS: [&str; 12] = [
    "listen", "server", "timeout", "upstream", "location", "proxy", "header", "buffer", "cache", "error",
    "log", "limit",
];

/// An object as it is sent.
pub struct Prepared {
    /// Where it is posted.
    pub path: String,
    /// Its JSON.
    pub json: Vec<u8>,
}

/// What there must be before the objects, and the objects.
pub struct Data {
    /// Namespaces and the definition of the custom resource.
    pub ground: Vec<Prepared>,
    /// The objects.
    pub objects: Vec<Prepared>,
}

impl Data {
    /// Config maps, secrets, deployments, services, and custom resources of 1 to 20 KB; always the same ones.
    pub fn objects(count: usize) -> Self {
        let mut chance = Chance::new(20_000);
        let objects = (0..count).map(|number| object(number, &mut chance)).collect();
        Data {
            ground: ground(),
            objects,
        }
    }

    /// 500 ConfigMaps of 1 MiB, as large as an API server takes them.
    pub fn large() -> Self {
        let mut chance = Chance::new(500);
        let objects = (0..500).map(|number| {
            let value = json!({
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"name": format!("large-{number}")},
                "data": {"text": text(&mut chance, (1 << 20) - 1000)},
            });
            prepared("/api/v1", "configmaps", number % NAMESPACES, &value)
        });
        Data {
            ground: ground(),
            objects: objects.collect(),
        }
    }

    /// The size of all objects.
    pub fn bytes(&self) -> u64 {
        self.objects.iter().map(|object| object.json.len() as u64).sum()
    }
}

fn ground() -> Vec<Prepared> {
    let namespaces = (0..NAMESPACES).map(|number| Prepared {
        path: "/api/v1/namespaces".to_owned(),
        json: json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace(number)}})
            .to_string()
            .into_bytes(),
    });
    let schema = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.bench.example.com"},
        "spec": {
            "group": "bench.example.com", "scope": "Namespaced",
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}}],
        },
    });
    let definition = Prepared {
        path: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions".to_owned(),
        json: definition.to_string().into_bytes(),
    };
    [definition].into_iter().chain(namespaces).collect()
}

fn object(number: usize, chance: &mut Chance) -> Prepared {
    let kind = number % TYPES.len();
    let name = format!("object-{number}");
    let value = match kind {
        0 => config_map(&name, chance),
        1 => secret(&name, chance),
        2 => deployment(&name),
        3 => service(&name),
        _ => widget(&name, chance),
    };
    let (before, resource) = TYPES[kind];
    prepared(before, resource, number / TYPES.len() % NAMESPACES, &value)
}

fn prepared(before: &str, resource: &str, number: usize, value: &Value) -> Prepared {
    let path = format!("{before}/namespaces/{}/{resource}", namespace(number));
    Prepared {
        path,
        json: value.to_string().into_bytes(),
    }
}

fn namespace(number: usize) -> String {
    format!("bench-{number:02}")
}

fn metadata(name: &str) -> Value {
    json!({"name": name, "labels": {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "bench"}})
}

fn config_map(name: &str, chance: &mut Chance) -> Value {
    let size = 500 + chance.below(1500);
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata(name),
        "data": {"server.conf": text(chance, size), "mode": "production"}})
}

fn secret(name: &str, chance: &mut Chance) -> Value {
    let random: String = (0..32)
        .map(|_| format!("{:016x}", chance.below(u64::MAX)))
        .collect();
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata(name), "type": "Opaque",
        "stringData": {"password": random, "user": name}})
}

/// Scaled to nothing and paused, so that controllers would make nothing of it.
fn deployment(name: &str) -> Value {
    let labels = json!({"app": name});
    let container = json!({
        "name": "web", "image": "registry.example.com/web:1.2.3", "ports": [{"containerPort": 8080}],
        "env": (0..10).map(|number| json!({"name": format!("SETTING_{number}"), "value": "some value"})).collect::<Vec<_>>(),
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 5},
    });
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata(name), "spec": {
        "replicas": 0, "paused": true, "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
    }})
}

fn service(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata(name), "spec": {
        "selector": {"app": name}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}],
    }})
}

fn widget(name: &str, chance: &mut Chance) -> Value {
    let parts = 1 + chance.below(20);
    let parts: Vec<_> = (0..parts)
        .map(|number| json!({"number": number, "text": text(chance, 950)}))
        .collect();
    json!({"apiVersion": "bench.example.com/v1", "kind": "Widget", "metadata": metadata(name),
        "spec": {"replicas": 3, "parts": parts}})
}

/// A text of about `size` bytes.
fn text(chance: &mut Chance, size: u64) -> String {
    let mut text = String::new();
    while (text.len() as u64) < size {
        text.push_str(chance.choose::<&str>(&WORDS));
        text += &format!(" {};\n", chance.below(100_000));
    }
    text
}
