//! Plugins that want what they were not granted, or that nobody is granted; and what WASI gives: nothing.

use super::*;
use rstest::rstest;

/// The error with which a component is refused before anything of it has run.
fn refused(component: &[u8]) -> PluginError {
    host().load("hostile", component).err().unwrap()
}

fn importing(import: &str, version: &str) -> Vec<u8> {
    let text = format!(
        r#"(component (import "{import}" (instance)) (instance $i)
            (export "lazarette:plugin/modifier@{version}" (instance $i)))"#
    );
    wat::parse_str(text).unwrap()
}

#[rstest]
#[case("wasi:sockets/tcp@0.2.0")]
#[case("wasi:sockets/ip-name-lookup@0.2.12")]
#[case("wasi:http/outgoing-handler@0.2.0")]
#[case("lazarette:plugin/secrets@0.1.0")]
#[case("evil:own/thing@1.0.0")]
fn imports_that_nobody_is_granted_are_refused(#[case] import: &str) {
    let error = refused(&importing(import, "0.1.0"));
    assert!(error.to_string().contains(import), "{error}");
}

#[test]
fn a_component_of_tomorrow_is_refused_by_its_version() {
    let error = refused(&importing("lazarette:plugin/log@0.9.0", "0.9.0"));
    assert_eq!(error.kind.code().name(), "PluginContract");
    assert!(error.to_string().contains("0.9.0"), "{error}");
}

#[rstest]
#[case::core_module(wat::parse_str("(module)").unwrap(), "it is a core module")]
#[case::truncated(MISBEHAVING[..MISBEHAVING.len() / 2].to_vec(), "it is not a whole WebAssembly component")]
#[case::a_byte_short(MISBEHAVING[..MISBEHAVING.len() - 1].to_vec(), "it is not a whole WebAssembly component")]
#[case::too_large([&b"\0asm"[..], &vec![0; 200 << 20]].concat(), "it has 200 MiB; at most 128 are taken")]
#[case::text(b"#!/bin/sh".to_vec(), "it is not WebAssembly")]
fn what_is_no_component_is_refused(#[case] bytes: Vec<u8>, #[case] message: &str) {
    let error = refused(&bytes);
    assert_eq!(error.kind.code().name(), "InvalidPlugin");
    assert!(error.to_string().contains(message), "{error}");
}

#[test]
fn any_byte_of_a_component_may_be_wrong() {
    // Every so many bytes, one is another: whatever that means, the host says so or runs it within its limits.
    for at in (8..MISBEHAVING.len()).step_by(MISBEHAVING.len() / 40) {
        let mut component = MISBEHAVING.to_vec();
        component[at] ^= 0x55;
        if let Ok(plugin) = configure(&component, settings(json!({"do": "label"}), &[]), &operation()) {
            let _ = host().batch(&operation()).modify(&plugin, &mut pod());
        }
    }
}

#[test]
fn environment_and_files_are_empty_and_clock_and_chance_are_those_of_the_operation() {
    let notes = || {
        let (_, result) = modify(AMBIENT, json!({}));
        let notes = result.unwrap().notes.into_iter();
        notes
            .map(|note| (note.code, note.message))
            .collect::<BTreeMap<_, _>>()
    };
    let found = notes();
    for nothing in ["environment", "arguments", "files"] {
        assert_eq!(found[nothing], "0", "{nothing}");
    }
    assert_eq!(found["time"], operation().now.as_second().to_string());
    assert_eq!(notes(), found, "the same in a plan and in its application");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_on_standard_output_goes_nowhere_and_harms_nobody_wherever_the_host_calls_from() {
    let print = || {
        let notes = modify(AMBIENT, json!({})).1.unwrap().notes;
        let printed = notes.into_iter().find(|note| note.code == "printed").unwrap();
        assert_eq!(printed.message, "true");
    };
    print();
    tokio::spawn(async move { print() }).await.unwrap();
    tokio::task::spawn_blocking(print).await.unwrap();
    tokio::task::spawn_blocking(move || std::thread::spawn(print).join())
        .await
        .unwrap()
        .unwrap();
}

#[test]
fn a_grant_that_there_is_not_is_a_mistake() {
    let error = configure(
        MISBEHAVING,
        settings(json!({"do": "label"}), &["everything"]),
        &operation(),
    );
    assert!(
        error
            .err()
            .unwrap()
            .to_string()
            .contains("there is no grant `everything`")
    );
}

#[test]
fn a_hook_without_its_grant_is_refused_before_it_is_called() {
    let error = configure(HOOKING, settings(json!({"do": "sleep"}), &[]), &operation())
        .err()
        .unwrap();
    assert_eq!(error.kind.code().name(), "PluginGrant");
    assert!(error.to_string().contains("grants = [\"pods.exec\"]"), "{error}");
}
