//! WASI as plugins have it: linked, since language runtimes import it whether they use it or not, and empty.

use super::Operation;
use sha2::{Digest, Sha256};
use std::time::Duration;
use wasmtime::component::{Linker, Resource, ResourceTable};
use wasmtime::{Result, StoreContextMut, bail};
use wasmtime_wasi::p2::DynPollable;
use wasmtime_wasi::{Deterministic, HostMonotonicClock, HostWallClock, WasiCtx, WasiCtxBuilder, WasiView};

/// Blocks of random numbers, of 32 bytes each, before they begin again.
const RANDOM_BLOCKS: u32 = 128;

/// Bytes of random numbers that one call gets. 1 MiB: seeds are a few bytes.
const RANDOM_BYTES: u64 = 1 << 20;

/// Handles of streams and the like that an instance may hold. 1,000: a runtime holds three.
const HANDLES: usize = 1_000;

/// Link the interfaces of WASI, for plugins whose calls are made on fibers: linked for others, a line on standard output
/// would block on the runtime that the host itself runs in, which panics.
///
/// Waiting is taken out: the epoch interrupts guests, not host functions, so a plugin could wait for ever.
pub fn link<T: WasiView>(linker: &mut Linker<T>) -> Result<()> {
    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    linker.allow_shadowing(true);
    let mut poll = linker.instance("wasi:io/poll@0.2.12")?;
    poll.func_wrap(
        "poll",
        |_: StoreContextMut<'_, T>, _: (Vec<Resource<DynPollable>>,)| -> Result<(Vec<u32>,)> {
            bail!("plugins cannot wait")
        },
    )?;
    poll.func_wrap(
        "[method]pollable.block",
        |_: StoreContextMut<'_, T>, _: (Resource<DynPollable>,)| -> Result<()> {
            bail!("plugins cannot wait")
        },
    )?;
    linker.allow_shadowing(false);
    Ok(())
}

/// No files, no environment, no arguments, no output; a clock that stands at the operation's time; random numbers that
/// are the same in a plan and in its application.
pub fn empty(operation: &Operation) -> (WasiCtx, ResourceTable) {
    let now =
        Duration::try_from(operation.now.duration_since(jiff::Timestamp::UNIX_EPOCH)).unwrap_or_default();
    let random = random_bytes(&operation.seed);
    let seed = random
        .iter()
        .take(16)
        .fold(0_u128, |sum, byte| (sum << 8) | u128::from(*byte));
    let mut builder = WasiCtxBuilder::new();
    builder
        .wall_clock(Frozen(now))
        .monotonic_clock(Frozen(now))
        .secure_random(Deterministic::new(random.clone()))
        .insecure_random(Deterministic::new(random))
        .insecure_random_seed(seed)
        .max_random_size(RANDOM_BYTES);
    let mut table = ResourceTable::new();
    table.set_max_capacity(HANDLES);
    (builder.build(), table)
}

fn random_bytes(seed: &[u8; 32]) -> Vec<u8> {
    let block = |n: u32| {
        Sha256::new()
            .chain_update(seed)
            .chain_update(n.to_be_bytes())
            .finalize()
    };
    (0..RANDOM_BLOCKS).flat_map(block).collect()
}

/// A clock that stands still.
struct Frozen(Duration);

impl HostWallClock for Frozen {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        self.0
    }
}

impl HostMonotonicClock for Frozen {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        u64::try_from(self.0.as_nanos()).unwrap_or(u64::MAX)
    }
}
