//! What plugins may know about the operation that they are called in.

use super::LookUps;
use crate::object::Schemas;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The operation that plugins are called in. The same in a plan and in its application.
#[derive(Clone, Debug)]
pub struct Operation {
    /// `restore`, `backup`, `modify`, `test`.
    pub kind: String,
    /// The time, which stands still.
    pub now: jiff::Timestamp,
    /// Name of the backup; empty where there is none.
    pub backup: String,
    /// From the namespace in the backup to the one in the cluster.
    pub namespace_mappings: BTreeMap<String, String>,
    /// Where random numbers of plugins come from: digest of the backup and of the specification of the operation.
    pub seed: [u8; 32],
    /// How lists of objects are merged.
    pub schemas: Arc<Schemas>,
    /// What plugins may look up, within their grants.
    pub look_ups: Arc<LookUps>,
}
