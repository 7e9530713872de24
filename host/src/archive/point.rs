//! What a backup is to the instance that it was made for: kept in its manifest, so that the store alone tells.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The instance of a backup, and the rule by which it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PointRecord {
    /// The cluster: the uid of its namespace `kube-system`.
    pub cluster: String,
    /// Namespace of the instance.
    pub namespace: String,
    /// Its name.
    pub instance: String,
    /// Name of the policy that held.
    pub policy: String,
    /// Tag of the rule that applies: `Daily`.
    pub tag: String,
    /// The time for which a schedule made it; none: a person did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_for: Option<Timestamp>,
    /// When it expires. Stamped when it was made: no later policy changes it.
    pub expires_at: Timestamp,
}

/// What is recorded of a backup when all of it could be read, and when not: its tag may depend on that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointStamps {
    /// Of a whole one.
    pub whole: PointRecord,
    /// Of a partial one.
    pub partial: PointRecord,
}
