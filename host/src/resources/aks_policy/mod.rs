//! Policies of AKS Backup, read from their JSON: as `az dataprotection backup-policy show` prints them, or the template of
//! `get-default-policy-template`.

mod document;
mod lifecycle;
mod tagging;
#[cfg(test)]
mod tests;

use super::windows_zones::iana_name;
use super::{BackupPolicySpec, RetentionRuleSpec, RetentionTag, ScheduleSpec};
use crate::policy::{PolicyError, Schedule};
use document::{Document, PolicyRule, Trigger};

/// The one kind of source whose policies we understand.
const CLUSTERS: &str = "Microsoft.ContainerService/managedClusters";

/// A policy of AKS Backup in our terms, and its name if it has one.
///
/// # Errors
/// The field that does not parse, or that asks for what a BackupPolicy does not have: nothing is left out silently.
pub fn import(text: &str) -> Result<(Option<String>, BackupPolicySpec), PolicyError> {
    let Document { name, properties } = Document::parse(text)?;
    if let Some(number) = properties.datasource_types.iter().position(|of| of != CLUSTERS) {
        let message = format!("this is a policy for another kind of source: only {CLUSTERS} is understood");
        return Err(PolicyError::new(format!("datasourceTypes[{number}]"), message));
    }
    let rules = Rules::new(&properties.policy_rules)?;
    let (place, trigger) = rules.trigger()?;
    let tags = tagging::read(&trigger.tagging_criteria, &format!("{place}.taggingCriteria"))?;
    let policy = BackupPolicySpec {
        schedule: Some(schedule(trigger, &place)?),
        retention: rules.retention(&tags)?,
    };
    policy.read()?;
    Ok((name, policy))
}

/// The rules with their places, by what they are.
struct Rules<'a> {
    backup: Vec<(String, &'a PolicyRule)>,
    retention: Vec<(String, &'a PolicyRule)>,
}

impl<'a> Rules<'a> {
    fn new(all: &'a [PolicyRule]) -> Result<Self, PolicyError> {
        let (mut backup, mut retention) = (Vec::new(), Vec::new());
        for (number, rule) in all.iter().enumerate() {
            let place = format!("policyRules[{number}]");
            match rule.object_type.as_str() {
                "AzureBackupRule" => backup.push((place, rule)),
                "AzureRetentionRule" => retention.push((place, rule)),
                other => {
                    let message = format!("'{other}' is neither AzureBackupRule nor AzureRetentionRule");
                    return Err(PolicyError::new(format!("{place}.objectType"), message));
                }
            }
        }
        Ok(Rules { backup, retention })
    }

    /// What starts backups, and its place.
    fn trigger(&self) -> Result<(String, &'a Trigger), PolicyError> {
        let [(place, rule)] = self.backup.as_slice() else {
            let message = format!(
                "there are {} rules of type AzureBackupRule; one is expected",
                self.backup.len()
            );
            return Err(PolicyError::new("policyRules", message));
        };
        if let Some(store) = rule
            .data_store
            .as_ref()
            .filter(|store| store.data_store_type != "OperationalStore")
        {
            let message = format!(
                "backups are made into the OperationalStore, not '{}'",
                store.data_store_type
            );
            return Err(PolicyError::new(
                format!("{place}.dataStore.dataStoreType"),
                message,
            ));
        }
        let kind = rule
            .backup_parameters
            .as_ref()
            .and_then(|parameters| parameters.backup_type.as_deref());
        if let Some(kind) = kind.filter(|kind| *kind != "Incremental") {
            let message = format!("'{kind}' is no type of backup that clusters have: expected Incremental");
            return Err(PolicyError::new(
                format!("{place}.backupParameters.backupType"),
                message,
            ));
        }
        let place = format!("{place}.trigger");
        match &rule.trigger {
            Some(trigger) if trigger.object_type == "ScheduleBasedTriggerContext" => Ok((place, trigger)),
            _ => Err(PolicyError::new(
                place,
                "a trigger of type ScheduleBasedTriggerContext is expected",
            )),
        }
    }

    fn retention(&self, tags: &[(String, RetentionTag)]) -> Result<Vec<RetentionRuleSpec>, PolicyError> {
        let default = self.retention.iter().find(|(_, rule)| rule.is_default);
        let (place, default) = default.ok_or_else(|| {
            PolicyError::new(
                "policyRules",
                "there is no AzureRetentionRule with isDefault: true",
            )
        })?;
        let operational = lifecycle::operational(default, place)?.ok_or_else(|| {
            PolicyError::new(
                format!("{place}.lifecycles"),
                "there is none for the OperationalStore",
            )
        })?;
        let mut rules = Vec::new();
        for (place, rule) in &self.retention {
            let tag = match rule.is_default {
                true => RetentionTag::Default,
                false => tag_of(rule, place, tags)?,
            };
            rules.push(lifecycle::rule(rule, place, tag, &operational)?);
        }
        Ok(rules)
    }
}

/// The tag whose criterion has the name of a rule.
fn tag_of(
    rule: &PolicyRule,
    place: &str,
    tags: &[(String, RetentionTag)],
) -> Result<RetentionTag, PolicyError> {
    let found = tags.iter().find(|(name, _)| *name == rule.name);
    found.map(|(_, tag)| *tag).ok_or_else(|| {
        let message = format!(
            "no taggingCriteria name '{}': scheduled backups would never have this rule",
            rule.name
        );
        PolicyError::new(format!("{place}.name"), message)
    })
}

fn schedule(trigger: &Trigger, place: &str) -> Result<ScheduleSpec, PolicyError> {
    let place = format!("{place}.schedule");
    let [interval] = trigger.schedule.repeating_time_intervals.as_slice() else {
        let message = "one interval is expected";
        return Err(PolicyError::new(
            format!("{place}.repeatingTimeIntervals"),
            message,
        ));
    };
    let zone = match &trigger.schedule.time_zone {
        None => "UTC".to_owned(),
        Some(name) => iana_name(name).unwrap_or(name).to_owned(),
    };
    let schedule = Schedule::every(interval, &zone).map_err(|error| {
        let field = match error.field.ends_with("timeZone") {
            true => "timeZone",
            false => "repeatingTimeIntervals[0]",
        };
        PolicyError::new(format!("{place}.{field}"), error.message)
    })?;
    Ok(ScheduleSpec {
        interval: Some(schedule.to_string()),
        cron: None,
        time_zone: zone,
        start_window: None,
    })
}
