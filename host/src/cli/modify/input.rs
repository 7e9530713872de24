//! Objects from a file or standard input, and back to text in the form in which they came.

use crate::cli::files;
use crate::cli::output::{Format, Output};
use crate::object::{GroupResource, Object, ResourceTypes, Schemas, yaml};
use crate::report::{Code, Problem, ResultOf};
use serde_json::Value;
use std::io::Read;
use std::path::Path;

/// Objects of a text.
pub(super) struct Input {
    /// The text.
    pub text: String,
    /// The objects, in their order; those of lists too.
    pub objects: Vec<Object>,
    documents: Vec<Document>,
    is_json: bool,
}

/// What a document of the text was.
enum Document {
    /// One object.
    Object,
    /// A list of so many objects; the list without them.
    List(Value, usize),
}

impl Input {
    /// Read the objects in `file`; without one, or from `-`, those on standard input.
    pub fn read(file: Option<&Path>) -> ResultOf<Self> {
        match file.filter(|file| *file != Path::new("-")) {
            Some(file) => Input::parse(files::read(file)?, &file.display().to_string()),
            None => {
                let mut text = String::new();
                let read = std::io::stdin().read_to_string(&mut text);
                read.map_err(|error| files::unreadable(&error).about("standard input"))?;
                Input::parse(text, "standard input")
            }
        }
    }

    /// The objects in `text`; errors name `file` and the line.
    fn parse(text: String, file: &str) -> ResultOf<Self> {
        let is_json = text.trim_start().starts_with(['{', '[']);
        let parsed = yaml::parse_all(&text).map_err(|error| {
            Problem::new(Code::InvalidDocument, error.message).about(format!("{file}:{}", error.line))
        })?;
        let values: Vec<(Value, usize)> = parsed
            .into_iter()
            .filter(|document| !document.value.is_null())
            .map(|document| (document.value, document.line))
            .collect();
        let mut types = ResourceTypes::built_in();
        for (value, _) in &values {
            // A definition that is wrong is an object like others here, whose type merely is not known.
            items(value)
                .filter(|item| is_definition(item))
                .for_each(|item| drop(types.define(item)));
        }
        let mut input = Input {
            text,
            objects: Vec::new(),
            documents: Vec::new(),
            is_json,
        };
        for (value, line) in values {
            let wrong =
                |message: &str| Problem::new(Code::InvalidDocument, message).about(format!("{file}:{line}"));
            input.add(value, &types).map_err(wrong)?;
        }
        Ok(input)
    }

    fn add(&mut self, mut value: Value, types: &ResourceTypes) -> Result<(), &'static str> {
        let Some(list) = list_items(&mut value) else {
            self.objects.push(object(value, types)?);
            self.documents.push(Document::Object);
            return Ok(());
        };
        let count = list.len();
        for item in list {
            self.objects.push(object(item, types)?);
        }
        self.documents.push(Document::List(value, count));
        Ok(())
    }

    /// How lists are merged, from the custom resource definitions among the objects.
    pub fn schemas(&self) -> Schemas {
        let definitions = self.objects.iter().filter(|object| is_definition(&object.json));
        definitions.fold(Schemas::default(), |schemas, definition| {
            schemas.with_crd(&definition.json)
        })
    }

    /// Print the objects as the user wants them, which is by default as they came.
    pub fn print(self, output: Output) -> ResultOf<()> {
        let is_json = match output.format {
            Format::Table => self.is_json,
            Format::Json => true,
            Format::Yaml => false,
        };
        let mut objects = self.objects.into_iter().map(|object| object.json);
        for (number, document) in self.documents.into_iter().enumerate() {
            let value = match document {
                Document::Object => objects.next().unwrap_or_default(),
                Document::List(mut list, count) => {
                    if let Some(items) = list.get_mut("items") {
                        *items = objects.by_ref().take(count).collect();
                    }
                    list
                }
            };
            match is_json {
                true => output.write(&format!("{value:#}\n"))?,
                false => {
                    let separator = if number > 0 { "---\n" } else { "" };
                    output.write(&format!("{separator}{}", yaml::write(&value)))?;
                }
            }
        }
        Ok(())
    }
}

/// The items of a document: those of a list, or the document.
fn items(value: &Value) -> impl Iterator<Item = &Value> {
    let list = value.get("items").and_then(Value::as_array);
    list.into_iter().flatten().chain(list.is_none().then_some(value))
}

fn is_definition(value: &Value) -> bool {
    value.get("kind").and_then(Value::as_str) == Some("CustomResourceDefinition")
}

/// Take the items out of a list. None when `value` is no list.
fn list_items(value: &mut Value) -> Option<Vec<Value>> {
    let is_list = value.get("kind")?.as_str()?.ends_with("List");
    match value.get_mut("items") {
        Some(Value::Array(items)) if is_list => Some(std::mem::take(items)),
        _ => None,
    }
}

/// The object that `json` is. Its type is looked up; that of a custom resource without a definition is what its kind is
/// called in the plural.
fn object(json: Value, types: &ResourceTypes) -> Result<Object, &'static str> {
    let text = |pointer: &str| {
        json.pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let (api_version, kind) = (text("/apiVersion"), text("/kind"));
    if api_version.is_empty() || kind.is_empty() {
        return Err("this is no object of Kubernetes: it lacks apiVersion or kind");
    }
    let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
    let resource = match types.of_kind(&api_version, &kind) {
        Some(of) => of.resource.clone(),
        None => GroupResource::new(group, plural(&kind)),
    };
    let namespace = Some(text("/metadata/namespace")).filter(|namespace| !namespace.is_empty());
    let id = crate::object::ObjectId {
        resource,
        namespace,
        name: text("/metadata/name"),
    };
    Ok(Object {
        id,
        version: version.to_owned(),
        kind,
        json,
    })
}

/// The resource that is most likely meant by a kind, as Kubernetes itself guesses it.
fn plural(kind: &str) -> String {
    let kind = kind.to_lowercase();
    match kind.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None if kind.ends_with('s') => format!("{kind}es"),
        None => format!("{kind}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn ids(text: &str) -> Vec<String> {
        let input = Input::parse(text.to_owned(), "in.yaml").unwrap();
        input.objects.iter().map(|object| object.id.to_string()).collect()
    }

    #[test]
    fn documents_and_lists_are_objects() {
        let text = "
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
---
apiVersion: v1
kind: List
items:
- {apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}}
- {apiVersion: example.com/v1, kind: Policy, metadata: {name: p}}
";
        assert_eq!(
            ids(text),
            [
                "namespaces shop",
                "deployments.apps shop/web",
                "policies.example.com p"
            ]
        );
    }

    #[test]
    fn a_definition_in_the_text_tells_the_type() {
        let text = "
{apiVersion: example.com/v1, kind: Sheep, metadata: {name: s}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: sheep.example.com}
spec: {group: example.com, scope: Cluster, names: {plural: sheep, kind: Sheep}, versions: [{name: v1, served: true}]}
";
        assert_eq!(ids(text).first().map(String::as_str), Some("sheep.example.com s"));
    }

    #[rstest]
    #[case::no_kind("a: 1\n", "in.yaml:1: this is no object")]
    #[case::second_document("{apiVersion: v1, kind: A}\n---\n- 1\n", "in.yaml:3: this is no object")]
    #[case::no_yaml("a: 1\nb: [\n", "in.yaml:")]
    fn what_is_no_object_is_named_with_its_line(#[case] text: &str, #[case] message: &str) {
        let problem = Input::parse(text.to_owned(), "in.yaml").err().unwrap();
        assert!(problem.to_string().starts_with(message), "{problem}");
    }
}
