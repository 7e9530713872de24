//! Reading the tree of a document: strict about names, lenient about their case, as Velero is.

use super::problem::{Findings, Place};
use crate::object::yaml::{Content, Node, ScalarValue};
use crate::report::did_you_mean;

/// The fields of a mapping, of those that it may have.
pub(super) struct Fields<'n> {
    /// Line of the mapping.
    pub(super) line: usize,
    fields: Vec<(&'static str, &'n Node)>,
}

impl<'n> Fields<'n> {
    /// The fields of `node`, which may be among `known`. What else is there is refused.
    pub(super) fn read(
        node: &'n Node,
        place: &Place,
        known: &[&'static str],
        findings: &mut Findings,
    ) -> Option<Fields<'n>> {
        let mut fields: Vec<(&'static str, &'n Node)> = Vec::new();
        let Content::Mapping(entries) = &node.content else {
            let names = known.join(", ");
            let message = format!("expected a mapping with {names}, found {}", node.describe());
            findings.refuse(place, node.line, message);
            return None;
        };
        for entry in entries {
            let Some(name) = known
                .iter()
                .copied()
                .find(|name| name.eq_ignore_ascii_case(&entry.key))
            else {
                let hint = did_you_mean(&entry.key, known);
                findings.refuse(place, entry.line, format!("unknown field '{}'{hint}", entry.key));
                continue;
            };
            if fields.iter().any(|(given, _)| *given == name) {
                findings.refuse(place, entry.line, format!("field '{name}' is given twice"));
            }
            fields.push((name, &entry.value));
        }
        Some(Fields {
            line: node.line,
            fields,
        })
    }

    /// The field `name`; none where it is missing or null.
    pub(super) fn get(&self, name: &str) -> Option<&'n Node> {
        self.given(name).filter(|node| !node.is_null())
    }

    /// The field `name`, null or not; none where it is missing.
    pub(super) fn given(&self, name: &str) -> Option<&'n Node> {
        self.fields
            .iter()
            .find(|(given, _)| *given == name)
            .map(|(_, node)| *node)
    }

    /// The text of the field `name`; empty where it is missing.
    pub(super) fn text(&self, name: &str, place: &Place, findings: &mut Findings) -> String {
        self.get(name)
            .map(|node| text(node, &place.field(name), findings))
            .unwrap_or_default()
    }

    /// The elements of the list `name`; none where it is missing.
    pub(super) fn list(&self, name: &str, place: &Place, findings: &mut Findings) -> &'n [Node] {
        self.get(name)
            .map(|node| elements(node, &place.field(name), findings))
            .unwrap_or_default()
    }

    /// The texts in the list `name`, each with its line.
    pub(super) fn texts(&self, name: &str, place: &Place, findings: &mut Findings) -> Vec<(String, usize)> {
        let place = place.field(name);
        let nodes = self
            .get(name)
            .map(|node| elements(node, &place, findings))
            .unwrap_or_default();
        let text_of =
            |(index, node): (usize, &Node)| (text(node, &place.element(index), findings), node.line);
        nodes.iter().enumerate().map(text_of).collect()
    }
}

/// The text of a scalar where a text is wanted: whole numbers in decimal, fractions with the digits of their author,
/// truth values as `true` or `false`, null as the empty text.
pub(super) fn text(node: &Node, place: &Place, findings: &mut Findings) -> String {
    let Some(scalar) = node.as_scalar() else {
        findings.refuse(
            place,
            node.line,
            format!("expected a text, found {}", node.describe()),
        );
        return String::new();
    };
    match &scalar.value {
        ScalarValue::Number(number) if !number.is_f64() => number.to_string(),
        _ => scalar.coerce_to_string().to_owned(),
    }
}

fn elements<'n>(node: &'n Node, place: &Place, findings: &mut Findings) -> &'n [Node] {
    match &node.content {
        Content::Sequence(elements) => elements,
        _ => {
            findings.refuse(
                place,
                node.line,
                format!("expected a list, found {}", node.describe()),
            );
            &[]
        }
    }
}
