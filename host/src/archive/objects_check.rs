//! Checking the `.tar.gz` of a backup against its index.

use super::index::{Member, Members};
use super::reader::{damage, extract, read_member};
use super::verification::Verification;
use super::{ArchiveError, Digest, Digester, Finding, entry, member};
use crate::report::Progress;
use crate::store::Store;
use bytes::Bytes;
use futures::stream::StreamExt;
use std::io;

/// How many members are checked at a time.
const CONCURRENT_MEMBERS: usize = 3;

/// The `.tar.gz` of a backup.
pub(super) struct ObjectsFile<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) file: &'a str,
    pub(super) index_file: &'a str,
    pub(super) size: u64,
}

/// What was found in a member.
struct Checked {
    bytes: Bytes,
    offset: u64,
    length: u64,
    objects: u64,
    findings: Vec<Finding>,
}

/// Check every member and every object that the index lists, and digest the whole file on the way.
pub(super) async fn check(
    objects: &ObjectsFile<'_>,
    members: Members,
    verification: &mut Verification,
    progress: &Progress,
) -> Result<Digester, ArchiveError> {
    let mut digester = Digester::default();
    let mut end = 0;
    let mut checks = futures::stream::iter(members)
        .map(|member| objects.check(member))
        .buffered(CONCURRENT_MEMBERS);
    while let Some(checked) = checks.next().await {
        let checked = match checked {
            Ok(checked) => checked,
            Err(ArchiveError::Damaged { file, message }) => {
                verification.find(file, None, message);
                break;
            }
            Err(error) => return Err(error),
        };
        if checked.offset != end {
            let message = format!(
                "the member at byte {} does not follow the one before it",
                checked.offset
            );
            verification.find(objects.index_file, None, message);
        }
        end = checked.offset.saturating_add(checked.length);
        digester.update(&checked.bytes);
        progress.advance(checked.objects);
        verification.objects += checked.objects;
        verification.findings.extend(checked.findings);
    }
    drop(checks);
    objects.digest_rest(&mut digester).await?;
    Ok(digester)
}

impl ObjectsFile<'_> {
    /// Check a member.
    async fn check(&self, member: Result<Member, ArchiveError>) -> Result<Checked, ArchiveError> {
        let member = member?;
        let bytes = read_member(self.store, self.file, &member.record).await?;
        let (file, index_file) = (self.file.to_owned(), self.index_file.to_owned());
        tokio::task::spawn_blocking(move || check_member(&member, bytes, &file, &index_file))
            .await
            .map_err(|panicked| ArchiveError::Internal(panicked.to_string()))
    }

    /// Digest what follows the last member.
    async fn digest_rest(&self, digester: &mut Digester) -> Result<(), ArchiveError> {
        while digester.size() < self.size {
            let end = self.size.min(digester.size() + (1 << 20));
            digester.update(&self.store.read(self.file, Some(digester.size()..end)).await?);
        }
        Ok(())
    }
}

fn check_member(member: &Member, bytes: Bytes, file: &str, index_file: &str) -> Checked {
    let record = member.record;
    let total = member.objects.len();
    let (content, whole) = member::decompress(&bytes, record.size);
    let cause = whole.as_ref().err().map(ToString::to_string);
    let mut findings: Vec<Finding> = member
        .objects
        .iter()
        .filter(|object| extract(&content, object).is_none())
        .map(|object| Finding {
            file: file.to_owned(),
            object: Some(object.id()),
            message: damage(cause.as_deref()),
        })
        .collect();
    let objects = u64::try_from(total - findings.len()).unwrap_or_default();
    if Digest::of(&bytes) != record.sha256 {
        let message = match (findings.is_empty(), total) {
            (_, 0) => format!(
                "the member at byte {} is damaged; it holds no object",
                record.offset
            ),
            (true, _) => format!(
                "the member at byte {} is damaged; every object in it is whole",
                record.offset
            ),
            (false, _) => format!("the member at byte {} is damaged", record.offset),
        };
        findings.push(Finding {
            file: file.to_owned(),
            object: None,
            message,
        });
    } else if let Err(message) = compare_entries(&content, member) {
        findings.push(Finding {
            file: index_file.to_owned(),
            object: None,
            message,
        });
    }
    Checked {
        bytes,
        offset: record.offset,
        length: record.length,
        objects,
        findings,
    }
}

/// Compare the entries of the tar in a whole member with the records of the index. The error says where they differ.
fn compare_entries(content: &[u8], member: &Member) -> Result<(), String> {
    let unreadable = |error: io::Error| {
        format!(
            "the archive at byte {} cannot be read: {error}",
            member.record.offset
        )
    };
    let mut archive = tar::Archive::new(content);
    let mut records = member.objects.iter();
    for entry in archive.entries().map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if path == entry::VERSION_PATH && member.record.offset == 0 {
            continue;
        }
        let record = records
            .next()
            .ok_or_else(|| format!("the index does not list {path}"))?;
        let expected = entry::path(&record.id()).map_err(|error| error.to_string())?;
        if (path.as_str(), entry.raw_file_position(), entry.size()) != (&expected, record.offset, record.size)
        {
            return Err(format!(
                "the index lists {expected} where the archive holds {path}"
            ));
        }
    }
    match records.next() {
        Some(record) => Err(format!(
            "the index lists {}, which is not in the archive",
            record.id()
        )),
        None => Ok(()),
    }
}
