//! Labels that say from which backup and by which restore an object came into the cluster.
//!
//! They are Velero's, so that selectors which people have go on working. The one with the name of the restore is also
//! how a restore that was interrupted knows what it has done already. An annotation of ours beside it tells an object that
//! was there before and was only changed from one that the restore created.

use super::prepare::remove_members;
use crate::object::Object;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

const BACKUP: &str = "velero.io/backup-name";
const RESTORE: &str = "velero.io/restore-name";

/// On an object that was there before: the restore that changed it.
const CHANGED: &str = "lazarette.io/changed-by-restore";

/// Characters that the value of a label can have.
const LONGEST: usize = 63;

/// Of a longer value: how many characters stay, followed by the beginning of its digest.
const KEPT: usize = 57;
const DIGITS: usize = 6;

/// The labels of one restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Marks {
    backup: String,
    restore: String,
}

impl Marks {
    /// Those of the restore `restore` from the backup `backup`.
    pub(super) fn new(backup: &str, restore: &str) -> Self {
        Marks {
            backup: label_value(backup),
            restore: label_value(restore),
        }
    }

    /// Put the labels on an object that is to be created.
    pub(super) fn put(&self, object: &mut Value) {
        put(
            object,
            "labels",
            &[(BACKUP, &self.backup), (RESTORE, &self.restore)],
        );
    }

    /// Put them on an object that is there, and is to be changed.
    pub(super) fn put_on_changed(&self, object: &mut Value) {
        self.put(object);
        put(object, "annotations", &[(CHANGED, &self.restore)]);
    }

    /// Whether this restore wrote the live object.
    pub(super) fn are_on(&self, live: &Object) -> bool {
        live.labels()
            .any(|(key, value)| key == RESTORE && value == self.restore)
    }

    /// Whether the live object, which this restore wrote, was there before.
    pub(super) fn tell_change(&self, live: &Object) -> bool {
        let annotations = live.json.pointer("/metadata/annotations");
        let by = annotations.and_then(|annotations| annotations.get(CHANGED)?.as_str());
        by == Some(self.restore.as_str())
    }
}

/// Set members of a map in the metadata of an object, which is made where there is none.
fn put(object: &mut Value, map: &str, members: &[(&str, &str)]) {
    let Some(metadata) = object.pointer_mut("/metadata").and_then(Value::as_object_mut) else {
        return;
    };
    let map = metadata.entry(map).or_insert(Value::Null);
    if map.is_null() {
        *map = Value::Object(Map::new());
    }
    if let Some(map) = map.as_object_mut() {
        map.extend(
            members
                .iter()
                .map(|(key, value)| ((*key).to_owned(), Value::from(*value))),
        );
    }
}

/// Take the marks of any restore away: what they say of an object in a backup is past, and two objects that differ in
/// them alone are equal.
pub(super) fn remove(object: &mut Value) {
    remove_members(object, "/metadata", "labels", &[BACKUP, RESTORE]);
    remove_members(object, "/metadata", "annotations", &[CHANGED]);
}

/// The same, where such marks are in use.
pub(super) fn remove_if(object: &mut Value, in_use: bool) {
    if in_use {
        remove(object);
    }
}

/// The name as the value of a label: one that is too long is cut, and told from others by its digest, as Velero does.
fn label_value(name: &str) -> String {
    if name.chars().count() <= LONGEST {
        return name.to_owned();
    }
    let kept: String = name.chars().take(KEPT).collect();
    let digest: String = hex::encode(Sha256::digest(name)).chars().take(DIGITS).collect();
    kept + &digest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::built_in_type;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case::short(7, true)]
    #[case::longest(63, true)]
    #[case::longer(64, false)]
    fn values_of_labels(#[case] length: usize, #[case] unchanged: bool) {
        let name = "n".repeat(length);
        let value = label_value(&name);
        assert_eq!(value == name, unchanged);
        assert!(value.len() <= LONGEST && value.starts_with(&"n".repeat(length.min(KEPT))));
    }

    #[test]
    fn long_names_that_begin_alike_are_told_apart() {
        let name = |end: &str| format!("{}{end}", "n".repeat(63));
        assert_ne!(label_value(&name("1")), label_value(&name("2")));
    }

    #[rstest]
    #[case::none(json!({"metadata": {"name": "a"}}), json!({}))]
    #[case::null(json!({"metadata": {"name": "a", "labels": null}}), json!({}))]
    #[case::others(json!({"metadata": {"name": "a", "labels": {"app": "web"}}}), json!({"app": "web"}))]
    #[case::of_an_earlier_restore(json!({"metadata": {"name": "a", "labels": {RESTORE: "old"}}}), json!({}))]
    fn marks_are_put_and_removed(#[case] object: Value, #[case] others: Value) {
        let marks = Marks::new("nightly", "again");
        let mut marked = object;
        marks.put(&mut marked);
        assert_eq!(marked["metadata"]["labels"][BACKUP], "nightly");
        assert_eq!(marked["metadata"]["labels"][RESTORE], "again");
        let of = built_in_type("ConfigMap");
        let live = Object::new(&of, marked.clone()).unwrap();
        assert!(marks.are_on(&live) && !Marks::new("nightly", "other").are_on(&live));
        assert!(!marks.tell_change(&live));
        marks.put_on_changed(&mut marked);
        let live = Object::new(&of, marked.clone()).unwrap();
        assert!(marks.are_on(&live) && marks.tell_change(&live));
        assert!(!Marks::new("nightly", "other").tell_change(&live));
        remove(&mut marked);
        assert_eq!(marked["metadata"].get("annotations"), None);
        let left = marked["metadata"].get("labels").cloned().unwrap_or(json!({}));
        assert_eq!(left, others);
    }

    #[test]
    fn what_has_no_metadata_is_left_alone() {
        let mut odd = json!({"metadata": [1]});
        Marks::new("a", "b").put(&mut odd);
        assert_eq!(odd, json!({"metadata": [1]}));
    }
}
