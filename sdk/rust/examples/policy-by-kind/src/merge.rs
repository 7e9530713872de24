//! Three-way merge of JSON values.

use lazarette_sdk::Value;
use std::collections::BTreeSet;

/// What comes of a value that was `base` once, is `wanted` in the backup and `live` in the cluster: a side that did not
/// change it gives way; where both did, members of objects are merged one by one, and of anything else the backup's counts.
pub fn three_way(base: Option<&Value>, wanted: Option<&Value>, live: Option<&Value>) -> Option<Value> {
    if wanted == base || wanted == live {
        return live.cloned();
    }
    if live == base {
        return wanted.cloned();
    }
    let (Some(Value::Object(wanted)), Some(Value::Object(live))) = (wanted, live) else {
        return wanted.cloned();
    };
    let base = base.and_then(Value::as_object);
    let keys: BTreeSet<&String> = wanted.keys().chain(live.keys()).collect();
    let merged = keys.into_iter().filter_map(|key| {
        let merged = three_way(
            base.and_then(|base| base.get(key)),
            wanted.get(key),
            live.get(key),
        )?;
        Some((key.clone(), merged))
    });
    Some(Value::Object(merged.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lazarette_sdk::json;

    fn merged(base: Value, wanted: Value, live: Value) -> Value {
        three_way(Some(&base), Some(&wanted), Some(&live)).unwrap()
    }

    #[test]
    fn each_side_keeps_what_it_alone_changed() {
        let base = json!({"a": 1, "b": 1, "c": 1, "gone": 1});
        let wanted = json!({"a": 2, "b": 1, "c": 2, "gone": 1});
        let live = json!({"a": 1, "b": 3, "c": 3, "new": 1});
        assert_eq!(
            merged(base, wanted, live),
            json!({"a": 2, "b": 3, "c": 2, "new": 1})
        );
    }

    #[test]
    fn merging_again_changes_nothing() {
        let (base, wanted) = (json!({"a": {"b": 1}}), json!({"a": {"b": 2}}));
        let once = merged(base.clone(), wanted.clone(), json!({"a": {"b": 1, "c": 3}}));
        assert_eq!(merged(base, wanted, once.clone()), once);
    }
}
