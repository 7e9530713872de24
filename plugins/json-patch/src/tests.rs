use super::*;
use lazarette_sdk::testing::{Fixture, Outcome, Verdict, configure, modify};
use lazarette_sdk::{Value, json};
use proptest::prelude::*;
use rstest::rstest;

fn object() -> Fixture {
    Fixture::new(json!({
        "apiVersion": "v1",
        "kind": "Thing",
        "metadata": {"name": "x", "labels": {"a": "1", "e/f": "2"}},
        "list": ["a", "b", "c"],
        "number": 1,
        "nothing": null,
    }))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "tests write values where they use them"
)]
fn run(object: &Fixture, patches: Value) -> Result<Outcome, Error> {
    modify(
        &mut configure::<JsonPatch>(json!({"patches": patches})).unwrap(),
        object,
    )
}

#[rstest]
#[case::in_the_middle("/list/1", json!(["a", "x", "b", "c"]))]
#[case::at_the_end("/list/3", json!(["a", "b", "c", "x"]))]
#[case::dash("/list/-", json!(["a", "b", "c", "x"]))]
#[case::minus_one_is_the_end("/list/-1", json!(["a", "b", "c", "x"]))]
#[case::minus_two_is_before_the_last("/list/-2", json!(["a", "b", "x", "c"]))]
#[case::leading_zeros("/list/01", json!(["a", "x", "b", "c"]))]
#[case::plus("/list/+1", json!(["a", "x", "b", "c"]))]
fn an_element_is_added(#[case] path: &str, #[case] expected: Value) {
    let outcome = run(&object(), json!([{"op": "add", "path": path, "value": "x"}])).unwrap();
    assert_eq!(outcome.object["list"], expected);
}

#[rstest]
#[case::replace(json!({"op": "replace", "path": "/list/-1", "value": "x"}), json!(["a", "b", "x"]))]
#[case::remove(json!({"op": "remove", "path": "/list/-3"}), json!(["b", "c"]))]
#[case::move_to_the_end(json!({"op": "move", "from": "/list/0", "path": "/list/-1"}), json!(["b", "c", "a"]))]
#[case::copy_to_the_end(json!({"op": "copy", "from": "/list/-1", "path": "/list/-"}), json!(["a", "b", "c", "c"]))]
fn elements_are_counted_from_the_end(#[case] operation: Value, #[case] expected: Value) {
    assert_eq!(
        run(&object(), json!([operation])).unwrap().object["list"],
        expected
    );
}

#[test]
fn what_is_before_the_first_slash_is_dropped() {
    let outcome = run(
        &object(),
        json!([{"op": "replace", "path": "junk/number", "value": 2}]),
    )
    .unwrap();
    assert_eq!(outcome.object["number"], 2);
}

#[rstest]
#[case::equal("/number", json!(1), Verdict::None)]
#[case::other("/number", json!(2), Verdict::Skip("test failed".into()))]
#[case::text("/number", json!("1"), Verdict::Skip("test failed".into()))]
#[case::written_otherwise("/number", json!(1.0), Verdict::Skip("test failed".into()))]
#[case::missing_is_null("/other", json!(null), Verdict::None)]
#[case::missing_is_nothing_else("/other", json!(""), Verdict::Skip("test failed".into()))]
#[case::null("/nothing", json!(null), Verdict::None)]
#[case::escaped("/metadata/labels/e~1f", json!("2"), Verdict::None)]
#[case::order_of_members("/metadata/labels", json!({"e/f": "2", "a": "1"}), Verdict::None)]
fn a_test_drops_the_patch_or_not(#[case] path: &str, #[case] value: Value, #[case] expected: Verdict) {
    let patches = json!([
        {"op": "add", "path": "/added", "value": true},
        {"op": "test", "path": path, "value": value},
    ]);
    assert_eq!(run(&object(), patches).unwrap().verdict, expected);
}

#[rstest]
#[case::test_without_parent(json!({"op": "test", "path": "/spec/x", "value": null}))]
#[case::test_past_the_end(json!({"op": "test", "path": "/list/3", "value": null}))]
#[case::test_of_dash(json!({"op": "test", "path": "/list/-", "value": null}))]
#[case::remove_missing(json!({"op": "remove", "path": "/spec"}))]
#[case::remove_past_the_end(json!({"op": "remove", "path": "/list/3"}))]
#[case::replace_missing(json!({"op": "replace", "path": "/spec", "value": 1}))]
#[case::replace_dash(json!({"op": "replace", "path": "/list/-", "value": 1}))]
#[case::add_without_parent(json!({"op": "add", "path": "/spec/x", "value": 1}))]
#[case::add_below_a_text(json!({"op": "add", "path": "/kind/x", "value": 1}))]
#[case::add_past_the_end(json!({"op": "add", "path": "/list/4", "value": 1}))]
#[case::add_before_the_start(json!({"op": "add", "path": "/list/-5", "value": 1}))]
#[case::add_by_name_to_a_list(json!({"op": "add", "path": "/list/a", "value": 1}))]
#[case::copy_missing(json!({"op": "copy", "from": "/spec", "path": "/x"}))]
#[case::move_into_itself(json!({"op": "move", "from": "/metadata", "path": "/metadata/labels"}))]
#[case::move_past_the_end(json!({"op": "move", "from": "/list/0", "path": "/list/3"}))]
fn what_leads_nowhere_is_an_error_at_its_path(#[case] operation: Value) {
    let error = run(&object(), json!([operation])).unwrap_err();
    let paths = [operation.get("path"), operation.get("from")];
    assert!(paths.contains(&error.pointer.map(Value::from).as_ref()));
}

#[rstest]
#[case::of_an_added_member(
    json!([{"op": "add", "path": "/new", "value": {}}, {"op": "add", "path": "/new/x", "value": 1}]),
    "/new", json!({"x": 1}),
)]
#[case::of_a_copied_element(
    json!([{"op": "copy", "from": "/list/0", "path": "/list/1"}, {"op": "replace", "path": "/list/1", "value": "x"}]),
    "/list", json!(["a", "x", "b", "c"]),
)]
#[case::of_shifted_elements(
    json!([{"op": "remove", "path": "/list/0"}, {"op": "remove", "path": "/list/0"}]),
    "/list", json!(["c"]),
)]
#[case::of_a_longer_list(
    json!([{"op": "add", "path": "/list/-", "value": "d"}, {"op": "replace", "path": "/list/-1", "value": "x"}]),
    "/list", json!(["a", "b", "c", "x"]),
)]
#[case::by_a_test(
    json!([{"op": "replace", "path": "/number", "value": 5}, {"op": "test", "path": "/number", "value": 5}]),
    "/number", json!(5),
)]
fn later_operations_see_the_result(#[case] patches: Value, #[case] pointer: &str, #[case] expected: Value) {
    let outcome = run(&object(), patches).unwrap();
    assert_eq!(outcome.object.pointer(pointer), Some(&expected));
}

#[test]
fn only_tests_change_nothing() {
    let outcome = run(&object(), json!([{"op": "test", "path": "/number", "value": 1}])).unwrap();
    assert_eq!((outcome.operations, outcome.verdict), (vec![], Verdict::None));
}

#[rstest]
#[case::no_slash(json!({"patches": [{"op": "remove", "path": "number"}]}), "/patches/0")]
#[case::unknown_operation(json!({"patches": [{"op": "erase", "path": "/number"}]}), "/patches/0/op")]
#[case::no_value(json!({"patches": [{"op": "add", "path": "/number"}]}), "/patches/0")]
#[case::unknown_member(json!({"patch": []}), "/patch")]
fn a_wrong_configuration_is_refused(#[case] config: Value, #[case] pointer: &str) {
    let error = configure::<JsonPatch>(config).err().unwrap();
    assert_eq!(error.pointer.as_deref(), Some(pointer));
}

/// The public conformance suite of RFC 6902, where it lies beside the project.
#[test]
fn the_suite_of_rfc_6902() {
    let folder = std::env::var("LAZARETTE_VECTORS")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors").to_owned());
    for file in ["spec_tests.json", "tests.json"] {
        let path = format!("{folder}/json-patch-tests/{file}");
        let Ok(text) = std::fs::read_to_string(&path) else {
            eprintln!("skipped: there is no {path}");
            continue;
        };
        let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
        let ran = cases.iter().filter(|case| conforms(case)).count();
        assert!(
            ran > 10,
            "only {ran} of {} cases of {file} say something about this plugin",
            cases.len()
        );
    }
}

/// Check one case; false where it is about what rules cannot say (the whole document as a target), about forms that the
/// host refuses before, or about what Velero takes and RFC 6902 does not.
fn conforms(case: &Value) -> bool {
    let paths = case["patch"]
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|op| [op.get("path"), op.get("from")]);
    let dialect = |path: &Value| {
        path.as_str()
            .is_none_or(|path| !path.starts_with('/') || path.ends_with("/00"))
    };
    let lenient = ["/01", "/1e0", "/-1"].map(|index| case["patch"].to_string().contains(index));
    if case["disabled"] == true || lenient.contains(&true) || paths.flatten().any(dialect) {
        return false;
    }
    let Ok(mut plugin) = configure::<JsonPatch>(json!({"patches": case["patch"]})) else {
        return case.get("error").is_some();
    };
    let outcome = modify(&mut plugin, &Fixture::new(case["doc"].clone()));
    match (outcome, case.get("expected")) {
        (Ok(outcome), Some(expected)) => assert_eq!(
            (&outcome.object, outcome.verdict),
            (expected, Verdict::None),
            "{case}"
        ),
        (Ok(outcome), None) if case.get("error").is_some() => {
            assert_ne!(outcome.verdict, Verdict::None, "{case}");
        }
        (Err(error), Some(_)) => panic!("{error} in {case}"),
        _ => {}
    }
    true
}

proptest! {
    /// What is handed to the host applies, and does what Velero's order of operations does.
    #[test]
    fn strict_patches_apply(operations in proptest::collection::vec(any_operation(), 1..6)) {
        let mut plugin = configure::<JsonPatch>(json!({"patches": operations})).unwrap();
        if let Err(error) = modify(&mut plugin, &object()) {
            prop_assert_ne!(error.code, "output", "the host could not apply it: {}", error.message);
        }
    }

    /// Whether operations are looked up one by one or on a copy is not seen.
    #[test]
    fn a_copy_gives_the_same(operations in proptest::collection::vec(any_operation(), 1..4)) {
        let mut plugin = configure::<JsonPatch>(json!({"patches": operations})).unwrap();
        let direct = modify(&mut plugin, &object());
        plugin.shared = Some(String::new());
        let copied = modify(&mut plugin, &object());
        prop_assert_eq!(direct.map(|outcome| outcome.object), copied.map(|outcome| outcome.object));
    }
}

fn any_operation() -> impl Strategy<Value = Value> {
    let path = proptest::sample::select(vec![
        "/list",
        "/list/0",
        "/list/1",
        "/list/-1",
        "/list/-",
        "/list/02",
        "/number",
        "/metadata/labels/a",
        "/metadata/labels/new",
        "/metadata/labels",
        "/list/0/x",
        "/new",
    ]);
    let value = proptest::sample::select(vec![
        json!(1),
        json!("a"),
        json!([]),
        json!({"a": null}),
        json!(null),
    ]);
    let op = proptest::sample::select(vec!["add", "remove", "replace", "move", "copy", "test"]);
    (op, path.clone(), path, value).prop_map(|(op, path, from, value)| match op {
        "move" | "copy" => json!({"op": op, "path": path, "from": from}),
        "remove" => json!({"op": op, "path": path}),
        _ => json!({"op": op, "path": path, "value": value}),
    })
}
