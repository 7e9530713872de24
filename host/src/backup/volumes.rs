//! The data of volumes in a backup: which claims it takes, and what is kept of their snapshots.

use super::selection::Selection;
use super::{BackupError, BackupRequest};
use crate::archive::{ArchiveError, BackupFile};
use crate::cluster::{Cluster, ClusterError, RawObject};
use crate::object::{Needs, ObjectKey, ResourceType};
use crate::report::{Code, Problem, Progress};
use crate::volumes::{
    Candidate, Origin, Settled, SnapshotClass, SnapshotMode, SnapshotTypes, Snapshots, Survey, VolumeRecords,
    survey,
};
use futures::TryStreamExt;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What the data of volumes leaves with a backup.
#[derive(Default)]
pub(super) struct Kept {
    /// Files beside the objects.
    pub files: Vec<(BackupFile, Vec<u8>)>,
    /// How many snapshots there are.
    pub snapshots: u64,
    /// What should be known.
    pub warnings: Vec<Problem>,
    /// What went wrong.
    pub errors: Vec<Problem>,
}

/// The claims of a backup.
#[derive(Default)]
pub(super) struct Volumes {
    survey: Survey,
    types: Option<SnapshotTypes>,
    is_required: bool,
}

impl Volumes {
    /// Look which claims the backup takes, and which of them snapshots can be cut of. In a folder of manifests there are
    /// no volumes.
    pub(super) async fn find(
        request: &BackupRequest,
        selection: &Selection,
        cluster: &dyn Cluster,
    ) -> Result<Self, ClusterError> {
        let mode = request.snapshots.mode;
        if mode == SnapshotMode::Never || !cluster.is_live() {
            return Ok(Volumes::default());
        }
        let claims = claims(selection, cluster).await?;
        if claims.is_empty() {
            return Ok(Volumes::default());
        }
        let types = SnapshotTypes::of(&cluster.resource_types().await?.types);
        Ok(Volumes {
            survey: survey(cluster, types.as_ref(), claims, &request.snapshots.classes).await?,
            types,
            is_required: mode == SnapshotMode::Always,
        })
    }

    /// The snapshots that are to be cut; none where there are none.
    pub(super) fn snapshots<'a>(
        &self,
        cluster: &'a dyn Cluster,
        origin: Origin,
        request: &BackupRequest,
    ) -> Option<Snapshots<'a>> {
        let types = self.types.clone()?;
        let candidates = self.survey.candidates.clone();
        let made = Snapshots::new(cluster, types, origin, request.snapshots.timeout, candidates);
        (!made.is_empty()).then_some(made)
    }

    /// Wait for the snapshots, and give what is to be kept.
    pub(super) async fn settle(
        mut self,
        snapshots: Option<&Snapshots<'_>>,
        progress: &Progress,
    ) -> Result<Kept, ArchiveError> {
        let settled = match snapshots {
            Some(snapshots) => snapshots.settle(progress).await,
            None => Settled::default(),
        };
        let mut kept = Kept::default();
        if settled.records.is_empty() && self.survey.not_taken.is_empty() && settled.problems.is_empty() {
            return Ok(kept);
        }
        let (late, failed) = partition(settled.problems, &settled.records);
        let mut not_taken = std::mem::take(&mut self.survey.not_taken);
        match self.is_required {
            true => kept.errors.extend(not_taken.iter().cloned()),
            false => kept.warnings.extend(not_taken.iter().cloned()),
        }
        not_taken.extend(failed.iter().cloned());
        kept.errors.extend(failed);
        kept.warnings.extend(late);
        kept.snapshots = u64::try_from(settled.records.len()).unwrap_or(u64::MAX);
        if kept.snapshots > 0 {
            let classes = used(&self.survey.classes, &self.survey.candidates);
            for (file, list) in [
                (BackupFile::CsiSnapshots, settled.snapshots),
                (BackupFile::CsiContents, settled.contents),
                (BackupFile::CsiClasses, classes),
            ] {
                kept.files.push((file, json(&list)?));
            }
        }
        let records = VolumeRecords {
            snapshots: settled.records,
            not_taken,
            ..VolumeRecords::default()
        };
        kept.files.push((BackupFile::Volumes, json(&records)?));
        Ok(kept)
    }
}

/// Problems with snapshots that are there all the same, and the others.
fn partition(
    problems: Vec<Problem>,
    records: &[crate::volumes::SnapshotRecord],
) -> (Vec<Problem>, Vec<Problem>) {
    let there: BTreeSet<_> = records.iter().map(|record| record.id().to_string()).collect();
    problems.into_iter().partition(|problem| {
        problem
            .target
            .as_ref()
            .is_some_and(|target| there.contains(target))
    })
}

/// The classes that made snapshots.
fn used(classes: &[SnapshotClass], candidates: &[Candidate]) -> Vec<Value> {
    let names: BTreeSet<_> = candidates.iter().map(|candidate| &candidate.class).collect();
    let used = classes.iter().filter(|class| names.contains(&class.name));
    used.map(|class| class.json.clone()).collect()
}

fn json<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, ArchiveError> {
    serde_json::to_vec(value).map_err(|error| ArchiveError::Internal(error.to_string()))
}

/// The claims that the backup takes: those that its filter asks for, and those that pods use which it takes.
async fn claims(selection: &Selection, cluster: &dyn Cluster) -> Result<Vec<Value>, ClusterError> {
    let find = |name: &str| selection.types.iter().find(|of| of.resource.is("", name));
    let Some(of) = find("persistentvolumeclaims") else {
        return Ok(Vec::new());
    };
    let (mut taken, mut others) = (Vec::new(), BTreeMap::new());
    each(selection, of, cluster, |raw| {
        match selection.wants(&raw) {
            true => taken.push(raw),
            false if selection.may_need(&raw) => {
                others.insert(ObjectKey::new(raw.id.namespace.as_deref(), &raw.id.name), raw);
            }
            false => {}
        };
    })
    .await?;
    if let Some(pods) = find("pods").filter(|_| !others.is_empty()) {
        each(selection, pods, cluster, |raw| {
            if selection.wants(&raw) {
                let claims = Needs::claims_of_pod(&raw.id.name, &raw.json).into_iter();
                let keys = claims.map(|claim| ObjectKey::new(raw.id.namespace.as_deref(), &claim));
                taken.extend(keys.filter_map(|key| others.remove(&key)));
            }
        })
        .await?;
    }
    let parsed = taken.iter().map(|raw| serde_json::from_str(&raw.json));
    Ok(parsed.filter_map(Result::ok).collect())
}

/// Hand all objects of a type that may be in the backup to `look`.
async fn each(
    selection: &Selection,
    of: &ResourceType,
    cluster: &dyn Cluster,
    mut look: impl FnMut(RawObject),
) -> Result<(), ClusterError> {
    for options in selection.lists_of(of) {
        let mut pages = cluster.list(of, &options);
        while let Some(page) = pages.try_next().await? {
            page.items.into_iter().for_each(&mut look);
        }
    }
    Ok(())
}

/// Which snapshots a backup would cut, and of which claims it cannot. Nothing is changed.
pub async fn plan(
    request: &BackupRequest,
    cluster: &dyn Cluster,
) -> Result<(Vec<Candidate>, Vec<Problem>), BackupError> {
    let (selection, _) = Selection::new(request, cluster).await?;
    let survey = Volumes::find(request, &selection, cluster).await?.survey;
    Ok((survey.candidates, survey.not_taken))
}

/// Why no snapshots are cut, where the claims could not be looked at.
pub(super) fn not_found(error: ClusterError) -> Problem {
    let problem = Problem::from(error);
    let message = format!(
        "no snapshots of volumes were cut, as their claims could not be found: {}",
        problem.message
    );
    let code = match problem.code {
        Code::Internal => Code::SnapshotFailed,
        code => code,
    };
    Problem::new(code, message)
}
