//! What the demo shows: commands as a user would type them.

use crate::report::{Code, Problem, ResultOf};
use std::path::Path;

/// Commands that are longer than this are broken into lines.
const LINE: usize = 100;

/// A command, and what to say about it.
pub(super) struct Step {
    /// What it does, in a few words.
    pub title: &'static str,
    /// What to look at.
    pub explanation: &'static str,
    /// The words after the program's name.
    pub words: Vec<String>,
}

/// Titles, explanations and commands. `DIR` stands for the demo's folder, `CLONE` for the options of the restore.
const STEPS: [(&str, &str, &str); 6] = [
    (
        "Back up",
        "The folder of manifests is the cluster; another folder is the store.",
        "backup create demo --cluster=dir:DIR/cluster --store=file:DIR/backups --ttl=30d",
    ),
    (
        "Is it whole?",
        "Every byte is read, and compared with the digests in the backup's manifest.",
        "backup verify demo --store=file:DIR/backups",
    ),
    (
        "Plan a restore",
        "The namespace `shop` is cloned into `shop-staging`, changed on its way by the rules of a resource modifier.\n\
         Something is in `shop-staging` already: with the policy `patch` it gets the fields of the backup back, and\n\
         keeps what it has besides. Nothing is changed yet.",
        "restore plan demo CLONE",
    ),
    (
        "Restore",
        "The same options, and exactly what the plan has shown.",
        "restore create demo --name=demo CLONE",
    ),
    (
        "Look at the result",
        "The report of a restore is kept with the backups.",
        "restore describe demo --store=file:DIR/backups",
    ),
    (
        "Is anything left to do?",
        "Planning the same restore again finds nothing to change.",
        "restore plan demo CLONE",
    ),
];

/// The options of a plan and of the restore that does it.
const CLONE: &str = "--cluster=dir:DIR/cluster --store=file:DIR/backups --include-namespaces=shop \
    --namespace-mappings=shop:shop-staging --resource-modifiers=DIR/rules.yaml --conflict-policy=patch";

/// All steps, on files in `folder`.
pub(super) fn steps(folder: &Path) -> ResultOf<Vec<Step>> {
    let folder = folder.to_str().ok_or_else(|| {
        Problem::new(
            Code::InvalidArgument,
            "the demo needs a folder whose name is UTF-8",
        )
        .about(folder.display())
    })?;
    let words = |command: &str| {
        let command = command.replace("CLONE", CLONE);
        command
            .split_whitespace()
            .map(|word| word.replace("DIR", folder))
            .collect()
    };
    let step = |(title, explanation, command)| Step {
        title,
        explanation,
        words: words(command),
    };
    Ok(STEPS.map(step).into())
}

impl Step {
    /// The command for a shell, with the name under which this program was started.
    pub fn command(&self) -> String {
        let program = std::env::args().next().unwrap_or_else(|| "lazarette".to_owned());
        let words: Vec<String> = std::iter::once(&program)
            .chain(&self.words)
            .map(|word| quoted(word))
            .collect();
        let line = words.join(" ");
        if line.len() <= LINE {
            return line;
        }
        words.join(" ").replace(" --", " \\\n    --")
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::arguments::Arguments;
    use clap::Parser;
    use rstest::rstest;

    #[rstest]
    #[case("--store=file:a/b", "--store=file:a/b")]
    #[case("a b", "'a b'")]
    #[case("it's", r"'it'\''s'")]
    #[case("", "''")]
    fn words_are_quoted_for_a_shell(#[case] word: &str, #[case] expected: &str) {
        assert_eq!(quoted(word), expected);
    }

    #[test]
    fn every_step_can_be_typed() {
        for step in steps(Path::new("demo")).unwrap() {
            let words = std::iter::once("lazarette".to_owned()).chain(step.words);
            assert!(Arguments::try_parse_from(words).is_ok(), "{}", step.title);
        }
    }
}
