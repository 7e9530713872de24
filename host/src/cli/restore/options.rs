//! What a plan of a restore and the restore itself have in common: the same options give the same result.

use crate::archive::{ArchiveError, Backup, BackupName, Salvage};
use crate::cli::backup::explain;
use crate::cli::failure::{Ended, Failure};
use crate::cli::filters::Filters;
use crate::cli::interrupt;
use crate::cli::plugins::PluginOptions;
use crate::cli::rules;
use crate::cli::session::Session;
use crate::cli::values::{conflict_policies, mapping, one_of};
use crate::plugin::{ClusterSource, LookUps, PluginHost};
use crate::report::{Code, Outcome, Problem, Progress, ResultOf};
use crate::restore::{self, ConflictPolicies, Environment, OnModifierError, RestoreReport, RestoreRequest};
use crate::store::Store;
use clap::{Args, ValueHint};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// What to restore, and how.
#[derive(Args, Debug)]
pub(super) struct Options {
    /// Name of the backup
    #[arg(value_name = "BACKUP")]
    pub backup: BackupName,

    /// Restore into other namespaces: `shop:shop-staging,bank:bank-staging`
    #[arg(long, value_delimiter = ',', value_name = "FROM:TO", value_parser = mapping)]
    namespace_mappings: Vec<(String, String)>,

    /// What happens to objects that exist already and differ: `skip` or `patch`, also by type as in
    /// `patch,secrets=skip`
    #[arg(long, value_name = "POLICY", value_parser = conflict_policies, default_value = "skip")]
    conflict_policy: ConflictPolicies,

    /// Change objects on their way by the rules in this file: a resource modifier of Velero or AKS Backup
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    resource_modifiers: Option<PathBuf>,

    /// What happens to an object that a rule fails on
    #[arg(
        long,
        value_name = "WHAT",
        value_parser = one_of::<OnModifierError>(["skip-object", "restore-unmodified", "abort"]),
        default_value = "skip-object"
    )]
    on_modifier_error: OnModifierError,

    /// Restore what is whole of a damaged backup
    #[arg(long)]
    skip_damaged: bool,

    /// Keep the node ports of services, also those that the cluster chose
    #[arg(long)]
    preserve_node_ports: bool,

    #[command(flatten)]
    filters: Filters,

    #[command(flatten)]
    plugins: PluginOptions,
}

/// Whether to look or to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Show what would be done.
    Plan,
    /// Do it.
    Apply,
}

impl Options {
    /// Plan or do the restore `name`.
    pub async fn run(self, session: &Session, name: String, mode: Mode) -> Ended<RestoreReport> {
        let (store, cluster, plugins) = (session.store()?, session.target()?, session.plugins()?);
        let backup = self.open(&store, session).await?;
        let request = self.request(session, name, &plugins).await?;
        let (progress, cancellation) = (Progress::default(), interrupt::cancellation()?);
        let _watched = session.watch(&progress);
        let with = Environment {
            backup: &backup,
            cluster: cluster.as_ref(),
            look_ups: LookUps::new(ClusterSource::new(Arc::clone(&cluster))),
            plugins: &plugins,
            progress: &progress,
            cancellation: &cancellation,
        };
        Ok(match mode {
            Mode::Plan => restore::plan(request, &with).await?,
            Mode::Apply => restore::apply(request, &with).await?,
        })
    }

    /// The backup; where damage is to be skipped, as far as it can be opened.
    async fn open(&self, store: &Arc<dyn Store>, session: &Session) -> Ended<Backup> {
        let trust = session.trust()?;
        match Backup::open(Arc::clone(store), &self.backup).await {
            Ok(backup) => {
                trust.check(backup.manifest())?;
                Ok(backup)
            }
            Err(ArchiveError::Damaged { .. }) if self.skip_damaged => {
                let Salvage { backup, findings } = Backup::salvage(Arc::clone(store), &self.backup).await?;
                trust.check(backup.manifest())?;
                findings.iter().for_each(|finding| session.warn(finding));
                Ok(backup)
            }
            Err(error) => Err(explain(error, store.as_ref()).await.into()),
        }
    }

    async fn request(self, session: &Session, name: String, host: &PluginHost) -> Ended<RestoreRequest> {
        let mut modifiers = self
            .resource_modifiers
            .map(|file| rules::read(&file, session))
            .transpose()?;
        let plugins = self.plugins.load(host).await?;
        rules::add_applied(&mut modifiers, &plugins, session)?;
        Ok(RestoreRequest {
            name,
            time: jiff::Timestamp::now(),
            filter: self.filters.into(),
            namespace_mappings: unique(self.namespace_mappings)?,
            modifiers,
            on_modifier_error: self.on_modifier_error,
            conflict_policies: self.conflict_policy,
            plugins: plugins.by_name,
            skip_damaged: self.skip_damaged,
            preserve_node_ports: self.preserve_node_ports,
            server_dry_run: false,
            plan_key: None,
            agreed: None,
        })
    }
}

/// The mappings, of which no two say something about the same namespace.
fn unique(pairs: Vec<(String, String)>) -> ResultOf<BTreeMap<String, String>> {
    let mut mappings = BTreeMap::new();
    for (from, to) in pairs {
        if let Some(other) = mappings.insert(from.clone(), to.clone()) {
            let message =
                format!("--namespace-mappings sends namespace '{from}' both to '{other}' and to '{to}'");
            return Err(Problem::new(Code::InvalidArgument, message));
        }
    }
    Ok(mappings)
}

/// What a restore ended in: an interrupted one is a failure, whatever was restored before.
pub(super) fn outcome(report: &RestoreReport) -> Ended<Outcome> {
    match report
        .problems
        .iter()
        .find(|problem| problem.code == Code::Cancelled)
    {
        Some(problem) => Err(Failure(vec![problem.clone()])),
        None => Ok(report.outcome),
    }
}
