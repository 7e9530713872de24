//! Whether a backup or a restore could go through: connections, rights, a store that takes files. Nothing stays changed.
//!
//! Rights are asked for one by one with `SelfSubjectAccessReview`s, which any user may create, and what is missing is
//! given as the roles that grant it ([`roles()`]). Rights alone do not make a write go through, so a restore
//! is also tried with one object, as a dry run.

mod hooks;
mod needs;
mod probe;
mod rights;
mod roles;
mod snapshots;
mod storage;
#[cfg(test)]
mod tests;

pub use hooks::{HookNeeds, hook_rights, hooks_forbidden};
pub use needs::RestoreNeeds;
pub use rights::{Right, missing as missing_rights};
pub use roles::{Subject, roles};
pub use snapshots::check_snapshots;

use crate::archive::{Backup, BackupName};
use crate::cluster::{Cluster, Discovery};
use crate::object::FilterSpec;
use crate::report::{Code, Outcome, Problem};
use crate::store::Store;
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How a check ended. The worse is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// All is well.
    Good,
    /// It should be known, and stops nothing.
    Warning,
    /// The operation would fail, or do a part only.
    Bad,
}

/// Something that was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What: `store`, `hooks`, `cluster`, `rights`, `write`.
    pub name: &'static str,
    /// How it ended.
    pub verdict: Verdict,
    /// What was found, in a sentence.
    pub message: String,
    /// What is wrong, with what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnosis {
    /// What was checked, in order.
    pub checks: Vec<Check>,
    /// Rights that the operation needs and the user does not have.
    pub missing_rights: Vec<Right>,
    /// Who the user is, where the cluster says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
}

impl Diagnosis {
    /// How the operation would end.
    pub fn outcome(&self) -> Outcome {
        match self.checks.iter().any(|check| check.verdict == Verdict::Bad) {
            true => Outcome::Failed,
            false => Outcome::Completed,
        }
    }

    fn note(&mut self, name: &'static str, verdict: Verdict, message: impl Into<String>) {
        self.checks.push(Check {
            name,
            verdict,
            message: message.into(),
            problem: None,
        });
    }

    /// What should be known, with what to do about it.
    fn warn(&mut self, name: &'static str, problem: Problem) {
        self.checks.push(Check {
            name,
            verdict: Verdict::Warning,
            message: problem.to_string(),
            problem: Some(problem),
        });
    }

    fn fail(&mut self, name: &'static str, problem: impl Into<Problem>) {
        let problem = problem.into();
        self.checks.push(Check {
            name,
            verdict: Verdict::Bad,
            message: problem.to_string(),
            problem: Some(problem),
        });
    }

    /// Ask for the rights, and say which are missing.
    async fn check_rights(&mut self, cluster: &dyn Cluster, needed: Vec<Right>) {
        let count = needed.len();
        match rights::missing(cluster, needed).await {
            Ok(missing) if missing.is_empty() => {
                self.note("rights", Verdict::Good, format!("all {count} rights are there"));
            }
            Ok(missing) => {
                self.subject = rights::subject(cluster).await;
                let message = format!("{} of {count} rights are missing", missing.len());
                self.fail("rights", Problem::new(Code::Forbidden, message));
                self.missing_rights = missing;
            }
            Err(error) => self.fail("rights", error),
        }
    }

    /// What the cluster serves, if it answers.
    async fn check_cluster(&mut self, cluster: &dyn Cluster) -> Option<Discovery> {
        match cluster.resource_types().await {
            Ok(discovery) => {
                let message = format!(
                    "{} answers and serves {} types",
                    cluster.address(),
                    discovery.types.len()
                );
                self.note("cluster", Verdict::Good, message);
                for warning in &discovery.warnings {
                    self.note("cluster", Verdict::Warning, warning.clone());
                }
                Some(discovery)
            }
            Err(error) => {
                self.fail("cluster", error);
                None
            }
        }
    }
}

/// Whether a backup with this filter and these hooks could be made and kept.
pub async fn check_backup(
    cluster: &dyn Cluster,
    store: &dyn Store,
    filter: &FilterSpec,
    hooks: &HookNeeds,
) -> Result<Diagnosis, Problem> {
    let mut diagnosis = check_store(store).await;
    if let Some(discovery) = diagnosis.check_cluster(cluster).await
        && cluster.is_live()
    {
        let mut needed = needs::of_backup(filter, &discovery.types)?;
        needed.extend(hooks.of_backup(cluster, filter, &discovery.types).await?);
        diagnosis.check_rights(cluster, needed).await;
    }
    Ok(diagnosis)
}

/// Whether the backup `name` could be restored.
pub async fn check_restore(
    cluster: &dyn Cluster,
    store: &Arc<dyn Store>,
    name: &BackupName,
    needs: &RestoreNeeds,
) -> Result<Diagnosis, Problem> {
    let mut diagnosis = Diagnosis::default();
    let backup = match Backup::open(Arc::clone(store), name).await {
        Ok(backup) => {
            let objects = backup.manifest().contents.objects;
            diagnosis.note(
                "store",
                Verdict::Good,
                format!("backup {name} can be read: {objects} objects"),
            );
            for note in backup.notes() {
                diagnosis.note("store", Verdict::Warning, note.clone());
            }
            backup
        }
        Err(error) => {
            diagnosis.fail("store", error);
            return Ok(diagnosis);
        }
    };
    let Some(discovery) = diagnosis.check_cluster(cluster).await else {
        return Ok(diagnosis);
    };
    if cluster.is_live() {
        let (mut needed, namespaces) = needs.of(&backup, &discovery.types)?;
        needed.extend(needs.of_hooks(&backup, &discovery.types).await?);
        let namespaces = probe::existing(cluster, namespaces).await;
        diagnosis
            .check_rights(cluster, where_they_can_be_granted(needed, &namespaces))
            .await;
        probe::check_write(cluster, &namespaces, &mut diagnosis).await;
    }
    Ok(diagnosis)
}

/// The same rights, but in all namespaces where their own is not there yet, and no role can be.
fn where_they_can_be_granted(rights: Vec<Right>, existing: &BTreeSet<String>) -> Vec<Right> {
    let grantable = rights.into_iter().map(|right| Right {
        namespace: right.namespace.filter(|namespace| existing.contains(namespace)),
        ..right
    });
    grantable.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Whether the store can be written and read, and what lies around in it.
pub async fn check_store(store: &dyn Store) -> Diagnosis {
    let mut diagnosis = Diagnosis::default();
    storage::check_writing(store, &mut diagnosis).await;
    storage::check_remains(store, &mut diagnosis).await;
    diagnosis
}
