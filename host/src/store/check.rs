//! Proving that a store can be used: every kind of request is tried on a small file.

use super::{Store, StoreError};
use crate::report::Code;
use bytes::Bytes;
use uuid::Uuid;

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// List files.
    List,
    /// Write a small file.
    Write,
    /// Write it again, which must be refused.
    WriteOnce,
    /// Write a file in parts.
    Upload,
    /// Read a file.
    Read,
    /// Read a part of a file.
    ReadRange,
    /// Delete files.
    Delete,
}

impl Step {
    /// As it is shown to people.
    pub fn name(self) -> &'static str {
        match self {
            Step::List => "list",
            Step::Write => "write",
            Step::WriteOnce => "write once",
            Step::Upload => "upload",
            Step::Read => "read",
            Step::ReadRange => "read a range",
            Step::Delete => "delete",
        }
    }
}

/// What the file holds that is tried on.
const CONTENT: &[u8] = b"written by lazarette store check";

/// Try every kind of request, each whether or not the others succeed, unless the first shows that none can; and say what
/// came of it. What is written is
/// deleted again, if that can be done.
pub async fn check(store: &dyn Store) -> Vec<(Step, Result<(), StoreError>)> {
    // Beside backups, where Velero does not mind a folder, and under a name that no backup has.
    let folder = format!("backups/lazarette-check-{}", Uuid::new_v4());
    let (small, large) = (format!("{folder}/small"), format!("{folder}/large"));
    let written = store.put_if_absent(&small, Bytes::from_static(CONTENT)).await;
    if written.as_ref().is_err_and(concerns_everything) {
        return vec![(Step::Write, written)];
    }
    let uploaded = upload(store, &large).await;
    let is_there = written.is_ok();
    vec![
        (Step::Write, written),
        (Step::WriteOnce, write_again(store, &small, is_there).await),
        (Step::List, list(store, &small, is_there).await),
        (Step::Read, read(store, &small, is_there, None).await),
        (Step::ReadRange, read(store, &small, is_there, Some(8..15)).await),
        (Step::Upload, uploaded),
        (Step::Delete, delete(store, [&small, &large]).await),
    ]
}

/// Whether no other request can succeed either.
fn concerns_everything(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Remote {
            code: Code::StoreUnreachable
                | Code::StoreContainerMissing
                | Code::StoreIdentity
                | Code::StoreCredentialExpired
                | Code::ClockSkew,
            ..
        }
    )
}

async fn upload(store: &dyn Store, key: &str) -> Result<(), StoreError> {
    let mut upload = store.upload(key).await?;
    upload.write(Bytes::from_static(CONTENT)).await?;
    upload.commit().await
}

async fn write_again(store: &dyn Store, key: &str, is_there: bool) -> Result<(), StoreError> {
    match store.put_if_absent(key, Bytes::from_static(CONTENT)).await {
        Err(StoreError::Exists { .. }) => Ok(()),
        Err(error) => Err(error),
        Ok(()) if !is_there => Ok(()),
        Ok(()) => Err(wrong(key, "a file was overwritten")),
    }
}

async fn list(store: &dyn Store, key: &str, is_there: bool) -> Result<(), StoreError> {
    let found = match store.list(key).await {
        // Nothing was written to it yet.
        Err(StoreError::Absent { .. }) if !is_there => return Ok(()),
        found => found?,
    };
    match found.len() == usize::from(is_there) {
        true => Ok(()),
        false => Err(wrong(key, "a file that was written is not listed")),
    }
}

async fn read(
    store: &dyn Store,
    key: &str,
    is_there: bool,
    range: Option<std::ops::Range<u64>>,
) -> Result<(), StoreError> {
    let expected = match &range {
        Some(_) => CONTENT.get(8..15).unwrap_or_default(),
        None => CONTENT,
    };
    match store.read(key, range).await {
        Err(StoreError::NotFound { .. } | StoreError::Absent { .. }) if !is_there => Ok(()),
        Ok(bytes) if bytes == expected => Ok(()),
        Ok(_) => Err(wrong(key, "what is read is not what was written")),
        Err(error) => Err(error),
    }
}

async fn delete(store: &dyn Store, keys: [&str; 2]) -> Result<(), StoreError> {
    for key in keys {
        store.delete(key).await?;
        match store.size(key).await {
            Ok(None) | Err(StoreError::Absent { .. }) => {}
            Ok(Some(_)) => return Err(wrong(key, "a file that was deleted is still there")),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn wrong(key: &str, message: &str) -> StoreError {
    StoreError::io(key, std::io::Error::other(message))
}
