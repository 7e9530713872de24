//! A saved plan that is applied.

use super::commitment::Commitment;
use super::report::{ActionName, ObjectReport, ObjectReports};
use crate::object::ObjectId;
use std::collections::HashMap;

const NOT_PLANNED: &str = "the plan does not restore it";
const CHANGED: &str = "it has changed in the cluster since the plan was made";
const OTHERWISE: &str = "what would be written is not what was planned";

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
            return Some(NOT_PLANNED);
        };
        match &found.commitment {
            Some(found) if found.precondition != planned.precondition => Some(CHANGED),
            Some(found) if found.digest == planned.digest => None,
            _ => Some(OTHERWISE),
        }
    }
}

/// Whether an object is left out because the plan does not hold for it.
pub(super) fn is_objected(report: &ObjectReport) -> bool {
    let reasons = [NOT_PLANNED, CHANGED, OTHERWISE];
    report.action == ActionName::LeaveOut
        && report
            .reason
            .as_deref()
            .is_some_and(|reason| reasons.contains(&reason))
}
