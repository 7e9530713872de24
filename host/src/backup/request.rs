//! What a backup is asked to do.

use crate::archive::{BackupName, Manifest, PointStamps, Protection};
use crate::hooks::HookRecord;
use crate::object::FilterSpec;
use crate::report::{Outcome, Problem};
use crate::volumes::SnapshotOptions;
use jiff::SignedDuration;
use std::collections::BTreeMap;
use std::num::NonZero;

/// What a backup is asked to do.
#[derive(Clone, Debug)]
pub struct BackupRequest {
    /// Name of the backup.
    pub name: BackupName,
    /// Which objects to take.
    pub filter: FilterSpec,
    /// How long the backup is to be kept; none: for ever.
    pub ttl: Option<SignedDuration>,
    /// The instance that it is made for, and how long it is kept by its policy; none where there is none.
    pub point: Option<PointStamps>,
    /// What its user writes on it.
    pub labels: BTreeMap<String, String>,
    /// How it is protected from those who can read or write the store.
    pub protection: Protection,
    /// How the data of volumes is taken.
    pub snapshots: SnapshotOptions,
    /// How many threads compress at most. What is written does not depend on it.
    pub workers: NonZero<usize>,
}

impl BackupRequest {
    /// Everything that the cluster holds, to be kept for ever.
    pub fn new(name: BackupName) -> Self {
        BackupRequest {
            name,
            filter: FilterSpec::default(),
            ttl: None,
            point: None,
            labels: BTreeMap::new(),
            protection: Protection::default(),
            snapshots: SnapshotOptions::default(),
            workers: std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN),
        }
    }
}

impl BackupSummary {
    /// How it ended.
    pub fn outcome(&self) -> Outcome {
        Outcome::of_failures(self.errors.len())
    }
}

/// What a backup did.
#[derive(Clone, Debug)]
pub struct BackupSummary {
    /// What the backup is; its contents and the sizes of its files are in here.
    pub manifest: Manifest,
    /// What was not as it should be.
    pub warnings: Vec<Problem>,
    /// What was to be in the backup, and could not be read; and what hooks failed in.
    pub errors: Vec<Problem>,
    /// What hooks did.
    pub hooks: HookRecord,
}
