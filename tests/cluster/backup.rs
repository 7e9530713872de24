//! Backups of a real cluster: what is in them, who may make them, and what a server that fails does to them.

use crate::harness::{Ran, Workplace};
use lazarette_tests::cluster::{self, Cluster};
use lazarette_tests::proxy::{Fault, Proxy, Request, Upstream};
use lazarette_tests::{pki, wait};
use rstest::rstest;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

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
    1 => Fault::CutAnswer(3000),
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

/// A kubeconfig of the first cluster with a token, changed.
fn changed(workplace: &Workplace, change: impl FnOnce(&mut Value)) -> PathBuf {
    static WITH_TOKEN: OnceLock<String> = OnceLock::new();
    let text = WITH_TOKEN.get_or_init(|| {
        let cluster = cluster::first();
        fs::read_to_string(cluster.kubeconfig_behind(&cluster.url())).unwrap()
    });
    let mut kubeconfig = serde_json::from_str(text).unwrap();
    change(&mut kubeconfig);
    workplace.write("kubeconfig", &kubeconfig.to_string());
    workplace.path("kubeconfig")
}

fn create_with(change: impl FnOnce(&mut Value)) -> Ran {
    let mut workplace = Workplace::empty();
    let kubeconfig = changed(&workplace, change);
    workplace.go_to(&kubeconfig);
    workplace.run(&["backup", "create", "b", "--include-resources", "namespaces"])
}

#[rstest]
#[case::no_server(|config: &mut Value| config["clusters"][0]["cluster"]["server"] = json!("https://127.0.0.1:1"),
    &["error[ClusterUnreachable]", "https://127.0.0.1:1 cannot be reached", "Connection refused"])]
#[case::another_authority(
    |config: &mut Value| {
        let authority = pki::Authority::new("another").certificate();
        config["clusters"][0]["cluster"].as_object_mut().unwrap().remove("certificate-authority-data");
        let file = concat!(env!("CARGO_TARGET_TMPDIR"), "/another-authority.crt");
        fs::write(file, authority).unwrap();
        config["clusters"][0]["cluster"]["certificate-authority"] = json!(file);
    },
    &["error[ClusterUnreachable]", "no certificate authority that the kubeconfig names"])]
#[case::another_name(|config: &mut Value| config["clusters"][0]["cluster"]["tls-server-name"] = json!("elsewhere.example.com"),
    &["error[ClusterUnreachable]", "tls-server-name"])]
#[case::no_login(|config: &mut Value| config["users"][0]["user"] = json!({"token": "wrong"}),
    &["error[Unauthorized]", "does not accept the credentials"])]
#[case::no_program(|config: &mut Value| config["users"][0]["user"] = json!({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "command": "/no/such/kubelogin", "interactiveMode": "Never"
    }}),
    &["error[Credentials]", "user 'test': '/no/such/kubelogin'", "az aks install-cli"])]
#[case::no_context(|config: &mut Value| config["current-context"] = json!("tset"),
    &["error[InvalidArgument]", "there is no context 'tset'", "did you mean 'test'?"])]
fn what_is_wrong_with_a_kubeconfig_is_said(#[case] change: fn(&mut Value), #[case] expected: &[&str]) {
    let ran = create_with(change);
    assert!(matches!(ran.code, 1 | 2), "{ran:#?}");
    for part in expected {
        assert!(ran.stderr.contains(part), "{part}: {ran:#?}");
    }
}

#[rstest]
#[case::server_name(|config: &mut Value| {
    config["clusters"][0]["cluster"]["tls-server-name"] = json!("localhost");
})]
#[case::unverified(|config: &mut Value| {
    let cluster = config["clusters"][0]["cluster"].as_object_mut().unwrap();
    cluster.remove("certificate-authority-data");
    cluster.insert("insecure-skip-tls-verify".to_owned(), json!(true));
})]
#[case::compressed(|config: &mut Value| config["clusters"][0]["cluster"]["disable-compression"] = json!(false))]
fn what_a_kubeconfig_says_is_done(#[case] change: fn(&mut Value)) {
    let ran = create_with(change);
    assert_eq!(ran.code, 0, "{ran:#?}");
}

#[test]
fn who_is_impersonated_has_the_rights() {
    let ran = create_with(|config| {
        config["users"][0]["user"]["as"] = json!("nobody");
        config["users"][0]["user"]["as-groups"] = json!(["nobodies"]);
    });
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains(r#"User "nobody" cannot list"#), "{ran:#?}");
}

/// A program that counts how often it runs, and prints what `script` makes of the number and the right token.
fn with_program(script: &str) -> (Ran, usize) {
    let cluster = cluster::first();
    let mut workplace = Workplace::empty();
    let count = workplace.path("count");
    let text = format!(
        "#!/bin/sh\necho x >> {count}\nN=$(wc -l < {count})\nTOKEN={}\n{script}\n",
        cluster.token(),
        count = count.display()
    );
    workplace.write("login", &text);
    fs::set_permissions(workplace.path("login"), fs::Permissions::from_mode(0o700)).unwrap();
    let program = workplace.path("login");
    let kubeconfig = changed(&workplace, |config| {
        config["users"][0]["user"] = json!({"exec": {
            "apiVersion": "client.authentication.k8s.io/v1", "command": program, "interactiveMode": "Never"
        }});
    });
    workplace.go_to(&kubeconfig);
    let ran = workplace.run(&["backup", "create", "b"]);
    let runs = fs::read_to_string(count).unwrap_or_default().lines().count();
    (ran, runs)
}

const PRINT: &str = r#"echo "{\"kind\":\"ExecCredential\",\"status\":{\"token\":\"$TOKEN\"$REST}}""#;

#[test]
fn a_program_logs_in_once() {
    let (ran, runs) = with_program(PRINT);
    assert_eq!((ran.code, runs), (0, 1), "{ran:#?}");
}

#[test]
fn a_token_that_runs_out_is_renewed() {
    let soon = r#"REST=",\"expirationTimestamp\":\"$(date -u -d '+61 seconds' +%Y-%m-%dT%H:%M:%SZ)\"""#;
    let slow = format!("{soon}\n[ $N = 1 ] && sleep 2\n{PRINT}");
    let (ran, runs) = with_program(&slow);
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert!(runs >= 2, "{runs}");
}

#[test]
fn a_token_that_is_refused_is_renewed() {
    let (ran, runs) = with_program(&format!("[ $N = 1 ] && TOKEN=stale\n{PRINT}"));
    assert_eq!((ran.code, runs), (0, 2), "{ran:#?}");
}

#[test]
fn a_program_that_fails_is_named_and_no_token_is_shown() {
    let (ran, _) = with_program("echo \"no luck\" >&2; exit 1");
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains("no luck") && ran.stderr.contains("failed (exit status: 1)"),
        "{ran:#?}"
    );
    assert!(!ran.stderr.contains(cluster::first().token()));
}
