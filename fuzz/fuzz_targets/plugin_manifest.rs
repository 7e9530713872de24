//! Any text as the manifest of a plugin.

#![no_main]

use lazarette::plugin::{Inspection, built_in_component};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|manifest: &[u8]| {
    let name = b"lazarette:manifest";
    let mut component = built_in_component("conflict-skip").expect("a component").to_vec();
    component.push(0);
    component.extend(leb128(1 + name.len() + manifest.len()));
    component.extend(leb128(name.len()));
    component.extend(name.iter().chain(manifest));
    if let Ok(inspection) = Inspection::of(&component) {
        assert!(!inspection.manifest.expect("a manifest").name.is_empty() || !manifest.is_empty());
    }
});

/// A length as WebAssembly writes it.
fn leb128(mut length: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = u8::try_from(length & 0x7f).expect("seven bits");
        length >>= 7;
        if length == 0 {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}
