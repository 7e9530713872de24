//! The contents of a file on their way into the repository.

use super::findings::SharedFindings;
use crate::report::Cancellation;
use rustic_core::{ErrorKind, ReadSourceOpen, RusticError, RusticResult};
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;

/// A file that is to be read.
#[derive(Clone, Debug)]
pub(in crate::vault) struct PendingFile {
    pub path: PathBuf,
    /// In bytes, as it is stored.
    pub size: u64,
    pub findings: Arc<SharedFindings>,
    pub cancellation: Cancellation,
}

impl ReadSourceOpen for PendingFile {
    type Reader = FileReader;

    fn open(self) -> RusticResult<FileReader> {
        match File::open(&self.path) {
            Ok(file) => Ok(FileReader {
                file,
                left: self.size,
                of: self,
            }),
            Err(error) => {
                self.findings.add(&self.path, &error);
                Err(RusticError::new(ErrorKind::InputOutput, error.to_string()))
            }
        }
    }
}

/// A file that is being read: as many bytes as it was said to have, or an error. The library leaves out a file that it
/// cannot read, so each failure is kept as a finding.
#[derive(Debug)]
pub(in crate::vault) struct FileReader {
    file: File,
    left: u64,
    of: PendingFile,
}

impl FileReader {
    fn failed(&self, error: io::Error) -> io::Error {
        self.of.findings.add(&self.of.path, &error);
        error
    }
}

impl Read for FileReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.of.cancellation.is_cancelled() {
            return Err(io::Error::other("the operation was cancelled"));
        }
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let Some(buffer) = buffer.get_mut(..wanted).filter(|buffer| !buffer.is_empty()) else {
            return Ok(0);
        };
        match self.file.read(buffer) {
            Ok(0) => {
                let message = "it became shorter while it was read";
                Err(self.failed(io::Error::new(io::ErrorKind::UnexpectedEof, message)))
            }
            Ok(count) => {
                self.left = self.left.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => Err(self.failed(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &str, size: u64) -> (io::Result<String>, u64) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, content).unwrap();
        let findings = Arc::<SharedFindings>::default();
        let pending = PendingFile {
            path,
            size,
            findings: Arc::clone(&findings),
            cancellation: Cancellation::default(),
        };
        let mut text = String::new();
        let read = pending.open().unwrap().read_to_string(&mut text);
        (read.map(|_| text), findings.so_far().count)
    }

    #[test]
    fn as_many_bytes_are_read_as_the_file_was_said_to_have() {
        let (read, findings) = read("0123456789", 4);
        assert_eq!((read.unwrap().as_str(), findings), ("0123", 0));
    }

    #[test]
    fn a_file_that_became_shorter_is_a_finding() {
        let (read, findings) = read("0123", 10);
        assert_eq!(
            (read.unwrap_err().kind(), findings),
            (io::ErrorKind::UnexpectedEof, 1)
        );
    }
}
