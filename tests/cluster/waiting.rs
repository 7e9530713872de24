//! `restore create --wait` in a cluster: without nodes, no pod ever runs.

use crate::harness::Workplace;
use lazarette_tests::cluster;

fn deployment(namespace: &str, replicas: u64) -> String {
    format!(
        "apiVersion: v1\nkind: Namespace\nmetadata: {{name: {namespace}}}\n---\n\
         apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: {namespace}}}\nspec:\n  \
         replicas: {replicas}\n  selector: {{matchLabels: {{app: web}}}}\n  template:\n    \
         metadata: {{labels: {{app: web}}}}\n    spec: {{containers: [{{name: web, image: web}}]}}\n"
    )
}

#[test]
fn what_is_not_ready_in_time_is_named_with_what_it_waits_for() {
    let cluster = cluster::first();
    let namespace = cluster.namespace("waiting");
    let mut workplace = Workplace::empty();
    workplace.write("cluster/web.yaml", &deployment(&namespace, 2));
    workplace.done(&["backup", "create", "two"]);
    workplace.write("cluster/web.yaml", &deployment(&format!("{namespace}-none"), 0));
    workplace.done(&["backup", "create", "none"]);

    workplace.go_to(cluster.kubeconfig());
    let ran = workplace.run(&["restore", "create", "two", "--wait", "--wait-timeout", "20s"]);
    assert_eq!(ran.code, 1, "{ran:#?}");
    let expected = format!("error[NotReady]: deployments.apps {namespace}/web: 0 of 2 replicas are");
    assert!(ran.stderr.contains(&expected), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("no node was chosen for it yet"),
        "{}",
        ran.stderr
    );
    assert!(ran.stdout.contains("created"), "{}", ran.stdout);

    let ran = workplace.run(&["restore", "create", "none", "--wait"]);
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert!(
        ran.stderr.contains("Everything that was restored is ready."),
        "{}",
        ran.stderr
    );
}
