//! What a command writes, of which the end is kept.

use crate::plugin::{EXEC_OUTPUT, ExecOutput};
use std::collections::VecDeque;

/// Standard output and standard error of a command.
#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) stdout: Tail,
    pub(super) stderr: Tail,
}

impl Output {
    /// All that is kept, and the exit code of the command.
    pub(super) fn into_exec_output(self, exit_code: i32) -> ExecOutput {
        ExecOutput {
            exit_code,
            dropped: self.stdout.dropped.saturating_add(self.stderr.dropped),
            stdout: self.stdout.kept.into(),
            stderr: self.stderr.kept.into(),
        }
    }
}

/// The last [`EXEC_OUTPUT`] bytes of a stream, and how many came before.
#[derive(Debug, Default)]
pub(super) struct Tail {
    kept: VecDeque<u8>,
    dropped: u64,
}

impl Tail {
    /// Add what was written.
    pub(super) fn push(&mut self, data: &[u8]) {
        self.kept.extend(data);
        let over = self.kept.len().saturating_sub(EXEC_OUTPUT);
        self.kept.drain(..over);
        self.dropped = self
            .dropped
            .saturating_add(u64::try_from(over).unwrap_or(u64::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_end_is_kept_and_the_rest_counted(pieces in prop::collection::vec((any::<u8>(), 0..50_000_usize), 0..6)) {
            let mut tail = Tail::default();
            let mut all = Vec::new();
            for (byte, count) in pieces {
                let piece = vec![byte; count];
                tail.push(&piece);
                all.extend(piece);
            }
            let start = all.len().saturating_sub(EXEC_OUTPUT);
            prop_assert_eq!(tail.dropped, start as u64);
            prop_assert_eq!(Vec::from(tail.kept), &all[start..]);
        }
    }
}
