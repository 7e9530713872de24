//! Built-in plugin: the `mergePatches` of a resource modifier, JSON merge patches (RFC 7396).
//!
//! The host applies such patches itself, so there is little to do: only where a list in a patch holds objects with nulls,
//! Velero does something of its own, and this plugin does the same.

mod merge;

use lazarette_sdk::{Decision, Error, Modifier, Object, Value};
use serde::Deserialize;
use serde_json::Map;

/// The plugin.
pub struct MergePatch {
    patches: Vec<Map<String, Value>>,
    /// Whether Velero's way shows.
    has_nulls_in_lists: bool,
}

/// What it is configured with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The patches, in order: objects whose members are merged in; `null` removes.
    patches: Vec<Map<String, Value>>,
}

impl Modifier for MergePatch {
    type Config = Config;

    fn configure(config: Config) -> Result<Self, Error> {
        let has_nulls_in_lists = config
            .patches
            .iter()
            .flat_map(Map::values)
            .any(merge::has_nulls_in_lists);
        Ok(MergePatch {
            patches: config.patches,
            has_nulls_in_lists,
        })
    }

    fn modify(&mut self, object: &Object, decision: &Decision) -> Result<(), Error> {
        match self.patches.as_slice() {
            patches if !self.has_nulls_in_lists => patches
                .iter()
                .for_each(|patch| decision.merge_patch(&Value::Object(patch.clone()))),
            [patch] => decision.merge_patch(&merge::as_merge_patch(object, patch, "")),
            // Each patch sees what those before it did.
            patches => {
                let before = object.value();
                let mut after = before.clone();
                patches.iter().for_each(|patch| merge::merge(&mut after, patch));
                decision.change(&before, &after);
            }
        }
        Ok(())
    }
}

lazarette_sdk::export_modifier!(MergePatch, manifest: "../manifest.json");

#[cfg(test)]
mod tests {
    use super::*;
    use lazarette_sdk::json;
    use lazarette_sdk::testing::{Fixture, configure, modify};
    use proptest::prelude::*;
    use rstest::rstest;

    #[expect(
        clippy::needless_pass_by_value,
        reason = "tests write values where they use them"
    )]
    fn patched(object: Value, patches: Value) -> Value {
        let mut plugin: MergePatch = configure(json!({"patches": patches})).unwrap();
        modify(&mut plugin, &Fixture::new(object)).unwrap().object
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(json!(null)),
            Just(json!(1)),
            Just(json!({})),
            Just(json!([]))
        ];
        leaf.prop_recursive(4, 24, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                members(inner),
            ]
        })
    }

    fn members(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
        prop::collection::btree_map("[ab]", value, 0..3)
            .prop_map(|members| Value::Object(Map::from_iter(members)))
    }

    proptest! {
        /// The host's merge of what the plugin hands over does what the plugin does to a copy of the object.
        #[test]
        fn one_patch_is_merged_as_several_are(object in members(value()), patch in members(value())) {
            let mut merged = object.clone();
            merge::merge(&mut merged, patch.as_object().unwrap());
            prop_assert_eq!(patched(object, json!([patch])), merged);
        }
    }

    /// Appendix A of RFC 7396, where both are objects.
    #[rstest]
    #[case(json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"}))]
    #[case(json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"}))]
    #[case(json!({"a": "b"}), json!({"a": null}), json!({}))]
    #[case(json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"}))]
    #[case(json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"}))]
    #[case(json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]}))]
    #[case(json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}}))]
    #[case(json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]}))]
    #[case(json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1}))]
    #[case(json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}}))]
    fn appendix_a(#[case] object: Value, #[case] patch: Value, #[case] expected: Value) {
        assert_eq!(patched(object, json!([patch])), expected);
    }

    #[rstest]
    #[case(json!(["c"]))]
    #[case(json!("bar"))]
    #[case(json!(null))]
    fn appendix_a_where_the_patch_is_no_object(#[case] patch: Value) {
        let error = configure::<MergePatch>(json!({"patches": [{}, patch]}))
            .err()
            .unwrap();
        assert_eq!(error.pointer.as_deref(), Some("/patches/1"));
    }

    #[test]
    fn patches_are_merged_in_order() {
        let patches = json!([{"a": {"b": 1, "c": 2}}, {"a": {"b": null}}, {"a": {"d": 3}}]);
        assert_eq!(patched(json!({}), patches), json!({"a": {"c": 2, "d": 3}}));
    }

    /// As Velero does it: RFC 7396 would keep the nulls in all of these.
    #[rstest]
    #[case::new_list(json!({}), json!({}))]
    #[case::list(json!({"a": [1]}), json!({}))]
    #[case::text(json!({"a": "b"}), json!({}))]
    #[case::null(json!({"a": null}), json!({}))]
    #[case::object(json!({"a": {"b": 1}}), json!({"x": null}))]
    fn nulls_in_lists_go_unless_an_object_was_there(#[case] object: Value, #[case] element: Value) {
        let patched = patched(object, json!([{"a": [{"x": null}, null]}]));
        assert_eq!(patched, json!({"a": [element, null]}));
    }
}
