//! The document as a whole: `version` and `resourceModifierRules`, bare or in a ConfigMap.

use super::condition::Conditions;
use super::field::{Fields, text};
use super::problem::{Findings, Place};
use super::{RuleProblem, operation, patch_data};
use crate::object::yaml::{self, Content, Entry, Node};
use serde_json::{Value, json};

/// A document of rules that was read, checked and compiled.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// The rules, in the order in which they apply.
    pub rules: Vec<Rule>,
    /// What the author of the document should know.
    pub warnings: Vec<RuleProblem>,
}

/// Conditions, and what happens to objects that fulfil them.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Line in the text, from 1.
    pub line: usize,
    /// Which objects it applies to.
    pub conditions: Conditions,
    /// What it does to them.
    pub patches: Patches,
}

/// What a rule does to an object: a plugin and its configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Patches {
    /// Name of the plugin: `json-patch`, `merge-patch`, `strategic-merge-patch`, or one that the user brings.
    pub plugin: String,
    /// Whether the plugin is one of ours.
    pub built_in: bool,
    /// What the plugin is configured with; for built-in plugins `patches`, a list in the order of the rule.
    pub config: Value,
    /// The field of the rule: `patches`, `mergePatches`, `strategicPatches`, `plugin`.
    pub field: &'static str,
}

impl Rules {
    /// Read a document: bare, or as the one value of a ConfigMap. All that is wrong with it is told at once.
    pub fn parse(text: &str) -> Result<Rules, Vec<RuleProblem>> {
        let mut findings = Findings::default();
        let rules = match yaml::parse_node(text) {
            Ok(root) => read_root(&root, &mut findings),
            Err(error) => {
                findings.refuse(&Place::default(), error.line, error.message);
                None
            }
        };
        let Findings {
            mut problems,
            mut warnings,
        } = findings;
        problems.sort_by_key(|problem| problem.line);
        warnings.sort_by_key(|warning| warning.line);
        match rules {
            Some(rules) if problems.is_empty() => Ok(Rules { rules, warnings }),
            _ => Err(problems),
        }
    }
}

fn read_root(root: &Node, findings: &mut Findings) -> Option<Vec<Rule>> {
    let is_config_map = root
        .get("kind")
        .and_then(Node::as_scalar)
        .is_some_and(|kind| kind.text == "ConfigMap");
    if is_config_map {
        read_config_map(root, findings)
    } else {
        read_document(root, findings)
    }
}

/// Read the document in a ConfigMap: the value of its one key, whatever the name of the key is.
fn read_config_map(config_map: &Node, findings: &mut Findings) -> Option<Vec<Rule>> {
    let place = Place::default().field("data");
    let entries: &[Entry] = match config_map.get("data").map(|data| &data.content) {
        Some(Content::Mapping(entries)) => entries,
        _ => &[],
    };
    let [entry] = entries else {
        let keys = entries
            .iter()
            .map(|entry| entry.key.as_str())
            .collect::<Vec<_>>()
            .join(", ");
        let found = if keys.is_empty() { "none" } else { keys.as_str() };
        let line = config_map.get("data").map_or(config_map.line, |data| data.line);
        let message =
            format!("the ConfigMap must have one key, with the document as its value; found {found}");
        findings.refuse(&place, line, message);
        return None;
    };
    let document = text(&entry.value, &place.field(&entry.key), findings);
    let mut inner = Findings::default();
    let rules = match yaml::parse_node(&document) {
        Ok(root) => read_document(&root, &mut inner),
        Err(error) => {
            inner.refuse(&Place::default(), error.line, error.message);
            None
        }
    };
    // A document of several lines is a block, whose first line follows that of its key.
    let lines_before = if document.contains('\n') {
        entry.line
    } else {
        entry.line - 1
    };
    for finding in inner.problems.iter_mut().chain(&mut inner.warnings) {
        finding.line += lines_before;
    }
    findings.problems.append(&mut inner.problems);
    findings.warnings.append(&mut inner.warnings);
    rules
}

fn read_document(root: &Node, findings: &mut Findings) -> Option<Vec<Rule>> {
    let place = Place::default();
    let fields = Fields::read(root, &place, &["version", "resourceModifierRules"], findings)?;
    let version = fields.text("version", &place, findings);
    if !version.eq_ignore_ascii_case("v1") {
        let line = fields.get("version").map_or(root.line, |node| node.line);
        let message = match version.as_str() {
            "" => "version is missing; expected 'v1'".to_owned(),
            _ => format!("unsupported version '{version}'; expected 'v1'"),
        };
        findings.refuse(&place.field("version"), line, message);
    }
    let nodes = fields.list("resourceModifierRules", &place, findings);
    if nodes.is_empty() {
        let message = "there are no rules; expected at least one";
        findings.refuse(&place.field("resourceModifierRules"), root.line, message);
    }
    let read = |(index, node)| read_rule(node, &Place::rule(index), findings);
    Some(nodes.iter().enumerate().filter_map(read).collect())
}

fn read_rule(node: &Node, place: &Place, findings: &mut Findings) -> Option<Rule> {
    const FIELDS: [&str; 5] = [
        "conditions",
        "patches",
        "mergePatches",
        "strategicPatches",
        "plugin",
    ];
    let fields = Fields::read(node, place, &FIELDS, findings)?;
    let conditions = match fields.get("conditions") {
        Some(conditions) => Conditions::read(conditions, &place.field("conditions"), findings),
        None => {
            let message = "conditions are missing: expected at least groupResource";
            findings.refuse(&place.field("conditions"), node.line, message);
            None
        }
    };
    let patches = read_patches(&fields, place, findings);
    Some(Rule {
        line: node.line,
        conditions: conditions?,
        patches: patches?,
    })
}

fn read_patches(fields: &Fields<'_>, place: &Place, findings: &mut Findings) -> Option<Patches> {
    let mut given = Vec::new();
    for name in ["patches", "mergePatches", "strategicPatches"] {
        let nodes = fields.list(name, place, findings);
        if !nodes.is_empty() {
            given.push(read_list(nodes, name, place, findings));
        }
    }
    if let Some(plugin) = fields.get("plugin") {
        given.extend(read_plugin(plugin, &place.field("plugin"), findings));
    }
    if given.len() > 1 {
        let names = given
            .iter()
            .map(|patches| patches.field)
            .collect::<Vec<_>>()
            .join(", ");
        let message = format!("only one kind of patch can be in a rule, found {names}; make a rule of each");
        findings.refuse(place, fields.line, message);
    }
    if given.is_empty() && fields.get("plugin").is_none() {
        let message = "has no patches; expected patches, mergePatches, strategicPatches or plugin";
        findings.refuse(place, fields.line, message);
    }
    given.pop()
}

fn read_list(nodes: &[Node], field: &'static str, rule: &Place, findings: &mut Findings) -> Patches {
    let read_operation = |(index, node)| operation::read(node, &rule.patch(field, index), findings);
    let (plugin, patches) = match field {
        "patches" => (
            "json-patch",
            nodes.iter().enumerate().filter_map(read_operation).collect(),
        ),
        "mergePatches" => ("merge-patch", patch_data::read(nodes, field, rule, findings)),
        _ => (
            "strategic-merge-patch",
            patch_data::read(nodes, field, rule, findings),
        ),
    };
    Patches {
        plugin: plugin.to_owned(),
        built_in: true,
        config: json!({"patches": patches}),
        field,
    }
}

fn read_plugin(node: &Node, place: &Place, findings: &mut Findings) -> Option<Patches> {
    let fields = Fields::read(node, place, &["name", "config"], findings)?;
    let name = fields.text("name", place, findings);
    if name.is_empty() {
        findings.refuse(
            &place.field("name"),
            node.line,
            "the name of the plugin is missing",
        );
        return None;
    }
    let config = fields
        .get("config")
        .map_or_else(|| json!({}), |config| config.clone().into_json());
    if !config.is_object() {
        findings.refuse(
            &place.field("config"),
            node.line,
            "expected a mapping with the plugin's configuration",
        );
        return None;
    }
    Some(Patches {
        plugin: name,
        built_in: false,
        config,
        field: "plugin",
    })
}
