//! Which points get which tag, in a policy of AKS Backup.

use super::document::TaggingCriterion;
use crate::policy::{PolicyError, Tag};
use crate::resources::RetentionTag;
use serde_json::Value;

/// The names of the tags, with what they are tags of.
pub(super) fn read(
    criteria: &[TaggingCriterion],
    place: &str,
) -> Result<Vec<(String, RetentionTag)>, PolicyError> {
    let mut tags: Vec<(String, Tag, i64)> = Vec::new();
    for (number, criterion) in criteria.iter().enumerate() {
        let place = format!("{place}[{number}]");
        let tag = tag(criterion, &place)?;
        if tags.iter().any(|(_, other, _)| *other == tag) {
            let message = format!("there are two tags for the same points ({tag}): leave one out");
            return Err(PolicyError::new(format!("{place}.criteria"), message));
        }
        tags.push((
            criterion.tag_info.tag_name.clone(),
            tag,
            criterion.tagging_priority,
        ));
    }
    check_priorities(&tags, place)?;
    Ok(tags
        .into_iter()
        .map(|(name, tag, _)| (name, tag.into()))
        .collect())
}

/// Priorities have names here, and a fixed order: the longest period wins.
fn check_priorities(tags: &[(String, Tag, i64)], place: &str) -> Result<(), PolicyError> {
    for (number, (_, tag, priority)) in tags.iter().enumerate() {
        let beaten = tags
            .iter()
            .find(|(_, other, of_other)| other < tag && of_other >= priority);
        if let Some((name, ..)) = beaten {
            let message =
                format!("{priority} puts this tag before '{name}', whose period is longer and must win");
            return Err(PolicyError::new(
                format!("{place}[{number}].taggingPriority"),
                message,
            ));
        }
    }
    Ok(())
}

fn tag(criterion: &TaggingCriterion, place: &str) -> Result<Tag, PolicyError> {
    let criteria = criterion.criteria.as_deref().unwrap_or_default();
    let refused = |place: String, message: &str| Err(PolicyError::new(place, message));
    match (criterion.is_default, criteria) {
        (true, []) => Ok(Tag::Default),
        (true, _) => refused(format!("{place}.criteria"), "the default tag has no criteria"),
        (false, [one]) => absolute(one, &format!("{place}.criteria[0]")),
        (false, _) => refused(format!("{place}.criteria"), "one criterion is expected"),
    }
}

/// The tag of `{"absoluteCriteria": ["FirstOfDay"], "objectType": "ScheduleBasedBackupCriteria"}`. Clusters have no other
/// criteria.
fn absolute(criterion: &Value, place: &str) -> Result<Tag, PolicyError> {
    let known = |(field, value): &(&String, &Value)| {
        matches!(field.as_str(), "absoluteCriteria" | "objectType") || value.is_null()
    };
    let other = criterion
        .as_object()
        .and_then(|fields| fields.iter().find(|field| !known(field)));
    if let Some((field, _)) = other {
        let message =
            "custom criteria are not supported: only absoluteCriteria are, as for clusters in AKS Backup";
        return Err(PolicyError::new(format!("{place}.{field}"), message));
    }
    let place = format!("{place}.absoluteCriteria");
    let named: Vec<&str> = match criterion.get("absoluteCriteria").and_then(Value::as_array) {
        Some(list) => list.iter().filter_map(Value::as_str).collect(),
        None => Vec::new(),
    };
    match named.as_slice() {
        ["FirstOfDay"] => Ok(Tag::Daily),
        ["FirstOfWeek"] => Ok(Tag::Weekly),
        ["FirstOfMonth"] => Ok(Tag::Monthly),
        ["FirstOfYear"] => Ok(Tag::Yearly),
        _ => Err(PolicyError::new(
            place,
            "one of FirstOfDay, FirstOfWeek, FirstOfMonth and FirstOfYear is expected",
        )),
    }
}
