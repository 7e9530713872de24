//! JSON pointers (RFC 6901), put together and taken apart.

/// The pointer to the member `name` of what `pointer` points to.
///
/// ```
/// use lazarette_sdk::pointer;
///
/// let labels = "/metadata/labels";
/// assert_eq!(pointer::member(labels, "example.com/tier"), "/metadata/labels/example.com~1tier");
/// ```
pub fn member(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// The name that a segment of a pointer stands for.
///
/// ```
/// assert_eq!(lazarette_sdk::pointer::name("example.com~1tier"), "example.com/tier");
/// ```
pub fn name(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}
