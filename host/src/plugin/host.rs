//! The host: loading plugins, configuring them, and the instances that serve a batch.

use super::activity::{Activity, CallReport, PluginReport};
use super::cache::Cache;
use super::engine::new_engine;
use super::inspect::Inspection;
use super::instance::{Instance, PoolIsFull, wait};
use super::limiter::Budget;
use super::linker::{Linked, Linkers};
use super::loaded::Plugin;
use super::modification::carry_out;
use super::moment::Moment;
use super::outcome::{Modified, Resolution, Verdict};
use super::precedents::Precedents;
use super::{Grants, Isolation, Operation, PluginError, PluginErrorKind, Settings, built_in};
use crate::object::Object;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use wasmtime::Engine;

/// Linear memory of all instances together. 1 GiB: twice what the largest single plugin may have.
const MEMORY_OF_ALL: usize = 1 << 30;

/// Instances that one batch keeps. More plugins than that in one batch take turns, the least recently used goes.
const INSTANCES_OF_A_BATCH: usize = 64;

/// Calls that an instance serves before it is replaced, whatever the caller calls a batch.
const CALLS_OF_AN_INSTANCE: u32 = 256;

/// Everything that plugins share: the engine, its pool, the cache of compiled code.
pub struct PluginHost {
    engine: Engine,
    linkers: Linkers,
    cache: Cache,
    budget: Arc<Budget>,
    next_id: AtomicU64,
}

/// A plugin with settings that it accepted.
pub struct Configured {
    plugin: Arc<Plugin>,
    settings: Settings,
    config: String,
    id: u64,
    /// What it decided so far, where its author says that it is pure.
    precedents: Option<Precedents>,
    activity: Arc<Activity>,
    /// The one instance of isolation `operation`.
    shared: Mutex<Option<Instance>>,
}

/// The instances that serve one batch of objects. Dropped with the batch.
pub struct Batch {
    operation: Arc<Operation>,
    budget: Arc<Budget>,
    /// Least recently used first.
    instances: Vec<Served>,
}

struct Served {
    plugin: u64,
    calls: u32,
    instance: Instance,
}

/// Where compiled plugins are kept: below `XDG_CACHE_HOME`, or `.cache` in the home folder.
pub fn default_cache() -> Option<PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME")
        .filter(|base| !base.is_empty())
        .map(PathBuf::from);
    let base = base.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))?;
    Some(base.join("lazarette").join("plugins"))
}

impl PluginHost {
    /// A host that keeps compiled code in the folder `cache`; without one, plugins are compiled in each process.
    pub fn new(cache: Option<PathBuf>) -> Result<Self, PluginError> {
        let engine = new_engine().map_err(|error| host_error(&error))?;
        Ok(PluginHost {
            linkers: Linkers::new(&engine).map_err(|error| host_error(&error))?,
            cache: Cache::new(cache),
            budget: Budget::new(MEMORY_OF_ALL),
            next_id: AtomicU64::new(0),
            engine,
        })
    }

    /// The built-in plugin `name`, such as `json-patch`.
    pub fn built_in(&self, name: &str) -> Result<Arc<Plugin>, PluginError> {
        match built_in::component(name) {
            Some(bytes) => self.load(name, bytes),
            None => Err(error(
                name,
                PluginErrorKind::Invalid("there is no built-in plugin of that name".to_owned()),
            )),
        }
    }

    /// The plugin of a component, to be called `name`.
    pub fn load(&self, name: &str, bytes: &[u8]) -> Result<Arc<Plugin>, PluginError> {
        let refuse = |kind| error(name, kind);
        let inspection = Inspection::of(bytes).map_err(refuse)?;
        let invalid = |error: wasmtime::Error| refuse(PluginErrorKind::Invalid(format!("{error:#}")));
        let component = self.cache.component(&self.engine, bytes).map_err(invalid)?;
        let linked = self.linkers.link(&component, &inspection).map_err(invalid)?;
        Ok(Arc::new(Plugin {
            name: name.to_owned(),
            inspection,
            engine: self.engine.clone(),
            linked,
        }))
    }

    /// A plugin with settings. They are tried on an instance, so that a configuration that the plugin refuses is an
    /// error here, before anything has happened.
    pub fn configure(
        &self,
        plugin: &Arc<Plugin>,
        settings: Settings,
        operation: &Arc<Operation>,
    ) -> Result<Arc<Configured>, PluginError> {
        plugin.check_grants(&settings)?;
        if plugin.inspection.imports("cluster") {
            operation.look_ups.grant(&settings.grants);
        }
        let configured = Arc::new(Configured {
            plugin: Arc::clone(plugin),
            config: settings.config.to_string(),
            settings,
            id: self.next_id.fetch_add(1, Ordering::Relaxed),
            precedents: plugin.is_pure().then(|| Precedents::new(operation)),
            activity: Arc::default(),
            shared: Mutex::new(None),
        });
        self.batch(operation)
            .instance(&configured)
            .map_err(|kind| error(&plugin.name, kind))?;
        Ok(configured)
    }

    /// Instances for one batch: at most 256 objects, cut by their position in the archive, so that concurrency and a
    /// restore that is run again see the same batches.
    pub fn batch(&self, operation: &Arc<Operation>) -> Batch {
        Batch {
            operation: Arc::clone(operation),
            budget: Arc::clone(&self.budget),
            instances: Vec::new(),
        }
    }
}

impl Configured {
    /// The name of the plugin.
    pub fn name(&self) -> &str {
        &self.plugin.name
    }

    /// Its settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.plugin.engine
    }

    pub(super) fn linked(&self) -> &Linked {
        &self.plugin.linked
    }

    /// What it decided so far in `operation`, where that may be remembered.
    pub(super) fn precedents(&self, operation: &Arc<Operation>) -> Option<&Precedents> {
        self.precedents
            .as_ref()
            .filter(|precedents| precedents.are_of(operation))
    }

    pub(super) fn activity(&self) -> &Arc<Activity> {
        &self.activity
    }

    /// What it did so far.
    pub fn report(&self) -> PluginReport {
        self.activity.report(self.name(), &self.plugin.inspection.digest)
    }

    /// What must allow a look-up: the operator, and the manifest, which asks for what the author means to look up.
    pub(super) fn may_look_up(&self) -> Vec<Grants> {
        let manifest = self.plugin.inspection.manifest.iter();
        let asked = manifest.map(|manifest| manifest.grants.iter().cloned().collect());
        std::iter::once(self.settings.grants.clone())
            .chain(asked)
            .collect()
    }

    pub(super) fn config_text(&self) -> &String {
        &self.config
    }
}

impl Batch {
    /// Have a modifier look at `object`, and carry out what it decided. After an error the object is unchanged.
    pub fn modify(&mut self, plugin: &Arc<Configured>, object: &mut Object) -> Result<Modified, PluginError> {
        if !plugin.settings.applies_to.include(&object.id.resource) {
            return Ok(Modified {
                skipped: Some(format!(
                    "plugin {} is not for {}",
                    plugin.name(),
                    object.id.resource
                )),
                ..Modified::default()
            });
        }
        let precedents = plugin.precedents(&self.operation);
        if let Some(precedent) = precedents.and_then(|precedents| precedents.find(object)) {
            let modified = carry_out(precedent, object, &plugin.settings.grants);
            plugin
                .activity
                .remembered(modified.as_ref().is_ok_and(|modified| modified.changed));
            return modified.map_err(|kind| error(plugin.name(), kind));
        }
        self.call(
            plugin,
            |modified: &Modified| modified.changed,
            |instance| instance.modify(plugin, object),
        )
    }

    /// Have a resolver decide between the object to restore and the live one. Neither is changed.
    pub fn resolve(
        &mut self,
        plugin: &Arc<Configured>,
        wanted: &mut Object,
        live: &mut Object,
    ) -> Result<Resolution, PluginError> {
        if !plugin.settings.applies_to.include(&wanted.id.resource) {
            let message = format!(
                "it is not for {}; name the type in its `applies-to`",
                wanted.id.resource
            );
            return Err(error(plugin.name(), PluginErrorKind::Grant(message)));
        }
        let changes = |resolution: &Resolution| !matches!(resolution.verdict, Verdict::Skip { .. });
        self.call(plugin, changes, |instance| instance.resolve(plugin, wanted, live))
    }

    /// Run a hook, and wait for it. What it keeps about the pod is in the facts of `moment`.
    ///
    /// Whatever the isolation, the instance stays for the next moment around the pods of this batch, with the commands
    /// that it has left running. After an error it is thrown away, and so it is when the call is dropped.
    pub async fn attend(
        &mut self,
        plugin: &Arc<Configured>,
        pod: &Object,
        moment: &Moment,
    ) -> Result<(), PluginError> {
        self.instance(plugin).map_err(|kind| error(plugin.name(), kind))?;
        self.attend_with_newest(plugin, pod, moment).await
    }

    /// Run a hook in the instance that [`Batch::instance`] has just given.
    async fn attend_with_newest(
        &mut self,
        plugin: &Arc<Configured>,
        pod: &Object,
        moment: &Moment,
    ) -> Result<(), PluginError> {
        let refuse = |kind| error(plugin.name(), kind);
        let Some(mut served) = self.instances.pop() else {
            return Err(refuse(PluginErrorKind::Trap("its instance is gone".to_owned())));
        };
        let begun = Instant::now();
        let result = served.instance.hook(plugin, pod, moment).await;
        plugin.activity.called(CallReport {
            failed: result.is_err(),
            changed: false,
            time: begun.elapsed(),
            memory: served.instance.memory(),
        });
        result.map_err(refuse)?;
        self.instances.push(served);
        Ok(())
    }

    /// The same for a thread that may block.
    pub fn hook(
        &mut self,
        plugin: &Arc<Configured>,
        pod: &Object,
        moment: &Moment,
    ) -> Result<(), PluginError> {
        // Not while waiting for the hook: making an instance waits, too.
        self.instance(plugin).map_err(|kind| error(plugin.name(), kind))?;
        let attended = wait(async { Ok(self.attend_with_newest(plugin, pod, moment).await) });
        attended.unwrap_or_else(|cause| Err(host_error(&cause)))
    }

    fn call<T>(
        &mut self,
        plugin: &Arc<Configured>,
        changes: impl FnOnce(&T) -> bool,
        call: impl FnOnce(&mut Instance) -> Result<T, PluginErrorKind>,
    ) -> Result<T, PluginError> {
        let call = |instance: &mut Instance| {
            let begun = Instant::now();
            let result = call(instance);
            plugin.activity.called(CallReport {
                failed: result.is_err(),
                changed: result.as_ref().is_ok_and(changes),
                time: begun.elapsed(),
                memory: instance.memory(),
            });
            result
        };
        let result = match plugin.settings.isolation {
            Isolation::Operation => self.call_shared(plugin, call),
            Isolation::Object => self.fresh(plugin).and_then(|mut instance| call(&mut instance)),
            Isolation::Batch => {
                let result = self.instance(plugin).and_then(call);
                if result.is_err() {
                    self.instances.retain(|served| served.plugin != plugin.id);
                }
                result
            }
        };
        result.map_err(|kind| error(plugin.name(), kind))
    }

    /// Call the one instance that the whole operation shares. One that failed is replaced at the next call.
    fn call_shared<T>(
        &mut self,
        plugin: &Arc<Configured>,
        call: impl FnOnce(&mut Instance) -> Result<T, PluginErrorKind>,
    ) -> Result<T, PluginErrorKind> {
        let mut shared = plugin.shared.lock().unwrap_or_else(PoisonError::into_inner);
        let mut instance = match shared.take() {
            Some(instance) => instance,
            None => self.fresh(plugin)?,
        };
        let result = call(&mut instance)?;
        *shared = Some(instance);
        Ok(result)
    }

    /// The instance of `plugin` in this batch: the one that is there, or a fresh one.
    fn instance(&mut self, plugin: &Arc<Configured>) -> Result<&mut Instance, PluginErrorKind> {
        let found = self
            .instances
            .iter()
            .position(|served| served.plugin == plugin.id);
        let served = match found.map(|index| self.instances.remove(index)) {
            Some(served) if served.calls < CALLS_OF_AN_INSTANCE => served,
            _ => {
                if self.instances.len() >= INSTANCES_OF_A_BATCH {
                    self.instances.remove(0);
                }
                Served {
                    plugin: plugin.id,
                    calls: 0,
                    instance: self.fresh(plugin)?,
                }
            }
        };
        self.instances.push(served);
        match self.instances.last_mut() {
            Some(served) => {
                served.calls += 1;
                Ok(&mut served.instance)
            }
            None => Err(PluginErrorKind::Trap("its instance is gone".to_owned())),
        }
    }

    /// A fresh instance. Where the pool is full, an old one of this batch makes room, or another batch's is waited for.
    fn fresh(&mut self, plugin: &Arc<Configured>) -> Result<Instance, PluginErrorKind> {
        loop {
            match Instance::new(plugin, &self.operation, &self.budget) {
                Ok(instance) => return instance,
                Err(PoolIsFull) if self.instances.is_empty() => std::thread::sleep(Duration::from_millis(1)),
                Err(PoolIsFull) => {
                    self.instances.remove(0);
                }
            }
        }
    }
}

pub(super) fn error(plugin: &str, kind: PluginErrorKind) -> PluginError {
    PluginError {
        plugin: plugin.to_owned(),
        kind,
    }
}

fn host_error(cause: &wasmtime::Error) -> PluginError {
    error(
        "(host)",
        PluginErrorKind::Invalid(format!("plugins cannot be run here: {cause:#}")),
    )
}
