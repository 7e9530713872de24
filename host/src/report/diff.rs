//! Differences between two texts, as everybody reads them.

use anstyle::{AnsiColor, Style};
use similar::TextDiff;
use std::fmt::Write;

/// Unchanged lines that are shown around a change: what `diff -u` takes.
const CONTEXT: usize = 3;

/// The lines that differ from `before` to `after`, with `-` and `+` and some lines around them. Parts that lie apart
/// begin with a line such as `@@ -1,4 +1,5 @@`. Empty when the texts are equal.
pub fn diff(before: &str, after: &str) -> String {
    let difference = TextDiff::from_lines(before, after);
    let mut text = String::new();
    for hunk in difference
        .unified_diff()
        .context_radius(CONTEXT)
        .missing_newline_hint(false)
        .iter_hunks()
    {
        let _ = write!(text, "{hunk}");
    }
    text
}

/// A [`diff`] with ANSI colours.
pub fn paint_diff(diff: &str) -> String {
    let mut text = String::new();
    for line in diff.lines() {
        let style = match line.bytes().next() {
            Some(b'-') => AnsiColor::Red.on_default(),
            Some(b'+') => AnsiColor::Green.on_default(),
            Some(b'@') => AnsiColor::Cyan.on_default(),
            _ => Style::new(),
        };
        let _ = writeln!(text, "{style}{line}{style:#}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "a: 1\nb: 2\nc: 3\nd: 4\ne: 5\nf: 6\n";

    #[test]
    fn shows_what_changed_and_some_lines_around_it() {
        let text = diff(BEFORE, &BEFORE.replace('2', "9"));
        assert_eq!(
            text,
            "@@ -1,5 +1,5 @@\n a: 1\n-b: 2\n+b: 9\n c: 3\n d: 4\n e: 5\n"
        );
    }

    #[test]
    fn equal_texts_have_no_difference() {
        assert_eq!(diff(BEFORE, BEFORE), "");
    }

    #[test]
    fn colours_change_nothing_else() {
        let plain = diff(BEFORE, "a: 0\n");
        let painted = paint_diff(&plain);
        assert!(painted.contains("\u{1b}[31m-a: 1"), "{painted}");
        assert_eq!(anstream::adapter::strip_str(&painted).to_string(), plain);
    }
}
