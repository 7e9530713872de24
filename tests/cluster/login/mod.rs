//! Who asks: kubeconfigs of all kinds, certificates, programs that log in, proxies on the way. The API server decides.

mod proxies;
mod renewal;

use crate::harness::{Ran, Workplace};
use k8s_openapi::ByteString;
use lazarette_tests::cluster;
use lazarette_tests::pki;
use rstest::rstest;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::OnceLock;

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

#[test]
fn a_certificate_that_has_expired_is_refused() {
    let ran = create_with(|config| {
        let identity = cluster::first()
            .authority()
            .expired_client("administrator", Some("system:masters"));
        let data = |text: &str| json!(ByteString(text.as_bytes().to_vec()));
        config["users"][0]["user"] = json!({
            "client-certificate-data": data(&identity.certificate), "client-key-data": data(&identity.key),
        });
    });
    assert_eq!(ran.code, 1, "{ran:#?}");
    assert!(ran.stderr.contains("error[Unauthorized]"), "{}", ran.stderr);
}

#[test]
fn who_is_impersonated_may_be_in_a_group_that_has_the_rights() {
    let cluster = cluster::first();
    let group = cluster.namespace("readers");
    cluster.kubectl(&[
        "create",
        "clusterrolebinding",
        &group,
        "--clusterrole=cluster-admin",
        "--group",
        &group,
    ]);
    let ran = create_with(|config| {
        config["users"][0]["user"]["as"] = json!("ann");
        config["users"][0]["user"]["as-groups"] = json!([group]);
    });
    assert_eq!(ran.code, 0, "{ran:#?}");
}
