//! The words of the command line as a whole: a change of them shows in the difference of one file.

use crate::harness::{PROGRAM, Ran, Workplace};
use rstest::rstest;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

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

/// What a shell offers after the words, with the script that the program has printed for it.
fn offered(workplace: &Workplace, words: &[&str]) -> Vec<String> {
    let mut command = workplace.command(&[&["--", "lazarette"], words].concat());
    let ran: Ran = command.env("LAZARETTE_COMPLETE", "fish").output().unwrap().into();
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let lines = ran.stdout.lines();
    lines
        .map(|line| line.split('\t').next().unwrap().to_owned())
        .collect()
}

#[rstest]
#[case::commands(&["ba"], &["backup"])]
#[case::options(&["restore", "plan", "--resource-m"], &["--resource-modifiers"])]
#[case::values(&["restore", "plan", "first", "--on-modifier-error", "ab"], &["abort"])]
#[case::backups(&["backup", "describe", "f"], &["first"])]
#[case::backups_to_restore(&["restore", "create", "f"], &["first"])]
#[case::several_backups(&["backup", "delete", "first", "f"], &["first"])]
#[case::no_such_backup(&["backup", "describe", "x"], &[])]
#[case::no_store(&["--store", "file:missing", "backup", "describe", "f"], &[])]
#[case::another_store(&["backup", "describe", "--store=file:elsewhere", "f"], &["found"])]
fn a_shell_completes(#[case] words: &[&str], #[case] expected: &[&str]) {
    let workplace = Workplace::with_backup();
    workplace.done(&["backup", "create", "found", "--store", "file:elsewhere"]);
    assert_eq!(offered(&workplace, words), expected);
}

#[test]
fn a_shell_gets_a_script_that_asks_the_program() {
    let workplace = Workplace::empty();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = workplace.done(&["completions", shell]);
        assert!(script.contains("LAZARETTE_COMPLETE"), "{shell}: {script}");
    }
}

/// Where there is a bash, which there is on every machine that builds this.
#[test]
fn bash_completes_names_of_backups() {
    let workplace = Workplace::with_backup();
    let script = "source <($0 completions bash); COMP_WORDS=(lazarette backup describe f); COMP_CWORD=3; COMP_TYPE=9; \
        _clap_complete_lazarette lazarette f describe; echo $COMPREPLY";
    let mut command = Command::new("bash");
    command.args(["-c", script, PROGRAM]);
    workplace.prepare(&mut command);
    let folder = Path::new(PROGRAM).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let ran: Ran = command.env("PATH", path).output().unwrap().into();
    assert_eq!(ran.stdout, "first\n", "{ran:#?}");
}
