//! What every command has: its options put together from all places, and ways to open things and to tell the user.

use super::config::Config;
use super::failure::{explain, say};
use super::global::Global;
use super::output::{Format, Output};
use super::progress_bar::Watched;
use crate::archive::{
    DecryptingStore, Identities, Protection, PublicKey, Recipient, SigningKey, SigningKeyError, Trust,
};
use crate::cluster::{self, Cluster};
use crate::plugin::{self, PluginHost};
use crate::report::{Code, Problem, Progress, ResultOf};
use crate::store::{self, Store, StoreOptions};
use anstyle::AnsiColor;
use clap::ColorChoice;
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use tracing_subscriber::EnvFilter;

/// The cluster that is meant where none is named: the one that `kubectl` talks to.
const DEFAULT_CLUSTER: &str = "kubeconfig";

/// What every command has.
#[derive(Debug)]
pub(super) struct Session {
    /// Where results go.
    pub output: Output,
    /// How long a deletion waits before it takes effect; none: not at all.
    pub deletion_delay: Option<SignedDuration>,
    cluster: Option<String>,
    store: Option<String>,
    store_options: StoreOptions,
    identity: Option<PathBuf>,
    trusted_keys: Vec<PathBuf>,
    encrypt_to: Vec<Recipient>,
    signing_key: Option<PathBuf>,
    quiet: bool,
}

impl Session {
    /// Put options together: those of the command line, then the environment (which the parser looks at), then the
    /// configuration file.
    pub fn open(global: Global) -> ResultOf<Self> {
        let config = Config::read(global.config.as_deref())?;
        global_color(global.color.or(config.color).unwrap_or(ColorChoice::Auto)).write_global();
        log(global.verbose, global.quiet);
        Ok(Session {
            output: Output {
                format: global.output.or(config.output).unwrap_or_default(),
            },
            deletion_delay: config.deletion_delay,
            cluster: global.cluster.or(config.cluster),
            store: global.store.or(config.store),
            store_options: StoreOptions {
                credential: global
                    .store_credential
                    .or(config.store_credential)
                    .unwrap_or_default(),
                authorities: config.store_authorities,
                ..StoreOptions::default()
            },
            identity: global.identity.or(config.identity),
            trusted_keys: match global.trusted_keys.is_empty() {
                true => config.trusted_keys,
                false => global.trusted_keys,
            },
            encrypt_to: config.encrypt_to,
            signing_key: config.signing_key,
            quiet: global.quiet,
        })
    }

    /// The store that the user named. Where there is a private key, encrypted backups are read as what they hold.
    pub fn store(&self) -> ResultOf<Arc<dyn Store>> {
        let store = self.stored()?;
        match &self.identity {
            Some(file) => Ok(Arc::new(DecryptingStore::new(store, Identities::read(file)?))),
            None => Ok(store),
        }
    }

    /// The store that the user named, with files as they lie there.
    pub fn stored(&self) -> ResultOf<Arc<dyn Store>> {
        self.open_store(self.store_options.clone())
    }

    /// A store that the user names for one purpose, as `change` says and else as the other one.
    pub fn other_store(
        &self,
        address: &str,
        change: impl FnOnce(&mut StoreOptions),
    ) -> ResultOf<Arc<dyn Store>> {
        let mut options = self.store_options.clone();
        change(&mut options);
        Ok(store::open(address, &options)?)
    }

    /// Whose signatures count.
    pub fn trust(&self) -> ResultOf<Trust> {
        let keys: Result<_, SigningKeyError> = self
            .trusted_keys
            .iter()
            .map(|file| PublicKey::read(file))
            .collect();
        Ok(Trust(keys?))
    }

    /// How a new backup is protected: as the command line says, else the configuration file.
    pub fn protection(
        &self,
        encrypt_to: Vec<Recipient>,
        signing_key: Option<PathBuf>,
    ) -> ResultOf<Protection> {
        let file = signing_key.as_ref().or(self.signing_key.as_ref());
        Ok(Protection {
            recipients: match encrypt_to.is_empty() {
                true => self.encrypt_to.clone(),
                false => encrypt_to,
            },
            signing_key: file.map(|file| SigningKey::read(file)).transpose()?,
        })
    }

    /// The store that the user named, to write new files into as `change` says.
    pub fn store_to_write(&self, change: impl FnOnce(&mut StoreOptions)) -> ResultOf<Arc<dyn Store>> {
        let mut options = self.store_options.clone();
        change(&mut options);
        self.open_store(options)
    }

    fn open_store(&self, options: StoreOptions) -> ResultOf<Arc<dyn Store>> {
        let address = self.store.as_deref().ok_or_else(|| {
            missing(
                "store",
                "--store file:PATH or azblob://ACCOUNT/CONTAINER, LAZARETTE_STORE, or `store` in the configuration file",
            )
        })?;
        Ok(store::open(address, &options)?)
    }

    /// The cluster that the user named, to read from.
    pub fn cluster(&self) -> ResultOf<Arc<dyn Cluster>> {
        self.open_cluster(false)
    }

    /// The cluster that the user named, to restore into: a folder of manifests need not be there yet.
    pub fn target(&self) -> ResultOf<Arc<dyn Cluster>> {
        self.open_cluster(true)
    }

    fn open_cluster(&self, create: bool) -> ResultOf<Arc<dyn Cluster>> {
        let address = self.cluster.as_deref().unwrap_or(DEFAULT_CLUSTER);
        Ok(cluster::open(address, create)?)
    }

    /// Where plugins run. Compiled ones are kept in the user's cache.
    pub fn plugins(&self) -> ResultOf<PluginHost> {
        Ok(PluginHost::new(plugin::default_cache())?)
    }

    /// Tell people what happens, unless they want quiet. Programs have no use for it.
    pub fn say(&self, line: &str) {
        if !self.quiet && self.output.format != Format::Json {
            say(line);
        }
    }

    /// Tell the user of something that they should know and that stops nothing.
    pub fn warn(&self, text: impl std::fmt::Display) {
        let yellow = AnsiColor::Yellow.on_default().bold();
        self.say(&format!("{yellow}warning{yellow:#}: {text}"));
        self.say_json(|| json!({"warning": text.to_string()}));
    }

    /// Tell the user of something that went wrong and that ends nothing, and what to do about it.
    pub fn report(&self, problem: &Problem) {
        self.report_all(std::slice::from_ref(problem));
    }

    /// The same for all of `problems`.
    pub fn report_all(&self, problems: &[Problem]) {
        if !problems.is_empty() {
            self.say(&explain(problems));
        }
        for problem in problems {
            self.say_json(|| json!({"error": problem}));
        }
    }

    /// Tell programs something beside the result, unless they want quiet: a line of JSON.
    pub fn say_json(&self, value: impl FnOnce() -> Value) {
        if !self.quiet && self.output.format == Format::Json {
            say(&value().to_string());
        }
    }

    /// Show `progress` on the terminal, if there is one, until what this returns is dropped.
    pub fn watch(&self, progress: &Progress) -> Watched {
        Watched::new(progress.clone(), self.quiet)
    }
}

fn missing(what: &str, ways: &str) -> Problem {
    Problem::new(
        Code::InvalidArgument,
        format!("no {what} is named: name it with {ways}"),
    )
}

fn global_color(choice: ColorChoice) -> anstream::ColorChoice {
    match choice {
        ColorChoice::Auto => anstream::ColorChoice::Auto,
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
    }
}

/// Log our own doings on standard error. A second call, by a command that the demo runs, changes nothing.
fn log(verbose: u8, quiet: bool) {
    let level = match verbose {
        0 if quiet => "error",
        0 => "warn",
        1 => "info",
        _ => "debug",
    };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(format!("lazarette={level},plugin={level}")))
        .with_writer(std::io::stderr)
        .with_ansi(anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never)
        .with_target(false)
        .without_time();
    let _ = subscriber.try_init();
}
