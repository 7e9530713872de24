//! Test plugins natively: no WebAssembly, no cluster.
//!
//! A [`Fixture`] is an object; [`modify`], [`resolve`] and [`hook`] call a plugin with it and say what came out, with
//! the patches applied as the host applies them. What a plugin asks of its surroundings is answered from what the test
//! gives: [`grant_objects`], [`PodScript`].

mod fixture;
mod outcome;
mod surroundings;

pub use fixture::Fixture;
pub use outcome::{Note, Outcome, Recorder, Verdict};
pub use surroundings::{EventFixture, HookOutcome, PodScript, grant_objects, log_lines};
pub(crate) use surroundings::{cluster, log, operation, pods};

use crate::{Decision, Error, Event, Hook, Modifier, Object, Resolver};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Configure a plugin that is a [`Modifier`]. For others see [`configure_with`].
pub fn configure<P: Modifier>(config: Value) -> Result<P, Error> {
    configure_with(config, P::configure)
}

/// Configure a plugin of any kind: `configure_with(json!({}), <MyHook as Hook>::configure)`.
pub fn configure_with<P, C: DeserializeOwned>(
    config: Value,
    make: fn(C) -> Result<P, Error>,
) -> Result<P, Error> {
    make(crate::export::parse_config(&config.to_string())?)
}

/// Have a modifier look at an object.
pub fn modify<P: Modifier>(plugin: &mut P, object: &Fixture) -> Result<Outcome, Error> {
    let recorder = Recorder::default();
    plugin.modify(&Object::from_handle(object), &Decision::from_handle(&recorder))?;
    recorder.outcome(object.value())
}

/// Have a resolver decide between two objects. Patches apply to `live`.
pub fn resolve<P: Resolver>(plugin: &mut P, wanted: &Fixture, live: &Fixture) -> Result<Outcome, Error> {
    let recorder = Recorder::default();
    plugin.resolve(
        &Object::from_handle(wanted),
        &Object::from_handle(live),
        &Decision::from_handle(&recorder),
    )?;
    recorder.outcome(live.value())
}

/// Run a hook for one phase, with commands answered by `script`.
pub fn hook<P: Hook>(plugin: &mut P, pod: &Fixture, phase: &str, script: PodScript) -> HookOutcome {
    let event = EventFixture::new(phase);
    surroundings::play(script);
    let result = plugin.run(&Object::from_handle(pod), &Event::from_handle(&event));
    surroundings::finish(result, event)
}

/// What comes of what `decide` decides about `object`: for trying [`Decision`] without a plugin.
///
/// # Panics
/// Where a patch does not apply.
pub fn decide(object: &Fixture, decide: impl FnOnce(&Object, &Decision)) -> Outcome {
    let recorder = Recorder::default();
    decide(&Object::from_handle(object), &Decision::from_handle(&recorder));
    recorder
        .outcome(object.value())
        .unwrap_or_else(|error| panic!("{error}"))
}
