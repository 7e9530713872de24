//! Policies for those who do not want to think about one, as `az dataprotection enable-backup` has them.

use super::{BackupPolicySpec, CopyTime, RetentionRuleSpec, RetentionTag, ScheduleSpec, VaultRuleSpec};
use std::fmt;
use std::str::FromStr;

/// A policy by the name of what it is good for. All back up once a day at midnight UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Keeps points for a week.
    Week,
    /// Keeps points for 30 days.
    Month,
    /// Keeps points for a week, and copies the first of each day to a vault for 90 days.
    DisasterRecovery,
}

impl Strategy {
    /// All of them.
    pub const ALL: [Strategy; 3] = [Strategy::Week, Strategy::Month, Strategy::DisasterRecovery];

    /// The policy.
    pub fn policy(self) -> BackupPolicySpec {
        let rule = |tag, operational: &str, vault| RetentionRuleSpec {
            tag,
            operational: operational.to_owned(),
            vault,
        };
        let retention = match self {
            Strategy::Week => vec![rule(RetentionTag::Default, "P7D", None)],
            Strategy::Month => vec![rule(RetentionTag::Default, "P30D", None)],
            Strategy::DisasterRecovery => {
                let vault = VaultRuleSpec {
                    copy: CopyTime::AtOnce,
                    copy_after: None,
                    keep: "P90D".to_owned(),
                };
                vec![
                    rule(RetentionTag::Default, "P7D", None),
                    rule(RetentionTag::Daily, "P7D", Some(vault)),
                ]
            }
        };
        BackupPolicySpec {
            schedule: Some(ScheduleSpec {
                interval: None,
                cron: Some("0 0 * * *".to_owned()),
                time_zone: "UTC".to_owned(),
                start_window: None,
            }),
            retention,
        }
    }
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Strategy::Week => "week",
            Strategy::Month => "month",
            Strategy::DisasterRecovery => "disaster-recovery",
        })
    }
}

impl FromStr for Strategy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Strategy::ALL
            .into_iter()
            .find(|strategy| strategy.to_string() == text);
        known.ok_or_else(|| format!("'{text}' is none of week, month and disaster-recovery"))
    }
}
