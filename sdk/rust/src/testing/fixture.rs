//! Objects for tests.

use crate::{Identity, Object};
use serde_json::Value;
use std::collections::BTreeMap;

/// An object for a test.
#[derive(Clone, Debug)]
pub struct Fixture {
    value: Value,
    identity: Identity,
    list_keys: BTreeMap<String, Vec<String>>,
    merge_keys: BTreeMap<String, String>,
    strategies: BTreeMap<String, String>,
    built_in: bool,
}

impl Fixture {
    /// The object `value`. Its resource type is guessed from its kind (`Ingress` is `ingresses`); say it with
    /// [`Fixture::with_resource`] where that is wrong.
    ///
    /// ```
    /// use lazarette_sdk::{json, testing::Fixture};
    ///
    /// let ingress = json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "web"}});
    /// assert_eq!(Fixture::new(ingress).object().identity().resource, "ingresses");
    /// ```
    pub fn new(value: Value) -> Self {
        let text = |pointer| {
            value
                .pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let (api_version, kind) = (text("/apiVersion"), text("/kind"));
        let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
        let identity = Identity {
            group: group.to_owned(),
            version: version.to_owned(),
            resource: plural(&kind.to_lowercase()),
            kind,
            namespace: Some(text("/metadata/namespace")).filter(|namespace| !namespace.is_empty()),
            name: text("/metadata/name"),
        };
        Fixture {
            value,
            identity,
            list_keys: BTreeMap::new(),
            merge_keys: BTreeMap::new(),
            strategies: BTreeMap::new(),
            built_in: true,
        }
    }

    /// The same object, of resource type `resource`.
    ///
    /// ```
    /// use lazarette_sdk::{json, testing::Fixture};
    ///
    /// let metrics = json!({"apiVersion": "example.com/v1", "kind": "Metrics", "metadata": {"name": "web"}});
    /// let fixture = Fixture::new(metrics).with_resource("metrics");
    /// assert_eq!(fixture.object().identity().resource, "metrics");
    /// ```
    #[must_use]
    pub fn with_resource(mut self, resource: &str) -> Self {
        self.identity.resource = resource.to_owned();
        self
    }

    /// The same object, of a kind that Kubernetes does not bring.
    ///
    /// ```
    /// use lazarette_sdk::{json, testing::Fixture};
    ///
    /// let queue = json!({"apiVersion": "example.com/v1", "kind": "Queue", "metadata": {"name": "jobs"}});
    /// assert!(!Fixture::new(queue).of_custom_kind().object().is_built_in());
    /// ```
    #[must_use]
    pub fn of_custom_kind(mut self) -> Self {
        self.built_in = false;
        self
    }

    /// The same object, where the elements of the list at `pointer` (with `-` for any index) have these keys.
    ///
    /// ```
    /// use lazarette_sdk::{json, testing::Fixture};
    ///
    /// let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}});
    /// let fixture = Fixture::new(pod).with_list_keys("/spec/containers/-/ports", &["containerPort", "protocol"]);
    /// assert_eq!(fixture.object().list_keys("/spec/containers/0/ports").unwrap().len(), 2);
    /// ```
    #[must_use]
    pub fn with_list_keys(mut self, pointer: &str, keys: &[&str]) -> Self {
        self.list_keys.insert(
            pointer.to_owned(),
            keys.iter().map(|&key| key.to_owned()).collect(),
        );
        self
    }

    /// The same object, where a strategic merge patch merges the list at `pointer` by `key`, with the strategy `merge`.
    ///
    /// ```
    /// use lazarette_sdk::{json, testing::Fixture};
    ///
    /// let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}});
    /// let fixture = Fixture::new(pod).with_merge_key("/spec/containers", "name");
    /// assert_eq!(fixture.object().patch_strategy("/spec/containers").as_deref(), Some("merge"));
    /// ```
    #[must_use]
    pub fn with_merge_key(mut self, pointer: &str, key: &str) -> Self {
        self.merge_keys.insert(pointer.to_owned(), key.to_owned());
        self.with_patch_strategy(pointer, "merge")
    }

    /// The same object, where a strategic merge patch has `strategy` at `pointer`.
    ///
    /// ```
    /// use lazarette_sdk::{json, testing::Fixture};
    ///
    /// let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}});
    /// let fixture = Fixture::new(pod).with_patch_strategy("/spec/tolerations", "replace");
    /// assert_eq!(fixture.object().patch_strategy("/spec/tolerations").as_deref(), Some("replace"));
    /// ```
    #[must_use]
    pub fn with_patch_strategy(mut self, pointer: &str, strategy: &str) -> Self {
        self.strategies.insert(pointer.to_owned(), strategy.to_owned());
        self
    }

    /// The object as plugins see it.
    ///
    /// ```
    /// use lazarette_sdk::{json, testing::Fixture};
    ///
    /// let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}});
    /// assert_eq!(Fixture::new(pod).object().text("/kind").as_deref(), Some("Pod"));
    /// ```
    pub fn object(&self) -> Object<'_> {
        Object::from_handle(self)
    }

    pub(crate) fn value(&self) -> Value {
        self.value.clone()
    }

    pub(crate) fn identity(&self) -> Identity {
        self.identity.clone()
    }

    pub(crate) fn get(&self, pointer: &str) -> Option<String> {
        self.value.pointer(pointer).map(Value::to_string)
    }

    pub(crate) fn type_of(&self, pointer: &str) -> Option<String> {
        let name = match self.value.pointer(pointer)? {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        Some(name.to_owned())
    }

    pub(crate) fn json(&self) -> String {
        self.value.to_string()
    }

    pub(crate) fn list_keys(&self, pointer: &str) -> Option<Vec<String>> {
        self.list_keys.get(&any_index(pointer)).cloned()
    }

    pub(crate) fn merge_key(&self, pointer: &str) -> Option<String> {
        self.merge_keys.get(&any_index(pointer)).cloned()
    }

    pub(crate) fn patch_strategy(&self, pointer: &str) -> Option<String> {
        self.strategies.get(&any_index(pointer)).cloned()
    }

    pub(crate) fn is_built_in(&self) -> bool {
        self.built_in
    }
}

/// `pointer` with `-` for each index.
fn any_index(pointer: &str) -> String {
    let is_index = |segment: &str| !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit());
    pointer
        .split('/')
        .map(|segment| if is_index(segment) { "-" } else { segment })
        .collect::<Vec<_>>()
        .join("/")
}

fn plural(kind: &str) -> String {
    match kind {
        "endpoints" => kind.to_owned(),
        _ if kind.ends_with('s') || kind.ends_with("ch") => format!("{kind}es"),
        _ if kind.ends_with("ay") || kind.ends_with("ey") => format!("{kind}s"),
        _ => kind
            .strip_suffix('y')
            .map_or_else(|| format!("{kind}s"), |stem| format!("{stem}ies")),
    }
}
