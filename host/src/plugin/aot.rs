//! The one place that loads compiled code.

#![allow(
    unsafe_code,
    reason = "loading native code cannot be checked by the compiler; the contract is below"
)]

use wasmtime::component::Component;
use wasmtime::{Engine, Result};

/// Compiled code whose origin is known.
pub struct Trusted {
    bytes: Vec<u8>,
    start: usize,
}

impl Trusted {
    /// What `Engine::precompile_component` has just returned in this process.
    pub fn compiled_here(bytes: Vec<u8>) -> Self {
        Trusted { bytes, start: 0 }
    }

    /// What stands from `start` on in a file that this user wrote, that nobody else can write, and whose digest was
    /// checked.
    pub fn from_private_file(bytes: Vec<u8>, start: usize) -> Self {
        Trusted { bytes, start }
    }
}

/// The component of compiled code.
///
/// Wasmtime checks that the code was made by its own version with the same settings, and refuses it otherwise.
pub fn load(engine: &Engine, compiled: &Trusted) -> Result<Component> {
    let bytes = compiled.bytes.get(compiled.start..).unwrap_or_default();
    // SAFETY: the bytes must be what `Engine::precompile_component` returned, unchanged. A `Trusted` is made only by
    // `compiled_here`, right after that call, and by `from_private_file`, for a file of the cache: owned by this user,
    // writable by nobody else, in a folder for which the same holds, opened without following links, read to memory
    // before its digest was checked, so that it cannot change after the check. Who can write such a file is this user
    // and could run native code without us.
    unsafe { Component::deserialize(engine, bytes) }
}
