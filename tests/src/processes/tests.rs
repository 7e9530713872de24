//! What is left of a test process that was killed.

use super::{Server, Workshop};
use crate::wait;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::{env, fs, thread};

/// Set in the process that is killed.
const VICTIM: &str = "LAZARETTE_TEST_VICTIM";

/// Begins the line in which it says what it has.
const SAYS: &str = "folder and process: ";

#[test]
fn a_killed_process_leaves_nothing() {
    if env::var_os(VICTIM).is_some() {
        be_killed();
    }
    let name = thread::current().name().unwrap().to_owned();
    let mut victim = Command::new(env::current_exe().unwrap())
        .args(["--exact", "--nocapture", &name])
        .env(VICTIM, "yes")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(victim.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    let said = lines
        .filter_map(|line| line.split_once(SAYS).map(|(_, said)| said.to_owned()))
        .next()
        .unwrap();
    let (folder, process) = said.split_once(' ').unwrap();
    assert!(fs::exists(folder).unwrap() && fs::exists(process).unwrap());

    victim.kill().unwrap();
    victim.wait().unwrap();
    wait::until("folder and process are gone", || {
        (!fs::exists(folder).unwrap() && !fs::exists(process).unwrap()).then_some(())
    });
}

fn be_killed() -> ! {
    let workshop = Arc::new(Workshop::new());
    let sleep = Server::new(&workshop, "sleep", "sleep".into(), vec!["1000".into()]);
    sleep.start();
    println!(
        "{SAYS}{} /proc/{}",
        workshop.folder().display(),
        sleep.id().unwrap()
    );
    loop {
        thread::park();
    }
}
