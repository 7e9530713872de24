//! Hooks in annotations of pods, as Velero has them: only where the user says so.

use crate::harness::Workplace;
use crate::pods::{self, pod, read};
use lazarette_tests::node;
use rstest::rstest;
use serde_json::json;

#[rstest]
#[case::off(&[], false)]
#[case::on(&["--hook-annotations"], true)]
fn annotations_count_where_the_user_says_so(#[case] options: &[&str], #[case] count: bool) {
    let Some(node) = node::shared() else { return };
    let namespace = node.namespace("annotated");
    let mut web = pod(&namespace, "web");
    web["metadata"]["annotations"] = json!({
        "pre.hook.backup.velero.io/container": "side",
        "pre.hook.backup.velero.io/command": r#"["/bin/sh", "-c", "echo before >> /state/annotated"]"#,
        "post.hook.backup.velero.io/command": r#"["/bin/sh", "-c", "echo after >> /state/annotated"]"#,
    });
    pods::run(node, &web);
    let workplace = Workplace::with_cluster(node.kubeconfig());
    let words = ["backup", "create", "b", "--include-namespaces", &namespace];
    workplace.done(&[&words, options].concat());
    let written = read(node, &namespace, "web", "side", "/state/annotated");
    assert_eq!(written.as_deref(), count.then_some("before\nafter\n"));
}
