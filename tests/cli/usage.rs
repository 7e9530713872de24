//! How the program is used: help, mistakes, forms of output.

use crate::harness::{Ran, Workplace};
use rstest::rstest;
use serde_json::Value;
use std::process::Stdio;

#[test]
fn the_bare_name_shows_what_there_is() {
    let ran = Workplace::empty().run(&[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(ran.stdout.contains("Usage: lazarette"), "{}", ran.stdout);
}

#[test]
fn a_group_of_commands_without_a_command_is_wrong_usage() {
    Workplace::empty().fails(&["backup"], 2, "Usage: lazarette backup");
}

#[rstest]
#[case::command(&["bakcup", "list"], "'backup'")]
#[case::command_of_a_group(&["backup", "descirbe", "x"], "'describe'")]
#[case::option(&["backup", "create", "--include-namespace", "a"], "'--include-namespaces'")]
#[case::form(&["backup", "list", "-o", "jsno"], "'json'")]
#[case::cluster_resources(&["backup", "create", "--include-cluster-resources", "ture"], "'true'")]
#[case::conflict_policy(&["restore", "plan", "first", "--conflict-policy", "ptach"], "did you mean 'patch'?")]
#[case::modifier_error(&["restore", "plan", "first", "--on-modifier-error", "abrot"], "'abort'")]
#[case::shell(&["completions", "zs"], "'zsh'")]
#[case::manual_page(&["man", "resotre"], "did you mean 'restore'?")]
#[case::namespace_mapping(&["restore", "plan", "first", "--namespace-mappings", "a"], "two names with ':' between them")]
#[case::mapped_twice(&["restore", "plan", "first", "--namespace-mappings", "a:b,a:c"], "both to 'b' and to 'c'")]
#[case::name(&["backup", "create", "No_Name"], "lower-case letters")]
#[case::duration(&["backup", "create", "--ttl", "soon"], "a form such as 30d")]
#[case::store(&["backup", "list", "--store", "backups"], "expected file:PATH")]
#[case::cluster(&["backup", "create", "--cluster", "cluster"], "did you mean 'dir:cluster'?")]
#[case::verbose_and_quiet(&["backup", "list", "-v", "-q"], "cannot be used with")]
fn a_mistake_is_wrong_usage_and_says_what_is_right(#[case] words: &[&str], #[case] message: &str) {
    let workplace = Workplace::with_backup();
    workplace.fails(words, 2, message);
    workplace.fails(words, 2, "error[InvalidArgument]: ");
}

#[rstest]
#[case::backup(&["backup", "describe", "frist"], "did you mean 'first'?")]
#[case::backup_to_verify(&["backup", "verify", "frist"], "did you mean 'first'?")]
#[case::backup_to_delete(&["backup", "delete", "frist", "--yes"], "did you mean 'first'?")]
#[case::backup_to_restore(&["restore", "create", "frist"], "did you mean 'first'?")]
#[case::restore(&["restore", "describe", "one-restor"], "did you mean 'one-restore'?")]
#[case::plugin(&["plugin", "inspect", "merge-pach"], "did you mean 'merge-patch'?")]
#[case::rules(&["restore", "plan", "first", "--resource-modifiers", "nowhere.yaml"], "nowhere.yaml: there is no such file")]
#[case::cluster(&["backup", "create", "--cluster", "dir:nowhere"], "nowhere")]
#[case::store(&["backup", "list", "--store", "file:nowhere"], "nowhere")]
fn what_is_not_there_is_named(#[case] words: &[&str], #[case] message: &str) {
    let workplace = Workplace::with_backup();
    workplace.done(&["restore", "create", "first", "--name", "one-restore"]);
    workplace.fails(words, 1, message);
    workplace.fails(words, 1, "error[NotFound]: ");
}

#[rstest]
#[case::by_the_command(&["backup", "describe", "nothing", "-o", "json"], 1, "NotFound")]
#[case::by_the_parser(&["backup", "descirbe", "--output=json"], 2, "InvalidArgument")]
fn with_json_errors_are_json(#[case] words: &[&str], #[case] code: i32, #[case] name: &str) {
    let ran = Workplace::with_backup().run(words);
    assert_eq!((ran.code, ran.stdout.as_str()), (code, ""));
    let errors: Value = serde_json::from_str(&ran.stderr).unwrap();
    let error = &errors["errors"][0];
    assert_eq!(error["code"], name);
    for member in ["message", "recommendedAction", "retryable", "userError"] {
        assert!(!error[member].is_null(), "{member} is missing in {error}");
    }
}

#[test]
fn a_missing_option_says_every_way_to_give_it() {
    let workplace = Workplace::empty();
    let mut command = workplace.command(&["backup", "list"]);
    let ran: Ran = command.env_remove("LAZARETTE_STORE").output().unwrap().into();
    assert_eq!(ran.code, 2);
    for way in ["--store file:PATH", "LAZARETTE_STORE"] {
        assert!(ran.stderr.contains(way), "{}", ran.stderr);
    }
}

#[test]
fn without_a_cluster_kubectls_is_meant_and_where_it_has_none_that_is_said() {
    let workplace = Workplace::empty();
    let mut command = workplace.command(&["backup", "create"]);
    let ran: Ran = command.env_remove("LAZARETTE_CLUSTER").output().unwrap().into();
    assert_eq!(ran.code, 2);
    for part in [
        "there is no kubeconfig",
        ".kube/config is not there",
        "--cluster kubeconfig:CONTEXT or dir:PATH",
    ] {
        assert!(ran.stderr.contains(part), "{}", ran.stderr);
    }
}

#[test]
fn who_reads_only_the_beginning_is_not_bothered() {
    let workplace = Workplace::empty();
    let mut command = workplace.command(&["completions", "bash"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ran: Ran = child.wait_with_output().unwrap().into();
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}

#[test]
fn colours_are_for_terminals() {
    let workplace = Workplace::with_backup();
    let is_colourful = |words: &[&str]| workplace.done(words).contains('\u{1b}');
    assert!(!is_colourful(&["backup", "list"]));
    assert!(is_colourful(&["backup", "list", "--color", "always"]));
    assert!(!is_colourful(&[
        "backup", "list", "--color", "always", "-o", "json"
    ]));
}

#[test]
fn quiet_leaves_errors_and_results() {
    let workplace = Workplace::empty();
    workplace.write("backups/backups/.keep", "");
    let list = |words: &[&str]| workplace.run(&[&["backup", "list"], words].concat());
    assert!(list(&[]).stderr.contains("There are no backups"));
    assert_eq!(list(&["--quiet"]).stderr, "");
    workplace.fails(&["backup", "describe", "first", "--quiet"], 1, "error[NotFound]");
}

#[test]
fn json_and_yaml_say_the_same() {
    let workplace = Workplace::with_backup();
    let json = workplace.json(&["backup", "describe", "first"]);
    let yaml = workplace.done(&["backup", "describe", "first", "-o", "yaml"]);
    assert_eq!(lazarette::object::yaml::parse(&yaml).unwrap(), json);
}

#[test]
fn the_version_is_that_of_the_crate() {
    let workplace = Workplace::empty();
    assert_eq!(
        workplace.done(&["--version"]),
        concat!("lazarette ", env!("CARGO_PKG_VERSION"), "\n")
    );
    let versions = workplace.json(&["version"]);
    assert_eq!(versions["lazarette"], env!("CARGO_PKG_VERSION"));
    assert_eq!(versions["contract"], lazarette::plugin::CONTRACT_VERSION);
}
