//! `lazarette doctor backup`

use super::text::show;
use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::filters::Filters;
use crate::cli::hooks::HookOptions;
use crate::cli::session::Session;
use crate::doctor;
use crate::hooks::Side;
use crate::report::Outcome;
use clap::Args;

/// Check what a backup needs: the cluster, the store, rights
///
/// Exit code 1 when something is missing.
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("A backup of everything", "lazarette doctor backup --store file:./backups"),
    ("With the rights that hooks need", "lazarette doctor backup --hooks default/databases"),
    ("Remove snapshots that belong to no backup any more", "lazarette doctor backup --fix"),
    ("Only the roles that are missing", "lazarette doctor backup --include-namespaces shop --print-roles"),
]))]
pub(super) struct Backup {
    /// Print nothing but the roles that grant what is missing, for `kubectl apply -f -`
    #[arg(long)]
    print_roles: bool,

    /// Remove the snapshots of backups that are gone from the store, and what helped backups and restores that have ended
    #[arg(long)]
    fix: bool,

    #[command(flatten)]
    filters: Filters,

    #[command(flatten)]
    hooks: HookOptions,
}

impl Backup {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let (cluster, store) = (session.cluster()?, session.store()?);
        let hooks = self.hooks.needs(Side::Backup, cluster.as_ref()).await?;
        let filter = self.filters.into();
        let mut diagnosis = doctor::check_backup(cluster.as_ref(), store.as_ref(), &filter, &hooks).await?;
        doctor::check_snapshots(cluster.as_ref(), store.as_ref(), self.fix, &mut diagnosis).await;
        show(session, &diagnosis, "lazarette-backup", self.print_roles)
    }
}
