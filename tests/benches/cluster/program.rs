//! The program as a process, watched while it runs.

use lazarette_tests::cluster::Cluster;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How often the process is looked at.
const STEP: Duration = Duration::from_millis(5);

/// The program, optimized, with a folder of its own that is its store.
pub struct Program {
    path: PathBuf,
    folder: TempDir,
}

/// What a command took.
pub struct Run {
    /// From its start to its end.
    pub time: Duration,
    /// The most memory that it had in use (`VmHWM`), in bytes.
    pub peak: u64,
    /// The most connections that it had to the API server at once.
    pub connections: usize,
}

impl Program {
    /// Build it, and let it compile its plugins, which is done once on a machine.
    pub fn build() -> Self {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo)
            .args(["build", "--release", "--locked", "-p", "lazarette"])
            .status();
        assert!(
            built.expect("cargo runs").success(),
            "the program cannot be built"
        );
        // This benchmark lies in `deps`, in the folder that has the program.
        let this = std::env::current_exe().expect("the path of this program");
        let path = this
            .parent()
            .and_then(Path::parent)
            .expect("a folder")
            .join("lazarette");
        let folder = tempfile::tempdir().expect("a folder");
        let program = Program { path, folder };
        fs::create_dir(program.folder.path().join("empty")).expect("a folder");
        let warm_up = ["--cluster", "dir:empty", "backup", "create", "empty"];
        assert!(
            program
                .command(&warm_up)
                .status()
                .expect("the program runs")
                .success()
        );
        let warm_up = ["--cluster", "dir:empty", "restore", "create", "empty"];
        assert!(
            program
                .command(&warm_up)
                .status()
                .expect("the program runs")
                .success()
        );
        program
    }

    /// A path in the folder in which commands run.
    pub fn path_of(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    /// Run a command on a cluster.
    pub fn run(&self, cluster: &Cluster, words: &[&str]) -> Run {
        self.run_with(cluster.kubeconfig(), cluster.port(), words)
    }

    /// Run a command on the cluster of a kubeconfig, which is at a port of this machine.
    pub fn run_with(&self, kubeconfig: &Path, port: u16, words: &[&str]) -> Run {
        let mut command = self.command(words);
        command
            .env("KUBECONFIG", kubeconfig)
            .env("LAZARETTE_CLUSTER", "kubeconfig");
        let begun = Instant::now();
        let mut child = command.spawn().expect("the program runs");
        let mut run = Run {
            time: Duration::ZERO,
            peak: 0,
            connections: 0,
        };
        let status = loop {
            if let Some(status) = child.try_wait().expect("a process") {
                break status;
            }
            run.peak = run.peak.max(peak(child.id()));
            run.connections = run.connections.max(connections(child.id(), port));
            std::thread::sleep(STEP);
        };
        run.time = begun.elapsed();
        assert!(
            status.success(),
            "{words:?} ended with {status}; see what it wrote above"
        );
        run
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.path);
        command
            .args(words)
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path())
            .env("XDG_CONFIG_HOME", self.folder.path())
            .env("XDG_CACHE_HOME", self.folder.path())
            .env("LAZARETTE_STORE", "file:store")
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }
}

fn peak(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = kilobytes.and_then(|value| value.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() * 1024
}

/// Connections of a process to a port: its sockets that are in the table of established connections to there.
fn connections(process: u32, port: u16) -> usize {
    let table = fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    let remote = format!(":{port:04X}");
    let to_port = |line: &&str| {
        let mut words = line.split_whitespace().skip(2);
        words.next().is_some_and(|address| address.ends_with(&remote)) && words.next() == Some("01")
    };
    let inodes: Vec<&str> = table
        .lines()
        .filter(to_port)
        .filter_map(|line| line.split_whitespace().nth(9))
        .collect();
    let sockets = fs::read_dir(format!("/proc/{process}/fd"))
        .into_iter()
        .flatten()
        .flatten();
    let targets = sockets.filter_map(|socket| fs::read_link(socket.path()).ok());
    targets
        .filter(|target| {
            inodes
                .iter()
                .any(|inode| target.to_string_lossy() == format!("socket:[{inode}]"))
        })
        .count()
}
