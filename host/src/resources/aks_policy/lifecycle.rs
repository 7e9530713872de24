//! How long points are kept, in a policy of AKS Backup.

use super::document::{CopyOption, CopySetting, LifeCycle, PolicyRule};
use crate::policy::{Length, PolicyError};
use crate::resources::{CopyTime, RetentionRuleSpec, RetentionTag, VaultRuleSpec};

const OPERATIONAL: &str = "OperationalStore";
const VAULT: &str = "VaultStore";

/// How long a rule keeps points in the operational tier; none where it says nothing of it.
pub(super) fn operational(rule: &PolicyRule, place: &str) -> Result<Option<String>, PolicyError> {
    match of_store(rule, place, OPERATIONAL)? {
        Some((place, life)) => Ok(Some(duration(life, &place)?)),
        None => Ok(None),
    }
}

/// A rule in our terms. One that says nothing of the operational tier keeps points there for as long as the default one.
pub(super) fn rule(
    rule: &PolicyRule,
    place: &str,
    tag: RetentionTag,
    default: &str,
) -> Result<RetentionRuleSpec, PolicyError> {
    check_stores(rule, place)?;
    Ok(RetentionRuleSpec {
        tag,
        operational: operational(rule, place)?.unwrap_or_else(|| default.to_owned()),
        vault: vault(rule, place)?,
    })
}

fn check_stores(rule: &PolicyRule, place: &str) -> Result<(), PolicyError> {
    let stores = rule
        .lifecycles
        .iter()
        .map(|life| life.source_data_store.data_store_type.as_str());
    for (number, store) in stores.enumerate() {
        if !matches!(store, OPERATIONAL | VAULT) {
            let message = format!("'{store}' is not supported: expected {OPERATIONAL} or {VAULT}");
            let field = format!("{place}.lifecycles[{number}].sourceDataStore.dataStoreType");
            return Err(PolicyError::new(field, message));
        }
    }
    Ok(())
}

/// What a rule says of a store, and where.
fn of_store<'a>(
    rule: &'a PolicyRule,
    place: &str,
    store: &str,
) -> Result<Option<(String, &'a LifeCycle)>, PolicyError> {
    let numbered = rule.lifecycles.iter().enumerate();
    let mut found = numbered.filter(|(_, life)| life.source_data_store.data_store_type == store);
    let first = found.next();
    match found.next() {
        Some((number, _)) => {
            let field = format!("{place}.lifecycles[{number}].sourceDataStore.dataStoreType");
            Err(PolicyError::new(
                field,
                format!("there are two life cycles for the {store}"),
            ))
        }
        None => Ok(first.map(|(number, life)| (format!("{place}.lifecycles[{number}]"), life))),
    }
}

fn vault(rule: &PolicyRule, place: &str) -> Result<Option<VaultRuleSpec>, PolicyError> {
    let copy = match of_store(rule, place, OPERATIONAL)? {
        Some((place, life)) => copy(life, &place)?,
        None => None,
    };
    match (of_store(rule, place, VAULT)?, copy) {
        (Some((place, life)), copy) => {
            // A rule of the vault alone, as the preset for disasters has it, copies what is there.
            let (copy, copy_after) = copy.unwrap_or((CopyTime::AtOnce, None));
            Ok(Some(VaultRuleSpec {
                copy,
                copy_after,
                keep: duration(life, &place)?,
            }))
        }
        (None, Some(_)) => {
            let message =
                format!("points are copied to the {VAULT}, and nothing says how long they are kept there");
            Err(PolicyError::new(format!("{place}.lifecycles"), message))
        }
        (None, None) => Ok(None),
    }
}

fn copy(life: &LifeCycle, place: &str) -> Result<Option<(CopyTime, Option<String>)>, PolicyError> {
    let place = format!("{place}.targetDataStoreCopySettings");
    match life
        .target_data_store_copy_settings
        .as_deref()
        .unwrap_or_default()
    {
        [] => Ok(None),
        [
            CopySetting {
                copy_after,
                data_store,
            },
        ] if data_store.data_store_type == VAULT => {
            copy_option(copy_after, &format!("{place}[0].copyAfter")).map(Some)
        }
        [other] => {
            let message = format!(
                "points can be copied to the {VAULT} only, not to '{}'",
                other.data_store.data_store_type
            );
            Err(PolicyError::new(
                format!("{place}[0].dataStore.dataStoreType"),
                message,
            ))
        }
        _ => Err(PolicyError::new(place, "one setting is expected")),
    }
}

fn copy_option(option: &CopyOption, place: &str) -> Result<(CopyTime, Option<String>), PolicyError> {
    match (option.object_type.as_str(), &option.duration) {
        ("ImmediateCopyOption", None) => Ok((CopyTime::AtOnce, None)),
        ("CopyOnExpiryOption", None) => Ok((CopyTime::OnExpiry, None)),
        ("CustomCopyOption", Some(delay)) => {
            let delay = read(delay, &format!("{place}.duration"))?;
            Ok((CopyTime::AfterDelay, Some(delay)))
        }
        ("CustomCopyOption", None) => Err(PolicyError::new(
            format!("{place}.duration"),
            "a duration such as P3D is expected",
        )),
        ("ImmediateCopyOption" | "CopyOnExpiryOption", Some(_)) => Err(PolicyError::new(
            format!("{place}.duration"),
            "only CustomCopyOption has a duration",
        )),
        (other, _) => Err(PolicyError::new(
            format!("{place}.objectType"),
            format!("'{other}' is none of ImmediateCopyOption, CustomCopyOption and CopyOnExpiryOption"),
        )),
    }
}

fn duration(life: &LifeCycle, place: &str) -> Result<String, PolicyError> {
    let place = format!("{place}.deleteAfter");
    match life.delete_after.object_type.as_str() {
        "AbsoluteDeleteOption" => read(&life.delete_after.duration, &format!("{place}.duration")),
        other => {
            let message = format!("'{other}' is not supported: expected AbsoluteDeleteOption");
            Err(PolicyError::new(format!("{place}.objectType"), message))
        }
    }
}

/// A length of time in the form in which it is written here.
fn read(text: &str, field: &str) -> Result<String, PolicyError> {
    let length: Length = text
        .parse()
        .map_err(|message: String| PolicyError::new(field, message))?;
    Ok(length.to_string())
}
