//! Plugins that return what cannot be used, or what they may not.

use super::raw::{DROP, FINE, modifier};
use super::*;
use rstest::rstest;

#[rstest]
#[case::no_json(json!({"do": "broken-patch"}), "no JSON patch")]
#[case::does_not_apply(json!({"do": "useless-patch"}), "operation '/0' failed")]
#[case::copies(json!({"do": "copy-bomb"}), "copy operations would add more than")]
#[case::nesting(json!({"do": "nest", "depth": 100_000}), "recursion limit")]
#[case::operations(json!({"do": "many-operations", "count": 10_001}), "more than 10000 operations")]
#[case::no_metadata(json!({"do": "put", "pointer": "/metadata", "value": 1}), "no object with metadata")]
#[case::no_object(json!({"do": "put", "pointer": "", "value": []}), "no object with metadata")]
fn a_decision_that_cannot_be_carried_out_is_the_plugins_error(#[case] config: Value, #[case] message: &str) {
    fails(MISBEHAVING, config, "PluginOutput", message);
}

#[test]
fn a_large_patch_is_cut_off() {
    let (object, result) = modify(MISBEHAVING, json!({"do": "huge-patch", "bytes": 5 << 20}));
    let code = result.unwrap_err().kind.code().name();
    assert!(matches!(code, "PluginOutput" | "PluginTrap"), "{code}");
    assert_eq!(object, pod());
}

/// A body that returns an error whose code is said to have so many bytes from so far on.
fn returns_text(pointer: u32, length: u32) -> Vec<u8> {
    let body = format!(
        "{DROP}
        (i32.store8 (i32.const 2048) (i32.const 1))
        (i32.store (i32.const 2052) (i32.const {pointer}))
        (i32.store (i32.const 2056) (i32.const {length}))
        i32.const 2048"
    );
    modifier(FINE, &body)
}

#[rstest]
#[case::a_gibibyte(0, 1 << 30)]
#[case::from_the_end(262_143, 2)]
#[case::all_there_could_be(u32::MAX, u32::MAX)]
fn a_text_that_is_not_there_is_not_read(#[case] pointer: u32, #[case] length: u32) {
    fails(&returns_text(pointer, length), json!({}), "PluginTrap", "crashed");
}

#[test]
fn a_patch_of_a_gibibyte_that_is_not_there_is_not_read() {
    let body = "(call $json-patch (local.get 1) (i32.const 0) (i32.const 0x40000000)) i32.const 0";
    fails(&modifier(FINE, body), json!({}), "PluginTrap", "crashed");
}

#[test]
fn a_text_that_is_no_utf_8_is_refused() {
    let body = "(i32.store (i32.const 0) (i32.const -1))
        (call $json-patch (local.get 1) (i32.const 0) (i32.const 4)) i32.const 0";
    fails(&modifier(FINE, body), json!({}), "PluginTrap", "crashed");
}

#[rstest]
#[case("/kind", "object.retype")]
#[case("/apiVersion", "object.retype")]
#[case("/metadata/name", "object.rename")]
fn what_an_object_is_changes_by_a_grant_only(#[case] pointer: &str, #[case] grant: &str) {
    let config = json!({"do": "put", "pointer": pointer, "value": "other"});
    fails(MISBEHAVING, config.clone(), "PluginGrant", grant);
    let operation = operation();
    let plugin = configure(MISBEHAVING, settings(config, &[grant]), &operation).unwrap();
    let mut object = pod();
    host().batch(&operation).modify(&plugin, &mut object).unwrap();
    assert_eq!(object.json.pointer(pointer), Some(&json!("other")));
}

#[rstest]
#[case("/metadata/namespace")]
#[case("/metadata/uid")]
#[case("/metadata/resourceVersion")]
fn where_an_object_is_changes_by_nothing(#[case] pointer: &str) {
    let (object, result) = modify(
        MISBEHAVING,
        json!({"do": "put", "pointer": pointer, "value": "other"}),
    );
    assert_eq!(result.unwrap().notes[0].code, "no-effect");
    assert_eq!(object, pod());
}

#[test]
fn terminal_escapes_reach_nobody() {
    let (_, result) = modify(MISBEHAVING, json!({"do": "escapes"}));
    let message = result.unwrap_err().to_string();
    assert!(!message.chars().any(char::is_control), "{message:?}");
}

#[test]
fn notes_are_bounded() {
    let (_, result) = modify(MISBEHAVING, json!({"do": "many-notes", "count": 10_000}));
    assert_eq!(result.unwrap().notes.len(), 100);
}
