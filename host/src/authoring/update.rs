//! What came out, written into a file of cases.

use super::{CaseFile, CaseResult};
use crate::object::yaml;
use serde_json::json;
use std::ops::Range;

/// The text of `file` with what came out of each case below its `expect`. All else stays as it is, comments too.
/// `results` are those of its cases, in their order.
pub fn updated(file: &CaseFile, results: &[CaseResult]) -> String {
    let mut text = file.text.clone();
    // A document that does not parse gives no cases, so there is none here.
    let documents = yaml::parse_all(&file.text).unwrap_or_default();
    let documents = documents.iter().filter(|document| !document.value.is_null());
    let changes: Vec<_> = documents
        .zip(results)
        .filter(|(_, result)| !result.passed())
        .collect();
    // From the end, so that what stands before keeps its place.
    for (document, result) in changes.into_iter().rev() {
        let chunk = file.text.get(document.chunk.clone()).unwrap_or_default();
        let place = expectation(chunk).unwrap_or_else(|| {
            let end = document.content.end.saturating_sub(document.chunk.start);
            end..end
        });
        let place = place.start + document.chunk.start..place.end + document.chunk.start;
        let before = text.get(..place.start).unwrap_or_default();
        let gap = if before.is_empty() || before.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        let written = yaml::write(&json!({"expect": result.actual}));
        text.replace_range(place, &format!("{gap}{written}"));
    }
    text
}

/// Where `expect:` and what belongs to it stands in the text of a document.
fn expectation(chunk: &str) -> Option<Range<usize>> {
    let mut start = None;
    let mut end = 0;
    for (offset, line) in lines(chunk) {
        match start {
            None if line.starts_with("expect:") => {
                start = Some(offset);
                end = offset + line.len();
            }
            Some(_) if line.starts_with([' ', '\t']) => end = offset + line.len(),
            Some(_) if !line.trim().is_empty() => break,
            _ => {}
        }
    }
    Some(start?..end)
}

/// The lines of a text with their line breaks, and where each begins.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |next, line| {
        let offset = *next;
        *next += line.len();
        Some((offset, line))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::path::Path;

    fn update(text: &str, actual: &[Option<Value>]) -> String {
        let file = CaseFile::parse(Path::new("cases/mine.yaml"), text.to_owned()).unwrap();
        let result = |actual: &Option<Value>| CaseResult {
            name: String::new(),
            file: String::new(),
            line: 1,
            difference: actual.as_ref().map(|_| "differs".to_owned()),
            actual: actual.clone().unwrap_or_default(),
        };
        updated(&file, &actual.iter().map(result).collect::<Vec<_>>())
    }

    const TWO: &str = "# The first\nobject: {apiVersion: v1, kind: A}\nexpect:\n  skip: old\n\n---\n# The second\nobject: {apiVersion: v1, kind: B}\n";

    #[test]
    fn what_came_out_takes_the_place_of_what_was_expected() {
        let text = update(TWO, &[Some(json!({"skip": "new"})), None]);
        assert_eq!(text, TWO.replace("old", "new"));
    }

    #[test]
    fn where_nothing_was_expected_it_stands_at_the_end() {
        let text = update(TWO, &[None, Some(json!({"unchanged": true}))]);
        assert!(text.starts_with(TWO.trim_end()), "{text}");
        assert!(
            text.trim_end().ends_with("kind: B}\nexpect:\n  unchanged: true"),
            "{text}"
        );
    }

    #[test]
    fn what_was_written_is_read_again() {
        let text = update(TWO, &[Some(json!({"skip": "a"})), Some(json!({"skip": "b"}))]);
        let file = CaseFile::parse(Path::new("cases/mine.yaml"), text).unwrap();
        let expected: Vec<_> = file.cases.into_iter().map(|case| case.expect.unwrap()).collect();
        assert_eq!(expected, [json!({"skip": "a"}), json!({"skip": "b"})]);
    }
}
