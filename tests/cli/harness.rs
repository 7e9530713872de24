//! A folder with the example application as a cluster, and the program.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// The program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_lazarette");

/// The example application, and rules that change it.
pub const ASSETS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/demo");

/// A folder of its own for a test. Commands run in it, with `cluster` as the cluster and `backups` as the store.
pub struct Workplace {
    folder: TempDir,
    /// The kubeconfig of the cluster, where that is a real one.
    kubeconfig: Option<PathBuf>,
}

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Workplace {
    /// A folder with nothing in it.
    pub fn empty() -> Self {
        Workplace {
            folder: tempfile::tempdir().unwrap(),
            kubeconfig: None,
        }
    }

    /// An empty folder, and the cluster of a kubeconfig as the cluster.
    pub fn with_cluster(kubeconfig: &Path) -> Self {
        Workplace {
            kubeconfig: Some(kubeconfig.to_owned()),
            ..Workplace::empty()
        }
    }

    /// From now on, the cluster of another kubeconfig is the cluster.
    pub fn go_to(&mut self, kubeconfig: &Path) {
        self.kubeconfig = Some(kubeconfig.to_owned());
    }

    /// A folder with the example application in `cluster`, and `rules.yaml`.
    pub fn new() -> Self {
        let workplace = Workplace::empty();
        copy(Path::new(ASSETS), workplace.folder.path());
        workplace
    }

    /// The same, and a backup of it that is called `first`.
    pub fn with_backup() -> Self {
        let workplace = Workplace::new();
        workplace.done(&["backup", "create", "first"]);
        workplace
    }

    /// A path in the folder.
    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Write a file in the folder.
    pub fn write(&self, path: &str, text: &str) {
        fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        fs::write(self.path(path), text).unwrap();
    }

    /// The text of a file in the folder.
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// All files below a folder with what is in them, in their order.
    pub fn files(&self, below: &str) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        collect(&self.path(below), &mut found);
        found.sort();
        found
    }

    /// A command that is ready to run, in an environment that knows nothing of the machine's user.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(words);
        self.prepare(&mut command);
        command
    }

    /// Let `command` run in this folder.
    pub fn prepare(&self, command: &mut Command) {
        let users = [
            "NO_COLOR",
            "CLICOLOR_FORCE",
            "KUBECONFIG",
            "KUBERNETES_SERVICE_HOST",
        ];
        let is_proxy = |name: &str| name.to_ascii_lowercase().ends_with("_proxy");
        let ours = |name: &str| name.starts_with("LAZARETTE_") || users.contains(&name) || is_proxy(name);
        for (name, _) in std::env::vars().filter(|(name, _)| ours(name)) {
            command.env_remove(name);
        }
        command
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path())
            .env("XDG_CONFIG_HOME", self.path("config"))
            // Plugins are compiled once for all tests.
            .env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"))
            .env("LAZARETTE_CLUSTER", "dir:cluster")
            .env("LAZARETTE_STORE", "file:backups")
            .stdin(Stdio::null());
        if let Some(kubeconfig) = &self.kubeconfig {
            command
                .env("LAZARETTE_CLUSTER", "kubeconfig")
                .env("KUBECONFIG", kubeconfig);
        }
    }

    /// Run a command.
    pub fn run(&self, words: &[&str]) -> Ran {
        self.command(words).output().unwrap().into()
    }

    /// Run a command that must succeed, and give its standard output.
    pub fn done(&self, words: &[&str]) -> String {
        let ran = self.run(words);
        assert_eq!(ran.code, 0, "{words:?}: {ran:#?}");
        ran.stdout
    }

    /// Run a command with `-o json` that must succeed, and give what it printed.
    pub fn json(&self, words: &[&str]) -> Value {
        serde_json::from_str(&self.done(&[words, &["-o", "json"]].concat())).unwrap()
    }

    /// Run a command that must fail with `code`, and say `message` on standard error, and print nothing else.
    #[track_caller]
    pub fn fails(&self, words: &[&str], code: i32, message: &str) {
        let ran = self.run(words);
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{words:?}: {ran:#?}");
        assert!(
            ran.stderr.contains(message),
            "{words:?}: '{message}' is not in\n{}",
            ran.stderr
        );
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

fn collect(folder: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).into_iter().flatten().map(Result::unwrap) {
        match entry.path().is_dir() {
            true => collect(&entry.path(), found),
            // A file that goes away meanwhile is none.
            false => found.extend(fs::read(entry.path()).ok().map(|bytes| (entry.path(), bytes))),
        }
    }
}
