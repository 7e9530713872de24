//! Random lists with merge keys, and random patches for them.

use lazarette_tests::counts::Chance;
use serde_json::{Map, Value, json};

/// The kinds of patch that an API server has and we have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Strategic merge patches.
    Strategic,
    /// JSON merge patches.
    Merge,
}

impl Dialect {
    pub fn content_type(self) -> &'static str {
        match self {
            Dialect::Strategic => "application/strategic-merge-patch+json",
            Dialect::Merge => "application/merge-patch+json",
        }
    }

    /// The field of a rule.
    pub fn field(self) -> &'static str {
        match self {
            Dialect::Strategic => "strategicPatches",
            Dialect::Merge => "mergePatches",
        }
    }
}

/// A list that is merged by a key.
pub struct List {
    /// Its name.
    pub name: &'static str,
    /// The member that identifies an element.
    pub key: &'static str,
    /// What elements of objects and patches have there.
    pub keys: Vec<Value>,
    /// An element without its key.
    pub element: fn(&mut Chance, &Value) -> Value,
    /// The lists in its elements.
    pub inner: fn() -> Vec<List>,
}

/// No lists.
pub fn none() -> Vec<List> {
    Vec::new()
}

/// Whether one of `of` chances came true.
pub fn one_in(chance: &mut Chance, of: u64) -> bool {
    chance.below(of) == 0
}

/// Some of `choices` in a random order.
pub fn some(chance: &mut Chance, choices: &[Value]) -> Vec<Value> {
    let mut left = choices.to_vec();
    let count = chance.below(choices.len() as u64 + 1);
    let take = |_| left.swap_remove(usize::try_from(chance.below(left.len() as u64)).expect("an index"));
    (0..count).map(take).collect()
}

/// Put random `lists` into `parent`, each with at least `least` elements.
pub fn fill(parent: &mut Value, lists: &[List], chance: &mut Chance) {
    for list in lists {
        let keys = some(chance, &list.keys);
        let elements = keys.iter().map(|key| list.whole(chance, key)).collect();
        parent[list.name] = Value::Array(elements);
    }
}

/// Put random patches of `lists` into `parent`.
pub fn fill_patch(parent: &mut Value, lists: &[List], dialect: Dialect, chance: &mut Chance) {
    for list in lists.iter().filter(|_| chance.below(2) == 0).collect::<Vec<_>>() {
        match dialect {
            Dialect::Merge if one_in(chance, 8) => parent[list.name] = Value::Null,
            Dialect::Merge => fill(parent, std::slice::from_ref(list), chance),
            Dialect::Strategic => list.patch(parent, chance),
        }
    }
}

impl List {
    /// A whole element.
    fn whole(&self, chance: &mut Chance, key: &Value) -> Value {
        let mut element = (self.element)(chance, key);
        fill(&mut element, &(self.inner)(), chance);
        element[self.key] = key.clone();
        element
    }

    /// Put a random strategic patch of this list into `parent`.
    fn patch(&self, parent: &mut Value, chance: &mut Chance) {
        let keys = some(chance, &self.keys);
        let replaces = one_in(chance, 8);
        let element = |key: &Value| {
            if replaces {
                self.whole(chance, key)
            } else {
                self.part(chance, key)
            }
        };
        let mut elements: Vec<Value> = keys.iter().map(element).collect();
        if replaces {
            elements.push(json!({"$patch": "replace"}));
        }
        // Of nothing, or beside `replace`, the server makes an error of an order.
        if one_in(chance, 4) && !elements.is_empty() && !replaces {
            let mut order = keys;
            let others = some(chance, &self.keys);
            order.extend(
                others
                    .into_iter()
                    .filter(|other| !elements.iter().any(|element| element[self.key] == *other)),
            );
            // One that does not fit is refused.
            if one_in(chance, 8) {
                order.reverse();
            }
            let order = order.iter().map(|key| json!({self.key: key})).collect();
            parent[format!("$setElementOrder/{}", self.name)] = Value::Array(order);
        }
        parent[self.name] = Value::Array(elements);
    }

    /// An element of a patch: some of its members, and sometimes a directive.
    fn part(&self, chance: &mut Chance, key: &Value) -> Value {
        if one_in(chance, 5) {
            return json!({self.key: key, "$patch": "delete"});
        }
        let whole = (self.element)(chance, key);
        let mut part = Map::new();
        for (name, value) in whole.as_object().expect("an object") {
            match chance.below(10) {
                0..4 => drop(part.insert(name.clone(), value.clone())),
                4 => drop(part.insert(name.clone(), Value::Null)),
                _ => {}
            }
        }
        let mut part = Value::Object(part);
        fill_patch(&mut part, &(self.inner)(), Dialect::Strategic, chance);
        if one_in(chance, 12) {
            let kept: Vec<String> = part
                .as_object()
                .into_iter()
                .flat_map(Map::keys)
                .cloned()
                .collect();
            let kept = kept.into_iter().filter(|name| !name.starts_with('$'));
            part["$retainKeys"] = kept.chain([self.key.to_owned()]).collect();
        }
        part[self.key] = key.clone();
        part
    }
}

/// A map of texts: for an object, or with nulls and directives for a patch.
pub fn map(dialect: Option<Dialect>, chance: &mut Chance) -> Value {
    let names = some(chance, &["a", "b", "c"].map(Value::from));
    let value = |name: &Value| {
        let value = match dialect {
            Some(_) if one_in(chance, 3) => Value::Null,
            _ => json!(chance.choose(&["1", "2"])),
        };
        (format!("example.com/{}", name.as_str().expect("a name")), value)
    };
    let mut map = Value::Object(names.iter().map(value).collect());
    if dialect == Some(Dialect::Strategic) && one_in(chance, 6) {
        map["$patch"] = json!(chance.choose(&["replace", "delete"]));
    }
    map
}

fn owners() -> Vec<List> {
    vec![List {
        name: "ownerReferences",
        key: "uid",
        keys: ["11", "22", "33"]
            .map(|uid| json!(format!("{uid}111111-1111-4111-8111-111111111111")))
            .to_vec(),
        element: |chance, _| {
            let block = *chance.choose(&[true, false]);
            json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "blockOwnerDeletion": block})
        },
        inner: none,
    }]
}

const FINALIZERS: [&str; 3] = ["example.com/a", "example.com/b", "example.com/c"];

/// Fill what all objects have.
pub fn metadata(metadata: &mut Value, chance: &mut Chance) {
    metadata["labels"] = map(None, chance);
    metadata["annotations"] = map(None, chance);
    metadata["finalizers"] = Value::Array(some(chance, &FINALIZERS.map(Value::from)));
    fill(metadata, &owners(), chance);
}

/// A patch of what all objects have.
pub fn metadata_patch(dialect: Dialect, chance: &mut Chance) -> Value {
    let mut patch = json!({"labels": map(Some(dialect), chance), "annotations": map(Some(dialect), chance)});
    fill_patch(&mut patch, &owners(), dialect, chance);
    let finalizers = |chance: &mut Chance| Value::Array(some(chance, &FINALIZERS.map(Value::from)));
    if one_in(chance, 2) {
        patch["finalizers"] = finalizers(chance);
    }
    if dialect == Dialect::Merge {
        return patch;
    }
    let added = patch["finalizers"].as_array().cloned().unwrap_or_default();
    if one_in(chance, 3) {
        // Whether it adds or deletes first what is in both lists, the server leaves to chance.
        let deleted = some(chance, &FINALIZERS.map(Value::from));
        let deleted = deleted.into_iter().filter(|name| !added.contains(name));
        patch["$deleteFromPrimitiveList/finalizers"] = deleted.collect();
    }
    if one_in(chance, 3) && !added.is_empty() {
        patch["$setElementOrder/finalizers"] = finalizers(chance);
    }
    patch
}
