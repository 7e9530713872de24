//! The engine that all plugins share, with the clock that ends their calls.

use std::time::Duration;
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, Result,
};

/// How often the clock ticks. A deadline is kept to within one tick.
const TICK: Duration = Duration::from_millis(10);

/// Instances that can live at once. Two cores need a few for each plugin in use; the rest is reserve for configurations
/// with many rules, at the cost of address space only.
pub const INSTANCES: u32 = 256;

/// The largest linear memory that any plugin can be allowed.
pub const LARGEST_MEMORY: usize = 512 << 20;

/// Memory that a place in the pool keeps for its next instance. 4 MiB: a Rust plugin touches a quarter of that.
const KEPT_MEMORY: usize = 4 << 20;

/// Stack of a call, in bytes. 512 KiB, as wasmtime has it: recursion deeper than that is a fault.
const STACK: usize = 512 << 10;

/// The engine with its clock, which ends with the engine.
pub fn new_engine() -> Result<Engine> {
    let engine = Engine::new(&config())?;
    let weak = engine.weak();
    // Plugins are ended by the epoch: without this thread no deadline would ever pass. It belongs to the engine, so
    // that no configuration can leave it out.
    std::thread::Builder::new()
        .name("plugin-clock".into())
        .spawn(move || {
            loop {
                std::thread::sleep(TICK);
                match weak.upgrade() {
                    Some(engine) => engine.increment_epoch(),
                    None => break,
                }
            }
        })?;
    Ok(engine)
}

/// The ticks after which `deadline` has passed.
pub fn ticks(deadline: Duration) -> u64 {
    let ticks = deadline.as_millis().div_ceil(TICK.as_millis());
    // One more, since the current tick has begun already.
    u64::try_from(ticks).unwrap_or(u64::MAX / 2).saturating_add(1)
}

fn config() -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(INSTANCES)
        // A script runtime is up to 64 core modules in one component; a Rust plugin is two.
        .total_core_instances(INSTANCES * 8)
        .max_core_instances_per_component(64)
        .total_memories(INSTANCES)
        .max_memories_per_component(8)
        .max_memory_size(LARGEST_MEMORY)
        .total_tables(INSTANCES * 4)
        .max_tables_per_component(64)
        .table_elements(100_000)
        .max_component_instance_size(4 << 20)
        .max_core_instance_size(4 << 20)
        .total_stacks(INSTANCES);
    if PoolingAllocationConfig::is_pagemap_scan_available() {
        // The kernel says which pages an instance has written: these are cleared, and stay for the next one. That saves
        // the next one a page fault for each, half of what a fresh instance costs.
        pool.pagemap_scan(Enabled::Yes)
            .linear_memory_keep_resident(KEPT_MEMORY);
    }
    let mut config = Config::new();
    config
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool))
        .epoch_interruption(true)
        .concurrency_support(false)
        .max_wasm_stack(STACK)
        .memory_reservation(u64::try_from(LARGEST_MEMORY).unwrap_or(u64::MAX))
        .cranelift_opt_level(OptLevel::Speed)
        .wasm_backtrace_max_frames(None)
        .generate_address_map(false);
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_never_shorter_than_asked_for() {
        assert_eq!(ticks(Duration::from_millis(1)), 2);
        assert_eq!(ticks(Duration::from_millis(10)), 2);
        assert_eq!(ticks(Duration::from_millis(11)), 3);
        assert_eq!(ticks(Duration::from_secs(1)), 101);
    }

    #[test]
    fn the_clock_ends_with_the_engine() {
        let engine = new_engine().unwrap();
        let weak = engine.weak();
        drop(engine);
        assert!(weak.upgrade().is_none());
    }
}
