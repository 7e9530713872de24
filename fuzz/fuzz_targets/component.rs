//! Any bytes as a plugin, and a plugin with some bytes changed: it is refused, or it works within its limits.

#![no_main]

use lazarette::plugin::{Inspection, built_in_component};
use lazarette_fuzz::HOST;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: (&[u8], Vec<(u16, u8)>)| {
    let (bytes, changes) = data;
    drop(Inspection::of(bytes));
    drop(HOST.load("bytes", bytes));
    if changes.is_empty() {
        return;
    }
    let mut changed = built_in_component("conflict-skip").expect("a component").to_vec();
    for (place, byte) in changes {
        // The first bytes hold the structure, and are what is worth breaking.
        if let Some(target) = changed.get_mut(usize::from(place)) {
            *target = byte;
        }
    }
    drop(Inspection::of(&changed));
    drop(HOST.load("changed", &changed));
});
