//! The program while it runs.

use crate::harness::{Ran, Workplace};
use lazarette_tests::wait;
use rustix::process::{Pid, Signal, kill_process};
use std::process::{Child, Stdio};

/// A command that was started.
pub struct Running(Child);

impl Running {
    /// Start a command.
    pub fn start(workplace: &Workplace, words: &[&str]) -> Self {
        let mut command = workplace.command(words);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Running(command.spawn().unwrap())
    }

    /// Send it a signal. Where it has ended by itself there is nobody to get it.
    pub fn signal(&self, signal: Signal) {
        let id = Pid::from_raw(i32::try_from(self.0.id()).unwrap()).unwrap();
        let _ = kill_process(id, signal);
    }

    /// Wait until it has ended.
    ///
    /// # Panics
    /// When it does not within three minutes.
    pub fn wait(mut self) -> Ran {
        wait::until("the program ends", || self.0.try_wait().unwrap());
        self.0.wait_with_output().unwrap().into()
    }
}
