//! `lazarette plugin`

use crate::harness::Workplace;

#[test]
fn built_in_plugins_are_listed_with_their_worlds() {
    let workplace = Workplace::empty();
    let plugins = workplace.json(&["plugin", "list"]);
    let found: Vec<(&str, &str)> = plugins
        .as_array()
        .unwrap()
        .iter()
        .map(|plugin| {
            (
                plugin["name"].as_str().unwrap(),
                plugin["world"].as_str().unwrap(),
            )
        })
        .collect();
    let expected = [
        ("json-patch", "resource-modifier"),
        ("merge-patch", "resource-modifier"),
        ("strategic-merge-patch", "resource-modifier"),
        ("conflict-skip", "conflict-resolver"),
        ("conflict-patch", "conflict-resolver"),
        ("exec-hooks", "pod-hook"),
    ];
    assert_eq!(found, expected);
    assert!(workplace.done(&["plugin", "list"]).contains("json-patch "));
}

#[test]
fn a_plugin_is_inspected_by_name_by_file_and_by_folder() {
    let workplace = Workplace::empty();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins/dist/conflict-patch.wasm");
    let by_file = workplace.json(&["plugin", "inspect", file]);
    assert_eq!(workplace.json(&["plugin", "inspect", "conflict-patch"]), by_file);
    assert_eq!(by_file["manifest"]["name"], "conflict-patch");
    assert_eq!(by_file["contract"], lazarette::plugin::CONTRACT_VERSION);
    assert!(
        workplace
            .done(&["plugin", "inspect", file])
            .contains("World:         conflict-resolver")
    );
    std::fs::create_dir(workplace.path("project")).unwrap();
    workplace.fails(&["plugin", "inspect", "project"], 1, "error[NotFound]");
    std::fs::copy(file, workplace.path("project/plugin.wasm")).unwrap();
    assert_eq!(workplace.json(&["plugin", "inspect", "project"]), by_file);
}

#[test]
fn a_file_that_is_no_component_is_refused() {
    let workplace = Workplace::empty();
    workplace.write("text.wasm", "hello");
    workplace.fails(
        &["plugin", "inspect", "text.wasm"],
        1,
        "error[InvalidPlugin]: plugin text.wasm: ",
    );
}

#[test]
fn a_rule_can_name_a_plugin_of_the_user() {
    let workplace = Workplace::new();
    workplace.write(
        "mine.yaml",
        "
version: v1
resourceModifierRules:
- conditions: {groupResource: deployments.apps}
  plugin:
    name: mine
    config: {patches: [{spec: {replicas: 7}}]}
",
    );
    let file = concat!(
        "mine=",
        env!("CARGO_MANIFEST_DIR"),
        "/../plugins/dist/merge-patch.wasm"
    );
    let modify = [
        "modify",
        "--rules",
        "mine.yaml",
        "--input",
        "cluster/storefront.yaml",
    ];
    workplace.fails(&modify, 2, "mine");
    let modified = workplace.done(&[&modify[..], &["--plugin", file]].concat());
    assert!(modified.contains("replicas: 7"), "{modified}");
    workplace.fails(
        &[&modify[..], &["--plugin", file, "--grant", "mien=x"]].concat(),
        2,
        "did you mean 'mine'?",
    );
}
