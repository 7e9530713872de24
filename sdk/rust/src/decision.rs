//! Decisions.

#[cfg(target_family = "wasm")]
use crate::bindings::modifier::lazarette::plugin::decisions::Decision as Target;
#[cfg(not(target_family = "wasm"))]
use crate::testing::Recorder as Target;

use json_patch::PatchOperation;
use serde_json::Value;

/// What is to happen to the object of a call. Calls are kept in order and carried out when the plugin returns `Ok`.
///
/// ```
/// use lazarette_sdk::{json, testing::{Fixture, decide}};
///
/// let service = Fixture::new(json!({
///     "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"type": "NodePort"},
/// }));
/// let outcome = decide(&service, |object, decision| {
///     let before = object.value();
///     let mut after = before.clone();
///     after["spec"]["type"] = json!("ClusterIP");
///     decision.change(&before, &after);
/// });
/// assert_eq!(outcome.object["spec"], json!({"type": "ClusterIP"}));
/// ```
pub struct Decision<'a>(&'a Target);

impl<'a> Decision<'a> {
    #[doc(hidden)]
    pub fn from_handle(handle: &'a Target) -> Self {
        Decision(handle)
    }

    /// Append operations of a JSON patch (RFC 6902), applied strictly: test what you need to know with
    /// [`Object::get`](crate::Object::get) before.
    ///
    /// ```
    /// use lazarette_sdk::{json, testing::{Fixture, decide}};
    ///
    /// let pod = Fixture::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}}));
    /// let outcome = decide(&pod, |_, decision| {
    ///     decision.json_patch(&json!([{"op": "add", "path": "/metadata/labels", "value": {"a": "b"}}]));
    /// });
    /// assert_eq!(outcome.object["metadata"]["labels"]["a"], "b");
    /// ```
    pub fn json_patch(&self, patch: &Value) {
        self.0.json_patch(&patch.to_string());
    }

    /// Append operations that were made by the crate `json_patch`.
    ///
    /// ```
    /// use lazarette_sdk::{json, testing::{Fixture, decide}};
    ///
    /// let pod = Fixture::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}}));
    /// let outcome = decide(&pod, |object, decision| {
    ///     let wanted = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "labels": {"a": "b"}}});
    ///     decision.operations(&json_patch::diff(&object.value(), &wanted));
    /// });
    /// assert_eq!(outcome.object["metadata"]["labels"]["a"], "b");
    /// ```
    pub fn operations(&self, operations: &[PatchOperation]) {
        if !operations.is_empty() {
            self.0
                .json_patch(&serde_json::to_string(operations).unwrap_or_default());
        }
    }

    /// Append a JSON patch that is JSON text already.
    ///
    /// ```
    /// use lazarette_sdk::{json, testing::{Fixture, decide}};
    ///
    /// let pod = Fixture::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}}));
    /// let outcome = decide(&pod, |_, decision| {
    ///     decision.json_patch_text(r#"[{"op": "add", "path": "/spec", "value": {}}]"#);
    /// });
    /// assert_eq!(outcome.object["spec"], json!({}));
    /// ```
    pub fn json_patch_text(&self, patch: &str) {
        self.0.json_patch(patch);
    }

    /// Append a JSON merge patch (RFC 7396): members are merged in, `null` removes.
    ///
    /// ```
    /// use lazarette_sdk::{json, testing::{Fixture, decide}};
    ///
    /// let pod = Fixture::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}}));
    /// let outcome = decide(&pod, |_, decision| decision.merge_patch(&json!({"metadata": {"labels": {"a": "b"}}})));
    /// assert_eq!(outcome.object["metadata"]["labels"]["a"], "b");
    /// ```
    pub fn merge_patch(&self, patch: &Value) {
        self.0.merge_patch(&patch.to_string());
    }

    /// Append a JSON merge patch that is JSON text already.
    ///
    /// ```
    /// use lazarette_sdk::{json, testing::{Fixture, decide}};
    ///
    /// let pod = Fixture::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}}));
    /// let outcome = decide(&pod, |_, decision| decision.merge_patch_text(r#"{"spec": {"hostNetwork": null}}"#));
    /// assert_eq!(outcome.object["spec"], json!({}));
    /// ```
    pub fn merge_patch_text(&self, patch: &str) {
        self.0.merge_patch(patch);
    }

    /// Append what turns `before` into `after`. Nothing where they are equal.
    ///
    /// ```
    /// use lazarette_sdk::{json, testing::{Fixture, decide}};
    ///
    /// let pod = Fixture::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}}));
    /// let outcome = decide(&pod, |object, decision| {
    ///     let before = object.value();
    ///     let mut after = before.clone();
    ///     after["metadata"]["labels"] = json!({"a": "b"});
    ///     decision.change(&before, &after);
    /// });
    /// assert_eq!(outcome.operations, [json!({"op": "add", "path": "/metadata/labels", "value": {"a": "b"}})]);
    /// ```
    pub fn change(&self, before: &Value, after: &Value) {
        self.operations(&json_patch::diff(before, after));
    }

    /// Append what turns `before` into `after`, both of a typed object: fields that the type does not know survive.
    ///
    /// ```
    /// use k8s_openapi::api::core::v1::Service;
    /// use lazarette_sdk::{json, testing::{Fixture, decide}};
    ///
    /// let fixture = Fixture::new(json!({
    ///     "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
    ///     "spec": {"type": "NodePort", "fieldOfTomorrow": true},
    /// }));
    /// let outcome = decide(&fixture, |object, decision| {
    ///     let before: Service = object.typed().unwrap();
    ///     let mut after = before.clone();
    ///     after.spec.get_or_insert_default().type_ = Some("ClusterIP".into());
    ///     decision.change_typed(&before, &after).unwrap();
    /// });
    /// assert_eq!(outcome.object["spec"], json!({"type": "ClusterIP", "fieldOfTomorrow": true}));
    /// ```
    #[cfg(feature = "typed")]
    pub fn change_typed<K: serde::Serialize>(&self, before: &K, after: &K) -> Result<(), crate::Error> {
        self.change(&serde_json::to_value(before)?, &serde_json::to_value(after)?);
        Ok(())
    }

    /// A modifier: nothing to do with this object; patches of this call are dropped. A resolver: leave the live object
    /// as it is. `reason`: a few words.
    ///
    /// ```
    /// use lazarette_sdk::{json, testing::{Fixture, Verdict, decide}};
    ///
    /// let pod = Fixture::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}}));
    /// let outcome = decide(&pod, |_, decision| decision.skip("it has these labels"));
    /// assert_eq!(outcome.verdict, Verdict::Skip("it has these labels".into()));
    /// ```
    pub fn skip(&self, reason: &str) {
        self.0.skip(reason);
    }

    /// The object cannot be restored: a verdict on the object, where an `Err` says that the plugin failed.
    ///
    /// ```
    /// use lazarette_sdk::{json, testing::{Fixture, Verdict, decide}};
    ///
    /// let pod = Fixture::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}}));
    /// let outcome = decide(&pod, |_, decision| decision.fail("no-node", "its node is gone"));
    /// assert_eq!(outcome.verdict, Verdict::Fail("no-node".into(), "its node is gone".into()));
    /// ```
    pub fn fail(&self, code: &str, message: &str) {
        self.0.fail(code, message);
    }

    /// Resolver: put the object to restore in the place of the live one.
    ///
    /// ```
    /// use lazarette_sdk::{json, testing::{Fixture, Verdict, decide}};
    ///
    /// let pod = Fixture::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}}));
    /// let outcome = decide(&pod, |_, decision| decision.replace());
    /// assert_eq!(outcome.verdict, Verdict::Replace);
    /// ```
    pub fn replace(&self) {
        self.0.replace();
    }

    /// Resolver: delete the live object and create the one to restore. Needs the grant `objects.delete`.
    ///
    /// ```
    /// use lazarette_sdk::{json, testing::{Fixture, Verdict, decide}};
    ///
    /// let pod = Fixture::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}}));
    /// let outcome = decide(&pod, |_, decision| decision.recreate());
    /// assert_eq!(outcome.verdict, Verdict::Recreate);
    /// ```
    pub fn recreate(&self) {
        self.0.recreate();
    }

    /// Resolver: create the object to restore under another name.
    ///
    /// ```
    /// use lazarette_sdk::{json, testing::{Fixture, Verdict, decide}};
    ///
    /// let pod = Fixture::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}}));
    /// let outcome = decide(&pod, |object, decision| {
    ///     decision.rename(&format!("{}-restored", object.identity().name));
    /// });
    /// assert_eq!(outcome.verdict, Verdict::Rename("web-restored".into()));
    /// ```
    pub fn rename(&self, new_name: &str) {
        self.0.rename(new_name);
    }

    /// Tell the user something about the object without deciding anything.
    ///
    /// ```
    /// use lazarette_sdk::{json, testing::{Fixture, decide}};
    ///
    /// let pod = Fixture::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}}));
    /// let outcome = decide(&pod, |_, decision| decision.note("no-limits", "it has no limits", Some("/spec")));
    /// assert_eq!(outcome.notes[0].code, "no-limits");
    /// ```
    pub fn note(&self, code: &str, message: &str, pointer: Option<&str>) {
        self.0.note(code, message, pointer);
    }
}
