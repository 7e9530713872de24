//! `restic`, from Debian's packages, at work on a repository in a folder.

use crate::node::packages;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A repository in a folder, as restic sees it.
pub struct Restic {
    program: PathBuf,
    repository: PathBuf,
    key: String,
}

impl Restic {
    /// The repository in `repository`, which `key` opens. None, with a line that says why, where the machine cannot get
    /// restic.
    pub fn new(repository: &Path, key: &str) -> Option<Restic> {
        match packages::RESTIC.folder() {
            Ok(folder) => Some(Restic {
                program: folder.join("usr/bin/restic"),
                repository: repository.to_owned(),
                key: key.trim().to_owned(),
            }),
            Err(reason) => {
                eprintln!("not run, because restic cannot be had: {reason}");
                None
            }
        }
    }

    /// A command that is ready to run.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(["--no-cache", "--repo"])
            .arg(&self.repository)
            .args(words)
            .env("RESTIC_PASSWORD", &self.key)
            .env_remove("RESTIC_PASSWORD_FILE");
        command
    }

    /// Run a command.
    ///
    /// # Panics
    /// When it does not run.
    pub fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().expect("restic runs")
    }

    /// Run a command that must succeed, and give its standard output.
    ///
    /// # Panics
    /// When it fails.
    pub fn done(&self, words: &[&str]) -> String {
        let output = self.run(words);
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "restic {words:?}:\n{stdout}\n{stderr}");
        stdout
    }

    /// The snapshots of the repository, as restic tells of them.
    ///
    /// # Panics
    /// When it tells of none.
    pub fn snapshots(&self) -> Vec<Value> {
        let text = self.done(&["snapshots", "--json"]);
        let value: Value = serde_json::from_str(&text).expect("JSON");
        value.as_array().cloned().expect("a list")
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
