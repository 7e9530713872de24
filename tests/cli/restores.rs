//! Restores: the plan, the act, and the report.

use crate::harness::Workplace;
use rstest::rstest;

const CLONE: [&str; 6] = [
    "--include-namespaces=shop",
    "--namespace-mappings=shop:shop-staging",
    "--resource-modifiers=rules.yaml",
    "--conflict-policy=patch",
    "--cluster=dir:cluster",
    "--store=file:backups",
];

#[test]
fn a_plan_shows_what_the_restore_then_does() {
    let workplace = Workplace::with_backup();
    let before = workplace.files("cluster");
    let plan = workplace.json(&[&["restore", "plan", "first"], &CLONE[..]].concat());
    assert_eq!(workplace.files("cluster"), before, "a plan changes nothing");
    assert_eq!(plan["planned"], true);

    let done = workplace.json(&[&["restore", "create", "first", "--name", "clone"], &CLONE[..]].concat());
    assert_eq!(done["planned"], false);
    assert_eq!(done["totals"], plan["totals"]);
    let actions = |report: &serde_json::Value| -> Vec<_> {
        let objects = report["objects"].as_array().unwrap().iter();
        objects
            .map(|object| (object["target"].clone(), object["action"].clone()))
            .collect()
    };
    assert_eq!(actions(&done), actions(&plan));

    let again = workplace.json(&[&["restore", "plan", "first"], &CLONE[..]].concat());
    assert_eq!(
        (&again["totals"]["created"], &again["totals"]["changed"]),
        (&0.into(), &0.into()),
        "{again:#}"
    );
}

#[test]
fn a_plan_for_people_shows_differences_and_no_secrets() {
    let workplace = Workplace::with_backup();
    let plan = workplace.done(&[&["restore", "plan", "first"], &CLONE[..]].concat());
    for line in [
        "+ create    deployments.apps shop-staging/storefront (from shop/storefront)",
        "    -  replicas: 3",
        "    +  replicas: 1",
        "~ patch     configmaps shop-staging/storefront (from shop/storefront)",
        "    -  greeting: Welcome to a test",
        "    +  greeting: Welcome to the shop",
        "Plan: ",
    ] {
        assert!(plan.contains(line), "'{line}' is not in\n{plan}");
    }
    assert!(!plan.contains("ZGVtby1rZXk="), "a secret is shown:\n{plan}");
    let summary = workplace.done(&[&["restore", "plan", "first", "--summary"], &CLONE[..]].concat());
    assert!(
        !summary.contains("replicas") && summary.contains("+ create    deployments.apps"),
        "{summary}"
    );
}

#[test]
fn a_restore_into_nothing_brings_back_everything() {
    let workplace = Workplace::with_backup();
    let into = ["--cluster", "dir:elsewhere"];
    let report = workplace.json(&[&["restore", "create", "first"], &into[..]].concat());
    assert_eq!(report["outcome"], "Completed");
    workplace.done(&[&["backup", "create", "second"], &into[..]].concat());
    let types = |name| workplace.json(&["backup", "describe", name])["contents"]["types"].clone();
    assert_eq!(types("second"), types("first"));
}

#[test]
fn what_exists_is_left_alone_unless_told_otherwise() {
    let workplace = Workplace::with_backup();
    let file = "cluster/storefront.yaml";
    let edited = workplace
        .read(file)
        .replace("Welcome to the shop", "Closed")
        .replace("replicas: 3", "replicas: 9");
    workplace.write(file, &edited);
    workplace.done(&["restore", "create", "first"]);
    assert_eq!(workplace.read(file), edited, "skip is the default");

    workplace.done(&[
        "restore",
        "create",
        "first",
        "--conflict-policy",
        "patch,configmaps=skip",
        "--name",
        "patched",
    ]);
    let patched = workplace.read(file);
    assert!(
        patched.contains("replicas: 3") && patched.contains("Closed"),
        "{patched}"
    );
}

#[test]
fn reports_are_kept_with_the_backups() {
    let workplace = Workplace::with_backup();
    let create = [
        "restore",
        "create",
        "first",
        "--cluster",
        "dir:elsewhere",
        "--name",
        "one",
    ];
    let report = workplace.json(&create);
    assert_eq!(workplace.json(&["restore", "describe", "one"]), report);
    assert!(
        workplace
            .done(&["restore", "describe", "one"])
            .contains("+ create    deployments.apps shop/storefront")
    );
    assert_eq!(
        workplace.json(&["restore", "list"])[0]["totals"],
        report["totals"]
    );
    assert!(
        workplace
            .done(&["restore", "list"])
            .contains("one    first    Completed")
    );
    workplace.fails(&create, 1, "error[AlreadyExists]: there is a restore one already");
}

const FAILING: &str = "
version: v1
resourceModifierRules:
- conditions: {groupResource: deployments.apps}
  patches: [{operation: remove, path: /spec/nothing}]
";

#[rstest]
#[case::by_default(&[], 3, 1)]
#[case::unmodified(&["--on-modifier-error", "restore-unmodified"], 0, 0)]
fn a_modifier_that_fails_holds_up_no_other_object(
    #[case] words: &[&str],
    #[case] code: i32,
    #[case] failed: u64,
) {
    let workplace = Workplace::with_backup();
    workplace.write("failing.yaml", FAILING);
    let base = [
        "restore",
        "create",
        "first",
        "--cluster=dir:elsewhere",
        "--resource-modifiers=failing.yaml",
        "-ojson",
    ];
    let ran = workplace.run(&[&base[..], words].concat());
    assert_eq!(ran.code, code, "{ran:?}");
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["totals"]["failed"], failed);
    assert!(report["totals"]["created"].as_u64().unwrap() > 10);
}

#[test]
fn rules_that_are_wrong_stop_a_restore_before_it_begins() {
    let workplace = Workplace::with_backup();
    workplace.write(
        "wrong.yaml",
        "version: v1\nresourceModifierRules:\n- conditons: {}\n",
    );
    let words = [
        "restore",
        "create",
        "first",
        "--cluster=dir:elsewhere",
        "--resource-modifiers=wrong.yaml",
    ];
    workplace.fails(&words, 2, "error[InvalidModifiers]: wrong.yaml: line 3: ");
    workplace.fails(&words, 2, "did you mean 'conditions'?");
    assert!(!workplace.path("elsewhere").exists());
}

#[test]
fn a_file_that_is_no_backup_is_said_to_be_none() {
    let workplace = Workplace::with_backup();
    workplace.write("backups/backups/first/lazarette-manifest.json", "hello");
    let listed = workplace.json(&["backup", "list"]);
    assert_eq!(listed["backups"][0]["problem"]["code"], "DamagedBackup");
    workplace.fails(&["restore", "plan", "first"], 1, "lazarette-manifest.json");
}
