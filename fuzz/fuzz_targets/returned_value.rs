//! A component that returns any bytes where its results lie, from `configure` and from `modify`: an error or none, with any
//! texts, also such as are not there. Its object is as it was.

#![no_main]

use lazarette::object::Object;
use lazarette::plugin::Settings;
use lazarette_fuzz::{HOST, object, operation};
use libfuzzer_sys::fuzz_target;
use serde_json::json;
use std::sync::LazyLock;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Bytes of the memory that are random: the results, and texts that they may point to.
const LENGTH: usize = 256;

/// What stands in their place in the component.
const MARK: [u8; LENGTH] = [0xAB; LENGTH];

/// The component, and where the bytes are in it.
static COMPONENT: LazyLock<(Vec<u8>, usize)> = LazyLock::new(|| {
    let component = component();
    let place = component.windows(LENGTH).position(|window| window == MARK);
    (component, place.expect("the bytes"))
});

static POD: LazyLock<Object> = LazyLock::new(|| {
    let json = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}});
    object("pods", "Pod", json).expect("a pod")
});

fuzz_target!(|data: &[u8]| {
    let (component, place) = &*COMPONENT;
    let mut component = component.clone();
    for (index, target) in component[*place..place + LENGTH].iter_mut().enumerate() {
        *target = data.get(index).copied().unwrap_or_default();
    }
    let plugin = HOST.load("random", &component).expect("a plugin");
    let operation = operation();
    let Ok(plugin) = HOST.configure(&plugin, Settings::new(json!({})), &operation) else {
        return;
    };
    let mut pod = POD.clone();
    match HOST.batch(&operation).modify(&plugin, &mut pod) {
        Ok(modified) => assert!(!modified.changed),
        Err(error) => assert!(!error.to_string().chars().any(char::is_control), "{error}"),
    }
    assert_eq!(pod, *POD);
});

/// `configure` returns the first bytes, `modify` those from the 64th on; both hand back what they were lent.
fn component() -> Vec<u8> {
    let mark: String = MARK.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let text = format!(
        r#"(module
            (import "lazarette:plugin/objects@0.1.0" "[resource-drop]object" (func $drop-object (param i32)))
            (import "lazarette:plugin/decisions@0.1.0" "[resource-drop]decision" (func $drop-decision (param i32)))
            (memory (export "memory") 1)
            (data (i32.const 1024) "{mark}")
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 4096)
            (func (export "lazarette:plugin/modifier@0.1.0#configure") (param i32 i32) (result i32) i32.const 1024)
            (func (export "lazarette:plugin/modifier@0.1.0#modify") (param i32 i32) (result i32)
                (call $drop-object (local.get 0)) (call $drop-decision (local.get 1)) i32.const 1088))"#
    );
    let mut module = wat::parse_str(text).expect("a module");
    let mut resolve = Resolve::default();
    let wit = concat!(env!("CARGO_MANIFEST_DIR"), "/../wit");
    let (package, _) = resolve.push_dir(wit).expect("the contract");
    let world = resolve.select_world(&[package], Some("resource-modifier")).expect("a world");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).expect("a module");
    let mut encoder = ComponentEncoder::default();
    encoder.module(&module).expect("a module");
    encoder.validate(true).encode().expect("a component")
}
