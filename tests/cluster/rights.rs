//! What happens to somebody who may not do everything.

use crate::harness::Workplace;
use lazarette_tests::{cluster, wait};

#[test]
fn what_a_user_may_not_read_is_named() {
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
    let user = format!("{namespace}-user");
    let kubeconfig = cluster.user(&user);
    let role = [
        "create",
        "clusterrole",
        &user,
        "--verb=list,get",
        "--resource=configmaps,namespaces",
    ];
    cluster.kubectl(&role);
    let (role, user) = (format!("--clusterrole={user}"), format!("--user={user}"));
    cluster.kubectl(&["create", "clusterrolebinding", &namespace, &role, &user]);
    wait::until("the binding is known", || {
        let kubeconfig = kubeconfig.display().to_string();
        let words = [
            "--kubeconfig",
            &kubeconfig,
            "get",
            "configmaps",
            "--all-namespaces",
        ];
        cluster.try_kubectl(&words, "").status.success().then_some(())
    });

    let workplace = Workplace::with_cluster(&kubeconfig);
    let ran = workplace.run(&["backup", "create", "some", "--include-namespaces", &namespace]);
    assert_eq!(ran.code, 3, "{ran:#?}");
    for named in ["Forbidden", "list", "secrets"] {
        assert!(ran.stderr.contains(named), "'{named}' is not in\n{}", ran.stderr);
    }
    let ran = workplace.run(&[
        "restore",
        "create",
        "some",
        "--namespace-mappings",
        &format!("{namespace}:{namespace}-new"),
    ]);
    assert!(matches!(ran.code, 1 | 3), "{ran:#?}");
    assert!(
        ran.stderr.contains("Forbidden") && ran.stderr.contains("create"),
        "{}",
        ran.stderr
    );
}
