//! `lazarette plugin new`, `test`, `run`, `pack`, `bench`: what authors use.

use crate::harness::Workplace;

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../sdk/rust/examples");

const CASES: &str = "
# The case
object: {apiVersion: v1, kind: ConfigMap, metadata: {name: flags}, data: {url: a.prod}}
config: {rules: [{pattern: prod, replacement: staging}]}
expect:
  patch: [{op: replace, path: /data/url, value: a.staging}]
";

/// A folder with an example as an author has it after a build.
fn built(example: &str) -> Workplace {
    let workplace = Workplace::empty();
    let component = format!("{EXAMPLES}/dist/{example}.wasm");
    std::fs::copy(component, workplace.path("plugin.wasm")).unwrap();
    workplace.write("cases/case.yaml", CASES);
    workplace
}

#[test]
fn a_new_project_says_how_to_build_it() {
    let workplace = Workplace::empty();
    for (name, lang, source) in [
        ("one", "rust", "src/lib.rs"),
        ("two", "javascript", "src/plugin.js"),
        ("three", "python", "plugin.py"),
    ] {
        workplace.done(&[
            "plugin",
            "new",
            name,
            "--world",
            "resource-modifier",
            "--lang",
            lang,
        ]);
        assert!(
            workplace
                .read(&format!("{name}/README.md"))
                .contains("lazarette plugin test")
        );
        assert!(workplace.path(&format!("{name}/{source}")).is_file());
        workplace.fails(
            &["plugin", "test", name],
            1,
            "there is no component; build it first",
        );
    }
    workplace.fails(
        &["plugin", "new", "one", "--world", "pod-hook"],
        1,
        "error[AlreadyExists]",
    );
    workplace.fails(
        &["plugin", "new", "../one", "--world", "pod-hook"],
        2,
        "is no name of a plugin",
    );
}

#[test]
fn a_failing_case_shows_what_differs_and_can_be_updated() {
    let workplace = built("regex-replace");
    assert!(
        workplace
            .done(&["plugin", "test"])
            .ends_with("1 cases, 0 failed\n")
    );
    workplace.write("cases/case.yaml", &CASES.replace("a.staging", "b.staging"));
    let ran = workplace.run(&["plugin", "test"]);
    assert_eq!(ran.code, 3, "{ran:#?}");
    assert!(
        ran.stdout.contains("cases/case.yaml:3") && ran.stdout.contains("b.staging"),
        "{ran:#?}"
    );
    workplace.done(&["plugin", "test", "--update"]);
    workplace.done(&["plugin", "test"]);
    let text = workplace.read("cases/case.yaml");
    assert!(
        text.contains("# The case") && text.contains("a.staging"),
        "{text}"
    );
}

#[test]
fn every_example_does_what_its_cases_say() {
    let workplace = Workplace::empty();
    let mut seen = 0;
    for entry in std::fs::read_dir(EXAMPLES).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        let component = format!("{EXAMPLES}/dist/{name}.wasm");
        if !entry.path().join("cases").is_dir() {
            continue;
        }
        for case in std::fs::read_dir(entry.path().join("cases"))
            .unwrap()
            .map(Result::unwrap)
        {
            let text = std::fs::read_to_string(case.path()).unwrap();
            workplace.write(&format!("{name}/cases/{}", case.file_name().display()), &text);
        }
        std::fs::copy(component, workplace.path(&format!("{name}/plugin.wasm"))).unwrap();
        let said = workplace.done(&["plugin", "test", &name]);
        assert!(said.ends_with(", 0 failed\n"), "{said}");
        seen += 1;
    }
    assert_eq!(seen, 6);
}

#[test]
fn a_plugin_is_run_on_objects() {
    let workplace = built("regex-replace");
    workplace.write(
        "in.yaml",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {x: prod}}\n",
    );
    let config = "{rules: [{pattern: prod, replacement: staging}]}";
    let run = [
        "plugin",
        "run",
        "plugin.wasm",
        "--plugin-config",
        config,
        "--input",
        "in.yaml",
    ];
    assert!(workplace.done(&run).contains("x: staging"));
    assert!(
        workplace
            .done(&[&run[..], &["--diff"]].concat())
            .contains("-  x: prod\n+  x: staging")
    );
    workplace.fails(
        &["plugin", "run", "plugin.wasm", "--input", "in.yaml"],
        1,
        "error[PluginConfiguration]",
    );
}

#[test]
fn a_manifest_is_packed_into_a_component() {
    let workplace = built("regex-replace");
    workplace.write(
        "manifest.json",
        r#"{"name": "packed", "version": "7", "grants": ["object.rename"]}"#,
    );
    workplace.done(&["plugin", "pack", "plugin.wasm", "--to", "packed.wasm"]);
    let inspection = workplace.json(&["plugin", "inspect", "packed.wasm"]);
    assert_eq!(inspection["manifest"]["name"], "packed");
    let said = workplace.done(&["plugin", "inspect", "packed.wasm"]);
    assert!(
        said.contains("Needs grants:") && said.contains("object.rename"),
        "{said}"
    );
    assert!(
        said.contains("processed-by: wit-component") && said.contains("Starts in:"),
        "{said}"
    );
    workplace.write("manifest.json", r#"{"naem": "packed"}"#);
    workplace.fails(&["plugin", "pack", "plugin.wasm"], 1, "naem");
}

#[test]
fn what_a_plugin_costs_is_measured() {
    let workplace = built("regex-replace");
    let config = r#"{"patches": [{"op": "add", "path": "/metadata/annotations", "value": {"a": "b"}}]}"#;
    let measured = workplace.json(&[
        "plugin",
        "bench",
        "json-patch",
        "--plugin-config",
        config,
        "--calls",
        "20",
    ]);
    assert_eq!(measured["measured"]["failed"], 0, "{measured}");
    assert!(measured["measured"]["call"]["median"].as_f64().unwrap() > 0.0);
    let said = workplace.done(&[
        "plugin",
        "bench",
        "plugin.wasm",
        "--plugin-config",
        "{rules: []}",
        "--calls",
        "20",
    ]);
    assert!(said.contains("Memory of an instance:"), "{said}");
}
