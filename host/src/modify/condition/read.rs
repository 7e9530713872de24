//! Reading conditions.

use super::{Conditions, Match, Namespaces, Pattern};
use crate::modify::field::{Fields, text};
use crate::modify::operation::{read_path, read_value};
use crate::modify::path::Path;
use crate::modify::problem::{Findings, Place};
use crate::object::yaml::{Content, Node};
use crate::object::{Glob, LabelSelector, SelectorError, is_pattern};
use regex::Regex;
use serde_json::{Value, json};

const FIELDS: [&str; 5] = [
    "groupResource",
    "namespaces",
    "resourceNameRegex",
    "labelSelector",
    "matches",
];

impl Conditions {
    /// Read the conditions `node`.
    pub(in crate::modify) fn read(node: &Node, place: &Place, findings: &mut Findings) -> Option<Conditions> {
        let fields = Fields::read(node, place, &FIELDS, findings)?;
        let group_resource = read_group_resource(&fields, place, findings);
        let namespaces = read_namespaces(&fields, place, findings);
        let name = read_name(&fields, place, findings);
        let labels = fields
            .get("labelSelector")
            .and_then(|node| read_selector(node, &place.field("labelSelector"), findings));
        let matches = read_matches(&fields, place, findings);
        Some(Conditions {
            group_resource: group_resource?,
            namespaces,
            name,
            labels,
            matches,
        })
    }
}

impl Pattern {
    fn read(text: &str, separator: Option<char>) -> Result<Pattern, String> {
        if !is_pattern(text) {
            return Ok(Pattern::Exactly(text.to_owned()));
        }
        Glob::new(text, separator)
            .map(Pattern::Glob)
            .map_err(|error| error.to_string())
    }
}

fn read_group_resource(fields: &Fields<'_>, place: &Place, findings: &mut Findings) -> Option<Pattern> {
    let text = fields.text("groupResource", place, findings);
    let line = fields.get("groupResource").map_or(fields.line, |node| node.line);
    let place = place.field("groupResource");
    match text.as_str() {
        "" => {
            let message = "groupResource cannot be empty; expected a type such as pods or deployments.apps";
            findings.refuse(&place, line, message);
            None
        }
        // Velero's documentation has this for all types; its code takes it for groups without a dot in their name.
        "*.*" => Some(Pattern::Any),
        text => keep(Pattern::read(text, Some('.')), &place, line, findings),
    }
}

fn read_namespaces(fields: &Fields<'_>, place: &Place, findings: &mut Findings) -> Namespaces {
    let texts = fields.texts("namespaces", place, findings);
    if texts.iter().any(|(text, _)| text == "*") {
        return Namespaces(Vec::new());
    }
    let place = place.field("namespaces");
    let read = |(index, (text, line)): (usize, &(String, usize))| {
        keep(Pattern::read(text, None), &place.element(index), *line, findings)
    };
    Namespaces(texts.iter().enumerate().filter_map(read).collect())
}

fn keep(
    pattern: Result<Pattern, String>,
    place: &Place,
    line: usize,
    findings: &mut Findings,
) -> Option<Pattern> {
    pattern.map_err(|error| findings.refuse(place, line, error)).ok()
}

fn read_name(fields: &Fields<'_>, place: &Place, findings: &mut Findings) -> Option<Regex> {
    let text = fields.text("resourceNameRegex", place, findings);
    let line = fields
        .get("resourceNameRegex")
        .map_or(fields.line, |node| node.line);
    if text.is_empty() {
        return None;
    }
    let invalid = |error| {
        let message = format!("'{text}' is no regular expression: {error}");
        findings.refuse(&place.field("resourceNameRegex"), line, message);
    };
    compile_regex(&text).map_err(invalid).ok()
}

/// The expression as Go reads it, where `\Q…\E` quotes.
fn compile_regex(text: &str) -> Result<Regex, regex::Error> {
    let mut pattern = String::new();
    let mut rest = text;
    while let Some((before, quoted)) = rest.split_once("\\Q") {
        let (quoted, after) = quoted.split_once("\\E").unwrap_or((quoted, ""));
        pattern.push_str(before);
        pattern.push_str(&regex::escape(quoted));
        rest = after;
    }
    pattern.push_str(rest);
    Regex::new(&pattern)
}

fn read_selector(node: &Node, place: &Place, findings: &mut Findings) -> Option<LabelSelector> {
    let fields = Fields::read(node, place, &["matchLabels", "matchExpressions"], findings)?;
    let labels = fields
        .get("matchLabels")
        .map(|labels| read_labels(labels, &place.field("matchLabels"), findings));
    let expressions = fields.list("matchExpressions", place, findings);
    let place_of = place.field("matchExpressions");
    let read = |(index, node)| read_expression(node, &place_of.element(index), findings);
    let expressions: Vec<Value> = expressions.iter().enumerate().filter_map(read).collect();
    let selector = json!({"matchLabels": labels, "matchExpressions": expressions});
    let refuse = |error: SelectorError| findings.refuse(place, node.line, error.message);
    LabelSelector::from_json(&selector).map_err(refuse).ok()
}

/// Labels, whose values are texts whatever they look like.
fn read_labels(node: &Node, place: &Place, findings: &mut Findings) -> Value {
    let Content::Mapping(entries) = &node.content else {
        findings.refuse(
            place,
            node.line,
            format!(
                "expected a mapping from keys to values, found {}",
                node.describe()
            ),
        );
        return Value::Null;
    };
    let labels = entries.iter().map(|entry| {
        let value = text(&entry.value, &place.field(&entry.key), findings);
        (entry.key.clone(), Value::String(value))
    });
    Value::Object(labels.collect())
}

fn read_expression(node: &Node, place: &Place, findings: &mut Findings) -> Option<Value> {
    let fields = Fields::read(node, place, &["key", "operator", "values"], findings)?;
    let values: Vec<String> = fields
        .texts("values", place, findings)
        .into_iter()
        .map(|(value, _)| value)
        .collect();
    Some(json!({
        "key": fields.text("key", place, findings),
        "operator": fields.text("operator", place, findings),
        "values": values,
    }))
}

fn read_matches(fields: &Fields<'_>, place: &Place, findings: &mut Findings) -> Vec<Match> {
    let nodes = fields.list("matches", place, findings);
    let place = place.field("matches");
    let read = |(index, node): (usize, &Node)| {
        let place = place.element(index);
        let fields = Fields::read(node, &place, &["path", "value"], findings)?;
        let path = read_path(&fields, "path", &place, findings);
        let value = read_value(&fields, &place, findings);
        Some(Match {
            path: Path::parse(&path?)?,
            value,
        })
    };
    nodes.iter().enumerate().filter_map(read).collect()
}
