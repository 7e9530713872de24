//! Write plugins for [Lazarette](https://github.com/lazarette/lazarette): sandboxed WebAssembly components that decide
//! what happens to Kubernetes objects in a backup or a restore.
//!
//! There are three kinds of plugin, and a trait and a macro for each:
//!
//! | kind | trait | macro |
//! | --- | --- | --- |
//! | changes objects on their way to the cluster | [`Modifier`] | [`export_modifier!`] |
//! | decides what happens when an object exists already | [`Resolver`] | [`export_resolver!`] |
//! | acts around pods, before and after | [`Hook`] | [`export_hook!`] |
//!
//! A plugin reads an object through [`Object`], by JSON pointer (cheap: only what is asked for is copied) or as a whole
//! (as [`serde_json::Value`], or as a type of `k8s_openapi` with the feature `typed`), and decides through
//! [`Decision`]. What it decides counts only when the call returns `Ok`.
//!
//! ```
//! use lazarette_sdk::{Decision, Error, Modifier, Object, json};
//!
//! /// Labels everything that is restored.
//! struct Label {
//!     key: String,
//! }
//!
//! #[derive(serde::Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct Config {
//!     key: String,
//! }
//!
//! impl Modifier for Label {
//!     type Config = Config;
//!
//!     fn configure(config: Config) -> Result<Self, Error> {
//!         Ok(Label { key: config.key })
//!     }
//!
//!     fn modify(&mut self, _object: &Object, decision: &Decision) -> Result<(), Error> {
//!         decision.merge_patch(&json!({"metadata": {"labels": {&self.key: "true"}}}));
//!         Ok(())
//!     }
//! }
//!
//! lazarette_sdk::export_modifier!(Label);
//!
//! // A plugin is tested natively: no WebAssembly, no cluster.
//! use lazarette_sdk::testing::{Fixture, configure, modify};
//! let mut plugin: Label = configure(json!({"key": "restored"})).unwrap();
//! let pod = Fixture::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}}));
//! let outcome = modify(&mut plugin, &pod).unwrap();
//! assert_eq!(outcome.object["metadata"]["labels"], json!({"restored": "true"}));
//! ```
//!
//! # The log
//!
//! [`debug!`], [`info!`], [`warn!`] and [`error!`] write to the log of the operation. With the feature `tracing` so do the
//! events of the crate `tracing`, each with its spans and fields: a component becomes some 60 KB larger. A panic ends the
//! call, and the host reports its message with the place in the source.

#[doc(hidden)]
pub mod bindings;
pub mod cluster;
mod decision;
mod error;
mod event;
mod export;
#[cfg(feature = "tracing")]
mod forward;
mod log;
mod object;
pub mod operation;
pub mod pods;
pub mod pointer;
#[cfg(not(target_family = "wasm"))]
pub mod testing;

pub use decision::Decision;
pub use error::Error;
pub use event::Event;
pub use object::{Identity, Object};
pub use serde_json::{Value, json};

#[doc(hidden)]
pub use export::{Slot, begin, call, configure};
#[doc(hidden)]
pub use log::write as write_log;

use serde::de::DeserializeOwned;

/// A plugin that changes objects on their way from the backup to the cluster. See the [crate] for an example.
pub trait Modifier: Sized {
    /// The plugin's configuration. Use `#[serde(deny_unknown_fields)]`, so that typing mistakes are found, and
    /// `()`-like structs where there is none.
    type Config: DeserializeOwned;

    /// Make the plugin. Called once for each instance, so what can be computed from the configuration alone belongs
    /// here. An error refuses the configuration, before anything has been changed.
    fn configure(config: Self::Config) -> Result<Self, Error>;

    /// Look at `object` and decide. No decision leaves it as it is.
    fn modify(&mut self, object: &Object, decision: &Decision) -> Result<(), Error>;
}

/// A plugin that decides what happens when an object to restore exists already.
///
/// ```
/// use lazarette_sdk::{Decision, Error, Object, Resolver, json};
///
/// /// Takes the backup's side, but never that of a Secret.
/// struct BackupWins;
///
/// #[derive(serde::Deserialize)]
/// #[serde(deny_unknown_fields)]
/// struct Config {}
///
/// impl Resolver for BackupWins {
///     type Config = Config;
///
///     fn configure(_: Config) -> Result<Self, Error> {
///         Ok(BackupWins)
///     }
///
///     fn resolve(&mut self, wanted: &Object, _live: &Object, decision: &Decision) -> Result<(), Error> {
///         match wanted.identity().kind.as_str() {
///             "Secret" => decision.skip("secrets stay as they are"),
///             _ => decision.replace(),
///         }
///         Ok(())
///     }
/// }
///
/// lazarette_sdk::export_resolver!(BackupWins);
///
/// use lazarette_sdk::testing::{Fixture, Verdict, resolve};
/// let object = Fixture::new(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "password"}}));
/// let outcome = resolve(&mut BackupWins, &object, &object).unwrap();
/// assert_eq!(outcome.verdict, Verdict::Skip("secrets stay as they are".into()));
/// ```
pub trait Resolver: Sized {
    /// The plugin's configuration, as in [`Modifier::Config`].
    type Config: DeserializeOwned;

    /// Make the plugin, as in [`Modifier::configure`].
    fn configure(config: Self::Config) -> Result<Self, Error>;

    /// Decide between `wanted`, as it would be created, and `live`, as it is in the cluster. Patches apply to the live
    /// object. No decision leaves it as it is.
    fn resolve(&mut self, wanted: &Object, live: &Object, decision: &Decision) -> Result<(), Error>;
}

/// A plugin that acts around pods: before and after their backup, before and after their restore.
///
/// ```
/// use lazarette_sdk::{Error, Event, Hook, Object, json, pods};
/// use std::time::Duration;
///
/// /// Has Redis write its memory to disk before the backup.
/// struct Save;
///
/// #[derive(serde::Deserialize)]
/// #[serde(deny_unknown_fields)]
/// struct Config {}
///
/// impl Hook for Save {
///     type Config = Config;
///
///     fn configure(_: Config) -> Result<Self, Error> {
///         Ok(Save)
///     }
///
///     fn run(&mut self, _pod: &Object, event: &Event) -> Result<(), Error> {
///         if event.phase() != "before-backup" {
///             return Ok(());
///         }
///         let output = pods::exec(None, &["redis-cli", "save"], Duration::from_secs(30))?;
///         match output.exit_code {
///             0 => Ok(()),
///             code => Err(Error::new("save-failed", format!("redis-cli save ended with {code}"))),
///         }
///     }
/// }
///
/// lazarette_sdk::export_hook!(Save);
///
/// use lazarette_sdk::testing::{Fixture, PodScript, hook};
/// let pod = Fixture::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "redis"}}));
/// let script = PodScript::new().on(&["redis-cli", "save"], 1, "");
/// let error = hook(&mut Save, &pod, "before-backup", script).result.unwrap_err();
/// assert_eq!(error.code, "save-failed");
/// ```
pub trait Hook: Sized {
    /// The plugin's configuration, as in [`Modifier::Config`].
    type Config: DeserializeOwned;

    /// Make the plugin, as in [`Modifier::configure`].
    fn configure(config: Self::Config) -> Result<Self, Error>;

    /// Do what is to be done around `pod` at this moment. Return `Ok` for a phase that the plugin does not know.
    fn run(&mut self, pod: &Object, event: &Event) -> Result<(), Error>;
}
