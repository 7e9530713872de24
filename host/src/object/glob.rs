//! Glob patterns with the meaning that they have in Velero's rules and filters.

use regex::Regex;
use std::fmt::Write;
use std::{iter::Peekable, str::Chars};

/// A pattern that is matched against a whole name.
///
/// | in the pattern | means |
/// | --- | --- |
/// | `*` | any characters but the separator |
/// | `**` | any characters |
/// | `?` | one character but the separator |
/// | `[abc]`, `[a-z]` | one of these; one range, or a list of characters, not both |
/// | `[!abc]`, `[!a-z]` | one other than these, the separator too |
/// | `{a,b*}` | one of these patterns |
/// | `\` | the next character itself |
///
/// This is the language of `github.com/gobwas/glob`, its less obvious parts included: a `{` that is not closed ends at
/// the end of the pattern, and `]`, `}` and `,` stand for themselves where they close or divide nothing. Its defects are
/// not taken over: it crashes on an empty alternative and misses names for some patterns such as `ba{a*,b}`.
#[derive(Clone, Debug)]
pub struct Glob {
    pattern: String,
    regex: Regex,
}

/// A pattern that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{pattern}' is not a pattern: {message}")]
pub struct GlobError {
    /// The pattern.
    pub pattern: String,
    /// What is wrong with it.
    pub message: String,
}

impl Glob {
    /// Read `pattern`. With a separator, `*` and `?` stop at it.
    pub fn new(pattern: &str, separator: Option<char>) -> Result<Self, GlobError> {
        let error = |message: String| GlobError {
            pattern: pattern.to_owned(),
            message,
        };
        let regex = translate(pattern, separator).map_err(error)?;
        // The only thing that can still be wrong is its size.
        let regex =
            Regex::new(&regex).map_err(|_| error("it is too long or nested too deeply".to_owned()))?;
        Ok(Glob {
            pattern: pattern.to_owned(),
            regex,
        })
    }

    /// Whether the whole of `name` fits the pattern.
    pub fn is_match(&self, name: &str) -> bool {
        self.regex.is_match(name)
    }

    /// The pattern as it was given.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }
}

/// Whether `text` has any character with a meaning in patterns, so that it is more than a name.
pub fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[', '{', '\\'])
}

/// The regular expression that means the same as `pattern`.
fn translate(pattern: &str, separator: Option<char>) -> Result<String, String> {
    let one = separator.map_or_else(
        || "(?s:.)".to_owned(),
        |separator| format!("[^{}]", literal(separator)),
    );
    let mut regex = "^(?:".to_owned();
    let mut alternatives = 0usize;
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '*' if chars.next_if_eq(&'*').is_some() => regex.push_str("(?s:.)*"),
            '*' => regex.extend([one.as_str(), "*"]),
            '?' => regex.push_str(&one),
            '[' => regex.push_str(&class(&mut chars)?),
            '{' => {
                alternatives += 1;
                regex.push_str("(?:");
            }
            ',' if alternatives > 0 => regex.push('|'),
            '}' if alternatives > 0 => {
                alternatives -= 1;
                regex.push(')');
            }
            '\\' => regex.extend(chars.next().map(literal)),
            c => regex.push_str(&literal(c)),
        }
    }
    regex.extend(std::iter::repeat_n(")", alternatives));
    regex.push_str(")$");
    Ok(regex)
}

/// What stands in brackets, after the opening one.
fn class(chars: &mut Peekable<Chars<'_>>) -> Result<String, String> {
    const OPEN: &str = "a '[' is never closed";
    let not = if chars.next_if_eq(&'!').is_some() { "^" } else { "" };
    let first = chars.next().ok_or(OPEN)?;
    if chars.next_if_eq(&'-').is_some() {
        let last = chars.next().ok_or(OPEN)?;
        if last < first {
            return Err(format!("the range {first}-{last} runs backwards"));
        }
        return match chars.next() {
            Some(']') => Ok(format!("[{not}{}-{}]", literal(first), literal(last))),
            Some(_) => Err(format!("expected ']' after the range {first}-{last}")),
            None => Err(OPEN.to_owned()),
        };
    }
    let mut list = String::new();
    let mut next = Some(first);
    loop {
        match next.ok_or(OPEN)? {
            ']' if list.is_empty() => return Err("'[]' holds no character".to_owned()),
            ']' => return Ok(format!("[{not}{list}]")),
            '\\' => list.push_str(&literal(chars.next().ok_or(OPEN)?)),
            c => list.push_str(&literal(c)),
        }
        next = chars.next();
    }
}

/// `c` itself, inside or outside of brackets.
fn literal(c: char) -> String {
    let mut text = String::new();
    if c.is_alphanumeric() {
        text.push(c);
    } else {
        // Writing to a string cannot fail.
        let _ = write!(text, "\\x{{{:X}}}", u32::from(c));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::exact("pods", "pods", true)]
    #[case::whole("pods", "podsx", false)]
    #[case::case_matters("Pods", "pods", false)]
    #[case::empty("", "", true)]
    #[case::empty_only("", "a", false)]
    #[case::star("*", "pods", true)]
    #[case::star_takes_nothing("pods*", "pods", true)]
    #[case::star_stops("*", "deployments.apps", false)]
    #[case::one_label("*.*", "deployments.apps", true)]
    #[case::many_labels("*.*", "ingresses.networking.k8s.io", false)]
    #[case::super_star("**", "ingresses.networking.k8s.io", true)]
    #[case::super_star_ends("*.**", "ingresses.networking.k8s.io", true)]
    #[case::group("*.apps", "deployments.apps", true)]
    #[case::question("pod?", "pods", true)]
    #[case::question_stops("deployments?apps", "deployments.apps", false)]
    #[case::list("[pq]ods", "pods", true)]
    #[case::not_in_list("[!pq]ods", "pods", false)]
    #[case::others_may_be_the_separator("a[!x]b", "a.b", true)]
    #[case::range("[a-z]ods", "pods", true)]
    #[case::not_in_range("[!a-z]ods", "pods", false)]
    #[case::dash_at_the_end("[ab-]", "-", true)]
    #[case::dash_at_the_start("[-a]", "-", true)]
    #[case::bracket_in_list("[\\]]", "]", true)]
    #[case::alternatives("{configmaps,secrets}", "secrets", true)]
    #[case::alternative_patterns("{config*,secrets}", "configmaps", true)]
    #[case::neither("{configmaps,secrets}", "pods", false)]
    #[case::alternatives_in_alternatives("{a{b,c},d}", "ac", true)]
    #[case::nothing_as_alternative("pod{,s}", "pod", true)]
    #[case::open_alternatives("{a,b", "b", true)]
    #[case::comma_outside("a,b", "a,b", true)]
    #[case::closing_outside("a}]", "a}]", true)]
    #[case::escaped("\\*", "*", true)]
    #[case::escaped_only("\\*", "x", false)]
    #[case::escape_at_the_end("a\\", "a", true)]
    #[case::meaning_in_regular_expressions("a+(b)|^$", "a+(b)|^$", true)]
    #[case::not_ascii("*ä", "åä", true)]
    #[case::line_feed("a**b", "a\nb", true)]
    fn a_pattern_matches_like_gobwas_with_a_separator(
        #[case] pattern: &str,
        #[case] name: &str,
        #[case] fits: bool,
    ) {
        assert_eq!(Glob::new(pattern, Some('.')).unwrap().is_match(name), fits);
    }

    #[rstest]
    #[case("*", "a.b", true)]
    #[case("a?b", "a.b", true)]
    #[case("shop-*", "shop-a.b", true)]
    fn without_a_separator_nothing_stops_a_star(
        #[case] pattern: &str,
        #[case] name: &str,
        #[case] fits: bool,
    ) {
        assert_eq!(Glob::new(pattern, None).unwrap().is_match(name), fits);
    }

    #[rstest]
    #[case("[", "never closed")]
    #[case("[a", "never closed")]
    #[case("[a-", "never closed")]
    #[case("[]", "no character")]
    #[case("[]a]", "no character")]
    #[case("[!]", "no character")]
    #[case("[z-a]", "runs backwards")]
    #[case("[a-c1]", "expected ']'")]
    fn a_wrong_pattern_says_what_is_wrong(#[case] pattern: &str, #[case] message: &str) {
        let error = Glob::new(pattern, None).unwrap_err().to_string();
        assert!(error.contains(message) && error.contains(pattern), "{error}");
    }

    #[test]
    fn a_huge_pattern_is_refused() {
        assert!(Glob::new(&"{".repeat(100_000), None).is_err());
    }
}
