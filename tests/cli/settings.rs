//! Where options come from.

use crate::harness::{Ran, Workplace};

/// The name of the store that a listing uses, as its message about an empty one says.
fn store(workplace: &Workplace, words: &[&str], environment: Option<&str>) -> String {
    let mut command = workplace.command(&[&["backup", "list"], words].concat());
    command.env_remove("LAZARETTE_STORE");
    environment.map(|store| command.env("LAZARETTE_STORE", store));
    let ran: Ran = command.output().unwrap().into();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.stderr
        .trim()
        .trim_start_matches("There are no backups in ")
        .trim_end_matches('.')
        .to_owned()
}

#[test]
fn the_command_line_wins_then_the_environment_then_the_file() {
    let workplace = Workplace::empty();
    for folder in ["typed", "exported", "written", "named"] {
        workplace.write(&format!("{folder}/backups/.keep"), "");
    }
    workplace.write("config/lazarette/config.toml", "store = 'file:written'\n");
    workplace.write("other.toml", "store = 'file:named'\n");
    assert_eq!(
        store(&workplace, &["--store", "file:typed"], Some("file:exported")),
        "file:typed"
    );
    assert_eq!(store(&workplace, &[], Some("file:exported")), "file:exported");
    assert_eq!(store(&workplace, &[], None), "file:written");
    assert_eq!(store(&workplace, &["--config", "other.toml"], None), "file:named");
}

#[test]
fn a_mistake_in_the_file_is_named_with_its_line() {
    let workplace = Workplace::empty();
    workplace.write("config/lazarette/config.toml", "# mine\nstroe = 'file:a'\n");
    workplace.fails(
        &["version"],
        1,
        "config.toml:2: unknown key 'stroe'; did you mean 'store'?",
    );
}

#[test]
fn a_file_that_was_named_must_be_there() {
    Workplace::empty().fails(&["version", "--config", "nowhere.toml"], 1, "nowhere.toml");
}
