//! What turns a live object into one that has everything that is wanted, and keeps what it had.

use lazarette_sdk::pointer::member;
use serde_json::{Map, Value, json};

/// Says which members identify an element of the list at a JSON pointer: none of them for a set of plain values, and
/// nothing where the list is replaced as a whole.
pub type ListKeys<'a> = &'a dyn Fn(&str) -> Option<Vec<String>>;

/// Operations of a JSON patch (RFC 6902) for `live`: maps are added to and overwritten, never emptied; lists are merged
/// where `keys` knows how, and else replaced. A `null` that is wanted is no wish. Empty where there is nothing to do.
pub fn operations(live: &Value, wanted: &Value, keys: ListKeys<'_>) -> Vec<Value> {
    let mut merge = Merge {
        keys,
        operations: Vec::new(),
    };
    merge.value("", live, wanted);
    merge.operations
}

struct Merge<'a> {
    keys: ListKeys<'a>,
    operations: Vec<Value>,
}

impl Merge<'_> {
    fn value(&mut self, at: &str, live: &Value, wanted: &Value) {
        match (live, wanted) {
            (_, Value::Null) => {}
            (Value::Object(live), Value::Object(wanted)) => self.map(at, live, wanted),
            (Value::Array(live), Value::Array(wanted)) => self.list(at, live, wanted),
            _ if live == wanted => {}
            _ => self.operation("replace", at, wanted),
        }
    }

    fn map(&mut self, at: &str, live: &Map<String, Value>, wanted: &Map<String, Value>) {
        for (key, wanted) in wanted {
            let at = member(at, key);
            match live.get(key) {
                Some(live) => self.value(&at, live, wanted),
                None if wanted.is_null() => {}
                None => self.operation("add", &at, wanted),
            }
        }
    }

    fn list(&mut self, at: &str, live: &[Value], wanted: &[Value]) {
        match (self.keys)(at) {
            _ if live == wanted => {}
            Some(keys) if keys.is_empty() => self.set(at, live, wanted),
            Some(keys) => match identities(live, &keys).zip(identities(wanted, &keys)) {
                Some(identities) => self.elements(at, live, wanted, identities),
                None => self.operation("replace", at, &json!(wanted)),
            },
            None => self.operation("replace", at, &json!(wanted)),
        }
    }

    /// Plain values are united.
    fn set(&mut self, at: &str, live: &[Value], wanted: &[Value]) {
        for (index, value) in wanted.iter().enumerate() {
            let seen = wanted.iter().take(index).any(|earlier| earlier == value);
            if !seen && !live.contains(value) {
                self.operation("add", &format!("{at}/-"), value);
            }
        }
    }

    /// Elements that both have are merged in their place; those that are only wanted follow, in the wanted order.
    fn elements(
        &mut self,
        at: &str,
        live: &[Value],
        wanted: &[Value],
        (of_live, of_wanted): (Identities, Identities),
    ) {
        for (wanted, identity) in wanted.iter().zip(of_wanted) {
            let place = of_live.iter().position(|other| *other == identity);
            match place.and_then(|index| Some((index, live.get(index)?))) {
                Some((index, live)) => self.value(&format!("{at}/{index}"), live, wanted),
                None => self.operation("add", &format!("{at}/-"), wanted),
            }
        }
    }

    fn operation(&mut self, op: &str, path: &str, value: &Value) {
        self.operations
            .push(json!({"op": op, "path": path, "value": value}));
    }
}

/// The values of the keys of each element of a list.
type Identities = Vec<Vec<Value>>;

/// Who each element of `list` is, or none where one has no identity or two have the same: such a list cannot be merged.
fn identities(list: &[Value], keys: &[String]) -> Option<Identities> {
    let mut identities = Identities::with_capacity(list.len());
    for element in list {
        let identity = keys
            .iter()
            .map(|key| key_of(element, key))
            .collect::<Option<Vec<_>>>()?;
        if identities.contains(&identity) {
            return None;
        }
        identities.push(identity);
    }
    Some(identities)
}

/// The value of a key. The only one in Kubernetes that has a default is the protocol of a port.
fn key_of(element: &Value, key: &str) -> Option<Value> {
    match element.as_object()?.get(key) {
        None if key == "protocol" => Some(json!("TCP")),
        value => value.cloned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    /// `live` with the operations applied, where lists named `set` are sets, those named `keyed` and `ports` have keys.
    fn merged(live: &Value, wanted: &Value) -> Value {
        let keys = |pointer: &str| match pointer.rsplit('/').next()? {
            "set" => Some(vec![]),
            "keyed" => Some(vec!["name".to_owned()]),
            "ports" => Some(vec!["port".to_owned(), "protocol".to_owned()]),
            _ => None,
        };
        let patch: json_patch::Patch =
            serde_json::from_value(Value::Array(operations(live, wanted, &keys))).unwrap();
        let mut merged = live.clone();
        json_patch::patch(&mut merged, &patch).unwrap();
        merged
    }

    #[rstest]
    #[case::added(json!({"a": 1}), json!({"b": 2}), json!({"a": 1, "b": 2}))]
    #[case::overwritten(json!({"a": 1}), json!({"a": 2}), json!({"a": 2}))]
    #[case::nested(json!({"m": {"a": 1}}), json!({"m": {"b": 2}}), json!({"m": {"a": 1, "b": 2}}))]
    #[case::never_emptied(json!({"m": {"a": 1}}), json!({"m": {}}), json!({"m": {"a": 1}}))]
    #[case::null_is_no_wish(json!({"a": 1}), json!({"a": null, "b": null}), json!({"a": 1}))]
    #[case::another_type(json!({"a": {"b": 1}}), json!({"a": "x"}), json!({"a": "x"}))]
    #[case::over_null(json!({"a": null}), json!({"a": {"b": 1}}), json!({"a": {"b": 1}}))]
    #[case::odd_names(json!({"a/b~c": 1}), json!({"a/b~c": 2, "~1": 3}), json!({"a/b~c": 2, "~1": 3}))]
    #[case::plain_list(json!({"l": [1, 2]}), json!({"l": [3]}), json!({"l": [3]}))]
    #[case::plain_list_emptied(json!({"l": [1, 2]}), json!({"l": []}), json!({"l": []}))]
    #[case::set(json!({"set": [1, 2]}), json!({"set": [3, 2, 3]}), json!({"set": [1, 2, 3]}))]
    #[case::keyed(
        json!({"keyed": [{"name": "x", "a": 1}, {"name": "y"}]}),
        json!({"keyed": [{"name": "z"}, {"name": "y", "b": 2}]}),
        json!({"keyed": [{"name": "x", "a": 1}, {"name": "y", "b": 2}, {"name": "z"}]})
    )]
    #[case::keyed_never_emptied(json!({"keyed": [{"name": "x"}]}), json!({"keyed": []}), json!({"keyed": [{"name": "x"}]}))]
    #[case::keyed_into_nothing(json!({}), json!({"keyed": [{"name": "x"}]}), json!({"keyed": [{"name": "x"}]}))]
    #[case::two_keys(
        json!({"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]}),
        json!({"ports": [{"port": 53, "protocol": "TCP", "name": "dns"}]}),
        json!({"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP", "name": "dns"}]})
    )]
    #[case::protocol_by_default(
        json!({"ports": [{"port": 80, "protocol": "TCP"}]}),
        json!({"ports": [{"port": 80, "name": "http"}]}),
        json!({"ports": [{"port": 80, "protocol": "TCP", "name": "http"}]})
    )]
    #[case::no_identity(json!({"keyed": [{"name": "x"}]}), json!({"keyed": [{"a": 1}]}), json!({"keyed": [{"a": 1}]}))]
    #[case::one_identity_twice(
        json!({"keyed": [{"name": "x"}, {"name": "x"}]}),
        json!({"keyed": [{"name": "x", "a": 1}]}),
        json!({"keyed": [{"name": "x", "a": 1}]})
    )]
    fn merging(#[case] live: Value, #[case] wanted: Value, #[case] expected: Value) {
        assert_eq!(merged(&live, &wanted), expected);
        assert_eq!(
            merged(&expected, &wanted),
            expected,
            "a second time nothing changes"
        );
    }

    /// JSON with few names, so that two of them meet.
    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            (0..3).prop_map(Value::from),
            "[xy]".prop_map(Value::from)
        ];
        let element = |inner: BoxedStrategy<Value>| prop::collection::vec(inner, 0..3);
        let name = prop_oneof![
            "[abc]",
            Just("set".to_owned()),
            Just("keyed".to_owned()),
            Just("name".to_owned())
        ];
        leaf.prop_recursive(4, 40, 4, move |inner| {
            prop_oneof![
                element(inner.clone().boxed()).prop_map(Value::from),
                prop::collection::hash_map(name.clone(), inner, 0..4)
                    .prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    /// Whether all that is in the maps of `part` is in those of `whole`; lists are looked at by [`merging`].
    fn contains(whole: &Value, part: &Value) -> bool {
        match (whole, part) {
            (Value::Object(whole), Value::Object(part)) => part
                .iter()
                .all(|(key, part)| whole.get(key).is_some_and(|whole| contains(whole, part))),
            (Value::Array(_), Value::Array(_)) => true,
            _ => whole == part,
        }
    }

    /// Whether `after` still has every member of the maps of `before` that stayed maps.
    fn keeps_members(before: &Value, after: &Value) -> bool {
        match (before, after) {
            (Value::Object(before), Value::Object(after)) => before
                .iter()
                .all(|(key, before)| after.get(key).is_some_and(|after| keeps_members(before, after))),
            _ => true,
        }
    }

    proptest! {
        #[test]
        fn the_result_has_what_is_wanted_and_loses_no_member(live in any_json(), wanted in any_json()) {
            let merged = merged(&live, &wanted);
            prop_assert!(contains(&merged, &wanted));
            prop_assert!(keeps_members(&live, &merged));
        }

        #[test]
        fn merging_again_changes_nothing(live in any_json(), wanted in any_json()) {
            let once = merged(&live, &wanted);
            prop_assert_eq!(merged(&once, &wanted), once);
        }

        #[test]
        fn an_object_on_itself_needs_nothing(live in any_json()) {
            prop_assert_eq!(operations(&live, &live, &|_| None), Vec::<Value>::new());
        }
    }
}
