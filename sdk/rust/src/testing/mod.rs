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

/// Configure a plugin that is a [`Modifier`]. For others see [`configure_with`]. The [crate] has an example.
pub fn configure<P: Modifier>(config: Value) -> Result<P, Error> {
    configure_with(config, P::configure)
}

/// Configure a plugin of any kind.
///
/// ```
/// use lazarette_sdk::{Error, json, testing::configure_with};
///
/// #[derive(Debug, serde::Deserialize)]
/// struct Config {
///     retries: u32,
/// }
///
/// // In a test of a hook: `configure_with(config, <MyHook as Hook>::configure)`.
/// assert_eq!(configure_with(json!({"retries": 3}), |config: Config| Ok(config.retries)).unwrap(), 3);
/// let error = configure_with(json!({"retries": "x"}), |config: Config| Ok(config)).unwrap_err();
/// assert_eq!(error.pointer.as_deref(), Some("/retries"));
/// ```
pub fn configure_with<P, C: DeserializeOwned>(
    config: Value,
    make: fn(C) -> Result<P, Error>,
) -> Result<P, Error> {
    #[cfg(feature = "tracing")]
    crate::forward::install();
    make(crate::export::parse_config(&config.to_string())?)
}

/// Have a modifier look at an object. The [crate] has an example.
pub fn modify<P: Modifier>(plugin: &mut P, object: &Fixture) -> Result<Outcome, Error> {
    let recorder = Recorder::default();
    plugin.modify(&Object::from_handle(object), &Decision::from_handle(&recorder))?;
    recorder.outcome(object.value())
}

/// Have a resolver decide between two objects. Patches apply to `live`. [`Resolver`] has an example.
pub fn resolve<P: Resolver>(plugin: &mut P, wanted: &Fixture, live: &Fixture) -> Result<Outcome, Error> {
    let recorder = Recorder::default();
    plugin.resolve(
        &Object::from_handle(wanted),
        &Object::from_handle(live),
        &Decision::from_handle(&recorder),
    )?;
    recorder.outcome(live.value())
}

/// Run a hook for one phase, with commands answered by `script`. [`Hook`] has an example.
pub fn hook<P: Hook>(plugin: &mut P, pod: &Fixture, phase: &str, script: PodScript) -> HookOutcome {
    hook_at(plugin, pod, EventFixture::new(phase), script)
}

/// Run a hook for a moment with a cause or facts, with commands answered by `script`.
///
/// ```
/// use lazarette_sdk::{Error, Event, Hook, Object, json, testing::{EventFixture, Fixture, PodScript, hook_at}};
///
/// /// Tells the database where the backup was.
/// struct Recover;
///
/// impl Hook for Recover {
///     type Config = lazarette_sdk::Value;
///
///     fn configure(_: Self::Config) -> Result<Self, Error> {
///         Ok(Recover)
///     }
///
///     fn run(&mut self, _: &Object, event: &Event) -> Result<(), Error> {
///         match event.fact("position") {
///             Some(_) => Ok(()),
///             None => Err(Error::new("no-position", "the backup does not say where it was")),
///         }
///     }
/// }
///
/// let pod = Fixture::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "db"}}));
/// let event = EventFixture::new("after-restore").with_fact("position", "42");
/// assert_eq!(hook_at(&mut Recover, &pod, event, PodScript::new()).result, Ok(()));
/// ```
pub fn hook_at<P: Hook>(
    plugin: &mut P,
    pod: &Fixture,
    event: EventFixture,
    script: PodScript,
) -> HookOutcome {
    script.play();
    let result = plugin.run(&Object::from_handle(pod), &Event::from_handle(&event));
    surroundings::finish(result, event)
}

/// What comes of what `decide` decides about `object`: for trying [`Decision`] without a plugin.
///
/// ```
/// use lazarette_sdk::{json, testing::{Fixture, decide}};
///
/// let pod = Fixture::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}}));
/// let outcome = decide(&pod, |_, decision| decision.merge_patch(&json!({"spec": {"nodeName": "a"}})));
/// assert_eq!(outcome.object["spec"]["nodeName"], "a");
/// ```
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
