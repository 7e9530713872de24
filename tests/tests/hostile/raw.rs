//! Components out of WebAssembly text: what no compiler would write.

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// A modifier whose functions `configure` and `modify` have these bodies. `configure` gets a text (pointer, length),
/// `modify` two handles; both return where their result lies. The memory is empty but for what the bodies write.
pub fn modifier(configure: &str, modify: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            (import "lazarette:plugin/objects@0.1.0" "[resource-drop]object" (func $drop-object (param i32)))
            (import "lazarette:plugin/decisions@0.1.0" "[resource-drop]decision" (func $drop-decision (param i32)))
            (import "lazarette:plugin/decisions@0.1.0" "[method]decision.json-patch"
                (func $json-patch (param i32 i32 i32)))
            (memory (export "memory") 4)
            (table $table 1 funcref)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 4096)
            (func (export "lazarette:plugin/modifier@0.1.0#configure") (param i32 i32) (result i32) {configure})
            (func (export "lazarette:plugin/modifier@0.1.0#modify") (param i32 i32) (result i32) {modify}))"#
    );
    let mut module = wat::parse_str(text).unwrap();
    let mut resolve = Resolve::default();
    let wit = concat!(env!("CARGO_MANIFEST_DIR"), "/../wit");
    let (package, _) = resolve.push_dir(wit).unwrap();
    let world = resolve
        .select_world(&[package], Some("resource-modifier"))
        .unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
    ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .unwrap()
        .encode()
        .unwrap()
}

/// A body that says that all is well.
pub const FINE: &str = "i32.const 0";

/// What a well-behaved `modify` does first: hand its handles back.
pub const DROP: &str = "(call $drop-object (local.get 0)) (call $drop-decision (local.get 1))";
