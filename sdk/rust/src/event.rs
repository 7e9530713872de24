//! What a hook is called for.

#[cfg(target_family = "wasm")]
use crate::bindings::hook::lazarette::plugin::events::Event as Source;
#[cfg(not(target_family = "wasm"))]
use crate::testing::EventFixture as Source;
use serde_json::Value;

/// One moment around one pod.
pub struct Event<'a>(&'a Source);

impl<'a> Event<'a> {
    #[doc(hidden)]
    pub fn from_handle(handle: &'a Source) -> Self {
        Event(handle)
    }

    /// `before-backup`, `after-backup`, `before-restore`, `after-restore`, or one that the plugin does not know.
    ///
    /// ```
    /// use lazarette_sdk::testing::EventFixture;
    ///
    /// assert_eq!(EventFixture::new("before-backup").event().phase(), "before-backup");
    /// ```
    pub fn phase(&self) -> String {
        self.0.phase()
    }

    /// Why this call is made in another way than usual, such as `before-failed` or `cancelled`.
    ///
    /// ```
    /// use lazarette_sdk::testing::EventFixture;
    ///
    /// let fixture = EventFixture::new("after-backup").with_cause("before-failed");
    /// assert_eq!(fixture.event().cause().as_deref(), Some("before-failed"));
    /// ```
    pub fn cause(&self) -> Option<String> {
        self.0.cause()
    }

    /// Keep a value with the backup. Kept at once, also when the call fails later.
    ///
    /// ```
    /// use lazarette_sdk::testing::EventFixture;
    ///
    /// let fixture = EventFixture::new("before-backup");
    /// fixture.event().set_fact("position", "42");
    /// assert_eq!(fixture.event().fact("position").as_deref(), Some("42"));
    /// ```
    pub fn set_fact(&self, key: &str, value: &str) {
        self.0.set_fact(key, value);
    }

    /// A value that was kept for this pod, in this operation or in the backup that is restored.
    ///
    /// ```
    /// use lazarette_sdk::testing::EventFixture;
    ///
    /// let fixture = EventFixture::new("after-restore").with_fact("position", "42");
    /// assert_eq!(fixture.event().fact("position").as_deref(), Some("42"));
    /// assert_eq!(fixture.event().fact("other"), None);
    /// ```
    pub fn fact(&self, key: &str) -> Option<String> {
        self.0.fact(key)
    }

    /// In `before-restore`: give the pod an init container, as Kubernetes has them in `spec.initContainers`. It runs
    /// before those of the pod.
    ///
    /// ```
    /// use lazarette_sdk::json;
    /// use lazarette_sdk::testing::EventFixture;
    ///
    /// let fixture = EventFixture::new("before-restore");
    /// fixture.event().add_init_container(&json!({"name": "prepare", "image": "busybox"}));
    /// ```
    pub fn add_init_container(&self, container: &Value) {
        self.0.add_init_container(&container.to_string());
    }
}
