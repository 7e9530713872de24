//! The `patchData` of merge patches and strategic merge patches: an object in YAML or JSON.

use super::field::{Fields, text};
use super::problem::{Findings, Place};
use crate::object::yaml::{self, Content, Node};
use serde_json::Value;

/// Read the patches of the list `name`.
pub(super) fn read(nodes: &[Node], name: &str, rule: &Place, findings: &mut Findings) -> Vec<Value> {
    let read_one = |(index, node)| read_patch(node, &rule.patch(name, index), findings);
    nodes.iter().enumerate().filter_map(read_one).collect()
}

fn read_patch(node: &Node, place: &Place, findings: &mut Findings) -> Option<Value> {
    let fields = Fields::read(node, place, &["patchData"], findings)?;
    let place = place.field("patchData");
    let Some(data) = fields.get("patchData") else {
        findings.refuse(
            &place,
            fields.line,
            "patchData is missing: expected a patch in YAML or JSON",
        );
        return None;
    };
    let patch = match &data.content {
        Content::Scalar(_) => read_text(&text(data, &place, findings), data.line, &place, findings)?,
        _ => data.clone().into_json(),
    };
    if !patch.is_object() {
        let found = match patch {
            Value::Null => "nothing",
            Value::Array(_) => "a list",
            _ => "a single value",
        };
        findings.refuse(
            &place,
            data.line,
            format!("expected the members of an object, found {found}"),
        );
        return None;
    }
    Some(patch)
}

fn read_text(text: &str, line: usize, place: &Place, findings: &mut Findings) -> Option<Value> {
    match yaml::parse(text) {
        Ok(patch) => Some(patch),
        Err(error) => {
            findings.refuse(
                place,
                line,
                format!("is neither YAML nor JSON: {error} of the patch"),
            );
            None
        }
    }
}
