//! Where in the API of a server objects are found.

use crate::object::ResourceType;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands in a segment of a path or in a query as it is: the unreserved characters of RFC 3986, and `:`, which
/// names of roles have.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b':');

/// The path of the objects of a type, in all namespaces or in one: `/apis/apps/v1/namespaces/shop/deployments`.
pub(super) fn collection(of: &ResourceType, namespace: Option<&str>) -> String {
    let base = match of.resource.group.as_str() {
        "" => format!("/api/{}", escape(&of.version)),
        group => format!("/apis/{}/{}", escape(group), escape(&of.version)),
    };
    let resource = escape(&of.resource.resource);
    match namespace {
        Some(namespace) => format!("{base}/namespaces/{}/{resource}", escape(namespace)),
        None => format!("{base}/{resource}"),
    }
}

/// The path of an object.
pub(super) fn object(of: &ResourceType, namespace: Option<&str>, name: &str) -> String {
    format!("{}/{}", collection(of, namespace), escape(name))
}

/// `path` with a query.
pub(super) fn with_query(path: &str, parameters: &[(&str, &str)]) -> String {
    let parameters: Vec<String> = parameters
        .iter()
        .map(|(name, value)| format!("{name}={}", escape(value)))
        .collect();
    match parameters.is_empty() {
        true => path.to_owned(),
        false => format!("{path}?{}", parameters.join("&")),
    }
}

fn escape(text: &str) -> String {
    // A segment of dots alone would be taken for a step upwards on its way.
    match text {
        "." => "%2E".to_owned(),
        ".." => "%2E%2E".to_owned(),
        _ => utf8_percent_encode(text, ESCAPED).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn of(group: &str, resource: &str) -> ResourceType {
        ResourceType {
            resource: crate::object::GroupResource::new(group, resource),
            version: "v1".to_owned(),
            kind: "X".to_owned(),
            namespaced: true,
        }
    }

    #[rstest]
    #[case::core("", "pods", Some("shop"), "web", "/api/v1/namespaces/shop/pods/web")]
    #[case::group(
        "apps",
        "deployments",
        Some("shop"),
        "web",
        "/apis/apps/v1/namespaces/shop/deployments/web"
    )]
    #[case::cluster("", "nodes", None, "a", "/api/v1/nodes/a")]
    #[case::colon("", "x", None, "system:node", "/api/v1/x/system:node")]
    #[case::hostile("", "x", Some("../.."), "..", "/api/v1/namespaces/..%2F../x/%2E%2E")]
    #[case::query("", "x", None, "a?b#c d", "/api/v1/x/a%3Fb%23c%20d")]
    fn an_object_has_its_path(
        #[case] group: &str,
        #[case] resource: &str,
        #[case] namespace: Option<&str>,
        #[case] name: &str,
        #[case] expected: &str,
    ) {
        assert_eq!(object(&of(group, resource), namespace, name), expected);
    }

    #[test]
    fn a_query_is_escaped() {
        let query = [("limit", "5"), ("labelSelector", "app in (a,b)")];
        assert_eq!(
            with_query("/x", &query),
            "/x?limit=5&labelSelector=app%20in%20%28a%2Cb%29"
        );
        assert_eq!(with_query("/x", &[]), "/x");
    }
}
