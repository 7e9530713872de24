//! `lazarette modify`

use crate::harness::{Ran, Workplace};
use serde_json::json;
use std::io::Write;
use std::process::Stdio;

const OBJECTS: &str = "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  namespace: shop
data:
  colour: red
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Secret
  metadata:
    name: b
";

const RULES: &str = "\
version: v1
resourceModifierRules:
- conditions:
    groupResource: configmaps
  patches:
  - operation: replace
    path: /data/colour
    value: blue
- conditions:
    groupResource: configmaps
  patches:
  - operation: test
    path: /data/colour
    value: green
- conditions:
    groupResource: secrets
  patches:
  - operation: remove
    path: /data/nothing
- conditions:
    groupResource: pods
  mergePatches:
  - patchData: '{}'
";

fn workplace() -> Workplace {
    let workplace = Workplace::empty();
    workplace.write("objects.yaml", OBJECTS);
    workplace.write("rules.yaml", RULES);
    workplace
}

const MODIFY: [&str; 5] = ["modify", "--rules", "rules.yaml", "--input", "objects.yaml"];

#[test]
fn objects_come_out_as_they_went_in_and_changed() {
    let ran = workplace().run(&MODIFY);
    assert_eq!(ran.code, 3, "a rule failed: {ran:?}");
    assert_eq!(ran.stdout, OBJECTS.replace("red", "blue"));
}

#[test]
fn standard_error_tells_what_each_rule_did() {
    let stderr = workplace().run(&MODIFY).stderr;
    let rows: Vec<Vec<&str>> = stderr
        .lines()
        .take(5)
        .map(|line| line.split_whitespace().collect())
        .collect();
    let expected: [&[&str]; 5] = [
        &["RULE", "MATCHED", "CHANGED", "SKIPPED", "FAILED"],
        &["1", "1", "1", "0", "0"],
        &["2", "1", "0", "1", "0"],
        &["3", "1", "0", "0", "1"],
        &["4", "0", "0", "0", "0"],
    ];
    assert_eq!(rows, expected);
    assert!(stderr.contains("warning: rule 4 matched no object"), "{stderr}");
    assert!(
        stderr.contains("error[ModifierFailed]: secrets b: rule 3: "),
        "{stderr}"
    );
}

#[test]
fn with_json_standard_error_is_lines_of_json() {
    let ran = workplace().run(&[&MODIFY[..], &["-o", "json"]].concat());
    let lines: Vec<serde_json::Value> = ran
        .stderr
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        lines[0]["rules"][0],
        json!({"matched": 1, "changed": 1, "left": 0, "failed": 0})
    );
    assert_eq!(lines[1]["warning"], "rule 4 matched no object");
    assert_eq!(lines[2]["errors"][0]["code"], "ModifierFailed");
}

#[test]
fn differences_instead_of_objects() {
    let ran = workplace().run(&[&MODIFY[..], &["--diff"]].concat());
    assert!(ran.stdout.starts_with("configmaps shop/a\n@@ "), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("\n-  colour: red\n+  colour: blue\n"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains("secrets"), "{}", ran.stdout);
}

#[test]
fn explanations_instead_of_objects() {
    let ran = workplace().run(&[&MODIFY[..], &["--explain"]].concat());
    for line in [
        "  rule 1 changed it",
        "  rule 2 left it as it is: ",
        "  rule 3 does not match: ",
        "  rule 3 failed: ",
    ] {
        assert!(ran.stdout.contains(line), "'{line}' is not in\n{}", ran.stdout);
    }
}

#[test]
fn standard_input_is_read_and_json_stays_json() {
    let workplace = workplace();
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"colour": "red"}});
    let mut command = workplace.command(&["modify", "--rules", "rules.yaml", "-q"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(object.to_string().as_bytes())
        .unwrap();
    let ran: Ran = child.wait_with_output().unwrap().into();
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let mut expected = object;
    expected["data"]["colour"] = "blue".into();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&ran.stdout).unwrap(),
        expected
    );
}

#[test]
fn all_that_is_wrong_with_rules_is_told_at_once() {
    let workplace = workplace();
    workplace.write("rules.yaml", "version: v2\nresourceModifierRules: []\nextra: 1\n");
    let ran = workplace.run(&MODIFY);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    for line in [
        "line 1: version",
        "resourceModifierRules: there are no rules",
        "line 3: unknown field 'extra'",
    ] {
        assert!(ran.stderr.contains(line), "'{line}' is not in\n{}", ran.stderr);
    }
}

#[test]
fn what_is_no_object_is_named_with_its_line() {
    let workplace = workplace();
    workplace.write("objects.yaml", "a: 1\n---\nb: 2\n");
    workplace.fails(
        &MODIFY,
        1,
        "error[InvalidDocument]: objects.yaml:1: this is no object of Kubernetes",
    );
}
