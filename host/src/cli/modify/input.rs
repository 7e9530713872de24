//! Objects from a file or standard input, and back to text in the form in which they came.

use crate::cli::files;
use crate::cli::output::{Format, Output};
use crate::object::{Object, ResourceTypes, Schemas, guess_object, yaml};
use crate::report::{Code, Problem, ResultOf};
use serde::de::IgnoredAny;
use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Objects of some texts.
#[derive(Default)]
pub(in crate::cli) struct Input {
    /// The texts, one after the other.
    pub text: String,
    /// The objects, in their order; those of lists too.
    pub objects: Vec<Object>,
    documents: Vec<Document>,
}

/// A document of a text, without its objects.
struct Document {
    form: Form,
    is_json: bool,
}

/// What a document was.
enum Form {
    /// One object.
    Object,
    /// A list of so many objects; the list without them.
    List(Value, usize),
}

/// A document that was read, and where it stands.
struct Found {
    value: Value,
    place: String,
    is_json: bool,
}

impl Input {
    /// Read the objects in `files`; those on standard input for `-`, and where there are no files.
    pub fn read(files: &[PathBuf]) -> ResultOf<Self> {
        let standard_input = [PathBuf::from("-")];
        let files = if files.is_empty() { &standard_input } else { files };
        Input::parse(
            files
                .iter()
                .map(|file| read_source(file))
                .collect::<ResultOf<_>>()?,
        )
    }

    /// The objects of a text that comes with the program.
    pub fn sample(text: &str) -> ResultOf<Self> {
        Input::parse(vec![("the example application".to_owned(), text.to_owned())])
    }

    /// The objects in texts, each with its name; errors say name and line.
    fn parse(sources: Vec<(String, String)>) -> ResultOf<Self> {
        let mut input = Input::default();
        let mut documents = Vec::new();
        for (name, text) in sources {
            documents.append(&mut read_documents(&name, &text)?);
            input.text.push_str(&text);
        }
        let mut types = ResourceTypes::built_in();
        for definition in documents
            .iter()
            .flat_map(|document| items(&document.value))
            .filter(|item| is_definition(item))
        {
            // A definition that is wrong is an object like others here; its type is guessed.
            drop(types.define(definition));
        }
        for Found {
            value,
            place,
            is_json,
        } in documents
        {
            let wrong = |message: &str| Problem::new(Code::InvalidDocument, message).about(place);
            let form = input.add(value, &types).map_err(wrong)?;
            input.documents.push(Document { form, is_json });
        }
        Ok(input)
    }

    fn add(&mut self, mut value: Value, types: &ResourceTypes) -> Result<Form, &'static str> {
        let Some(list) = list_items(&mut value) else {
            self.objects.push(guess_object(value, types)?);
            return Ok(Form::Object);
        };
        let count = list.len();
        for item in list {
            self.objects.push(guess_object(item, types)?);
        }
        Ok(Form::List(value, count))
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
        let mut objects = self.objects.into_iter().map(|object| object.json);
        let mut separator = "";
        for Document { form, is_json } in self.documents {
            let value = match form {
                Form::Object => objects.next().unwrap_or_default(),
                Form::List(list, count) => with_items(list, objects.by_ref().take(count).collect()),
            };
            if output.format == Format::Json || (is_json && output.format == Format::Table) {
                output.write(&format!("{value:#}\n"))?;
            } else {
                output.write(&format!("{separator}{}", yaml::write(&value)))?;
                separator = "---\n";
            }
        }
        Ok(())
    }
}

/// The name and the text of a file, or of standard input.
fn read_source(file: &Path) -> ResultOf<(String, String)> {
    if file != Path::new("-") {
        return Ok((file.display().to_string(), files::read(file)?));
    }
    let (name, mut text) = ("standard input", String::new());
    let read = std::io::stdin().read_to_string(&mut text);
    read.map_err(|error| files::unreadable(&error).about(name))?;
    Ok((name.to_owned(), text))
}

/// The documents of a text that are not empty.
fn read_documents(name: &str, text: &str) -> ResultOf<Vec<Found>> {
    let is_json = serde_json::Deserializer::from_str(text)
        .into_iter::<IgnoredAny>()
        .all(|value| value.is_ok());
    let documents = yaml::parse_all(text).map_err(|error| {
        Problem::new(Code::InvalidDocument, error.message).about(format!("{name}:{}", error.line))
    })?;
    let documents = documents.into_iter().filter(|document| !document.value.is_null());
    Ok(documents
        .map(|document| Found {
            value: document.value,
            place: format!("{name}:{}", document.line),
            is_json,
        })
        .collect())
}

fn with_items(mut list: Value, objects: Vec<Value>) -> Value {
    if let Some(items) = list.get_mut("items") {
        *items = objects.into();
    }
    list
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

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn ids(text: &str) -> Vec<String> {
        let input = Input::parse(vec![("in.yaml".to_owned(), text.to_owned())]).unwrap();
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
        let problem = Input::parse(vec![("in.yaml".to_owned(), text.to_owned())])
            .err()
            .unwrap();
        assert!(problem.to_string().starts_with(message), "{problem}");
    }
}
