//! What resource modifiers cost: `cargo bench --bench modifiers`.
//!
//! Rules are applied to objects in batches, as in a restore, next to Rust code without a sandbox that does the same to
//! the same objects. Measured is the way from a parsed object to a changed one. As in a restore, the object was made
//! just before. The bounds are those that the project has set itself.

#[path = "modifiers/native.rs"]
mod native;
#[path = "modifiers/objects.rs"]
mod objects;
#[path = "modifiers/rules.rs"]
mod rules;
mod support;

use lazarette::modify::{CompiledRules, RuleOutcome, Rules};
use lazarette::object::Object;
use lazarette::plugin::{Operation, PluginHost};
use native::NativeRules;
use objects::{CHANGE, KEEP, TYPES, objects};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;
use support::{header, median, operation, row, time};

const ROUNDS: usize = 5;

/// Objects of a batch in a restore.
const BATCH: usize = 256;

/// Objects that are made before the first of them is changed: few enough for the nearer caches of a processor.
const FRESH: usize = 4;

fn main() {
    let bench = Bench::new();
    let (rules, native) = bench.rules(1);
    let (many_rules, many_native) = bench.rules(10);
    let changed = objects(10_000, 1, CHANGE);
    check_same(&bench, &rules, &native, &changed);

    header("10,000 objects of 1 to 20 KB, each", "sandbox", "native");
    let matching = bench.measure(&rules, &native, &changed);
    matching.row("20 rules, five matching, one for each type", "1.3x");
    let by_type = bench.measure_by_type(&rules, &native, &changed);
    for ((_, resource, _), times) in TYPES.iter().zip(&by_type) {
        times.row(&format!("  of these, {resource}"), "");
    }
    let matching_many = bench.measure(&many_rules, &many_native, &changed);
    matching_many.row("200 rules, 50 matching, ten for each type", "1.3x");
    drop(changed);
    let kept = objects(10_000, 1, KEEP);
    let unmatched = bench.measure(&rules, &native, &kept);
    unmatched.row("20 rules, none matching", "200 ns");
    let unmatched_many = bench.measure(&many_rules, &many_native, &kept);
    unmatched_many.row("200 rules, none matching", "");
    drop(kept);

    println!();
    header("in the sandbox, an object each", "ten times", "once");
    let (matching, unmatched) = (matching.sandboxed, unmatched.sandboxed);
    row("rules, matching", matching_many.sandboxed, matching, "10x");
    row("rules, none matching", unmatched_many.sandboxed, unmatched, "10x");
    let large = bench.measure(&rules, &native, &objects(1_000, 10, KEEP));
    row(
        "size of objects, none matching",
        large.sandboxed,
        unmatched,
        "10x",
    );
    let large = bench.measure_by_type(&rules, &native, &objects(1_000, 10, CHANGE));
    for ((_, resource, _), (large, small)) in TYPES.iter().zip(large.iter().zip(&by_type)) {
        let what = format!("size of objects, matching, {resource}");
        row(&what, large.sandboxed, small.sandboxed, "10x");
    }
    // More rules match an object than a batch keeps instances.
    let (most_rules, most_native) = bench.rules(100);
    let most = bench.measure(&most_rules, &most_native, &objects(1_000, 1, CHANGE));
    let what = "matching rules: 100 for each type, and ten";
    row(what, most.sandboxed, matching_many.sandboxed, "10x");
}

/// The time that an object takes.
struct Times {
    sandboxed: Duration,
    natively: Duration,
}

impl Times {
    fn row(&self, what: &str, bound: &str) {
        row(what, self.sandboxed, self.natively, bound);
    }
}

struct Bench {
    host: PluginHost,
    operation: Arc<Operation>,
}

impl Bench {
    fn new() -> Self {
        Bench {
            host: PluginHost::new(None).expect("a host"),
            operation: operation(),
        }
    }

    /// The 20 rules, `times` over, for the sandbox and as native code.
    fn rules(&self, times: usize) -> (CompiledRules, NativeRules) {
        let descriptions = vec![rules::descriptions(); times].concat();
        let rules = Rules::parse(&rules::document(&descriptions)).expect("rules");
        let compiled = rules.compile(&self.host, &self.operation, &BTreeMap::new());
        (compiled.expect("rules"), NativeRules::new(&descriptions))
    }

    /// The time that an object takes in the sandbox, and natively.
    fn measure(&self, rules: &CompiledRules, native: &NativeRules, objects: &[Object]) -> Times {
        let count = u32::try_from(objects.len()).expect("a few objects");
        let rounds = (0..ROUNDS).map(|_| {
            let sandboxed = self.sandboxed(rules, objects);
            let natively = fresh(objects, |object| native.apply(object));
            (sandboxed / count, natively / count)
        });
        let (sandboxed, natively) = rounds.unzip();
        Times {
            sandboxed: median(sandboxed),
            natively: median(natively),
        }
    }

    /// The same for the objects of each type, in the order of the types.
    fn measure_by_type(&self, rules: &CompiledRules, native: &NativeRules, objects: &[Object]) -> Vec<Times> {
        let of_types = objects.chunks(objects.len() / TYPES.len());
        of_types
            .map(|of_type| self.measure(rules, native, of_type))
            .collect()
    }

    /// The time that all objects take in the sandbox, with the making and the end of instances.
    fn sandboxed(&self, rules: &CompiledRules, objects: &[Object]) -> Duration {
        let batches = objects.chunks(BATCH).map(|objects| {
            let mut batch = self.host.batch(&self.operation);
            let calls = fresh(objects, |object| {
                black_box(rules.apply(&mut batch, object));
            });
            calls + time(|| drop(batch))
        });
        batches.sum()
    }
}

/// The time that it takes to change copies of `objects`, without the time to make them.
fn fresh(objects: &[Object], mut change: impl FnMut(&mut Object)) -> Duration {
    let groups = objects.chunks(FRESH).map(|group| {
        let mut group = group.to_vec();
        time(|| group.iter_mut().for_each(&mut change))
    });
    groups.sum()
}

/// Native code stands for the sandbox only where it does the same.
fn check_same(bench: &Bench, rules: &CompiledRules, native: &NativeRules, objects: &[Object]) {
    let mut batch = bench.host.batch(&bench.operation);
    for object in objects.iter().step_by(97) {
        let (mut sandboxed, mut natively) = (object.clone(), object.clone());
        let outcome = rules.apply(&mut batch, &mut sandboxed);
        native.apply(&mut natively);
        assert!(
            matches!(outcome.rules.as_slice(), [(_, RuleOutcome::Changed)]),
            "{outcome:?}"
        );
        assert_ne!(sandboxed, *object);
        assert_eq!(sandboxed, natively);
    }
}
