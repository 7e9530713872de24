//! The words of the command line as a whole: a change of them shows in the difference of one file.

use crate::harness::Workplace;
use std::fmt::Write;

/// The commands below `words`, as their help lists them.
fn subcommands(help: &str) -> Vec<String> {
    let lines = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty());
    lines
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

fn collect(workplace: &Workplace, words: &mut Vec<String>, found: &mut String) {
    let mut line: Vec<&str> = words.iter().map(String::as_str).collect();
    line.push("-h");
    let help = workplace.done(&line);
    // Options of every command are shown once.
    let own = if words.is_empty() {
        help.as_str()
    } else {
        without_global(&help)
    };
    let _ = write!(found, "$ lazarette {}\n{own}\n", line.join(" "));
    for name in subcommands(&help) {
        words.push(name);
        collect(workplace, words, found);
        words.pop();
    }
}

fn without_global(help: &str) -> &str {
    help.split("\nGlobal options:").next().unwrap_or(help)
}

#[test]
fn help_of_all_commands() {
    let mut found = String::new();
    collect(&Workplace::empty(), &mut Vec::new(), &mut found);
    insta::assert_snapshot!(found);
}

#[test]
fn every_command_has_a_manual_page() {
    let workplace = Workplace::empty();
    workplace.done(&["man", "--dir", "pages"]);
    for page in [
        "lazarette.1",
        "lazarette-backup.1",
        "lazarette-backup-create.1",
        "lazarette-restore-plan.1",
    ] {
        let text = workplace.read(&format!("pages/{page}"));
        assert!(
            text.contains(".SH NAME") && text.contains("lazarette"),
            "{page}: {text}"
        );
    }
    assert_eq!(
        workplace.done(&["man", "restore", "plan"]),
        workplace.read("pages/lazarette-restore-plan.1")
    );
}

#[test]
fn completions_know_the_commands() {
    let workplace = Workplace::empty();
    for shell in ["bash", "zsh", "fish"] {
        let script = workplace.done(&["completions", shell]);
        assert!(script.contains("resource-modifiers"), "{shell}");
    }
}
