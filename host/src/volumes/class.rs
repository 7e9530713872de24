//! Which class makes the snapshots of a claim.

use super::text;
use serde_json::Value;
use std::collections::BTreeMap;

/// The annotations of a claim that name its class: ours, and Velero's.
const OF_CLAIM: [&str; 2] = [
    "lazarette.dev/volume-snapshot-class",
    "velero.io/csi-volumesnapshot-class",
];

/// The labels that choose a class for all backups: whatever their value.
const CHOSEN: [&str; 2] = [
    "lazarette.dev/volume-snapshot-class",
    "velero.io/csi-volumesnapshot-class",
];

/// The annotation that makes a class the default of its driver.
const DEFAULT: &str = "snapshot.storage.kubernetes.io/is-default-class";

/// A `VolumeSnapshotClass`.
#[derive(Clone, Debug, PartialEq)]
pub struct SnapshotClass {
    /// Its name.
    pub name: String,
    /// The driver that it is of.
    pub driver: String,
    /// The whole object.
    pub json: Value,
}

impl SnapshotClass {
    /// The class in an object; none where it names no driver.
    pub fn new(json: Value) -> Option<Self> {
        Some(SnapshotClass {
            name: text(&json, "/metadata/name")?.to_owned(),
            driver: text(&json, "/driver")?.to_owned(),
            json,
        })
    }

    fn has(&self, map: &str, keys: &[&str]) -> bool {
        let map = self.json.pointer(map).and_then(Value::as_object);
        map.is_some_and(|map| keys.iter().any(|key| map.contains_key(*key)))
    }

    fn is_default(&self) -> bool {
        let annotations = self
            .json
            .pointer("/metadata/annotations")
            .and_then(Value::as_object);
        let value = annotations.and_then(|annotations| annotations.get(DEFAULT));
        value.is_some_and(|value| value != "false")
    }
}

/// The class for a claim of `driver`, or why there is none. The order is Velero's: what the claim's annotation names, what
/// the backup was told for the driver, a class with the label, the default class, the only one. A class that is named and
/// is of another driver is passed over. Of several that one rule fits, the first by name.
pub fn choose<'c>(
    driver: &str,
    claim: &Value,
    told: &BTreeMap<String, String>,
    classes: &'c [SnapshotClass],
) -> Result<&'c SnapshotClass, String> {
    let mut of_driver: Vec<_> = classes.iter().filter(|class| class.driver == driver).collect();
    of_driver.sort_by(|one, other| one.name.cmp(&other.name));
    let named = |name: &str| of_driver.iter().copied().find(|class| class.name == name);
    let annotations = claim.pointer("/metadata/annotations");
    let annotated = OF_CLAIM
        .iter()
        .filter_map(|key| annotations?.get(*key)?.as_str())
        .find_map(named);
    let only = || match of_driver.as_slice() {
        [only] => Some(*only),
        _ => None,
    };
    annotated
        .or_else(|| told.get(driver).and_then(|name| named(name)))
        .or_else(|| {
            of_driver
                .iter()
                .copied()
                .find(|class| class.has("/metadata/labels", &CHOSEN))
        })
        .or_else(|| of_driver.iter().copied().find(|class| class.is_default()))
        .or_else(only)
        .ok_or_else(|| none_of(driver, &of_driver, classes))
}

fn none_of(driver: &str, of_driver: &[&SnapshotClass], classes: &[SnapshotClass]) -> String {
    if !of_driver.is_empty() {
        let names: Vec<_> = of_driver.iter().map(|class| class.name.as_str()).collect();
        return format!(
            "several VolumeSnapshotClasses are of its driver {driver}, and none is chosen: {}",
            names.join(", ")
        );
    }
    let mut others: Vec<_> = classes.iter().map(|class| class.driver.as_str()).collect();
    others.sort_unstable();
    others.dedup();
    match others.is_empty() {
        true => format!("no VolumeSnapshotClass is of its driver {driver}; there are none at all"),
        false => format!(
            "no VolumeSnapshotClass is of its driver {driver}; there are some of {}",
            others.join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    fn class(name: &str, driver: &str, metadata: Value) -> SnapshotClass {
        let mut json = json!({"metadata": metadata, "driver": driver});
        json["metadata"]["name"] = name.into();
        SnapshotClass::new(json).unwrap()
    }

    fn default() -> Value {
        json!({"annotations": {DEFAULT: "true"}})
    }

    fn chosen() -> Value {
        json!({"labels": {"velero.io/csi-volumesnapshot-class": "false"}})
    }

    #[rstest]
    #[case::the_only_one(json!({}), &[("a", "disk", json!({}))], Some("a"))]
    #[case::the_default(json!({}), &[("a", "disk", json!({})), ("b", "disk", default())], Some("b"))]
    #[case::default_is_off(json!({}), &[("a", "disk", json!({"annotations": {DEFAULT: "false"}})), ("b", "disk", default())], Some("b"))]
    #[case::label_before_default(json!({}), &[("a", "disk", default()), ("b", "disk", chosen())], Some("b"))]
    #[case::first_by_name(json!({}), &[("b", "disk", chosen()), ("a", "disk", chosen())], Some("a"))]
    #[case::the_claim_names_one(json!({"velero.io/csi-volumesnapshot-class": "c"}),
        &[("a", "disk", chosen()), ("c", "disk", json!({}))], Some("c"))]
    #[case::the_claim_names_one_of_another_driver(json!({"velero.io/csi-volumesnapshot-class": "c"}),
        &[("a", "disk", json!({})), ("c", "file", json!({}))], Some("a"))]
    #[case::several_and_none_chosen(json!({}), &[("a", "disk", json!({})), ("b", "disk", json!({}))], None)]
    #[case::of_another_driver(json!({}), &[("a", "file", default())], None)]
    #[case::none(json!({}), &[], None)]
    fn the_order_of_choice(
        #[case] annotations: Value,
        #[case] classes: &[(&str, &str, Value)],
        #[case] expected: Option<&str>,
    ) {
        let claim = json!({"metadata": {"annotations": annotations}});
        let classes: Vec<_> = classes
            .iter()
            .map(|(name, driver, metadata)| class(name, driver, metadata.clone()))
            .collect();
        let chosen = choose("disk", &claim, &BTreeMap::new(), &classes);
        assert_eq!(chosen.ok().map(|class| class.name.as_str()), expected);
    }

    #[test]
    fn what_the_backup_was_told_comes_after_the_claim_and_before_the_label() {
        let classes = [
            class("a", "disk", chosen()),
            class("b", "disk", json!({})),
            class("c", "disk", json!({})),
        ];
        let told = BTreeMap::from([("disk".to_owned(), "b".to_owned())]);
        let choice = |claim: Value| choose("disk", &claim, &told, &classes).unwrap().name.clone();
        assert_eq!(choice(json!({})), "b");
        let annotations = json!({"lazarette.dev/volume-snapshot-class": "c"});
        assert_eq!(choice(json!({"metadata": {"annotations": annotations}})), "c");
    }
}
