//! From the parser's events to a tree: keys, merge keys, anchors, and the bounds against hostile texts.

use super::{Content, Entry, Node, Scalar, ScalarValue, YamlError, scalar};
use granit_parser::{Event, ScalarStyle, Span, StructureStyle, Tag};
use std::collections::{HashMap, HashSet};

/// How deep values may be nested: somewhat less than the 128 levels that JSON readers commonly accept, so that what was
/// read can be read again from a backup.
pub(super) const MAX_DEPTH: usize = 120;

/// How large all that aliases stand for may become in one document, in bytes: aliases of aliases grow exponentially,
/// and no object of Kubernetes may be larger than a few MiB.
const MAX_ALIAS_BYTES: usize = 16 << 20;

/// What a node counts for against [`MAX_ALIAS_BYTES`] besides its text.
const NODE_BYTES: usize = 64;

/// Builds the tree of one document.
#[derive(Default)]
pub(super) struct Builder {
    open: Vec<Frame>,
    anchors: HashMap<usize, Node>,
    alias_bytes: usize,
    root: Option<Node>,
}

/// A collection that is not closed yet.
struct Frame {
    line: usize,
    column: usize,
    anchor: usize,
    /// Whether it is in brackets.
    flow: bool,
    kind: FrameKind,
}

enum FrameKind {
    Sequence(Vec<Node>),
    Mapping {
        entries: Vec<Entry>,
        key: Option<Key>,
        merges: Vec<Node>,
    },
}

/// A key whose value is still to come.
struct Key {
    name: String,
    line: usize,
    column: usize,
    merge: bool,
}

impl Builder {
    /// Take the next event of the document.
    pub(super) fn handle(&mut self, event: Event<'_>, span: &Span) -> Result<(), YamlError> {
        let (line, column) = (span.start.line(), span.start.col() + 1);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                if plain && text.starts_with(':') && self.open.last().is_some_and(|frame| frame.flow) {
                    // YAML 1.2 takes it for a text, and Kubernetes' reader for a second colon.
                    let message = format!("'{text}' cannot begin with a colon inside brackets; quote it");
                    return Err(YamlError::new(line, column, message));
                }
                let scalar = read_scalar(text.into_owned(), plain, tag.as_deref())
                    .map_err(|message| YamlError::new(line, column, message))?;
                self.place(
                    Node {
                        line,
                        column,
                        content: Content::Scalar(scalar),
                    },
                    anchor,
                )
            }
            Event::Alias(anchor) => {
                let node = self.expand(anchor, line, column)?;
                self.place(node, 0)
            }
            Event::SequenceStart(style, anchor, _) => {
                self.enter(line, column, anchor, style, FrameKind::Sequence(Vec::new()))
            }
            Event::MappingStart(style, anchor, _) => {
                let kind = FrameKind::Mapping {
                    entries: Vec::new(),
                    key: None,
                    merges: Vec::new(),
                };
                self.enter(line, column, anchor, style, kind)
            }
            Event::SequenceEnd | Event::MappingEnd => self.leave(),
            _ => Ok(()),
        }
    }

    /// The finished tree.
    pub(super) fn finish(self) -> Option<Node> {
        self.root
    }

    fn enter(
        &mut self,
        line: usize,
        column: usize,
        anchor: usize,
        style: StructureStyle,
        kind: FrameKind,
    ) -> Result<(), YamlError> {
        if self.open.len() >= MAX_DEPTH {
            let message =
                format!("nested more than {MAX_DEPTH} levels deep, which no object of Kubernetes is");
            return Err(YamlError::new(line, column, message));
        }
        self.open.push(Frame {
            line,
            column,
            anchor,
            flow: style == StructureStyle::Flow,
            kind,
        });
        Ok(())
    }

    fn leave(&mut self) -> Result<(), YamlError> {
        let Some(Frame {
            line,
            column,
            anchor,
            kind,
            ..
        }) = self.open.pop()
        else {
            return Ok(());
        };
        let content = match kind {
            FrameKind::Sequence(items) => Content::Sequence(items),
            FrameKind::Mapping { entries, merges, .. } => Content::Mapping(finish_mapping(entries, merges)?),
        };
        self.place(
            Node {
                line,
                column,
                content,
            },
            anchor,
        )
    }

    /// Put a finished node where it belongs: into the innermost open collection, or as the root.
    fn place(&mut self, node: Node, anchor: usize) -> Result<(), YamlError> {
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|frame| &mut frame.kind) {
            None => self.root = Some(node),
            Some(FrameKind::Sequence(items)) => items.push(node),
            Some(FrameKind::Mapping { entries, key, merges }) => match key.take() {
                None => *key = Some(read_key(node)?),
                Some(Key { merge: true, .. }) => collect_merge(node, merges)?,
                Some(Key {
                    name, line, column, ..
                }) => entries.push(Entry {
                    key: name,
                    line,
                    column,
                    value: node,
                }),
            },
        }
        Ok(())
    }

    /// What the alias stands for.
    fn expand(&mut self, anchor: usize, line: usize, column: usize) -> Result<Node, YamlError> {
        let Some(node) = self.anchors.get(&anchor) else {
            return Err(YamlError::new(
                line,
                column,
                "this alias stands for something that it is itself a part of",
            ));
        };
        let (bytes, depth) = measure(node);
        self.alias_bytes = self.alias_bytes.saturating_add(bytes);
        if self.alias_bytes > MAX_ALIAS_BYTES {
            let message = format!(
                "the aliases of this document stand for more than {} MiB",
                MAX_ALIAS_BYTES >> 20
            );
            return Err(YamlError::new(line, column, message));
        }
        if self.open.len() + depth > MAX_DEPTH {
            return Err(too_deep(line, column));
        }
        Ok(node.clone())
    }
}

/// The error for what stands deeper than [`MAX_DEPTH`].
pub(super) fn too_deep(line: usize, column: usize) -> YamlError {
    let message = format!("nested more than {MAX_DEPTH} levels deep, which no object of Kubernetes is");
    YamlError::new(line, column, message)
}

/// Bytes and levels of a tree.
fn measure(node: &Node) -> (usize, usize) {
    let within = |children: &mut dyn Iterator<Item = (usize, &Node)>| {
        children.fold((NODE_BYTES, 1), |(bytes, depth), (key_bytes, child)| {
            let (child_bytes, child_depth) = measure(child);
            (bytes + key_bytes + child_bytes, depth.max(child_depth + 1))
        })
    };
    match &node.content {
        Content::Scalar(scalar) => (NODE_BYTES + scalar.text.len(), 0),
        Content::Sequence(items) => within(&mut items.iter().map(|item| (0, item))),
        Content::Mapping(entries) => within(&mut entries.iter().map(|entry| (entry.key.len(), &entry.value))),
    }
}

fn read_scalar(text: String, plain: bool, tag: Option<&Tag>) -> Result<Scalar, String> {
    let core = tag.and_then(|tag| tag.suffix_in_namespace("tag:yaml.org,2002:"));
    let value = match (tag, core.as_deref()) {
        (None, _) if plain => scalar::resolve(&text)?,
        (_, Some("binary")) => {
            return Err("a value of the type !!binary has no form in JSON; write the text itself".to_owned());
        }
        (_, Some(core)) => scalar::resolve_as(core, &text)?,
        _ => ScalarValue::String,
    };
    Ok(Scalar {
        text,
        plain: plain && tag.is_none(),
        value,
    })
}

/// A key, as JSON spells it.
fn read_key(node: Node) -> Result<Key, YamlError> {
    let Node {
        line,
        column,
        content,
    } = node;
    let Content::Scalar(scalar) = content else {
        return Err(YamlError::new(
            line,
            column,
            "a key must be a text, not a mapping or a list",
        ));
    };
    let merge = scalar.plain && scalar.text == "<<";
    let name = match &scalar.value {
        ScalarValue::Null => return Err(YamlError::new(line, column, "a key must be a text, not null")),
        ScalarValue::Number(number) => number.to_string(),
        ScalarValue::Bool(_) => scalar.coerce_to_string().to_owned(),
        ScalarValue::String => scalar.text,
    };
    Ok(Key {
        name,
        line,
        column,
        merge,
    })
}

/// The mappings that a merge key brings in, those that win first.
fn collect_merge(node: Node, merges: &mut Vec<Node>) -> Result<(), YamlError> {
    let (line, column) = (node.line, node.column);
    let items = match node.content {
        Content::Mapping(_) => vec![node],
        Content::Sequence(items) => items,
        Content::Scalar(_) => Vec::new(),
    };
    if items.is_empty()
        || !items
            .iter()
            .all(|item| matches!(item.content, Content::Mapping(_)))
    {
        return Err(YamlError::new(
            line,
            column,
            "the merge key '<<' expects a mapping or a list of mappings",
        ));
    }
    merges.extend(items);
    Ok(())
}

/// The entries of a mapping with what its merge keys bring in. Its own keys win, then the mapping merged first.
fn finish_mapping(mut entries: Vec<Entry>, merges: Vec<Node>) -> Result<Vec<Entry>, YamlError> {
    let mut seen = HashSet::with_capacity(entries.len());
    if let Some(twice) = entries.iter().find(|entry| !seen.insert(entry.key.as_str())) {
        let first = entries
            .iter()
            .find(|entry| entry.key == twice.key)
            .map_or(0, |entry| entry.line);
        let message = format!(
            "the key '{}' is given twice, first at line {first}; remove one",
            twice.key
        );
        return Err(YamlError::new(twice.line, twice.column, message));
    }
    if merges.is_empty() {
        return Ok(entries);
    }
    let mut seen: HashSet<String> = entries.iter().map(|entry| entry.key.clone()).collect();
    for merge in merges {
        let Content::Mapping(merged) = merge.content else {
            continue;
        };
        entries.extend(merged.into_iter().filter(|entry| seen.insert(entry.key.clone())));
    }
    Ok(entries)
}
