//! The documents of a text, and where each of them stands.

use super::{
    Node, YamlError,
    reader::{Builder, MAX_DEPTH, too_deep},
};
use granit_parser::{ErrorKind, Event, Parser, ScanError, Span};
use serde_json::{Deserializer, Value, value::RawValue};
use std::ops::Range;

/// A document of a text with several.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// What it holds; null for an empty document.
    pub value: Value,
    /// Line of its first value, from 1.
    pub line: usize,
    /// The bytes from its first value to its last; comments before and after are outside.
    pub content: Range<usize>,
    /// The bytes from its `---`, or the start of the text, to the start of the next document.
    pub chunk: Range<usize>,
}

/// A document as a tree.
pub(super) struct Tree {
    pub(super) root: Node,
    content: Range<usize>,
    start: usize,
}

/// All documents of `text`, empty ones too. JSON values may follow each other without a `---`, as `jq` prints them.
pub fn parse_all(text: &str) -> Result<Vec<Document>, YamlError> {
    let trees = read(text)?;
    let mut starts: Vec<usize> = trees.iter().skip(1).map(|tree| tree.start).collect();
    starts.push(text.len());
    let mut from = 0;
    let documents = trees.into_iter().zip(starts).map(|(tree, to)| {
        let chunk = from..to;
        from = to;
        Document {
            line: tree.root.line,
            value: tree.root.into_json(),
            content: tree.content,
            chunk,
        }
    });
    Ok(documents.collect())
}

/// The trees of all documents of `text`.
pub(super) fn read(text: &str) -> Result<Vec<Tree>, YamlError> {
    let parts = json_values(text).filter(|parts| parts.len() > 1);
    let parts = parts.unwrap_or_else(|| std::iter::once(0..text.len()).collect());
    let mut trees = Vec::new();
    for part in parts {
        let Some(part_text) = text.get(part.clone()) else {
            continue;
        };
        let lines_before = text
            .get(..part.start)
            .map_or(0, |before| before.matches('\n').count());
        for mut tree in read_yaml(part_text).map_err(|error| YamlError {
            line: error.line + lines_before,
            ..error
        })? {
            tree.root.line += lines_before;
            tree.content = tree.content.start + part.start..tree.content.end + part.start;
            tree.start += part.start;
            trees.push(tree);
        }
    }
    Ok(trees)
}

/// Where the values of a text of JSON stand, or none when it is not JSON.
fn json_values(text: &str) -> Option<Vec<Range<usize>>> {
    if !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let mut values = Deserializer::from_str(text).into_iter::<&RawValue>();
    let mut parts = Vec::new();
    let mut start = 0;
    while let Some(value) = values.next() {
        value.ok()?;
        parts.push(start..values.byte_offset());
        start = values.byte_offset();
    }
    Some(parts)
}

fn read_yaml(text: &str) -> Result<Vec<Tree>, YamlError> {
    // Without a line feed at the end of the text, a block scalar has none either, as in kubectl.
    let options = granit_parser::options! {
        emit_comments: false,
        block_scalar_eof_without_line_feed: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut trees = Vec::new();
    let mut open: Option<Open> = None;
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| syntax_error(&error))?;
        match event {
            Event::DocumentStart(explicit, _) => open = Some(Open::new(text, explicit, &span)),
            Event::DocumentEnd => trees.extend(open.take().and_then(|open| open.finish(text))),
            event => {
                if let Some(open) = &mut open {
                    open.handle(event, &span)?;
                }
            }
        }
    }
    Ok(trees)
}

/// A document that is being read.
struct Open {
    builder: Builder,
    content: Option<Range<usize>>,
    start: usize,
}

impl Open {
    fn new(text: &str, explicit: bool, span: &Span) -> Self {
        let start = span.start.byte_offset().unwrap_or_default();
        let before = text.get(..start).unwrap_or_default();
        let start = if explicit {
            start
        } else {
            before.rfind('\n').map_or(0, |newline| newline + 1)
        };
        Open {
            builder: Builder::default(),
            content: None,
            start,
        }
    }

    fn handle(&mut self, event: Event<'_>, span: &Span) -> Result<(), YamlError> {
        let here = span.byte_range().unwrap_or_default();
        let content = self.content.get_or_insert_with(|| here.clone());
        // Block collections end where the next token begins, which may be far below: their ends are empty spans.
        if !here.is_empty() {
            content.end = here.end;
        }
        self.builder.handle(event, span)
    }

    fn finish(self, text: &str) -> Option<Tree> {
        let start = self.start;
        let mut content = self.content.unwrap_or(start..start);
        // The span of a block scalar takes in the empty lines below it.
        content.end = content.start + text.get(content.clone()).unwrap_or_default().trim_end().len();
        self.builder.finish().map(|root| Tree { root, content, start })
    }
}

/// The parser's message, with what to do about the mistakes that people make most.
fn syntax_error(error: &ScanError) -> YamlError {
    let (line, column) = (error.marker().line(), error.marker().col() + 1);
    let hint = match error.kind() {
        ErrorKind::MappingValueNotAllowed => "; check the indentation, and quote a text that contains ': '",
        ErrorKind::TabInBlockIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar
        | ErrorKind::TabNotAllowed => "; indent with spaces",
        ErrorKind::RecursionLimitExceeded => return too_deep(line, column),
        ErrorKind::UnknownAnchor => "; define it with '&' before its first use",
        ErrorKind::UnclosedQuotedScalar => "; the quote that opens here is never closed",
        _ => "",
    };
    YamlError::new(line, column, format!("{}{hint}", error.info()))
}

#[cfg(test)]
mod tests {
    use super::super::{parse, parse_node};
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case::block("a:\n  b: 1\n", json!({"a": {"b": 1}}))]
    #[case::flow("{a: [1, x], \"b\": ~}", json!({"a": [1, "x"], "b": null}))]
    #[case::json("{\"a\":\t\"\\ud83d\\ude00\\/\"}", json!({"a": "😀/"}))]
    #[case::quoted("a: '1'\nb: \"yes\"\n", json!({"a": "1", "b": "yes"}))]
    #[case::literal("a: |\n  1\n  2\n", json!({"a": "1\n2\n"}))]
    #[case::literal_at_the_end("a: |\n  1", json!({"a": "1"}))]
    #[case::folded("a: >-\n  x\n  y\n", json!({"a": "x y"}))]
    #[case::keys("1: a\nyes: b\n2.50: c\n", json!({"1": "a", "true": "b", "2.5": "c"}))]
    #[case::alias("a: &x {b: 1}\nc: *x\n", json!({"a": {"b": 1}, "c": {"b": 1}}))]
    #[case::merge("a: &x {b: 1, c: 2}\nd:\n  c: 3\n  <<: *x\n", json!({"a": {"b": 1, "c": 2}, "d": {"c": 3, "b": 1}}))]
    #[case::merge_list("<<: [{a: 1}, {a: 2, b: 2}]\nc: 3\n", json!({"a": 1, "b": 2, "c": 3}))]
    #[case::quoted_merge("'<<': 1\n", json!({"<<": 1}))]
    #[case::tag("a: !!str 1\nb: !own x\nc: !!int '3'\n", json!({"a": "1", "b": "x", "c": 3}))]
    #[case::nothing("", json!(null))]
    #[case::comments("# a\n# b\n", json!(null))]
    #[case::byte_order_mark("\u{feff}a: 1\n", json!({"a": 1}))]
    #[case::crlf("a: 1\r\nb: x\r\n", json!({"a": 1, "b": "x"}))]
    fn yaml_and_json_are_read(#[case] text: &str, #[case] expected: Value) {
        assert_eq!(parse(text), Ok(expected));
    }

    #[rstest]
    #[case::twice("a: 1\nb: 2\na: 3\n", 3, 1, "the key 'a' is given twice, first at line 1")]
    #[case::twice_in_other_words("yes: 1\n'true': 3\n", 2, 1, "given twice")]
    #[case::two_documents("a: 1\n---\nb: 1\n", 3, 1, "second document")]
    #[case::colon("a: b: c\n", 1, 5, "quote a text that contains ': '")]
    #[case::tab("a:\n\tb: 1\n", 2, 2, "indent with spaces")]
    #[case::unclosed("a: 1\nb: \"x\n", 2, 4, "never closed")]
    #[case::anchor("a: *x\n", 1, 4, "define it")]
    #[case::own_part("a: &x [*x]\n", 1, 8, "itself a part of")]
    #[case::null_key("~: 1\n", 1, 1, "not null")]
    #[case::list_key("? [a]\n: 1\n", 1, 3, "a key must be a text")]
    #[case::infinity("a: .inf\n", 1, 4, "JSON has no number")]
    #[case::merged_scalar("<<: 1\n", 1, 5, "expects a mapping")]
    #[case::binary("a: !!binary aGk=\n", 1, 13, "write the text itself")]
    fn an_error_says_where_and_what(
        #[case] text: &str,
        #[case] line: usize,
        #[case] column: usize,
        #[case] message: &str,
    ) {
        let error = parse(text).unwrap_err();
        assert_eq!((error.line, error.column), (line, column), "{error}");
        assert!(error.message.contains(message), "{error}");
    }

    #[rstest]
    #[case::block(&"- ".repeat(200))]
    #[case::flow(&"[".repeat(5000))]
    #[case::mappings(&(0..200).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect::<String>())]
    fn depth_is_bounded(#[case] text: &str) {
        assert!(
            parse(text)
                .unwrap_err()
                .message
                .contains("nested more than 120 levels")
        );
    }

    #[test]
    fn aliases_of_aliases_are_bounded() {
        let mut text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
        for level in 1..10 {
            let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
        }
        assert!(parse(&text).unwrap_err().message.contains("more than 16 MiB"));
    }

    #[test]
    fn every_document_knows_its_place() {
        let text = "# head\na: 1 # one\n# tail\n---\n# two\nb:\n- |\n  x\n\n# end\n--- {c: 3}\n---\n";
        let documents = parse_all(text).unwrap();
        let values: Vec<_> = documents
            .iter()
            .map(|document| (document.line, document.value.clone()))
            .collect();
        let expected = [
            (2, json!({"a": 1})),
            (6, json!({"b": ["x\n"]})),
            (11, json!({"c": 3})),
            (12, json!(null)),
        ];
        assert_eq!(values, expected);
        let part = |range: &Range<usize>| text.get(range.clone()).unwrap();
        let contents: Vec<_> = documents.iter().map(|document| part(&document.content)).collect();
        assert_eq!(contents, ["a: 1", "b:\n- |\n  x", "{c: 3}", ""]);
        let chunks: Vec<_> = documents.iter().map(|document| part(&document.chunk)).collect();
        let expected = [
            "# head\na: 1 # one\n# tail\n",
            "---\n# two\nb:\n- |\n  x\n\n# end\n",
            "--- {c: 3}\n",
            "---\n",
        ];
        assert_eq!(chunks, expected);
    }

    #[test]
    fn values_of_json_may_follow_each_other() {
        let text = "{\"a\": 1}\n{\"b\":\n 2} [3]";
        let documents = parse_all(text).unwrap();
        let values: Vec<_> = documents
            .iter()
            .map(|document| (document.line, document.value.clone()))
            .collect();
        assert_eq!(
            values,
            [(1, json!({"a": 1})), (2, json!({"b": 2})), (3, json!([3]))]
        );
        assert_eq!(text.get(documents[1].content.clone()), Some("{\"b\":\n 2}"));
        let error = parse_all("{\"a\": 1}\n{\"b\": 2, \"b\": 3}").unwrap_err();
        assert_eq!((error.line, error.column), (2, 10));
    }

    #[test]
    fn a_scalar_keeps_the_form_that_its_author_chose() {
        let node = parse_node("a: 3.14159265358979\nb: 1e3\nc: yes\nd: ~\ne: '07'\nf: 0x1F\n").unwrap();
        let text = |key: &str| node.get(key).unwrap().as_scalar().unwrap().coerce_to_string();
        let texts: Vec<_> = ["a", "b", "c", "d", "e", "f"].into_iter().map(text).collect();
        assert_eq!(texts, ["3.14159265358979", "1e3", "true", "", "07", "0x1F"]);
        assert_eq!(node.get("b").map(|b| (b.line, b.column)), Some((2, 4)));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_chunks_make_up_the_text(
            parts in proptest::collection::vec(
                prop_oneof![
                    any::<String>(),
                    proptest::sample::select(vec![
                        "a", ": ", "- ", "\n", "  ", "---", "...", "{", "}", "[", "]", ",", "&x ", "*x", "!!int ", "|\n",
                        ">-\n", "\"", "'", "? ", "# ", "<<: ", "\t", "\r\n", "%YAML 1.1\n", "\u{feff}", "1", "{\"a\":1}"
                    ]).prop_map(str::to_owned),
                ],
                0..30,
            )
        ) {
            let text = parts.concat();
            if let Ok(documents) = parse_all(&text) {
                let chunks: String = documents.iter().filter_map(|document| text.get(document.chunk.clone())).collect();
                prop_assert!(documents.is_empty() || chunks == text);
                for Document { content, chunk, .. } in documents {
                    prop_assert!(chunk.start <= content.start && content.end <= chunk.end);
                    prop_assert!(text.get(content).is_some());
                }
            }
        }
    }
}
