//! BackupPolicy: when backups are made, and how long they are kept.

use super::Conditions;
use crate::policy::Tag;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// When backups are made, and how long they are kept.
#[derive(CustomResource, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[kube(
    group = "lazarette.dev",
    version = "v1alpha1",
    kind = "BackupPolicy",
    plural = "backuppolicies",
    status = "BackupPolicyStatus",
    derive = "PartialEq",
    shortname = "bpol",
    category = "lazarette",
    doc = "When backups are made, and how long they are kept. An edit holds for points that are made afterwards: those there are keep their day of expiry.",
    printcolumn(name = "Interval", type_ = "string", json_path = ".spec.schedule.interval"),
    printcolumn(name = "Cron", type_ = "string", json_path = ".spec.schedule.cron"),
    printcolumn(name = "Time-Zone", type_ = "string", json_path = ".spec.schedule.timeZone"),
    printcolumn(
        name = "Keep",
        type_ = "string",
        json_path = ".spec.retention[?(@.tag==\"Default\")].operational"
    ),
    printcolumn(
        name = "Valid",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Valid\")].status"
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
pub struct BackupPolicySpec {
    /// When backups are made. Without it only when somebody asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<ScheduleSpec>,
    /// How long points are kept, by their tag. A scheduled point has one tag: that of the longest period of which it is the
    /// first successful one, among the tags that stand here.
    #[schemars(length(min = 1, max = 5))]
    #[x_kube(
        merge_strategy = ListMerge::Map(vec!["tag".to_owned()]),
        validation = Rule::new("self.exists(rule, rule.tag == 'Default')").message("there must be a rule with the tag Default, for points that no other rule wants")
    )]
    pub retention: Vec<RetentionRuleSpec>,
}

/// When backups are made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.interval) != has(self.cron)").message("give either interval or cron"))]
pub struct ScheduleSpec {
    /// A first moment and a distance that repeats for ever, in the form of AKS Backup: R/2026-01-04T09:00:00+00:00/PT4H.
    /// Hours and minutes are exact; days, weeks, months and years keep the time of the day in the time zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(
        pattern = "^R[0-9]*/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?/P[0-9A-Z]+$"
    ))]
    pub interval: Option<String>,
    /// A cron expression of five fields: minute, hour, day of the month, month, day of the week; or @daily and its like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub cron: Option<String>,
    /// IANA name of the time zone whose days, weeks, months and years count: Europe/Berlin.
    #[serde(default = "utc")]
    #[schemars(length(min = 1))]
    pub time_zone: String,
    /// Runs begin within this time after the scheduled one, each instance at its own moment. AKS Backup has PT2H. Default:
    /// at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^P[0-9A-Z]+$"))]
    pub start_window: Option<String>,
}

/// How long the points of a tag are kept. All lengths are in ISO 8601 (P7D, P12M) and count from when the point was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct RetentionRuleSpec {
    /// Which points: the first successful one of a year, month, week (from Sunday) or day, or (Default) any other.
    pub tag: RetentionTag,
    /// How long they are kept in the operational tier.
    #[schemars(regex(pattern = "^P[0-9A-Z]+$"))]
    pub operational: String,
    /// What becomes of them in the vault. Default: they are not copied there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vault: Option<VaultRuleSpec>,
}

/// What becomes of points in the vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("(self.copy == 'AfterDelay') == has(self.copyAfter)").message("copyAfter goes with copy: AfterDelay"))]
pub struct VaultRuleSpec {
    /// When they are copied: AtOnce, AfterDelay (with copyAfter), or OnExpiry in the operational tier.
    pub copy: CopyTime,
    /// How old they are when they are copied, with copy: AfterDelay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^P[0-9A-Z]+$"))]
    pub copy_after: Option<String>,
    /// How long they are kept in the vault, from when they were made.
    #[schemars(regex(pattern = "^P[0-9A-Z]+$"))]
    pub keep: String,
}

/// When points are copied to the vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum CopyTime {
    /// As soon as they are there.
    AtOnce,
    /// When they are as old as copyAfter says.
    AfterDelay,
    /// When they expire in the operational tier.
    OnExpiry,
}

/// Which rule of retention applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RetentionTag {
    /// The first successful one of a year.
    Yearly,
    /// The first successful one of a month.
    Monthly,
    /// The first successful one of a week, which begins on Sunday.
    Weekly,
    /// The first successful one of a day.
    Daily,
    /// Any other.
    Default,
}

/// What is known of a policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct BackupPolicyStatus {
    /// Valid: whether the policy can be used, and if not, which field is wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Conditions,
}

impl From<RetentionTag> for Tag {
    fn from(tag: RetentionTag) -> Self {
        match tag {
            RetentionTag::Yearly => Tag::Yearly,
            RetentionTag::Monthly => Tag::Monthly,
            RetentionTag::Weekly => Tag::Weekly,
            RetentionTag::Daily => Tag::Daily,
            RetentionTag::Default => Tag::Default,
        }
    }
}

impl From<Tag> for RetentionTag {
    fn from(tag: Tag) -> Self {
        match tag {
            Tag::Yearly => RetentionTag::Yearly,
            Tag::Monthly => RetentionTag::Monthly,
            Tag::Weekly => RetentionTag::Weekly,
            Tag::Daily => RetentionTag::Daily,
            Tag::Default => RetentionTag::Default,
        }
    }
}

fn utc() -> String {
    "UTC".to_owned()
}
