//! What `lazarette backup describe` says of a backup that Velero or AKS Backup wrote.

use super::describe::{filters, labels, nonzero};
use crate::archive::{Backup, BackupName, Salvage, TypeCount, VeleroBackup};
use crate::cli::failure::Ended;
use crate::cli::session::Session;
use crate::report::{Description, Outcome, units};
use crate::store::Store;
use serde::Serialize;
use std::sync::Arc;

/// What Velero says, and what is there.
#[derive(Serialize)]
struct Described {
    #[serde(flatten)]
    backup: VeleroBackup,
    types: Vec<TypeCount>,
    notes: Vec<String>,
    findings: Vec<String>,
}

/// Show what a backup of Velero holds. It has no index, so the archive is read.
pub(super) async fn describe(session: &Session, store: Arc<dyn Store>, name: &BackupName) -> Ended<Outcome> {
    let velero = VeleroBackup::read(store.as_ref(), name).await?;
    let Salvage { backup, findings } = Backup::salvage(store, name).await?;
    let described = Described {
        backup: velero,
        types: backup.manifest().contents.types.clone(),
        notes: backup.notes().to_vec(),
        findings: findings.iter().map(ToString::to_string).collect(),
    };
    session.output.show(&described, |described, _| text(described))?;
    Ok(Outcome::Completed)
}

fn text(described: &Described) -> String {
    let VeleroBackup {
        name,
        written_by,
        phase,
        format_version,
        kubernetes_version,
        failure_reason,
        filter,
        ..
    } = &described.backup;
    let backup = &described.backup;
    let moment = |at: Option<jiff::Timestamp>| at.map(units::moment).unwrap_or_default();
    let mut text = Description::default();
    text.field("Name", name)
        .field("Written by", format!("{written_by}, layout {format_version}"))
        .field("Phase", phase)
        .field("Failure", failure_reason)
        .field("Kubernetes", kubernetes_version)
        .field("Labels", labels(&backup.labels))
        .field("Begun", moment(backup.started_at))
        .field("Completed", moment(backup.completed_at))
        .field("Expires", moment(backup.expires_at));
    filters(text.section("Filters"), filter);
    let objects: u64 = described.types.iter().map(|of| of.objects).sum();
    text.section("Contents")
        .field("Objects", objects)
        .field("Warnings", nonzero(backup.warnings))
        .field("Errors", nonzero(backup.errors));
    text.section("Objects by type");
    for of in &described.types {
        text.field(&of.resource.to_string(), of.objects);
    }
    let lines = described.notes.iter().chain(&described.findings);
    lines.fold(text.render(), |text, line| format!("{text}\n{line}\n"))
}
