//! No Secret's value in anything that is printed.

use crate::harness::Workplace;
use lazarette_tests::cluster;

/// In the Secret of the backup, and in the live one.
const VALUES: [&str; 2] = ["correct-horse-battery", "staple-and-swordfish"];

/// The same in base64, as Secrets show them.
const ENCODED: [&str; 2] = ["Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5", "c3RhcGxlLWFuZC1zd29yZGZpc2g="];

#[test]
fn secrets_are_never_shown() {
    let cluster = cluster::first();
    let namespace = cluster.namespace("secret");
    let set = |value: &str| {
        let secret = format!(
            "{{apiVersion: v1, kind: Secret, metadata: {{name: door, namespace: {namespace}}}, stringData: {{key: {value}}}}}"
        );
        cluster.apply(&secret);
    };
    set(VALUES[0]);
    let workplace = Workplace::with_cluster(cluster.kubeconfig());
    let mut printed = String::new();
    let mut run = |words: &[&str]| {
        for form in ["table", "json", "yaml"] {
            let name = format!("{}-{form}", words[1]);
            let words: Vec<&str> = words
                .iter()
                .map(|word| if *word == "NAME" { &name } else { *word })
                .collect();
            let ran = workplace.run(&[&words[..], &["-vv", "-o", form]].concat());
            assert!(matches!(ran.code, 0 | 3), "{words:?}: {ran:#?}");
            printed += &(ran.stdout + &ran.stderr);
        }
    };
    run(&["backup", "create", "NAME", "--include-namespaces", &namespace]);
    set(VALUES[1]);
    run(&["backup", "describe", "create-json"]);
    run(&["restore", "plan", "create-json", "--conflict-policy", "patch"]);
    run(&[
        "restore",
        "create",
        "create-json",
        "--name",
        "NAME",
        "--conflict-policy",
        "patch",
    ]);
    run(&["restore", "describe", "create-json"]);
    assert!(printed.contains("door"), "the Secret was there:\n{printed}");
    for value in VALUES.iter().chain(&ENCODED) {
        assert!(!printed.contains(value), "'{value}' was printed:\n{printed}");
    }
}
