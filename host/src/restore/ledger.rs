//! What has become of the objects of a restore so far.

use super::report::{ObjectReport, ObjectReports, Totals};
use std::collections::BTreeSet;

/// What has become of the objects so far: their reports, and what is counted over all of them.
#[derive(Default)]
pub(super) struct Ledger {
    /// The reports, in the order of restoring.
    pub objects: ObjectReports,
    /// How many objects came to what.
    pub totals: Totals,
    /// The rules of the resource modifiers that fitted an object, from 1.
    pub matched_rules: BTreeSet<usize>,
}

impl Ledger {
    /// Take down what has become of an object.
    pub(super) fn enter(&mut self, report: ObjectReport) {
        self.totals.add(&report);
        self.matched_rules
            .extend(report.rules.iter().map(|rule| rule.rule));
        self.objects.push(report);
    }
}
