//! Plugins that use up time, memory or stack, or that fall over.

use super::raw::{DROP, FINE, modifier};
use super::*;
use lazarette::plugin::Isolation;
use rstest::rstest;

#[rstest]
#[case::endless_loop("loop", "PluginDeadline", "ran longer than 200ms")]
#[case::memory("grow", "PluginMemory", "wanted more than 32 MiB of memory")]
#[case::recursion("recurse", "PluginTrap", "crashed")]
#[case::panic("panic", "PluginTrap", "src/lib.rs:")]
fn what_uses_up_its_share_is_ended(#[case] what: &str, #[case] code: &str, #[case] message: &str) {
    fails(MISBEHAVING, json!({"do": what}), code, message);
}

#[test]
fn an_endless_configure_is_ended_before_anything_has_happened() {
    let settings = settings(json!({"do": "loop-in-configure"}), &[]);
    let error = configure(MISBEHAVING, settings, &operation()).err().unwrap();
    assert_eq!(error.kind.code().name(), "PluginDeadline");
}

#[test]
fn tables_do_not_grow_without_end() {
    let body = "(loop $more
        (if (i32.eq (table.grow $table (ref.null func) (i32.const 10000)) (i32.const -1)) (then unreachable))
        (br $more)) unreachable";
    fails(&modifier(FINE, body), json!({}), "PluginMemory", "wanted more");
}

#[test]
fn memory_does_not_grow_at_once_either() {
    let body = "(if (i32.eq (memory.grow (i32.const 65000)) (i32.const -1)) (then unreachable)) i32.const 0";
    fails(
        &modifier(FINE, body),
        json!({}),
        "PluginMemory",
        "wanted more than 32 MiB",
    );
}

#[test]
fn handles_must_be_given_back() {
    fails(&modifier(FINE, FINE), json!({}), "PluginTrap", "borrow handles");
}

#[test]
fn a_handle_that_is_none_is_no_way_out() {
    let body = "(call $drop-object (i32.const 77)) i32.const 0";
    fails(&modifier(FINE, body), json!({}), "PluginTrap", "crashed");
}

#[test]
fn a_well_behaved_one_of_the_same_make_works() {
    let (object, result) = modify(&modifier(FINE, &format!("{DROP} i32.const 0")), json!({}));
    assert!(!result.unwrap().changed);
    assert_eq!(object, pod());
}

#[test]
fn a_panic_on_every_third_object_fails_those_alone() {
    let operation = operation();
    let settings = Settings {
        isolation: Isolation::Operation,
        ..settings(json!({"do": "panic-on-third"}), &[])
    };
    let plugin = configure(MISBEHAVING, settings, &operation).unwrap();
    let mut batch = host().batch(&operation);
    let results: Vec<bool> = (0..9)
        .map(|_| batch.modify(&plugin, &mut pod()).is_ok())
        .collect();
    assert_eq!(results, [true, true, false, true, true, false, true, true, false]);
    let report = plugin.report();
    assert_eq!((report.calls, report.failed, report.changed), (9, 3, 6));
}

#[test]
fn nothing_is_kept_from_one_object_to_the_next_under_isolation_object() {
    let operation = operation();
    let settings = Settings {
        isolation: Isolation::Object,
        ..settings(json!({"do": "count"}), &[])
    };
    let plugin = configure(MISBEHAVING, settings, &operation).unwrap();
    let mut batch = host().batch(&operation);
    for _ in 0..5 {
        let mut object = pod();
        batch.modify(&plugin, &mut object).unwrap();
        assert_eq!(object.json["metadata"]["labels"]["label"], "1");
    }
}

#[test]
fn what_it_did_is_counted() {
    let operation = operation();
    let plugin = configure(MISBEHAVING, settings(json!({"do": "chatter"}), &[]), &operation).unwrap();
    let _ = host().batch(&operation).modify(&plugin, &mut pod());
    let report = plugin.report();
    assert_eq!((report.calls, report.log_lines), (1, 1000));
    assert!(
        report.log_lines_dropped > 0 && report.memory > 0 && report.microseconds > 0,
        "{report:?}"
    );
}
