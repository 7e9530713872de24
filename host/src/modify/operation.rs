//! One operation of a JSON patch in a rule.

use super::field::{Fields, text};
use super::path::Path;
use super::problem::{Findings, Place};
use super::value::{unescaped, value_of};
use crate::object::yaml::{Content, Node};
use serde_json::{Value, json};

const OPERATIONS: [&str; 6] = ["add", "remove", "replace", "move", "copy", "test"];

/// Read the operation `node` into the form that the plugin `json-patch` takes: `op`, `path`, and `from` or `value` where
/// the operation has one.
pub(super) fn read(node: &Node, place: &Place, findings: &mut Findings) -> Option<Value> {
    let fields = Fields::read(node, place, &["operation", "from", "path", "value"], findings)?;
    let op = read_name(&fields, place, findings);
    let path = read_path(&fields, "path", place, findings);
    let op = op?;
    let mut operation = json!({"op": op, "path": path?});
    let members = operation.as_object_mut()?;
    let (needs_from, needs_value) = (
        matches!(op, "move" | "copy"),
        matches!(op, "add" | "replace" | "test"),
    );
    if needs_from {
        members.insert("from".into(), read_path(&fields, "from", place, findings)?.into());
    }
    if needs_value {
        members.insert("value".into(), read_value(&fields, place, findings));
    }
    for (name, used) in [("from", needs_from), ("value", needs_value)] {
        if let Some(unused) = fields.get(name).filter(|_| !used) {
            findings.warn(
                &place.field(name),
                unused.line,
                format!("has no effect on '{op}'"),
            );
        }
    }
    Some(operation)
}

fn read_name(fields: &Fields<'_>, place: &Place, findings: &mut Findings) -> Option<&'static str> {
    let name = fields.text("operation", place, findings);
    let known = OPERATIONS
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(&name));
    if known.is_none() {
        let all = OPERATIONS.join(", ");
        let message = match name.as_str() {
            "" => format!("operation cannot be empty; expected one of {all}"),
            _ => format!("unsupported operation '{name}'; expected one of {all}"),
        };
        findings.refuse(&place.field("operation"), line_of(fields, "operation"), message);
    }
    known
}

/// A path; what leads nowhere in any object is refused.
pub(super) fn read_path(
    fields: &Fields<'_>,
    name: &str,
    place: &Place,
    findings: &mut Findings,
) -> Option<String> {
    let path = unescaped(&fields.text(name, place, findings));
    let (place, line) = (place.field(name), line_of(fields, name));
    if path.is_empty() {
        findings.refuse(
            &place,
            line,
            format!("{name} cannot be empty; expected one such as /spec/replicas"),
        );
        return None;
    }
    if Path::parse(&path).is_none() {
        findings.refuse(
            &place,
            line,
            format!("'{path}' leads nowhere; did you mean '/{path}'?"),
        );
        return None;
    }
    if !path.starts_with('/') {
        let message = format!("'{path}' does not begin with '/': what is before the first '/' is dropped");
        findings.warn(&place, line, message);
    }
    Some(path)
}

/// The JSON of a `value`: a mapping or list as it is, and a scalar by the rules of [`value_of`].
pub(super) fn read_value(fields: &Fields<'_>, place: &Place, findings: &mut Findings) -> Value {
    let place = place.field("value");
    match fields.given("value") {
        Some(node) if matches!(node.content, Content::Scalar(_)) && !node.is_null() => {
            value_of(&text(node, &place, findings))
        }
        Some(node) if !node.is_null() => node.clone().into_json(),
        _ => {
            let message = "nothing stands here, which is the empty text; write \"null\", with quotes, for a JSON \
                           null, and '\"\"' for the empty text";
            findings.warn(&place, line_of(fields, "value"), message);
            Value::String(String::new())
        }
    }
}

fn line_of(fields: &Fields<'_>, name: &str) -> usize {
    fields.given(name).map_or(fields.line, |node| node.line)
}
