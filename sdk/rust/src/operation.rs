//! What is going on. All answers are the same in a plan of a restore and in its application.

#[cfg(target_family = "wasm")]
use crate::bindings::modifier::lazarette::plugin::operation as host;
#[cfg(not(target_family = "wasm"))]
use crate::testing::operation as host;

/// What the plugin is called for: `restore`, `backup`, `modify`, `test`.
///
/// ```
/// assert_eq!(lazarette_sdk::operation::kind(), "test"); // in tests
/// ```
pub fn kind() -> String {
    host::kind()
}

/// The time of the operation, RFC 3339 in UTC. It stands still.
///
/// ```
/// assert_eq!(lazarette_sdk::operation::now(), "2026-01-01T00:00:00Z"); // in tests
/// ```
pub fn now() -> String {
    host::now()
}

/// The name of the backup; empty where there is none.
///
/// ```
/// assert_eq!(lazarette_sdk::operation::backup(), ""); // in tests
/// ```
pub fn backup() -> String {
    host::backup()
}

/// The namespace that objects of the namespace `original` are restored into.
///
/// ```
/// assert_eq!(lazarette_sdk::operation::mapped_namespace("shop"), "shop"); // in tests
/// ```
pub fn mapped_namespace(original: &str) -> String {
    host::mapped_namespace(original)
}
