//! What a saved plan says about an object, so that its application can tell whether the plan still holds.

use super::decide::Action;
use super::item::Item;
use crate::object::Object;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// What a saved plan says about an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Commitment {
    /// What the cluster must have under the object's name.
    pub precondition: Precondition,
    /// A digest of what was to be written, keyed by the secret of the plan: nobody can tell from two plans whether they
    /// write the same value.
    pub digest: String,
}

/// What the cluster must have under the name of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Precondition {
    /// No object.
    Absent,
    /// The object in this state: `uid` and `resourceVersion`, or a keyed digest where it has none.
    State(String),
}

/// The secret of a plan: keys of its digests are made from it. 32 random bytes as hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanKey(String);

impl PlanKey {
    /// A new one.
    pub fn random() -> Self {
        let part = || uuid::Uuid::new_v4().simple().to_string();
        PlanKey(part() + &part())
    }

    /// What digests of the plan are keyed by.
    pub(super) fn secret(&self) -> &str {
        &self.0
    }

    fn digest(&self, parts: &[&Value]) -> String {
        let mut digest = Sha256::new();
        digest.update(&self.0);
        for part in parts {
            // The order of keys means nothing.
            let mut part = (*part).clone();
            part.sort_all_objects();
            let text = part.to_string();
            digest.update(text.len().to_le_bytes());
            digest.update(text);
        }
        hex::encode(digest.finalize())
    }

    /// What there is to commit to: what was decided about `item`, whose live object is `live`.
    pub(super) fn commit(&self, item: &Item, live: Option<&Object>, action: &Action) -> Commitment {
        let body = match action {
            Action::Patch { patched: body } | Action::Replace { replacement: body } => body,
            Action::Create | Action::Recreate | Action::Rename { .. } => &item.wanted.json,
            Action::Skip { .. } => &Value::Null,
        };
        let named = match action {
            Action::Create => "create",
            Action::Skip { .. } => "skip",
            Action::Patch { .. } => "patch",
            Action::Replace { .. } => "replace",
            Action::Recreate => "recreate",
            Action::Rename { name } => name,
        };
        let target = item.report.target.to_string();
        Commitment {
            precondition: self.precondition(live),
            digest: self.digest(&[&named.into(), &target.into(), body]),
        }
    }

    fn precondition(&self, live: Option<&Object>) -> Precondition {
        let Some(live) = live else {
            return Precondition::Absent;
        };
        let text = |pointer| live.json.pointer(pointer).and_then(Value::as_str);
        Precondition::State(
            match text("/metadata/uid").zip(text("/metadata/resourceVersion")) {
                Some((uid, version)) => format!("{uid}/{version}"),
                None => self.digest(&[&live.json]),
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case::order_of_keys(json!({"a": 1, "b": 2}), json!({"b": 2, "a": 1}), true)]
    #[case::value(json!({"a": 1}), json!({"a": 2}), false)]
    fn digests_tell_what_differs(#[case] one: Value, #[case] other: Value, #[case] same: bool) {
        let key = PlanKey::random();
        assert_eq!(key.digest(&[&one]) == key.digest(&[&other]), same);
    }

    #[test]
    fn digests_of_two_plans_cannot_be_compared() {
        let digest = || PlanKey::random().digest(&[&json!("secret")]);
        assert_ne!(digest(), digest());
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        let key = PlanKey::random();
        let digest = |one: &str, other: &str| key.digest(&[&json!(one), &json!(other)]);
        assert_ne!(digest("ab", "c"), digest("a", "bc"));
    }
}
