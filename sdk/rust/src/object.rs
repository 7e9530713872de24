//! Objects, read through handles.

#[cfg(target_family = "wasm")]
use crate::bindings::modifier::lazarette::plugin::{objects::Object as Source, schemas};
#[cfg(not(target_family = "wasm"))]
use crate::testing::Fixture as Source;

use crate::Error;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use crate::bindings::modifier::lazarette::plugin::objects::Identity;

/// An object. It never changes during a call.
///
/// ```
/// use lazarette_sdk::{json, testing::Fixture};
///
/// let fixture = Fixture::new(json!({
///     "apiVersion": "apps/v1", "kind": "Deployment",
///     "metadata": {"name": "web", "namespace": "shop", "annotations": {"example.com/tier": "front"}},
///     "spec": {"replicas": 3},
/// }));
/// let object = fixture.object();
/// assert_eq!(object.identity().resource, "deployments");
/// assert_eq!(object.get_as::<u32>("/spec/replicas").unwrap(), Some(3));
/// assert_eq!(object.text("/metadata/annotations/example.com~1tier").as_deref(), Some("front"));
/// assert_eq!(object.get("/spec/template"), None);
/// ```
pub struct Object<'a>(Handle<'a>);

enum Handle<'a> {
    Borrowed(&'a Source),
    Owned(Box<Source>),
}

impl<'a> Object<'a> {
    #[doc(hidden)]
    pub fn from_handle(handle: &'a Source) -> Self {
        Object(Handle::Borrowed(handle))
    }

    pub(crate) fn owned(handle: Source) -> Object<'static> {
        Object(Handle::Owned(Box::new(handle)))
    }

    fn source(&self) -> &Source {
        match &self.0 {
            Handle::Borrowed(source) => source,
            Handle::Owned(source) => source,
        }
    }

    /// Who the object is.
    ///
    /// ```
    /// use lazarette_sdk::{json, testing::Fixture};
    ///
    /// let fixture = Fixture::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}}));
    /// let identity = fixture.object().identity();
    /// assert_eq!((identity.resource.as_str(), identity.namespace.as_deref()), ("pods", Some("shop")));
    /// ```
    pub fn identity(&self) -> Identity {
        self.source().identity()
    }

    /// The value at a JSON pointer, or none where there is nothing. Only that part is copied and parsed.
    ///
    /// ```
    /// use lazarette_sdk::{json, testing::Fixture};
    ///
    /// let fixture = Fixture::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}}));
    /// assert_eq!(fixture.object().get("/metadata/name"), Some(json!("web")));
    /// assert_eq!(fixture.object().get("/metadata/labels"), None);
    /// ```
    pub fn get(&self, pointer: &str) -> Option<Value> {
        serde_json::from_str(&self.raw(pointer)?).ok()
    }

    /// The value at a JSON pointer as a `T`. An error says what is there instead, and where.
    ///
    /// ```
    /// use lazarette_sdk::{json, testing::Fixture};
    ///
    /// let fixture = Fixture::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}}));
    /// assert_eq!(fixture.object().get_as::<String>("/metadata/name").unwrap().as_deref(), Some("web"));
    /// let error = fixture.object().get_as::<u32>("/metadata/name").unwrap_err();
    /// assert_eq!(error.pointer.as_deref(), Some("/metadata/name"));
    /// ```
    pub fn get_as<T: DeserializeOwned>(&self, pointer: &str) -> Result<Option<T>, Error> {
        self.raw(pointer)
            .map(|json| serde_json::from_str(&json).map_err(|error| Error::from(error).at(pointer)))
            .transpose()
    }

    /// The string at a JSON pointer, or none where there is nothing or something else.
    ///
    /// ```
    /// use lazarette_sdk::{json, testing::Fixture};
    ///
    /// let fixture = Fixture::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}}));
    /// assert_eq!(fixture.object().text("/metadata/name").as_deref(), Some("web"));
    /// assert_eq!(fixture.object().text("/metadata"), None);
    /// ```
    pub fn text(&self, pointer: &str) -> Option<String> {
        match self.get(pointer)? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value at a JSON pointer as JSON text, for those who want to parse it themselves.
    ///
    /// ```
    /// use lazarette_sdk::{json, testing::Fixture};
    ///
    /// let fixture = Fixture::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}}));
    /// assert_eq!(fixture.object().raw("/metadata/name").as_deref(), Some("\"web\""));
    /// ```
    pub fn raw(&self, pointer: &str) -> Option<String> {
        self.source().get(pointer)
    }

    /// The JSON type of the value at a JSON pointer (`object`, `array`, `string`, `number`, `boolean`, `null`), or none
    /// where there is nothing. Nothing is copied, and the host can remember more decisions of a pure plugin that asks
    /// for types only: prefer it to [`Object::get`] where the value does not matter.
    ///
    /// ```
    /// use lazarette_sdk::{json, testing::Fixture};
    ///
    /// let pod = Fixture::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}}));
    /// assert_eq!(pod.object().type_of("/metadata").as_deref(), Some("object"));
    /// assert_eq!(pod.object().type_of("/metadata/labels"), None);
    /// ```
    pub fn type_of(&self, pointer: &str) -> Option<String> {
        self.source().type_of(pointer)
    }

    /// The whole object.
    ///
    /// ```
    /// use lazarette_sdk::{json, testing::Fixture};
    ///
    /// let fixture = Fixture::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}}));
    /// assert_eq!(fixture.object().value()["kind"], "Pod");
    /// ```
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.source().json()).unwrap_or_default()
    }

    /// The whole object as a type of `k8s_openapi`. Change a copy of it and hand both to
    /// [`Decision::change_typed`](crate::Decision::change_typed): fields that the type does not know survive.
    ///
    /// ```
    /// use k8s_openapi::api::core::v1::Service;
    /// use lazarette_sdk::{json, testing::Fixture};
    ///
    /// let fixture = Fixture::new(json!({
    ///     "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"type": "NodePort"},
    /// }));
    /// let service: Service = fixture.object().typed().unwrap();
    /// assert_eq!(service.spec.unwrap().type_.as_deref(), Some("NodePort"));
    /// ```
    #[cfg(feature = "typed")]
    pub fn typed<K: k8s_openapi::Resource + DeserializeOwned>(&self) -> Result<K, Error> {
        Ok(serde_json::from_str(&self.source().json())?)
    }

    /// The members that identify an element of the list at `pointer`; empty for a set of plain values; none where the
    /// list is replaced as a whole, or nothing is known. An index or `-` in `pointer` stands for every element.
    ///
    /// ```
    /// use lazarette_sdk::{json, testing::Fixture};
    ///
    /// let fixture = Fixture::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}}));
    /// let fixture = fixture.with_list_keys("/spec/containers", &["name"]);
    /// assert_eq!(fixture.object().list_keys("/spec/containers"), Some(vec!["name".to_owned()]));
    /// ```
    pub fn list_keys(&self, pointer: &str) -> Option<Vec<String>> {
        #[cfg(target_family = "wasm")]
        return schemas::list_keys(self.source(), pointer);
        #[cfg(not(target_family = "wasm"))]
        self.source().list_keys(pointer)
    }

    /// The merge key of a strategic merge patch for the list at `pointer`. Built-in kinds only.
    ///
    /// ```
    /// use lazarette_sdk::{json, testing::Fixture};
    ///
    /// let fixture = Fixture::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}}));
    /// let fixture = fixture.with_merge_key("/spec/containers", "name");
    /// assert_eq!(fixture.object().merge_key("/spec/containers").as_deref(), Some("name"));
    /// ```
    pub fn merge_key(&self, pointer: &str) -> Option<String> {
        #[cfg(target_family = "wasm")]
        return schemas::merge_key(self.source(), pointer);
        #[cfg(not(target_family = "wasm"))]
        self.source().merge_key(pointer)
    }

    /// How a strategic merge patch treats the value at `pointer`: `merge`, `replace`, `retainKeys`, or two of them with
    /// a comma between. Built-in kinds only.
    ///
    /// ```
    /// use lazarette_sdk::{json, testing::Fixture};
    ///
    /// let fixture = Fixture::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}}));
    /// let fixture = fixture.with_patch_strategy("/spec/volumes", "merge,retainKeys");
    /// assert_eq!(fixture.object().patch_strategy("/spec/volumes").as_deref(), Some("merge,retainKeys"));
    /// ```
    pub fn patch_strategy(&self, pointer: &str) -> Option<String> {
        #[cfg(target_family = "wasm")]
        return schemas::patch_strategy(self.source(), pointer);
        #[cfg(not(target_family = "wasm"))]
        self.source().patch_strategy(pointer)
    }

    /// Whether the kind is one that Kubernetes brings.
    ///
    /// ```
    /// use lazarette_sdk::{json, testing::Fixture};
    ///
    /// let fixture = Fixture::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}}));
    /// assert!(fixture.object().is_built_in());
    /// assert!(!fixture.of_custom_kind().object().is_built_in());
    /// ```
    pub fn is_built_in(&self) -> bool {
        #[cfg(target_family = "wasm")]
        return schemas::is_built_in(self.source());
        #[cfg(not(target_family = "wasm"))]
        self.source().is_built_in()
    }
}
