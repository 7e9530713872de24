//! `lazarette doctor restore`

use super::text::show;
use crate::archive::BackupName;
use crate::cli::completions::backups;
use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::filters::Filters;
use crate::cli::hooks::HookOptions;
use crate::cli::session::Session;
use crate::cli::values::{conflict_policies, mapping};
use crate::doctor::{self, RestoreNeeds};
use crate::hooks::Side;
use crate::report::Outcome;
use crate::restore::ConflictPolicies;
use clap::Args;

/// Check what a restore needs: the backup, the cluster, rights, and one write as a dry run
///
/// Exit code 1 when something is missing.
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("All of a backup", "lazarette doctor restore nightly --store file:./backups"),
    ("With the rights that hooks need", "lazarette doctor restore nightly --hooks default/databases"),
    ("Objects that are there are to be patched", "lazarette doctor restore nightly --conflict-policy patch"),
]))]
pub(super) struct Restore {
    /// Name of the backup
    #[arg(value_name = "BACKUP", add = backups())]
    backup: BackupName,

    /// Into other namespaces: `shop:shop-staging,bank:bank-staging`
    #[arg(long, value_delimiter = ',', value_name = "FROM:TO", value_parser = mapping)]
    namespace_mappings: Vec<(String, String)>,

    /// What happens to objects that exist already and differ, as for `restore create`
    #[arg(long, value_name = "POLICY", value_parser = conflict_policies, default_value = "skip")]
    conflict_policy: ConflictPolicies,

    /// Print nothing but the roles that grant what is missing, for `kubectl apply -f -`
    #[arg(long)]
    print_roles: bool,

    #[command(flatten)]
    filters: Filters,

    #[command(flatten)]
    hooks: HookOptions,
}

impl Restore {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let (cluster, store) = (session.target()?, session.store()?);
        let needs = RestoreNeeds {
            filter: self.filters.into(),
            namespace_mappings: self.namespace_mappings.into_iter().collect(),
            conflict_policies: self.conflict_policy,
            hooks: self.hooks.needs(Side::Restore, cluster.as_ref()).await?,
        };
        let diagnosis = doctor::check_restore(cluster.as_ref(), &store, &self.backup, &needs).await?;
        show(session, &diagnosis, "lazarette-restore", self.print_roles)
    }
}
