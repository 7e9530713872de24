//! Encrypting a file as it is written.

use super::Recipient;
use crate::archive::ArchiveError;
use age::Encryptor;
use age::stream::StreamWriter;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// Encrypts one file: plain bytes go in, and encrypted ones come out some time later.
pub(in crate::archive) struct Sealer {
    writer: StreamWriter<Outlet>,
    outlet: Outlet,
}

impl Sealer {
    /// Begin a file that any of the `recipients` can decrypt.
    pub(in crate::archive) fn new(recipients: &[Recipient]) -> Result<Sealer, ArchiveError> {
        let recipients = recipients.iter().map(|recipient| {
            let recipient: &dyn age::Recipient = &recipient.0;
            recipient
        });
        let outlet = Outlet::default();
        let writer = Encryptor::with_recipients(recipients)
            .map_err(failed)?
            .wrap_output(outlet.clone())
            .map_err(failed)?;
        Ok(Sealer { writer, outlet })
    }

    /// Take the next bytes, and give what is encrypted so far and was not given yet.
    pub(in crate::archive) fn write(&mut self, bytes: &[u8]) -> Result<Vec<u8>, ArchiveError> {
        self.writer.write_all(bytes).map_err(failed)?;
        Ok(self.outlet.take())
    }

    /// End the file, and give the rest of it.
    pub(in crate::archive) fn finish(self) -> Result<Vec<u8>, ArchiveError> {
        self.writer.finish().map_err(failed)?;
        Ok(self.outlet.take())
    }
}

/// Encrypt a small file whole.
pub(in crate::archive) fn seal(recipients: &[Recipient], bytes: &[u8]) -> Result<Vec<u8>, ArchiveError> {
    let mut sealer = Sealer::new(recipients)?;
    let mut sealed = sealer.write(bytes)?;
    sealed.extend(sealer.finish()?);
    Ok(sealed)
}

/// Encrypting into memory does not fail, unless we are wrong.
fn failed(error: impl std::fmt::Display) -> ArchiveError {
    ArchiveError::Internal(format!("encrypting failed: {error}"))
}

/// Where age's writer, which keeps its output to itself, puts what we send on.
#[derive(Clone, Default)]
struct Outlet(Arc<Mutex<Vec<u8>>>);

impl Outlet {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Outlet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
