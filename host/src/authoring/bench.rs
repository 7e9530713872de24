//! What calls of a plugin cost.

use crate::object::Object;
use crate::plugin::{
    Batch, Configured, Isolation, Operation, Plugin, PluginError, PluginHost, Settings, World,
};
use serde::Serialize;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What calls cost, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Spread {
    /// Half of the calls are faster.
    pub median: f64,
    /// Of a hundred calls, 99 are faster.
    pub percentile99: f64,
    /// The slowest.
    pub slowest: f64,
}

/// What a plugin costs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Measured {
    /// A call that an instance serves which is there.
    pub call: Spread,
    /// A call in a fresh instance: made, configured, called.
    pub fresh: Spread,
    /// Memory of an instance after its calls, in bytes.
    pub memory: u64,
    /// Calls that were measured.
    pub calls: u64,
    /// Calls that ended in an error.
    pub failed: u64,
}

/// Call `plugin` `calls` times with `objects`, by turns, and measure each call. Of a resolver each object is the one to
/// restore and the live one.
pub fn measure(
    host: &PluginHost,
    plugin: &Arc<Plugin>,
    settings: &Settings,
    operation: &Arc<Operation>,
    objects: &[Object],
    calls: usize,
) -> Result<Measured, PluginError> {
    // What a pure plugin decided is remembered: each call is made with an operation of its own, so that it is one.
    let configure = |isolation| {
        let settings = Settings {
            isolation,
            ..settings.clone()
        };
        host.configure(plugin, settings, operation)
    };
    let reused = configure(Isolation::Batch)?;
    let fresh = configure(Isolation::Object)?;
    let elsewhere = Arc::new(Operation::clone(operation));
    let mut batch = host.batch(&elsewhere);
    let world = plugin.inspection().world;
    // The first calls fill caches.
    spread(&mut batch, &reused, world, objects, calls.div_ceil(10));
    let call = spread(&mut batch, &reused, world, objects, calls);
    let fresh_calls = spread(&mut batch, &fresh, world, objects, calls.div_ceil(10));
    let (one, other) = (reused.report(), fresh.report());
    Ok(Measured {
        call,
        fresh: fresh_calls,
        memory: one.memory.max(other.memory),
        calls: one.calls + other.calls,
        failed: one.failed + other.failed,
    })
}

fn spread(
    batch: &mut Batch,
    plugin: &Arc<Configured>,
    world: World,
    objects: &[Object],
    calls: usize,
) -> Spread {
    let mut times: Vec<Duration> = Vec::with_capacity(calls);
    for object in objects.iter().cycle().take(calls) {
        let (mut one, mut other) = (object.clone(), object.clone());
        let begun = Instant::now();
        // A call that fails costs something too; how many failed is counted with the plugin.
        match world {
            World::ConflictResolver => drop(batch.resolve(plugin, &mut one, &mut other)),
            World::ResourceModifier | World::PodHook => drop(batch.modify(plugin, &mut one)),
        }
        times.push(begun.elapsed());
    }
    times.sort();
    let at = |percent: usize| {
        let index = (times.len().saturating_sub(1) * percent) / 100;
        times.get(index).map_or(0.0, |time| time.as_secs_f64() * 1e6)
    };
    Spread {
        median: at(50),
        percentile99: at(99),
        slowest: at(100),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authoring::CaseFile;
    use crate::plugin::modifier_grants;
    use serde_json::json;
    use std::path::Path;

    #[test]
    fn every_call_is_made() {
        let host = PluginHost::new(None).unwrap();
        let plugin = host.built_in("json-patch").unwrap();
        let text = "object: {apiVersion: v1, kind: Pod, metadata: {name: a}}".to_owned();
        let case = CaseFile::parse(Path::new("c.yaml"), text)
            .unwrap()
            .cases
            .remove(0);
        let operation = Arc::new(case.operation());
        let settings = Settings {
            grants: modifier_grants(),
            ..Settings::new(
                json!({"patches": [{"op": "add", "path": "/metadata/labels", "value": {"a": "b"}}]}),
            )
        };
        let crate::authoring::case::Subject::Object(object) = case.subject else {
            unreachable!("the case has an object");
        };
        let measured = measure(&host, &plugin, &settings, &operation, &[object], 50).unwrap();
        assert_eq!((measured.calls, measured.failed), (5 + 50 + 5, 0));
        assert!(measured.memory > 0 && measured.call.median <= measured.call.slowest);
    }
}
