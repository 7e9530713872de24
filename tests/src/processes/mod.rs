//! Server processes of a test, and the folder that they work in. Both are gone when the test process is, however it ended.

#[cfg(test)]
mod tests;

use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tempfile::TempDir;

/// Waits for the end of its standard input, which is the end of the test process. The processes of the group are killed
/// from a session of its own, because the watchdog is in the group too. Control groups can be removed when the last of
/// their processes is gone, which may be a moment later.
const WATCHDOG: &str = r#"
cat > /dev/null
exec setsid sh -c '
    kill -s KILL -- "-$1"
    groups=$(cat "$2/control-groups" 2> /dev/null)
    for attempt in $(seq 50); do
        left=
        for group in $groups; do
            find "$group" -depth -type d -exec rmdir "{}" ";"
            [ ! -d "$group" ] || left=yes
        done
        rm -rf "$2" && [ -z "$left" ] && exit
        sleep 0.2
    done' remover "$$" "$1"
"#;

/// A folder and a group of processes that end together: when this is dropped, and when the process that holds it ends,
/// be it by a panic or `kill -9`.
pub struct Workshop {
    watchdog: Mutex<Child>,
    group: i32,
    folder: PathBuf,
}

impl Workshop {
    /// A new, empty folder and no processes.
    pub fn new() -> Self {
        let folder = TempDir::with_prefix("lazarette-").expect("a folder").keep();
        let watchdog = Command::new("sh")
            .args(["-c", WATCHDOG, "watchdog"])
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("sh runs");
        let group = i32::try_from(watchdog.id()).expect("an id of a process");
        Workshop {
            watchdog: Mutex::new(watchdog),
            group,
            folder,
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A path in the folder.
    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    /// Write a file in the folder, and give its path.
    pub fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, text).expect("a file");
        path
    }

    /// Remove this control group, and those in it, when all processes have ended.
    pub fn remove_control_group(&self, folder: &Path) {
        let mut list = File::options()
            .create(true)
            .append(true)
            .open(self.path("control-groups"))
            .expect("a list");
        writeln!(list, "{}", folder.display()).expect("a list");
    }

    /// Start a process in the group. What it prints goes to the file `NAME.log` in the folder.
    fn spawn(&self, name: &str, program: &Path, arguments: &[OsString]) -> Child {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.path(&format!("{name}.log")))
            .expect("a log");
        Command::new(program)
            .args(arguments)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .process_group(self.group)
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()))
    }
}

impl Default for Workshop {
    fn default() -> Self {
        Workshop::new()
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        let mut watchdog = lock(&self.watchdog);
        drop(watchdog.stdin.take());
        let _ = watchdog.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A server that can be killed and started again with the same arguments.
pub struct Server {
    name: &'static str,
    program: PathBuf,
    arguments: Vec<OsString>,
    workshop: Arc<Workshop>,
    running: Mutex<Option<Child>>,
}

impl Server {
    /// A server that is not started yet.
    pub fn new(
        workshop: &Arc<Workshop>,
        name: &'static str,
        program: PathBuf,
        arguments: Vec<OsString>,
    ) -> Self {
        Server {
            name,
            program,
            arguments,
            workshop: Arc::clone(workshop),
            running: Mutex::new(None),
        }
    }

    /// Start it, unless it runs. It may take a while until it answers.
    pub fn start(&self) {
        if !self.is_running() {
            *lock(&self.running) = Some(self.workshop.spawn(self.name, &self.program, &self.arguments));
        }
    }

    /// Whether the process is there.
    pub fn is_running(&self) -> bool {
        lock(&self.running)
            .as_mut()
            .is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// The process, while it runs.
    pub fn id(&self) -> Option<u32> {
        lock(&self.running).as_ref().map(Child::id)
    }

    /// `kill -9`, and wait until it is gone.
    pub fn kill(&self) {
        self.end(Signal::KILL);
    }

    /// Ask it to end, and wait until it has.
    pub fn stop(&self) {
        self.end(Signal::TERM);
    }

    /// Let it hang: connections stay open and nothing answers, until [`thaw`](Self::thaw).
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Let a frozen one go on.
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// All that it has printed.
    pub fn log(&self) -> String {
        let path = self.workshop.path(&format!("{}.log", self.name));
        fs::read(path)
            .map(|log| String::from_utf8_lossy(&log).into_owned())
            .unwrap_or_default()
    }

    fn end(&self, signal: Signal) {
        self.signal(signal);
        if let Some(mut child) = lock(&self.running).take() {
            let _ = child.wait();
        }
    }

    fn signal(&self, signal: Signal) {
        if let Some(id) = self
            .id()
            .and_then(|id| i32::try_from(id).ok())
            .and_then(Pid::from_raw)
        {
            // One that has ended by itself is not there for a signal.
            let _ = kill_process(id, signal);
        }
    }
}

/// A test that panicked while it held a lock must not take the others with it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
