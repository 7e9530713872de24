//! Velero's own server restores what we back up, and we restore what it backs up.

use crate::harness::{ASSETS, Workplace};
use lazarette_tests::cluster::{self, Cluster};
use lazarette_tests::velero::Velero;
use lazarette_tests::wait;
use serde_json::json;
use std::path::Path;

/// Apply the example application.
fn deploy(cluster: &Cluster) {
    let manifests = Path::new(ASSETS).join("cluster");
    let manifests = manifests.to_str().unwrap();
    // The second time, the definitions of the first one are there.
    cluster.try_kubectl(&["apply", "--server-side", "-f", manifests], "");
    cluster.kubectl(&["wait", "--for=condition=Established", "crd", "--all"]);
    cluster.kubectl(&["apply", "--server-side", "-f", manifests]);
}

/// Assert that the cluster has all objects of a folder of manifests as they stand there; those that name no namespace,
/// in `namespace`.
pub(crate) fn assert_has(cluster: &Cluster, manifests: &Path, namespace: Option<&str>) {
    let folder = manifests.to_str().unwrap();
    let mut arguments = vec!["diff", "--server-side", "--force-conflicts", "-R", "-f", folder];
    arguments.extend(namespace.into_iter().flat_map(|namespace| ["-n", namespace]));
    let diff = cluster.try_kubectl(&arguments, "");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        diff.status.success(),
        "{}{}",
        text(&diff.stdout),
        text(&diff.stderr)
    );
}

#[test]
fn velero_finds_what_we_backed_up_restores_it_and_leaves_it_alone() {
    let workplace = Workplace::new();
    workplace.done(&["backup", "create", "ours", "--ttl", "1s"]);
    let cluster = Cluster::start();
    let velero = Velero::start(&cluster, &workplace.path("backups"));

    let found = velero.found("ours");
    assert_eq!(found["status"]["phase"], "Completed");
    assert_eq!(found["status"]["expiration"], "9999-12-31T23:59:59Z");
    let restored = velero.restore("of-ours", &json!({"backupName": "ours"}));
    assert_eq!(
        restored["status"]["phase"],
        "Completed",
        "{restored:#}\n{}",
        velero.log()
    );
    assert_has(&cluster, &workplace.path("cluster"), None);

    // A backup of its own that has expired is removed in the meantime, and ours is not.
    velero.back_up(
        "theirs",
        &json!({"includedNamespaces": ["shop-staging"], "ttl": "1s"}),
    );
    let theirs = workplace.path("backups/backups/theirs");
    wait::until("Velero removes what has expired", || {
        (!theirs.exists()).then_some(())
    });
    assert_eq!(velero.found("ours")["status"]["phase"], "Completed");
    let verified = workplace.json(&["backup", "verify", "ours"]);
    assert_eq!(
        (&verified[0]["whole"], &verified[0]["hasDigests"]),
        (&json!(true), &json!(true))
    );
}

#[test]
fn we_read_and_restore_what_velero_backed_up() {
    let mut workplace = Workplace::empty();
    let cluster = cluster::first();
    deploy(cluster);
    let velero = Velero::start(cluster, &workplace.path("backups"));
    let made = velero.back_up(
        "theirs",
        &json!({"excludedNamespaces": ["kube-system", "velero"]}),
    );
    assert_eq!(made["status"]["phase"], "Completed", "{made:#}\n{}", velero.log());

    let listed = workplace.json(&["backup", "list"]);
    let backup = &listed["ofVelero"][0]["backup"];
    assert_eq!(
        (&backup["phase"], &backup["formatVersion"]),
        (&json!("Completed"), &json!("1.1.0"))
    );
    let described = workplace.json(&["backup", "describe", "theirs"]);
    assert_eq!(described["expiresAt"], made["status"]["expiration"]);
    let verified = workplace.json(&["backup", "verify", "--all"]);
    assert_eq!(verified[0]["findings"], json!([]));
    assert_eq!(
        verified[0]["objects"],
        made["status"]["progress"]["itemsBackedUp"]
    );

    let filters = [
        "--include-namespaces",
        "shop,shop-*",
        "--include-cluster-resources",
        "auto",
    ];
    let planned = workplace.json(&[&["restore", "plan", "theirs"][..], &filters].concat());
    let restored = workplace.json(&[&["restore", "create", "theirs"][..], &filters].concat());
    assert_eq!(restored["totals"], planned["totals"]);
    assert!(
        restored["totals"]["created"].as_u64().unwrap() > 20,
        "{restored:#}"
    );
    assert_has(cluster, &workplace.path("cluster"), None);

    let other = cluster::second();
    workplace.go_to(other.kubeconfig());
    let live = workplace.json(&[&["restore", "create", "theirs"][..], &filters].concat());
    let lost = (&live["totals"]["failed"], &live["totals"]["leftOut"]);
    assert_eq!(lost, (&json!(0), &json!(0)), "{live:#}");
    // What controllers made differs from cluster to cluster: what the author of the application wrote is to be there.
    assert_has(other, &Path::new(ASSETS).join("cluster"), None);
}
