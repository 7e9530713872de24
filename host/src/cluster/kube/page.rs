//! A page of a list: its items as the server sent them.

use crate::cluster::RawObject;
use crate::object::{ObjectId, ResourceType};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The items of a page, and the token of the next one.
pub(super) struct ListPage {
    pub(super) items: Vec<RawObject>,
    pub(super) next: Option<String>,
}

#[derive(serde::Deserialize)]
struct List<'a> {
    #[serde(borrow, default)]
    items: Option<Vec<&'a RawValue>>,
    #[serde(default)]
    metadata: ListMeta,
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct ListMeta {
    r#continue: Option<String>,
}

/// What is read of an item. Texts that have no escapes are not copied.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    #[serde(borrow, default)]
    api_version: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    metadata: Metadata<'a>,
}

#[derive(serde::Deserialize)]
struct Metadata<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    namespace: Option<Cow<'a, str>>,
    #[serde(default)]
    labels: Option<Labels>,
}

/// Labels in the order of the object.
#[derive(Default)]
struct Labels(Vec<(String, String)>);

/// In how many bytes at the beginning or at the end of a list its metadata are.
const METADATA: usize = 2048;

/// The token of the next page, without reading the items: built-in types have the metadata of a list before these,
/// custom resources behind them. None where it is in neither place; what this finds may still be part of an item.
pub(super) fn next(body: &[u8]) -> Option<String> {
    let begin = String::from_utf8_lossy(body.get(..METADATA).unwrap_or(body));
    let end = String::from_utf8_lossy(body.get(body.len().saturating_sub(METADATA)..).unwrap_or(body));
    let before_items = begin.split("\"items\":").next().unwrap_or_default();
    let behind_items = end.rsplit("\"metadata\":{").next().unwrap_or_default();
    let token = |metadata: &str| {
        let (_, token) = metadata.split_once("\"continue\":\"")?;
        let token = token.split('"').next()?;
        (!token.is_empty() && !token.contains('\\')).then(|| token.to_owned())
    };
    token(before_items).or_else(|| token(behind_items))
}

/// Read the body of a list of objects of the type `of`.
pub(super) fn read(of: &ResourceType, body: &[u8]) -> Result<ListPage, String> {
    let list: List<'_> =
        serde_json::from_slice(body).map_err(|error| format!("the list of {}: {error}", of.resource))?;
    let api_version = of.resource.api_version(&of.version);
    let items = list.items.unwrap_or_default();
    let items = items.into_iter().map(|item| object(of, &api_version, item.get()));
    Ok(ListPage {
        items: items.collect::<Result<_, _>>()?,
        next: list.metadata.r#continue.filter(|token| !token.is_empty()),
    })
}

fn object(of: &ResourceType, api_version: &str, text: &str) -> Result<RawObject, String> {
    let wrong = |what: &dyn std::fmt::Display| format!("an item of the list of {}: {what}", of.resource);
    let item: Item<'_> = serde_json::from_str(text).map_err(|error| wrong(&error))?;
    let name = item.metadata.name.into_owned();
    let namespace = match (of.namespaced, item.metadata.namespace) {
        (false, _) => None,
        (true, Some(namespace)) if !namespace.is_empty() => Some(namespace.into_owned()),
        (true, _) => return Err(wrong(&format!("{name} has no namespace"))),
    };
    if name.is_empty() {
        return Err(wrong(&"it has no name"));
    }
    let lacking = [
        ("apiVersion", item.api_version.is_none(), api_version),
        ("kind", item.kind.is_none(), &of.kind),
    ];
    let json = spliced(text, &lacking).map_err(|error| wrong(&error))?;
    Ok(RawObject {
        id: ObjectId {
            resource: of.resource.clone(),
            namespace,
            name,
        },
        labels: item.metadata.labels.unwrap_or_default().0,
        json: json.into_boxed_str(),
    })
}

/// `text`, which is an object, with the members that it lacks at its beginning: items of a list of a built-in kind have
/// neither `apiVersion` nor `kind`.
fn spliced(text: &str, lacking: &[(&str, bool, &str)]) -> Result<String, String> {
    let rest = text.strip_prefix('{').ok_or("it is no object")?;
    let added: usize = lacking
        .iter()
        .map(|(name, _, value)| name.len() + value.len() + 6)
        .sum();
    let mut whole = String::with_capacity(text.len() + added);
    whole.push('{');
    for (name, _, value) in lacking.iter().filter(|(_, is_lacking, _)| *is_lacking) {
        let value = serde_json::to_string(value).map_err(|error| error.to_string())?;
        whole.extend(["\"", name, "\":", &value, ","]);
    }
    // There is a member behind these: an item without metadata was refused before.
    whole.push_str(rest);
    Ok(whole)
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Labels;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("labels")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Labels, M::Error> {
                let mut labels = Vec::with_capacity(map.size_hint().unwrap_or_default());
                while let Some((name, value)) = map.next_entry::<String, Option<String>>()? {
                    labels.push((name, value.unwrap_or_default()));
                }
                Ok(Labels(labels))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::{built_in_type, built_in_types};
    use rstest::rstest;
    use serde_json::{Value, json};

    #[test]
    fn items_of_every_built_in_kind_get_what_their_list_lacks() {
        for built_in in built_in_types() {
            let of = &built_in.of;
            let namespace = if of.namespaced {
                r#","namespace":"shop""#
            } else {
                ""
            };
            let body = format!(
                r#"{{"kind":"{}List","items":[{{"metadata":{{"name":"a"{namespace}}}}}]}}"#,
                of.kind
            );
            let page = read(of, body.as_bytes()).unwrap();
            let object: Value = serde_json::from_str(&page.items[0].json).unwrap();
            assert_eq!(object["kind"], of.kind.as_str());
            assert_eq!(object["apiVersion"], of.resource.api_version(&of.version));
            assert_eq!(object["metadata"]["name"], "a");
        }
    }

    #[test]
    fn the_rest_of_an_item_stays_as_it_was_sent() {
        let item = r#"{"metadata":{"name":"a","namespace":"b","labels":{"z":"1","a":"\u0032"}}, "data":{"x":1.10,"y":"é\n"}}"#;
        let body = format!(r#"{{"items":[{item}],"metadata":{{"continue":"next"}}}}"#);
        let page = read(&built_in_type("ConfigMap"), body.as_bytes()).unwrap();
        let expected = item.replacen('{', r#"{"apiVersion":"v1","kind":"ConfigMap","#, 1);
        assert_eq!(&*page.items[0].json, expected);
        let labels = [("z", "1"), ("a", "2")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(page.items[0].labels, labels);
        assert_eq!(page.next.as_deref(), Some("next"));
    }

    #[rstest]
    #[case::both(json!({"apiVersion": "v2", "kind": "Other", "metadata": {"name": "a"}}), "v2", "Other")]
    #[case::one(json!({"kind": "Other", "metadata": {"name": "a"}}), "v1", "Other")]
    fn what_an_item_says_of_itself_stays(#[case] item: Value, #[case] api_version: &str, #[case] kind: &str) {
        let page = read(
            &built_in_type("Namespace"),
            json!({"items": [item]}).to_string().as_bytes(),
        )
        .unwrap();
        let object: Value = serde_json::from_str(&page.items[0].json).unwrap();
        assert_eq!(
            (object["apiVersion"].as_str(), object["kind"].as_str()),
            (Some(api_version), Some(kind))
        );
    }

    #[rstest]
    #[case::built_in(
        r#"{"kind":"PodList","metadata":{"resourceVersion":"1","continue":"abc"},"items":[{"x":1}]}"#,
        Some("abc")
    )]
    #[case::custom(r#"{"items":[{"metadata":{"name":"a"}}],"kind":"L","metadata":{"continue":"abc","resourceVersion":"1"}}"#, Some("abc"))]
    #[case::last(
        r#"{"metadata":{"resourceVersion":"1"},"items":[{"metadata":{"name":"a"}}]}"#,
        None
    )]
    #[case::empty(r#"{"metadata":{"continue":""},"items":[]}"#, None)]
    #[case::escaped(r#"{"metadata":{"continue":"a\u0062"},"items":[]}"#, None)]
    #[case::no_list("", None)]
    fn the_next_page_is_known_before_the_items_are_read(#[case] body: &str, #[case] expected: Option<&str>) {
        assert_eq!(next(body.as_bytes()).as_deref(), expected);
        let spaces = " ".repeat(3 * METADATA);
        let long = body.replace("\"items\":[", &format!("\"items\":[{spaces}"));
        assert_eq!(next(long.as_bytes()).as_deref(), expected);
    }

    #[rstest]
    #[case::no_items(r#"{"items":null}"#)]
    #[case::nothing(r#"{}"#)]
    #[case::last(r#"{"items":[],"metadata":{"continue":""}}"#)]
    fn an_empty_list_is_the_end(#[case] body: &str) {
        let page = read(&built_in_type("Pod"), body.as_bytes()).unwrap();
        assert!(page.items.is_empty() && page.next.is_none());
    }

    #[rstest]
    #[case::cut(r#"{"items":[{"metadata":{"name":"a""#)]
    #[case::no_object(r#"{"items":[7]}"#)]
    #[case::no_metadata(r#"{"items":[{}]}"#)]
    #[case::no_name(r#"{"items":[{"metadata":{"namespace":"b"}}]}"#)]
    #[case::empty_name(r#"{"items":[{"metadata":{"namespace":"b","name":""}}]}"#)]
    #[case::no_namespace(r#"{"items":[{"metadata":{"name":"a"}}]}"#)]
    #[case::html("<html>")]
    fn what_is_no_list_is_an_error(#[case] body: &str) {
        let error = read(&built_in_type("Pod"), body.as_bytes()).err().unwrap();
        assert!(error.contains("list of pods"), "{error}");
    }
}
