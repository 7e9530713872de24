//! What happens to somebody who may not do everything.

use crate::harness::Workplace;
use lazarette_tests::cluster;

#[test]
fn what_a_user_may_not_restore_is_named() {
    let cluster = cluster::first();
    let namespace = cluster.namespace("rights");
    cluster.kubectl(&[
        "-n",
        &namespace,
        "create",
        "configmap",
        "open",
        "--from-literal=a=b",
    ]);
    let mut workplace = Workplace::with_cluster(cluster.kubeconfig());
    workplace.done(&["backup", "create", "some", "--include-namespaces", &namespace]);

    workplace.go_to(&cluster.user(&format!("{namespace}-reader")));
    let mapping = format!("{namespace}:{namespace}-new");
    let ran = workplace.run(&["restore", "create", "some", "--namespace-mappings", &mapping]);
    assert_ne!(ran.code, 0, "{ran:#?}");
    assert!(
        ran.stderr.contains("error[Forbidden]") && !ran.stderr.contains("panicked"),
        "{}",
        ran.stderr
    );
    assert!(
        !cluster
            .try_kubectl(&["get", "namespace", &format!("{namespace}-new")], "")
            .status
            .success()
    );
}
