//! The reference of the contract with plugins, made from `wit/`.

use std::fmt::Write;
use std::path::Path;

/// What stands at the top.
const HEAD: &str = "# The contract between Lazarette and its plugins\n\n\
    Made from `wit/` by `cargo run -p lazarette-tests --bin generate-contract`. [plugins.md](plugins.md) says how to write a \
    plugin, and what a host promises.\n";

/// The files, in the order in which they are read best.
const FILES: [&str; 11] = [
    "package",
    "worlds",
    "objects",
    "decisions",
    "events",
    "pods",
    "cluster",
    "schemas",
    "operation",
    "log",
    "types",
];

/// The reference, in Markdown, of the contract in the folder `wit`.
pub fn reference(wit: &Path) -> std::io::Result<String> {
    let mut text = HEAD.to_owned();
    for file in FILES {
        let source = std::fs::read_to_string(wit.join(format!("{file}.wit")))?;
        describe(&source, &mut text);
    }
    Ok(text)
}

/// Describe everything in a source that has documentation.
fn describe(source: &str, text: &mut String) {
    let mut documentation: Vec<&str> = Vec::new();
    let mut lines = source.lines();
    // The interface, and the resource in it, that the line stands in.
    let mut above: Vec<String> = Vec::new();
    while let Some(line) = lines.next() {
        let line = line.trim();
        if let Some(doc) = line.strip_prefix("///") {
            documentation.push(doc.strip_prefix(' ').unwrap_or(doc));
            continue;
        }
        let said = std::mem::take(&mut documentation).join("\n");
        let mut words = line.trim_end_matches(['{', ' ']).split_whitespace();
        match (words.next(), words.next()) {
            (Some(kind @ ("interface" | "world" | "resource")), Some(name)) => {
                let level = if kind == "resource" { "###" } else { "##" };
                let _ = write!(text, "\n{level} {kind} `{name}`\n\n{said}\n");
                above.push(name.to_owned());
                if kind == "world" {
                    let members: Vec<&str> = lines
                        .by_ref()
                        .map(str::trim)
                        .take_while(|line| *line != "}")
                        .collect();
                    let _ = write!(text, "\n```wit\n{}\n```\n", members.join("\n"));
                    above.pop();
                }
            }
            (Some("record"), Some(name)) => {
                let _ = write!(text, "\n### record `{name}`\n\n{said}\n\n{}", fields(&mut lines));
            }
            (Some("package"), Some(name)) => {
                let _ = write!(text, "\n`{}`\n\n{said}\n", name.trim_end_matches(';'));
            }
            (Some("}"), _) => drop(above.pop()),
            (Some(_), Some(_)) if !said.is_empty() && line.ends_with(';') => {
                let owner = above.get(1).map(|owner| format!("{owner}.")).unwrap_or_default();
                let _ = write!(
                    text,
                    "\n```wit\n{owner}{}\n```\n\n{said}\n",
                    line.trim_end_matches(';')
                );
            }
            _ => {}
        }
    }
}

/// The fields of a record as a list.
fn fields<'a>(lines: &mut impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    let mut documentation: Vec<&str> = Vec::new();
    for line in lines.by_ref().map(str::trim).take_while(|line| *line != "}") {
        match line.strip_prefix("///") {
            Some(doc) => documentation.push(doc.trim()),
            None => {
                let said = std::mem::take(&mut documentation).join(" ");
                let said = if said.is_empty() {
                    String::new()
                } else {
                    format!(": {said}")
                };
                let _ = writeln!(text, "- `{}`{said}", line.trim_end_matches(','));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
    }

    #[test]
    fn the_reference_is_that_of_the_contract() {
        let committed = std::fs::read_to_string(workspace().join("docs/contract.md")).unwrap();
        assert_eq!(
            committed,
            reference(&workspace().join("wit")).unwrap(),
            "the contract has changed: run `cargo run -p lazarette-tests --bin generate-contract`"
        );
    }

    #[test]
    fn every_file_and_every_function_of_the_contract_is_in_it() {
        let text = reference(&workspace().join("wit")).unwrap();
        let mut functions = 0;
        for entry in std::fs::read_dir(workspace().join("wit"))
            .unwrap()
            .map(Result::unwrap)
        {
            let name = entry.path().file_stem().unwrap().to_string_lossy().into_owned();
            assert!(FILES.contains(&name.as_str()), "{name}");
            let source = std::fs::read_to_string(entry.path()).unwrap();
            for line in source
                .lines()
                .map(str::trim)
                .filter(|line| line.contains(": func("))
            {
                assert!(text.contains(line.trim_end_matches(';')), "{line}");
                functions += 1;
            }
        }
        assert!(functions > 30, "{functions}");
    }
}
