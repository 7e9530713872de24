//! How often tests that depend on chance try: a few times with all other tests, and the counts that were promised with
//! `soak`.

use std::env;
use std::hash::{BuildHasher, RandomState};

/// `soak` sets this variable.
pub const SOAK: &str = "LAZARETTE_SOAK";

/// Repeats what a run did that printed this seed.
pub const SEED: &str = "LAZARETTE_SEED";

/// `long` under `soak`, else `short`.
pub fn count(short: u32, long: u32) -> u32 {
    if env::var_os(SOAK).is_some() { long } else { short }
}

/// A seed: that of the variable `LAZARETTE_SEED`, or a new one under `soak`, else always the same. It is printed, so a
/// test that fails shows it.
pub fn seed() -> u64 {
    let given = env::var(SEED)
        .ok()
        .map(|seed| seed.parse().expect("LAZARETTE_SEED is a number"));
    let new = || {
        if env::var_os(SOAK).is_some() {
            RandomState::new().hash_one(0)
        } else {
            0x1a2a
        }
    };
    let seed = given.unwrap_or_else(new);
    println!("{SEED}={seed}");
    seed
}

/// Numbers that look random and follow from a seed (SplitMix64).
pub struct Chance(u64);

impl Chance {
    /// The numbers that follow from `seed`.
    pub fn new(seed: u64) -> Self {
        Chance(seed)
    }

    /// A number below `bound`, which is not 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    /// One of `choices`, which are not none.
    pub fn choose<'c, T>(&mut self, choices: &'c [T]) -> &'c T {
        &choices[usize::try_from(self.below(choices.len() as u64)).expect("a position")]
    }
}
