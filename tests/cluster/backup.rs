//! Backups of a real cluster: what is in them, who may make them, and what a server that fails does to them.

use crate::harness::Workplace;
use lazarette_tests::cluster::{self, Cluster, Options};
use lazarette_tests::proxy::{Fault, Place, Proxy, Request, Upstream};
use lazarette_tests::wait;
use rstest::rstest;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

/// The objects of a backup by the paths that `tar` gives them, without `resources/`.
fn objects(workplace: &Workplace, name: &str) -> BTreeMap<String, Value> {
    let unpacked = workplace.path(&format!("unpacked-{name}"));
    fs::create_dir_all(&unpacked).unwrap();
    let archive = workplace.path(&format!("backups/backups/{name}/{name}.tar.gz"));
    let status = Command::new("tar")
        .arg("-xzf")
        .arg(archive)
        .arg("-C")
        .arg(&unpacked)
        .status()
        .unwrap();
    assert!(status.success());
    let mut found = BTreeMap::new();
    collect(
        &unpacked.join("resources"),
        &unpacked.join("resources"),
        &mut found,
    );
    found
}

fn collect(root: &Path, folder: &Path, found: &mut BTreeMap<String, Value>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => collect(root, &path, found),
            false => {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                found.insert(name, serde_json::from_slice(&fs::read(&path).unwrap()).unwrap());
            }
        }
    }
}

/// Manifests of many objects of each of a few kinds in a namespace: more than a page has at first.
fn many(namespace: &str) -> String {
    let object = |kind: &str, number: usize| {
        let metadata =
            json!({"name": format!("{}-{number:03}", kind.to_lowercase()), "namespace": namespace});
        json!({"apiVersion": "v1", "kind": kind, "metadata": metadata, "data": {"number": "MTIz"}})
    };
    let items: Vec<Value> = (0..130)
        .flat_map(|number| [object("ConfigMap", number), object("Secret", number)])
        .collect();
    json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string()
}

/// A namespace with many objects, in which no controller has anything to do any more.
fn filled(cluster: &Cluster, prefix: &str) -> String {
    let namespace = cluster.namespace(prefix);
    cluster.apply(&many(&namespace));
    wait::until("the namespace has its certificate", || {
        let found = cluster.try_kubectl(&["-n", &namespace, "get", "configmap", "kube-root-ca.crt"], "");
        found.status.success().then_some(())
    });
    namespace
}

/// An object without what `kubectl` does not show.
fn shown(mut object: Value) -> Value {
    object["metadata"]
        .as_object_mut()
        .unwrap()
        .remove("managedFields");
    object
}

#[test]
fn a_namespace_is_backed_up_as_kubectl_shows_it() {
    let cluster = cluster::first();
    let namespace = cluster.namespace("whole");
    let group = format!("{namespace}.example.com");
    let definition = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("widgets.{group}")},
        "spec": {
            "group": group, "scope": "Namespaced", "names": {"plural": "widgets", "kind": "Widget"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                "type": "object", "x-kubernetes-preserve-unknown-fields": true
            }}}],
        },
    });
    cluster.apply(&definition.to_string());
    cluster.kubectl(&[
        "wait",
        "--for=condition=Established",
        "crd",
        &format!("widgets.{group}"),
    ]);
    let metadata = json!({"name": "mine", "namespace": namespace});
    let list = json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"greeting": "éü\n"}},
        {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"password": "hidden"}},
        {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": 80}]}},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": metadata, "rules": []},
        {"apiVersion": format!("{group}/v1"), "kind": "Widget", "metadata": metadata, "spec": {"size": 1.5}},
    ]});
    cluster.apply(&list.to_string());
    let workplace = Workplace::with_cluster(cluster.kubeconfig());
    workplace.done(&["backup", "create", "b", "--include-namespaces", &namespace]);

    let backup = objects(&workplace, "b");
    for resource in [
        "configmaps",
        "secrets",
        "services",
        "serviceaccounts",
        "roles.rbac.authorization.k8s.io",
        &format!("widgets.{group}"),
    ] {
        let live = cluster.get(&["-n", &namespace, resource, "mine"]);
        let path = format!("{resource}/namespaces/{namespace}/mine.json");
        assert_eq!(shown(backup[&path].clone()), live, "{path}");
    }
    assert!(backup.contains_key(&format!("namespaces/cluster/{namespace}.json")));
    assert!(backup.contains_key(&format!(
        "customresourcedefinitions.apiextensions.k8s.io/cluster/widgets.{group}.json"
    )));
}

#[test]
fn every_object_of_a_cluster_says_what_it_is() {
    let workplace = Workplace::with_cluster(cluster::first().kubeconfig());
    let manifest: Value =
        serde_json::from_str(&workplace.done(&["backup", "create", "all", "-o", "json"])).unwrap();
    let backup = objects(&workplace, "all");
    assert_eq!(manifest["contents"]["objects"], backup.len());
    for of in manifest["contents"]["types"].as_array().unwrap() {
        let resource = of["resource"].as_str().unwrap();
        let group = resource
            .split_once('.')
            .map(|(_, group)| format!("{group}/"))
            .unwrap_or_default();
        let api_version = format!("{group}{}", of["version"].as_str().unwrap());
        let objects: Vec<_> = backup
            .iter()
            .filter(|(path, _)| path.split('/').next() == Some(resource))
            .collect();
        assert_eq!(of["objects"], objects.len());
        for (path, object) in objects {
            assert_eq!(
                (&object["kind"], &object["apiVersion"]),
                (&of["kind"], &json!(api_version)),
                "{path}"
            );
        }
    }
    let left_out = &manifest["contents"]["leftOut"];
    assert_eq!(
        left_out["namespaces"],
        json!(["kube-node-lease", "kube-public", "kube-system"])
    );
    for path in backup.keys() {
        assert!(
            !path.contains("/kube-system/") && !path.starts_with("events"),
            "{path}"
        );
    }
}

/// What the proxy does to requests for config maps.
type Choice = fn(&Request) -> Fault;

#[rstest]
#[case::throttled(|request: &Request| match request.repeat {
    1 => Fault::status(429, "TooManyRequests", &[("Retry-After", "1")]),
    _ => Fault::None,
})]
#[case::broken(|request: &Request| match request.repeat {
    1 | 2 => Fault::status(500, "InternalError", &[]),
    _ => Fault::None,
})]
#[case::cut_in_the_middle(|request: &Request| match request.repeat {
    1 => Fault::CutAnswer(Place::Body(3000)),
    _ => Fault::None,
})]
#[case::answer_lost(|request: &Request| match request.repeat {
    1 => Fault::LoseAnswer,
    _ => Fault::None,
})]
#[case::slow(|_: &Request| Fault::Delay(Duration::from_millis(300)))]
#[case::expired(|request: &Request| {
    static ONCE: AtomicBool = AtomicBool::new(true);
    match request.path.contains("continue=") && ONCE.swap(false, Ordering::Relaxed) {
        true => Fault::status(410, "Expired", &[]),
        false => Fault::None,
    }
})]
fn whatever_a_server_does_meanwhile_the_backup_is_whole(#[case] choose: Choice) {
    let cluster = cluster::first();
    let namespace = filled(cluster, "faults");
    let proxy = Proxy::start(Upstream::cluster(cluster), move |request| {
        match request.path.contains("/configmaps") {
            true => choose(request),
            false => Fault::None,
        }
    });
    let mut workplace = Workplace::with_cluster(cluster.kubeconfig());
    let words = [
        "--include-namespaces",
        &namespace,
        "--include-resources",
        "configmaps,secrets",
    ];
    workplace.done(&[&["backup", "create", "calm"], words.as_slice()].concat());
    workplace.go_to(&cluster.kubeconfig_behind(&proxy.url()));
    workplace.done(&[&["backup", "create", "troubled"], words.as_slice()].concat());
    workplace.done(&["backup", "verify", "troubled"]);
    let (calm, troubled) = (objects(&workplace, "calm"), objects(&workplace, "troubled"));
    assert!(calm.len() > 260);
    assert_eq!(calm, troubled);
}

/// The API server has its database forget the past every few seconds, rather than minutes.
#[test]
fn a_list_of_which_the_server_forgets_the_state_goes_on_with_the_rest() {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    let cluster = CLUSTER.get_or_init(|| {
        Cluster::with(&Options {
            api_server: vec!["--etcd-compaction-interval=1s".to_owned()],
            ..Options::default()
        })
    });
    let namespace = filled(cluster, "expired");
    let proxy = Proxy::start(Upstream::cluster(cluster), |request| {
        static ONCE: AtomicBool = AtomicBool::new(true);
        let is_next_page = request.path.contains("/configmaps?") && request.path.contains("continue=");
        if is_next_page && ONCE.swap(false, Ordering::Relaxed) {
            expire(CLUSTER.get().unwrap(), &request.path);
        }
        Fault::None
    });
    let workplace = Workplace::with_cluster(&cluster.kubeconfig_behind(&proxy.url()));
    let ran = workplace.run(&["backup", "create", "b", "--include-namespaces", &namespace]);
    assert_eq!(ran.code, 0, "{ran:#?}");
    let warning = "configmaps: the list took so long that the rest of it is of a later moment";
    assert!(ran.stderr.contains(warning), "{}", ran.stderr);
    let backup = objects(&workplace, "b");
    let of_type = |of: &str| backup.keys().filter(|path| path.starts_with(of)).count();
    assert_eq!((of_type("configmaps"), of_type("secrets")), (131, 130));
}

/// Wait until the API server no longer knows the state that the token in `path` is of.
fn expire(cluster: &Cluster, path: &str) {
    wait::until("the token has expired", || {
        // The state that is forgotten is one that others have followed.
        cluster.kubectl(&[
            "annotate",
            "namespace",
            "default",
            "--overwrite",
            &format!("time={:?}", SystemTime::now()),
        ]);
        let page = cluster.try_kubectl(&["get", "--raw", path], "");
        let refusal = String::from_utf8_lossy(&page.stderr).into_owned();
        refusal.contains("Expired").then_some(())
    });
}

#[test]
fn a_type_that_stays_broken_is_named_and_the_rest_is_there() {
    let cluster = cluster::first();
    let namespace = filled(cluster, "broken");
    // A bad request is not tried again.
    let proxy = Proxy::start(Upstream::cluster(cluster), |request| {
        match request.path.contains("/secrets?") {
            true if request.path.contains("continue=") => Fault::status(400, "BadRequest", &[]),
            _ => Fault::None,
        }
    });
    let workplace = Workplace::with_cluster(&cluster.kubeconfig_behind(&proxy.url()));
    let ran = workplace.run(&["backup", "create", "b", "--include-namespaces", &namespace]);
    assert_eq!(ran.code, 3, "{ran:#?}");
    assert!(
        ran.stderr
            .contains("secrets: after 50 of them, the others are not in the backup"),
        "{}",
        ran.stderr
    );
    assert!(
        workplace
            .done(&["backup", "describe", "b"])
            .contains("Could not be read:  1")
    );
    assert_eq!(
        objects(&workplace, "b")
            .keys()
            .filter(|path| path.starts_with("configmaps"))
            .count(),
        131
    );
}

#[test]
fn a_user_without_rights_hears_which_are_missing() {
    let cluster = cluster::first();
    let namespace = filled(cluster, "rights");
    let user = format!("{namespace}-eve");
    cluster.kubectl(&[
        "-n",
        &namespace,
        "create",
        "rolebinding",
        "eve",
        "--clusterrole=view",
        "--user",
        &user,
    ]);
    let workplace = Workplace::with_cluster(&cluster.user(&user));

    let ran = workplace.run(&["backup", "create", "all"]);
    assert_eq!(ran.code, 1, "{ran:#?}");
    assert!(
        ran.stderr
            .contains("error[Forbidden]: no right to list namespaces"),
        "{}",
        ran.stderr
    );

    let ran = workplace.run(&["backup", "create", "b", "--include-namespaces", &namespace]);
    assert_eq!(ran.code, 3, "{ran:#?}");
    let expected = format!("no right to list secrets in namespace {namespace}");
    assert!(ran.stderr.contains(&expected), "{}", ran.stderr);
    let backup = objects(&workplace, "b");
    assert!(backup.contains_key(&format!("configmaps/namespaces/{namespace}/configmap-129.json")));
    assert!(!backup.keys().any(|path| path.starts_with("secrets")));
}

#[test]
fn secrets_stay_out_and_every_report_says_so() {
    let cluster = cluster::first();
    let namespace = filled(cluster, "secrets");
    let workplace = Workplace::with_cluster(cluster.kubeconfig());
    let created = workplace.done(&[
        "backup",
        "create",
        "b",
        "--include-namespaces",
        &namespace,
        "--exclude-secrets",
    ]);
    assert!(created.contains("Secrets are left out."), "{created}");
    assert!(
        !objects(&workplace, "b")
            .keys()
            .any(|path| path.starts_with("secrets"))
    );
    assert!(
        workplace
            .done(&["backup", "describe", "b"])
            .contains("all Secrets")
    );
    let plan = workplace.run(&["restore", "plan", "b"]);
    assert!(
        format!("{plan:?}").contains("the backup holds no Secrets"),
        "{plan:#?}"
    );
}

#[test]
fn an_api_that_does_not_answer_is_a_warning_that_names_it() {
    // Everybody else would have the warning, too.
    let cluster = Cluster::start();
    let service = json!({
        "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": "v1.dead.example.com"},
        "spec": {
            "group": "dead.example.com", "version": "v1", "groupPriorityMinimum": 100, "versionPriority": 100,
            "insecureSkipTLSVerify": true, "service": {"name": "gone", "namespace": "default"},
        },
    });
    cluster.apply(&service.to_string());
    let workplace = Workplace::with_cluster(cluster.kubeconfig());
    let warned = wait::until("the API server knows of the API", || {
        let ran = workplace.run(&["backup", "create"]);
        assert_eq!(ran.code, 0, "{ran:#?}");
        ran.stderr.contains("dead.example.com").then_some(ran.stderr)
    });
    assert!(
        warned.contains("the API dead.example.com/v1 does not answer"),
        "{warned}"
    );
}
