//! `lazarette vault restore`

use super::filter::Filter;
use super::key::KeyOptions;
use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::interrupt;
use crate::cli::session::Session;
use crate::report::{Code, Outcome, Problem, Progress, units};
use crate::vault::{self, RestoreRequest, Restored, Snapshot, Target};
use clap::{Args, ValueHint};
use serde::Serialize;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

/// Restore a snapshot into an empty folder, or onto a block device
///
/// What was in the folder that was copied is in --target then, with owners, rights, extended attributes, times, links and
/// holes. Exit code 3 when some of these could not be set.
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("The newest snapshot of a path", "lazarette vault restore latest --path /shop/data --target ./restored --key-file vault.key --store file:./backups"),
    ("A folder of a snapshot", "lazarette vault restore 0a1b2c3d:/shop/data/images --target ./images"),
    ("A disk", "lazarette vault restore 0a1b2c3d --target /dev/sdb"),
]))]
pub(super) struct Restore {
    /// The beginning of a snapshot's id, or `latest`, of which --path, --host and --tag say which
    #[arg(value_name = "SNAPSHOT[:PATH]")]
    snapshot: String,

    /// Folder that is empty or is made; or a block device, for a snapshot of one
    #[arg(long, short, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    target: PathBuf,

    #[command(flatten)]
    filter: Filter,

    #[command(flatten)]
    key: KeyOptions,
}

/// What was restored.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    snapshot: Snapshot,
    target: String,
    #[serde(flatten)]
    restored: Restored,
    incomplete: Vec<String>,
}

impl Restore {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let vault = self.key.open(session).await?;
        let (name, path) = match self.snapshot.split_once(':') {
            Some((name, path)) => (name, Some(path.to_owned())),
            None => (self.snapshot.as_str(), None),
        };
        let snapshot = vault.find(name, |snapshot| self.filter.fits(snapshot)).await?;
        if snapshot.incomplete {
            session.warn(format!(
                "snapshot {} is incomplete: something could not be read when it was made",
                snapshot.id.short()
            ));
        }
        let request = RestoreRequest {
            snapshot: snapshot.id,
            path,
            target: target(&self.target),
        };
        let (progress, cancellation) = (Progress::default(), interrupt::cancellation()?);
        let restored = {
            let _watched = session.watch(&progress);
            vault::restore(&vault, request, &progress, &cancellation).await?
        };
        let report = Report {
            snapshot,
            target: self.target.display().to_string(),
            incomplete: restored.incomplete.messages.clone(),
            restored,
        };
        for message in &report.incomplete {
            session.report(&Problem::new(Code::FileAccess, message));
        }
        session.output.show(&report, |report, _| report.text())?;
        Ok(Outcome::of_failures(report.incomplete.len()))
    }
}

/// A device is written onto; everything else is a folder.
fn target(path: &Path) -> Target {
    match path.metadata() {
        Ok(found) if found.file_type().is_block_device() => Target::Device(path.to_owned()),
        _ => Target::Folder(path.to_owned()),
    }
}

impl Report {
    fn text(&self) -> String {
        format!(
            "restored snapshot {} of {} into {}: {} files, {}\n",
            self.snapshot.id.short(),
            self.snapshot.path,
            self.target,
            self.restored.files,
            units::size(self.restored.bytes),
        )
    }
}
