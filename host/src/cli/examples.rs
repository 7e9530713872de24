//! Examples at the end of each command's help.

use anstyle::Style;
use clap::builder::StyledStr;
use std::fmt::Write;

/// The examples of a command: what each does, and the line to type.
pub(super) fn examples(all: &[(&str, &str)]) -> StyledStr {
    let (heading, comment) = (Style::new().bold().underline(), Style::new().dimmed());
    let mut text = format!("{heading}Examples:{heading:#}");
    for (what, line) in all {
        let _ = write!(text, "\n  {comment}# {what}{comment:#}\n  {line}");
    }
    text.into()
}
