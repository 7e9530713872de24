//! Running commands in the pod that a hook was called for. Needs the grant `pods.exec`.

#[cfg(target_family = "wasm")]
use crate::bindings::hook::lazarette::plugin::pods as host;
#[cfg(not(target_family = "wasm"))]
use crate::testing::pods as host;

use crate::Error;
use std::time::Duration;

/// What a command left behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// As the command exited; 128 + n where signal n ended it.
    pub exit_code: i32,
    /// The end of its standard output, at most 64 KiB.
    pub stdout: Vec<u8>,
    /// The end of its standard error, at most 64 KiB.
    pub stderr: Vec<u8>,
    /// Whether more was written than is given here.
    pub truncated: bool,
}

/// A command that runs on while the plugin does other things.
pub struct Session(host::Session);

/// Run a command to its end in `container`, or in the first container of the pod. There is no shell. An exit code
/// other than 0 is no error here.
///
/// ```
/// use lazarette_sdk::{pods, testing::PodScript};
/// use std::time::Duration;
///
/// PodScript::new().on(&["redis-cli", "save"], 0, "OK").play();
/// let output = pods::exec(None, &["redis-cli", "save"], Duration::from_secs(30)).unwrap();
/// assert_eq!((output.exit_code, output.stdout.as_slice()), (0, &b"OK"[..]));
/// ```
pub fn exec(
    container: Option<&str>,
    command: &[impl AsRef<str>],
    timeout: Duration,
) -> Result<Output, Error> {
    let output = host::exec(container, &words(command), milliseconds(timeout))?;
    Ok(Output {
        exit_code: output.exit_code,
        stdout: output.stdout,
        stderr: output.stderr,
        truncated: output.truncated,
    })
}

/// Start a command with standard input open.
///
/// ```
/// use lazarette_sdk::{pods, testing::PodScript};
/// use std::time::Duration;
///
/// PodScript::new().on(&["psql"], 0, "").play();
/// let session = pods::open(Some("db"), &["psql"]).unwrap();
/// session.write(b"SELECT pg_backup_start('nightly');").unwrap();
/// assert_eq!(session.finish(Duration::from_secs(30)).unwrap(), 0);
/// ```
pub fn open(container: Option<&str>, command: &[impl AsRef<str>]) -> Result<Session, Error> {
    Ok(Session(host::open(container, &words(command))?))
}

/// Wait until the container is `running` or `ready`.
///
/// ```
/// lazarette_sdk::pods::wait(None, "ready", std::time::Duration::from_secs(60)).unwrap(); // at once in tests
/// ```
pub fn wait(container: Option<&str>, condition: &str, timeout: Duration) -> Result<(), Error> {
    Ok(host::wait(container, condition, milliseconds(timeout))?)
}

/// Wait. Counts against the deadline of the hook.
///
/// ```
/// lazarette_sdk::pods::sleep(std::time::Duration::from_secs(1)); // at once in tests
/// ```
pub fn sleep(time: Duration) {
    host::sleep(milliseconds(time));
}

impl Session {
    /// Write to the command's standard input.
    ///
    /// ```
    /// use lazarette_sdk::{pods, testing::PodScript};
    /// use std::time::Duration;
    ///
    /// PodScript::new().on(&["cat"], 0, "").play();
    /// pods::open(None, &["cat"]).unwrap().write(b"hello").unwrap();
    /// ```
    pub fn write(&self, stdin: &[u8]) -> Result<(), Error> {
        Ok(self.0.write(stdin)?)
    }

    /// Read at least one byte and at most `max` of what the command has written; empty at the end of its output.
    ///
    /// ```
    /// use lazarette_sdk::{pods, testing::PodScript};
    /// use std::time::Duration;
    ///
    /// PodScript::new().on(&["hostname"], 0, "db-0").play();
    /// let session = pods::open(None, &["hostname"]).unwrap();
    /// assert_eq!(session.read(2, Duration::from_secs(1)).unwrap(), b"db");
    /// assert_eq!(session.read(64, Duration::from_secs(1)).unwrap(), b"-0");
    /// assert!(session.read(64, Duration::from_secs(1)).unwrap().is_empty());
    /// ```
    pub fn read(&self, max: u32, timeout: Duration) -> Result<Vec<u8>, Error> {
        Ok(self.0.read(max, milliseconds(timeout))?)
    }

    /// Close standard input and wait for the command's exit code.
    ///
    /// ```
    /// use lazarette_sdk::{pods, testing::PodScript};
    /// use std::time::Duration;
    ///
    /// PodScript::new().on(&["false"], 1, "").play();
    /// assert_eq!(pods::open(None, &["false"]).unwrap().finish(Duration::from_secs(1)).unwrap(), 1);
    /// ```
    pub fn finish(self, timeout: Duration) -> Result<i32, Error> {
        Ok(self.0.finish(milliseconds(timeout))?)
    }
}

fn words(command: &[impl AsRef<str>]) -> Vec<String> {
    command.iter().map(|word| word.as_ref().to_owned()).collect()
}

fn milliseconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}
