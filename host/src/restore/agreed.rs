//! A saved plan that is applied.

use super::commitment::Commitment;
use super::report::{ObjectReport, ObjectReports};
use crate::object::ObjectId;
use std::collections::HashMap;

/// What a saved plan says about each of its objects.
#[derive(Clone, Debug, Default)]
pub(super) struct Agreed(HashMap<ObjectId, Commitment>);

impl Agreed {
    /// What the plan with these reports says.
    pub(super) fn new(planned: &ObjectReports) -> Self {
        let committed = planned
            .iter()
            .filter_map(|report| Some((report.id, report.commitment?)));
        Agreed(committed.collect())
    }

    /// Why what has just been decided about an object is not what was planned, if it is not.
    pub(super) fn objection(&self, found: &ObjectReport) -> Option<&'static str> {
        let Some(planned) = self.0.get(&found.id) else {
            return Some("the plan does not restore it");
        };
        match &found.commitment {
            Some(found) if found.precondition != planned.precondition => {
                Some("it has changed in the cluster since the plan was made")
            }
            Some(found) if found.digest == planned.digest => None,
            _ => Some("what would be written is not what was planned"),
        }
    }
}
