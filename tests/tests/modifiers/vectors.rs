//! Documents with an object each and what comes of them: Velero's own unit tests, random documents with the answers of
//! Velero's code, and vectors of this project in the same form.

use super::modify;
use lazarette::modify::Rules;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// What Velero says that Lazarette means to say differently, by a part of the message, and why.
const DIFFERENT: &[(&str, &str)] = &[
    ("no kind ", "strategic merge patches work for custom resources"),
    (
        "error in test for path",
        "an object that has no such element does not match",
    ),
    ("error in decoding json patch", "what is no JSON is text"),
];

/// The vectors in `file`; none, and a line that says so, where it is not there.
fn read(file: PathBuf) -> Vec<Value> {
    let Ok(text) = std::fs::read_to_string(&file) else {
        println!("skipped: there is no {}", file.display());
        return Vec::new();
    };
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Vectors that do not belong to the project: beside it, or where `LAZARETTE_VECTORS` says.
fn beside_the_project(file: &str) -> PathBuf {
    let folder = std::env::var_os("LAZARETTE_VECTORS").map(PathBuf::from);
    folder
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors"))
        .join(file)
}

fn document(vector: &Value) -> &str {
    vector["rules_yaml"].as_str().unwrap_or_default()
}

fn run(vector: &Value) -> Result<(Value, Vec<String>), Vec<String>> {
    modify(
        document(vector),
        vector["group_resource"].as_str().unwrap(),
        vector["resource"].clone(),
    )
}

#[test]
fn own_vectors() {
    let vectors = read(Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/modifiers.jsonl"));
    assert!(vectors.len() > 30, "{}", vectors.len());
    for vector in &vectors {
        let name = &vector["name"];
        match (run(vector), vector.get("refused")) {
            (Err(refusal), Some(expected)) => assert_eq!(&json!(refusal), expected, "{name}"),
            (Ok((object, problems)), None) => {
                assert_eq!(object, vector["result"], "{name}");
                assert_eq!(
                    json!(problems),
                    *vector.get("errors").unwrap_or(&json!([])),
                    "{name}"
                );
            }
            (other, _) => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn random_documents() {
    let vectors = read(beside_the_project("modifier-random.jsonl"));
    let compared = vectors.iter().filter(|vector| is_as_velero_says(vector)).count();
    assert!(
        compared * 100 >= vectors.len() * 85,
        "only {compared} of {} are comparable",
        vectors.len()
    );
}

/// Check that the answer is Velero's. False where it is meant to be another one.
fn is_as_velero_says(vector: &Value) -> bool {
    let name = &vector["name"];
    let errors: Vec<&str> = vector["errors"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let is_different = |error: &&str| DIFFERENT.iter().any(|(part, _)| error.contains(part));
    if errors.iter().any(is_different) || matches_all_types(vector) {
        run(vector).unwrap_or_else(|refusal| panic!("{name}: {refusal:?}"));
        return false;
    }
    let (object, problems) = run(vector).unwrap_or_else(|refusal| panic!("{name}: {refusal:?}"));
    assert!(
        is_same(&object, &vector["result"]),
        "{name}: {object}\nexpected {}",
        vector["result"]
    );
    assert_eq!(problems.len(), errors.len(), "{name}: {problems:?} {errors:?}");
    true
}

/// Whether a rule is for `*.*`, which is all types here, and in Velero those of groups without a point in their name.
fn matches_all_types(vector: &Value) -> bool {
    document(vector).contains("groupResource: '*.*'")
        && vector["group_resource"].as_str().unwrap().matches('.').count() != 1
}

/// Whether two results are the same. Velero writes whole numbers without a point, whatever the rule had.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let same_member =
                |(name, value): (&String, &Value)| other.get(name).is_some_and(|other| is_same(value, other));
            one.len() == other.len() && one.iter().all(same_member)
        }
        _ => one == other,
    }
}

#[test]
fn unit_tests_of_velero() {
    for vector in read(beside_the_project("velero-modifiers.jsonl")) {
        match vector["stage"].as_str().unwrap() {
            "apply" => applies(&vector),
            "to_string" => becomes_operation(&vector),
            "patcher" => fails(&vector),
            _ => parses(&vector),
        }
    }
}

fn applies(vector: &Value) {
    let name = vector["name"].as_str().unwrap();
    match run(vector) {
        Ok((object, problems)) => {
            assert!(
                is_same(&object, &vector["expect"]),
                "{name}: {object}\nexpected {}",
                vector["expect"]
            );
            assert_eq!(
                !problems.is_empty(),
                vector.get("expect_error").is_some_and(|error| !error.is_null()),
                "{name}"
            );
        }
        // What fails on each object there refuses the document here.
        Err(refusal) => assert!(vector["expect_error"].is_string(), "{name}: {refusal:?}"),
    }
}

fn becomes_operation(vector: &Value) {
    let indented = document(vector).replace('\n', "\n    ");
    let rules = format!(
        "version: v1\nresourceModifierRules:\n- conditions: {{groupResource: x}}\n  patches:\n  - {indented}"
    );
    let rules = Rules::parse(&rules).unwrap();
    let operation = &rules.rules[0].patches.config["patches"][0];
    let expected: Value = serde_json::from_str(vector["expect"].as_str().unwrap()).unwrap();
    for (member, value) in operation.as_object().unwrap() {
        assert_eq!(*value, expected[member], "{}", vector["name"]);
    }
}

/// Patches that fail when they are applied there, and are refused here; unless it is about a kind that is not built in.
fn fails(vector: &Value) {
    if vector["expect_error"].as_str().unwrap().starts_with("no kind ") {
        return;
    }
    assert!(Rules::parse(document(vector)).is_err(), "{}", vector["name"]);
}

fn parses(vector: &Value) {
    let (name, rules) = (vector["name"].as_str().unwrap(), Rules::parse(document(vector)));
    // Accepted there, to fail on each object.
    let has_no_patches = name.contains("no patches is accepted");
    assert_eq!(
        rules.is_err(),
        vector["expect_error"].is_string() || has_no_patches,
        "{name}: {rules:?}"
    );
}
