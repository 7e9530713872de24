//! The pods of the controller, and what is around them.

use super::{Installation, NAME, PROBES, labels, metadata};
use serde_json::{Value, json};

/// How long a pod has to end: runs are cancelled, and pods that stand still let go.
const GRACE: u32 = 120;

pub(super) fn deployment(of: &Installation) -> [Value; 3] {
    let namespace = Some(of.namespace.as_str());
    let selector = json!({"matchLabels": labels()});
    let deployment = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(NAME, namespace),
        "spec": {
            "replicas": of.replicas,
            "selector": selector,
            "template": {"metadata": {"labels": labels()}, "spec": pod(of)},
        },
    });
    let budget = json!({
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(NAME, namespace),
        "spec": {"maxUnavailable": 1, "selector": selector},
    });
    // Where the API server and the stores are is not known here, so that all ways out are open.
    let network = json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(NAME, namespace),
        "spec": {
            "podSelector": selector,
            "policyTypes": ["Ingress"],
            "ingress": [{"ports": [{"protocol": "TCP", "port": PROBES}]}],
        },
    });
    [deployment, budget, network]
}

fn pod(of: &Installation) -> Value {
    let spread = json!({
        "weight": 1,
        "podAffinityTerm": {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": labels()}},
    });
    json!({
        "serviceAccountName": NAME,
        "terminationGracePeriodSeconds": GRACE,
        "securityContext": {"runAsNonRoot": true, "runAsUser": 65_532, "seccompProfile": {"type": "RuntimeDefault"}},
        "affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [spread]}},
        "containers": [container(of)],
        // Tokens lie here: not on a disk.
        "volumes": [{"name": "tmp", "emptyDir": {"medium": "Memory", "sizeLimit": "128Mi"}}],
    })
}

fn container(of: &Installation) -> Value {
    let field =
        |name: &str, path: &str| json!({"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}});
    let probe = |path: &str| json!({"httpGet": {"path": path, "port": PROBES}, "periodSeconds": 10});
    json!({
        "name": "controller",
        "image": of.image,
        "args": ["controller", "--probes", format!("0.0.0.0:{PROBES}"), "-v"],
        "env": [
            field("POD_NAME", "metadata.name"),
            field("POD_NAMESPACE", "metadata.namespace"),
            {"name": "XDG_CACHE_HOME", "value": "/tmp/cache"},
        ],
        "ports": [{"name": "probes", "containerPort": PROBES}],
        "livenessProbe": probe("/healthz"),
        "readinessProbe": probe("/readyz"),
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "640Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "readOnlyRootFilesystem": true,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    })
}
