//! Descriptions as `kubectl describe` prints them: a name and a value on each line.

use anstyle::Style;
use std::fmt::Write;

/// How values are indented below their section, and names below nothing.
const INDENT: &str = "  ";

/// Names with values, in sections.
#[derive(Clone, Debug, Default)]
pub struct Description {
    sections: Vec<(String, Vec<(String, String)>)>,
}

impl Description {
    /// Begin a section below `heading`; fields before the first section stand below nothing.
    pub fn section(&mut self, heading: impl Into<String>) -> &mut Self {
        self.sections.push((heading.into(), Vec::new()));
        self
    }

    /// Add a value. What is empty is left out.
    pub fn field(&mut self, name: &str, value: impl ToString) -> &mut Self {
        let value = value.to_string();
        if value.is_empty() {
            return self;
        }
        if self.sections.is_empty() {
            self.section("");
        }
        if let Some((_, fields)) = self.sections.last_mut() {
            fields.push((name.to_owned(), value));
        }
        self
    }

    /// The text, which ends in a line feed, with headings in ANSI bold. Values stand below each other, also the lines of
    /// one value. Sections without fields are left out.
    pub fn render(&self) -> String {
        let bold = Style::new().bold();
        let mut text = String::new();
        for (heading, fields) in self.sections.iter().filter(|(_, fields)| !fields.is_empty()) {
            let indent = if heading.is_empty() { "" } else { INDENT };
            if !heading.is_empty() {
                let _ = writeln!(text, "{bold}{heading}:{bold:#}");
            }
            let width = fields
                .iter()
                .map(|(name, _)| name.chars().count())
                .max()
                .unwrap_or_default()
                + 1;
            for (name, value) in fields {
                let continued = format!("\n{:width$}", "", width = indent.len() + width + INDENT.len());
                let value = value.trim_end().replace('\n', &continued);
                let name = format!("{name}:");
                let _ = writeln!(text, "{indent}{name:width$}{INDENT}{value}");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_below_each_other() {
        let mut description = Description::default();
        description
            .field("Name", "nightly")
            .field("Namespaces", "shop\nbank")
            .field("Labels", "");
        description.section("Objects").field("pods", 3);
        description.section("Empty");
        let text = anstream::adapter::strip_str(&description.render()).to_string();
        assert_eq!(
            text,
            "Name:        nightly\nNamespaces:  shop\n             bank\nObjects:\n  pods:  3\n"
        );
    }
}
