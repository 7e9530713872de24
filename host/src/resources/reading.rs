//! From a BackupPolicy to the policy that decides.

use super::{BackupPolicySpec, CopyTime, RetentionRuleSpec, ScheduleSpec, VaultRuleSpec};
use crate::policy::{CopyToVault, Length, Policy, PolicyError, Rule, Schedule, VaultRule};

impl BackupPolicySpec {
    /// The policy that this says. An error names the field.
    pub fn read(&self) -> Result<Policy, PolicyError> {
        let schedule = self.schedule.as_ref().map(ScheduleSpec::read).transpose()?;
        let mut rules = Vec::new();
        for (number, rule) in self.retention.iter().enumerate() {
            rules.push((rule.tag.into(), rule.read(&format!("retention[{number}]"))?));
        }
        Policy::new(schedule, rules)
    }
}

impl ScheduleSpec {
    fn read(&self) -> Result<Schedule, PolicyError> {
        let schedule = match (&self.interval, &self.cron) {
            (Some(interval), None) => Schedule::every(interval, &self.time_zone)?,
            (None, Some(cron)) => Schedule::cron(cron, &self.time_zone)?,
            _ => return Err(PolicyError::new("schedule", "give either interval or cron")),
        };
        match &self.start_window {
            Some(window) => Ok(schedule.spread_over(length(window, "schedule.startWindow")?)),
            None => Ok(schedule),
        }
    }
}

impl RetentionRuleSpec {
    fn read(&self, field: &str) -> Result<Rule, PolicyError> {
        let vault = self
            .vault
            .as_ref()
            .map(|vault| vault.read(&format!("{field}.vault")));
        Ok(Rule {
            operational: length(&self.operational, &format!("{field}.operational"))?,
            vault: vault.transpose()?,
        })
    }
}

impl VaultRuleSpec {
    fn read(&self, field: &str) -> Result<VaultRule, PolicyError> {
        let copy = match (self.copy, &self.copy_after) {
            (CopyTime::AtOnce, None) => CopyToVault::AtOnce,
            (CopyTime::OnExpiry, None) => CopyToVault::OnExpiry,
            (CopyTime::AfterDelay, Some(after)) => {
                CopyToVault::After(length(after, &format!("{field}.copyAfter"))?)
            }
            _ => {
                let message = "copyAfter goes with copy: AfterDelay";
                return Err(PolicyError::new(format!("{field}.copyAfter"), message));
            }
        };
        Ok(VaultRule {
            copy,
            keep: length(&self.keep, &format!("{field}.keep"))?,
        })
    }
}

fn length(text: &str, field: &str) -> Result<Length, PolicyError> {
    text.parse()
        .map_err(|message: String| PolicyError::new(field, message))
}
