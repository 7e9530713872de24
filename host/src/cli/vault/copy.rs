//! `lazarette vault copy`

use super::key::KeyOptions;
use crate::archive::{self, ArchiveError, BackupName};
use crate::cli::examples::examples;
use crate::cli::failure::{Ended, Failure};
use crate::cli::interrupt;
use crate::cli::session::Session;
use crate::report::{Cancellation, Code, Outcome, Problem, Progress, ResultOf, units};
use crate::store::Credential;
use crate::vault::{self, Copied, CopyRequest, Source, Vault};
use clap::{Args, ValueHint};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Copy a folder or a block device into a snapshot
///
/// Only what changed since the newest snapshot of the same path and host is read, and only what the repository does not
/// hold yet is stored. Interrupted, it leaves no snapshot, and what was stored by then is used by the next copy.
///
/// With --backup, the snapshot belongs to that recovery point. With --from too, the recovery point's archive of objects
/// is copied from there into the store, unless it is there already: so that the store alone suffices for a restore.
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("A folder", "lazarette vault copy ./data --key-file vault.key --store file:./backups"),
    ("A volume of a recovery point", "lazarette vault copy /mnt/data --as /shop/data --host prod --backup nightly --from file:./backups --store azblob://ACCOUNT/vault"),
]))]
pub(super) struct Copy {
    /// Folder, block device or file
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    source: PathBuf,

    /// What it is called in the repository, such as /NAMESPACE/CLAIM [default: its own path]
    #[arg(long = "as", value_name = "PATH", value_parser = absolute)]
    stored_as: Option<String>,

    /// Host or cluster that it is of [default: the name of this host]
    #[arg(long, value_name = "NAME")]
    host: Option<String>,

    /// A tag of the snapshot; can be given several times
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,

    /// The recovery point that it belongs to
    #[arg(long, value_name = "BACKUP")]
    backup: Option<BackupName>,

    /// The store that holds the recovery point
    #[arg(long, value_name = "ADDRESS", requires = "backup")]
    from: Option<String>,

    /// As whom that store is used [default: as the other one]
    #[arg(long, value_name = "CREDENTIAL", requires = "from")]
    from_credential: Option<Credential>,

    /// Leave out what cannot be read, and say so
    #[arg(long)]
    skip_unreadable: bool,

    #[command(flatten)]
    key: KeyOptions,
}

/// What was copied.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    #[serde(flatten)]
    copied: Copied,
    left_out: Vec<String>,
    /// Bytes of the archive of objects that were copied along.
    #[serde(skip_serializing_if = "Option::is_none")]
    archive_bytes: Option<u64>,
}

impl Copy {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let vault = self.key.open(session).await?;
        let (progress, cancellation) = (Progress::default(), interrupt::cancellation()?);
        let report = {
            let _watched = session.watch(&progress);
            let archive_bytes = self
                .copy_archive(session, &vault, &progress, &cancellation)
                .await?;
            let copied = vault::copy(&vault, self.request()?, &progress, &cancellation).await?;
            Report {
                left_out: copied.left_out.messages.clone(),
                copied,
                archive_bytes,
            }
        };
        for message in &report.left_out {
            session.report(&Problem::new(Code::VolumeUnreadable, message));
        }
        session.output.show(&report, |report, _| report.text())?;
        Ok(Outcome::of_failures(report.left_out.len()))
    }

    fn request(&self) -> ResultOf<CopyRequest> {
        let at = |error: std::io::Error| {
            let code = match error.kind() {
                std::io::ErrorKind::NotFound => Code::NotFound,
                _ => Code::FileAccess,
            };
            Problem::new(code, error.to_string()).about(self.source.display())
        };
        let backup = self.backup.iter().map(|name| format!("backup={name}"));
        Ok(CopyRequest {
            source: Source::at(&self.source).map_err(at)?,
            path: match &self.stored_as {
                Some(path) => path.clone(),
                None => own_path(&self.source.canonicalize().map_err(at)?)?,
            },
            host: self.host.clone().unwrap_or_else(host),
            tags: backup.chain(self.tags.iter().cloned()).collect(),
            skip_unreadable: self.skip_unreadable,
        })
    }

    /// Copy the archive of the recovery point, if that was asked for and it is not there.
    async fn copy_archive(
        &self,
        session: &Session,
        vault: &Vault,
        progress: &Progress,
        cancellation: &Cancellation,
    ) -> Ended<Option<u64>> {
        let (Some(name), Some(address)) = (&self.backup, &self.from) else {
            return Ok(None);
        };
        let from = session.other_store(address, |options| {
            if let Some(credential) = &self.from_credential {
                options.credential = credential.clone();
            }
        })?;
        match archive::copy(
            from.as_ref(),
            vault.store().as_ref(),
            name,
            progress,
            cancellation,
        )
        .await
        {
            Ok(copied) => Ok(Some(copied.bytes)),
            Err(ArchiveError::Exists { .. }) => Ok(None),
            Err(error) => Err(Failure::from(error)),
        }
    }
}

/// An absolute path, in a form that every snapshot of it has.
fn absolute(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty()).collect();
    match text.starts_with('/') && !parts.is_empty() && !parts.iter().any(|part| matches!(*part, "." | ".."))
    {
        true => Ok(format!("/{}", parts.join("/"))),
        false => Err("expected an absolute path such as /shop/data".to_owned()),
    }
}

fn own_path(path: &Path) -> ResultOf<String> {
    let text = path.to_str().map(str::to_owned);
    text.ok_or_else(|| {
        let message = "its path is no UTF-8: name it in the repository with --as";
        Problem::new(Code::InvalidArgument, message).about(path.display())
    })
}

fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

impl Report {
    fn text(&self) -> String {
        let Copied {
            snapshot,
            bytes_written,
            ..
        } = &self.copied;
        format!(
            "copied {} as snapshot {}: {} files, {}, of which {} files were read and {} stored\n",
            snapshot.path,
            snapshot.id.short(),
            snapshot.files,
            units::size(snapshot.bytes),
            self.copied.files_read,
            units::size(*bytes_written),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("/shop/data", Some("/shop/data"))]
    #[case("//shop/data/", Some("/shop/data"))]
    #[case("shop/data", None)]
    #[case("/", None)]
    #[case("/shop/../data", None)]
    fn names_in_the_repository(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(absolute(text).ok().as_deref(), expected);
    }
}
