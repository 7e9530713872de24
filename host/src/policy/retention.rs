//! How long points are kept in each tier.

use super::{Length, Past, PolicyError, Schedule, Tag};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// When backups are made, and how long their points are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    schedule: Option<Schedule>,
    default: Rule,
    others: BTreeMap<Tag, Rule>,
}

/// How long the points of a tag are kept. All lengths count from the moment at which the point was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// In the operational tier.
    pub operational: Length,
    /// In the vault; none: they are not copied there.
    pub vault: Option<VaultRule>,
}

/// What becomes of points in the vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultRule {
    /// When they are copied.
    pub copy: CopyToVault,
    /// How long they are kept there.
    pub keep: Length,
}

/// When a point is copied to the vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CopyToVault {
    /// As soon as it is there.
    AtOnce,
    /// When it is so old.
    After(Length),
    /// When it expires in the operational tier, before it is deleted there.
    OnExpiry,
}

/// What is stamped on a point when it is made. An edit of the policy does not change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Its one tag.
    pub tag: Tag,
    /// When it expires in the operational tier.
    pub expires_at: Timestamp,
    /// What becomes of it in the vault; none: it is not copied there.
    pub vault: Option<VaultStamp>,
}

/// What becomes of a point in the vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VaultStamp {
    /// When it is copied.
    pub copy_at: Timestamp,
    /// When it expires there.
    pub expires_at: Timestamp,
}

impl Policy {
    /// A policy from its rules, of which one must be the default one and no two may have one tag. Without a schedule
    /// only people make backups, and days are those of UTC.
    pub fn new(
        schedule: Option<Schedule>,
        rules: impl IntoIterator<Item = (Tag, Rule)>,
    ) -> Result<Policy, PolicyError> {
        let mut others = BTreeMap::new();
        for (number, (tag, rule)) in rules.into_iter().enumerate() {
            let field = format!("retention[{number}]");
            rule.check(&field)?;
            if others.insert(tag, rule).is_some() {
                let message = format!("there are two rules for {tag}: leave one out");
                return Err(PolicyError::new(format!("{field}.tag"), message));
            }
        }
        let default = others.remove(&Tag::Default).ok_or_else(|| {
            PolicyError::new(
                "retention",
                "there is no rule for Default, which holds for points that no other rule wants",
            )
        })?;
        Ok(Policy {
            schedule,
            default,
            others,
        })
    }

    /// When backups are made; none: only when somebody asks for one.
    pub fn schedule(&self) -> Option<&Schedule> {
        self.schedule.as_ref()
    }

    /// The rule for a tag: that of Default where there is none.
    pub fn rule(&self, tag: Tag) -> &Rule {
        self.others.get(&tag).unwrap_or(&self.default)
    }

    /// Whether the policy has a rule of its own for a tag.
    pub fn has_rule(&self, tag: Tag) -> bool {
        tag == Tag::Default || self.others.contains_key(&tag)
    }

    /// The rules, best first.
    pub fn rules(&self) -> impl Iterator<Item = (Tag, &Rule)> {
        let default = std::iter::once((Tag::Default, &self.default));
        self.others.iter().map(|(tag, rule)| (*tag, rule)).chain(default)
    }

    /// Whether any rule copies points to the vault.
    pub fn uses_vault(&self) -> bool {
        self.rules().any(|(_, rule)| rule.vault.is_some())
    }

    /// The tag of a scheduled point that was made at `at`, after `past`; see [`Tag::of`].
    pub fn tag(&self, at: Timestamp, whole: bool, past: &[Past]) -> Tag {
        Tag::of(at, whole, past, &self.zone(), |tag| self.has_rule(tag))
    }

    /// What is stamped on a point with this tag that was made at `at`.
    pub fn stamp(&self, tag: Tag, at: Timestamp) -> Stamp {
        let (rule, zone) = (self.rule(tag), self.zone());
        let expires_at = rule.operational.after(at, &zone);
        let vault = rule.vault.as_ref().map(|vault| VaultStamp {
            copy_at: match &vault.copy {
                CopyToVault::AtOnce => at,
                CopyToVault::After(delay) => delay.after(at, &zone),
                CopyToVault::OnExpiry => expires_at,
            },
            expires_at: vault.keep.after(at, &zone),
        });
        Stamp {
            tag,
            expires_at,
            vault,
        }
    }

    fn zone(&self) -> TimeZone {
        self.schedule
            .as_ref()
            .map_or(TimeZone::UTC, |schedule| schedule.zone().clone())
    }
}

impl Rule {
    /// Whether the lengths fit each other: what is copied must still be there, and not be expired in the vault already.
    fn check(&self, field: &str) -> Result<(), PolicyError> {
        let Some(vault) = &self.vault else {
            return Ok(());
        };
        let keep = &vault.keep;
        let copied_after = match &vault.copy {
            CopyToVault::AtOnce => return Ok(()),
            CopyToVault::After(delay) if delay.compare(&self.operational) == Ordering::Greater => {
                let message = format!(
                    "points are copied after {delay}, and kept in the operational tier for {} only",
                    self.operational
                );
                return Err(PolicyError::new(format!("{field}.vault.copyAfter"), message));
            }
            CopyToVault::After(delay) => delay,
            CopyToVault::OnExpiry => &self.operational,
        };
        match keep.compare(copied_after) {
            Ordering::Greater => Ok(()),
            _ => Err(PolicyError::new(
                format!("{field}.vault.keep"),
                format!(
                    "points are copied after {copied_after}, when they are expired: {keep} counts from when they were made"
                ),
            )),
        }
    }
}
