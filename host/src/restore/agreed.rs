//! A saved plan that is applied.

use super::commitment::Commitment;
use super::report::{ActionName, ObjectReport, ObjectReports};
use crate::object::ObjectId;
use crate::report::{Code, Problem};
use std::collections::HashMap;

const NOT_PLANNED: &str = "the plan does not restore it";
const CHANGED: &str = "it has changed in the cluster since the plan was made";
const OTHERWISE: &str =
    "what would be written is not what was planned, though the live object is: a plugin decides otherwise";

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

    /// What there is against what has just been decided about an object, if it is not what was planned.
    pub(super) fn objection(&self, found: &ObjectReport) -> Option<Objection> {
        let Some(planned) = self.0.get(&found.id) else {
            return Some(Objection::NotPlanned);
        };
        match &found.commitment {
            Some(found) if found.precondition != planned.precondition => Some(Objection::Changed),
            Some(found) if found.digest == planned.digest => None,
            _ => Some(Objection::Otherwise),
        }
    }
}

/// Why a plan does not hold for an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Objection {
    /// The plan does not know it.
    NotPlanned,
    /// The live object is another one.
    Changed,
    /// The live object is the same, and what would be written is not: that is up to plugins.
    Otherwise,
}

impl Objection {
    /// End the report on the object.
    pub(super) fn end(self, report: ObjectReport) -> ObjectReport {
        match self {
            Objection::NotPlanned => report.ended(ActionName::LeaveOut, NOT_PLANNED),
            Objection::Changed => report.ended(ActionName::LeaveOut, CHANGED),
            Objection::Otherwise => report.refused(Problem::new(Code::PluginInconsistent, OTHERWISE)),
        }
    }
}

/// Whether an object is not restored because the plan does not hold for it.
pub(super) fn is_objected(report: &ObjectReport) -> bool {
    let is_left_out = report.action == ActionName::LeaveOut
        && report
            .reason
            .as_deref()
            .is_some_and(|reason| [NOT_PLANNED, CHANGED].contains(&reason));
    let is_refused = report
        .problem
        .as_ref()
        .is_some_and(|problem| matches!(problem.code, Code::PluginInconsistent | Code::OutdatedPlan));
    is_left_out || is_refused
}
