//! What a user without rights is told, and that the roles which are printed are all that is missing.

use crate::harness::Workplace;
use lazarette_tests::cluster;
use lazarette_tests::wait;
use serde_json::Value;

#[test]
fn the_roles_that_are_printed_are_all_that_a_backup_and_a_restore_need() {
    let cluster = cluster::first();
    let namespace = cluster.namespace("doctor");
    cluster.kubectl(&[
        "-n",
        &namespace,
        "create",
        "configmap",
        "flags",
        "--from-literal=a=b",
    ]);
    let user = format!("{namespace}-user");
    let workplace = Workplace::with_cluster(&cluster.user(&user));
    let filters = [
        "--include-namespaces",
        &namespace,
        "--include-cluster-resources",
        "false",
    ];

    let backup = [&["doctor", "backup"][..], &filters].concat();
    let refused = workplace.run(&[&backup[..], &["-o", "json"]].concat());
    assert_eq!(refused.code, 1, "{refused:#?}");
    let diagnosis: Value = serde_json::from_str(&refused.stdout).unwrap();
    assert_eq!(diagnosis["subject"]["name"], user.as_str());
    assert!(
        diagnosis["missingRights"].as_array().unwrap().len() > 5,
        "{diagnosis:#}"
    );
    cluster.apply(&workplace.run(&[&backup[..], &["--print-roles"]].concat()).stdout);
    // An API server takes a moment to learn of roles.
    wait::until("the roles of the backup hold", || {
        (workplace.run(&backup).code == 0).then_some(())
    });
    workplace.done(&[&["backup", "create", "nightly"][..], &filters].concat());

    cluster.kubectl(&["-n", &namespace, "delete", "configmap", "flags"]);
    let include = ["--include-resources", "configmaps"];
    let restore = [&["doctor", "restore", "nightly"][..], &include].concat();
    assert_eq!(workplace.run(&restore).code, 1);
    cluster.apply(&workplace.run(&[&restore[..], &["--print-roles"]].concat()).stdout);
    wait::until("the roles of the restore hold", || {
        (workplace.run(&restore).code == 0).then_some(())
    });
    workplace.done(&[&["restore", "create", "nightly"][..], &include].concat());
    assert_eq!(
        cluster.get(&["-n", &namespace, "configmap", "flags"])["data"]["a"],
        "b"
    );
}
