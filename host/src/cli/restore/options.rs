//! What a plan of a restore and the restore itself have in common: the same options give the same result.

use crate::archive::BackupName;
use crate::cli::completions::backups;
use crate::cli::failure::Ended;
use crate::cli::files;
use crate::cli::filters::Filters;
use crate::cli::hooks::HookOptions;
use crate::cli::plugins::{Loaded, PluginOptions};
use crate::cli::rules;
use crate::cli::session::Session;
use crate::cli::values::{conflict_policies, mapping, one_of};
use crate::hooks::Side;
use crate::plugin::PluginHost;
use crate::report::{Code, Problem, ResultOf};
use crate::restore::{ConflictPolicies, OnModifierError, Specification, VolumeMode};
use clap::{Args, ValueHint};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What to restore, and how.
#[derive(Args, Debug)]
pub(super) struct Options {
    /// Name of the backup
    #[arg(value_name = "BACKUP", add = backups())]
    pub backup: Option<BackupName>,

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

    /// Whether claims become volumes with the data of their snapshots: `true`, or `false` for empty volumes
    #[arg(long, value_name = "BOOL", action = clap::ArgAction::Set, default_value = "true", help_heading = "Volumes")]
    restore_volumes: bool,

    /// Keep the node ports of services, also those that the cluster chose
    #[arg(long)]
    preserve_node_ports: bool,

    #[command(flatten)]
    filters: Filters,

    #[command(flatten)]
    hooks: HookOptions,

    #[command(flatten)]
    plugins: PluginOptions,
}

impl Options {
    /// Only the plugins, where a saved plan says all else.
    pub async fn plugins(self, host: &PluginHost) -> Ended<Loaded> {
        Ok(self.plugins.load(host).await?)
    }

    /// What is asked for, and the plugins that it names.
    pub async fn specification(self, session: &Session, host: &PluginHost) -> Ended<(Specification, Loaded)> {
        let backup = self.backup.ok_or_else(|| {
            let message = "no backup is named; `lazarette backup list` shows those of a store";
            Problem::new(Code::InvalidArgument, message)
        })?;
        let modifiers = self
            .resource_modifiers
            .map(|file| rules::read(&file, session).and_then(|_| Ok(files::read(&file)?)))
            .transpose()?;
        let specification = Specification {
            backup,
            filter: self.filters.into(),
            namespace_mappings: unique(self.namespace_mappings)?,
            modifiers,
            on_modifier_error: self.on_modifier_error,
            conflict_policies: self.conflict_policy.to_string(),
            skip_damaged: self.skip_damaged,
            volumes: match self.restore_volumes {
                true => VolumeMode::WithData,
                false => VolumeMode::WithoutData,
            },
            preserve_node_ports: self.preserve_node_ports,
            hooks: self
                .hooks
                .documents(Side::Restore, session.target()?.as_ref())
                .await?,
            hook_annotations: self.hooks.hook_annotations,
        };
        Ok((specification, self.plugins.load(host).await?))
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
