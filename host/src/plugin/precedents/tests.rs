//! What is remembered of pure plugins, and what is not. The fixture counts its calls in a label, which a pure plugin would
//! not do: it shows who was called.

use super::*;
use crate::object::Pointer;
use crate::plugin::tests::{HOST, operation, pod};
use crate::plugin::{Configured, Grants, PluginErrorKind, Settings};
use rstest::rstest;
use serde_json::{Value, json};

const MISBEHAVING: &[u8] = include_bytes!("../../../../tests/fixtures/dist/misbehaving.wasm");

/// The fixture with the promise in its manifest.
fn promising() -> Vec<u8> {
    let (name, manifest) = ("lazarette:manifest", r#"{"name": "misbehaving", "pure": true}"#);
    let length = |length: usize| u8::try_from(length).unwrap();
    let mut bytes = MISBEHAVING.to_vec();
    bytes.extend([0, length(1 + name.len() + manifest.len()), length(name.len())]);
    bytes.extend(name.bytes().chain(manifest.bytes()));
    bytes
}

fn configure(bytes: &[u8], config: Value, operation: &Arc<Operation>) -> Arc<Configured> {
    let plugin = HOST.load("misbehaving", bytes).unwrap();
    HOST.configure(&plugin, Settings::new(config), operation).unwrap()
}

/// What the plugin counts when it is given three pods, in batches of one.
fn counts(bytes: &[u8], of_the_batch: &Arc<Operation>, of_the_plugin: &Arc<Operation>) -> Vec<Value> {
    let plugin = configure(bytes, json!({"do": "count"}), of_the_plugin);
    let mut batch = HOST.batch(of_the_batch);
    let count = |_| {
        let mut object = pod();
        batch.modify(&plugin, &mut object).unwrap();
        object.json["metadata"]["labels"]["label"].take()
    };
    (0..3).map(count).collect()
}

#[test]
fn a_plugin_that_promises_nothing_is_called_each_time() {
    let operation = operation();
    assert_eq!(counts(MISBEHAVING, &operation, &operation), ["1", "2", "3"]);
}

#[test]
fn a_pure_plugin_is_called_once_for_what_it_cannot_tell_apart() {
    let operation = operation();
    assert_eq!(counts(&promising(), &operation, &operation), ["1", "1", "1"]);
}

#[test]
fn another_operation_has_no_precedents() {
    assert_eq!(counts(&promising(), &operation(), &operation()), ["1", "2", "3"]);
}

#[test]
fn an_answer_that_differs_is_no_precedent() {
    let operation = operation();
    let plugin = configure(&promising(), json!({"do": "read-and-label"}), &operation);
    let mut batch = HOST.batch(&operation);
    let mut seen = |image: Option<&str>| {
        let mut object = pod();
        object.json["spec"]["containers"] = image.map_or(json!([]), |image| json!([{"image": image}]));
        batch.modify(&plugin, &mut object).unwrap();
        object.json["metadata"]["labels"].get("seen").is_some()
    };
    let images = [Some("a"), None, Some("b"), Some("a"), None];
    assert_eq!(images.map(&mut seen), [true, false, true, true, false]);
    let precedents = plugin.precedents(&operation).unwrap();
    let Some(Step::Ask(asked)) = precedents.first.get() else {
        panic!("{precedents:?}")
    };
    let mut answers = 0;
    let mut next = asked.answers.get();
    while let Some(answered) = next {
        answers += 1;
        next = answered.next.get();
    }
    assert_eq!(answers, 3);
}

#[rstest]
#[case::log(json!({"do": "chatter"}))]
#[case::trap(json!({"do": "panic"}))]
#[case::output(json!({"do": "broken-patch"}))]
fn what_is_not_remembered(#[case] config: Value) {
    let operation = operation();
    let plugin = configure(&promising(), config, &operation);
    drop(HOST.batch(&operation).modify(&plugin, &mut pod()));
    assert!(plugin.precedents(&operation).unwrap().first.get().is_none());
}

#[rstest]
#[case::error(json!({"do": "patch-and-fail"}))]
#[case::verdict(json!({"do": "refuse"}))]
fn a_failure_of_the_plugin_is_remembered(#[case] config: Value) {
    let operation = operation();
    let plugin = configure(&promising(), config, &operation);
    let fail = || HOST.batch(&operation).modify(&plugin, &mut pod()).unwrap_err();
    let first = fail();
    assert!(matches!(first.kind, PluginErrorKind::Failed { .. }));
    assert!(plugin.precedents(&operation).unwrap().find(&pod()).is_some());
    assert_eq!(fail().to_string(), first.to_string());
}

#[test]
fn a_precedent_is_checked_for_each_object() {
    let operation = operation();
    let plugin = configure(&promising(), json!({"do": "useless-patch"}), &operation);
    for _ in 0..2 {
        let mut object = pod();
        let error = HOST.batch(&operation).modify(&plugin, &mut object).unwrap_err();
        assert!(matches!(error.kind, PluginErrorKind::Output(_)), "{error}");
        assert_eq!(object, pod());
    }
    let rename = json!([{"op": "replace", "path": "/metadata/name", "value": "x"}]);
    let decision = decision(&rename);
    let refused = decision.unwrap().carry_out(&mut pod(), &Grants::default());
    assert!(matches!(refused, Err(PluginErrorKind::Grant(_))));
}

#[test]
fn a_plugin_with_a_new_answer_for_each_object_does_not_fill_the_memory() {
    let precedents = Precedents::new(&operation());
    for number in 0..10_000 {
        keep(&precedents, &named(&format!("web-{number}")), Question::Identity);
    }
    let known = |number: usize| precedents.find(&named(&format!("web-{number}"))).is_some();
    assert_eq!((0..10_000).filter(|number| known(*number)).count(), ANSWERS);
    assert!(precedents.inquiry().is_none(), "there is no more room");
}

#[test]
fn long_values_and_long_conversations_are_not_remembered() {
    let pointer = || Question::Value(Pointer::parse("/spec").unwrap());
    assert!(Inquiry::default().with(pointer(), &pod(), 5_000).is_none());
    let endless = (0..1_000).try_fold(Inquiry::default(), |inquiry, _| {
        inquiry.with(pointer(), &pod(), 1)
    });
    assert!(endless.is_none());
}

#[test]
fn a_plugin_that_breaks_its_promise_does_no_harm() {
    let precedents = Precedents::new(&operation());
    keep(&precedents, &pod(), Question::Identity);
    keep(&precedents, &pod(), Question::Kind);
    precedents.keep(Inquiry::default(), decision(&json!([])), 0);
    assert!(precedents.find(&pod()).is_some());
    assert!(precedents.find(&named("other")).is_none());
}

fn named(name: &str) -> Object {
    let mut object = pod();
    object.id.name = name.to_owned();
    object
}

fn keep(precedents: &Precedents, object: &Object, question: Question) {
    let inquiry = Inquiry::default().with(question, object, 0).unwrap();
    precedents.keep(inquiry, decision(&json!([])), 0);
}

fn decision(patch: &Value) -> Conclusion {
    let limits = crate::plugin::Limits::default();
    let mut decisions = crate::plugin::decision::Decisions::default();
    decisions.json_patch(patch.to_string(), &limits).unwrap();
    decisions.modification(&limits)
}
