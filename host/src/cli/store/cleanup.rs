//! `lazarette store cleanup`

use crate::archive;
use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::session::Session;
use crate::hooks;
use crate::report::{Outcome, units};
use clap::Args;
use jiff::SignedDuration;
use serde::Serialize;
use std::collections::BTreeSet;
use std::time::Duration;

/// Remove what backups that were never finished have left
///
/// Where a backup was killed, its files lie in the store and are of no use to anybody. A backup that is still being
/// written looks the same, so only what is older than --older-than is removed. What says that pods may stand still is
/// kept until `lazarette thaw` has run.
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("Remains that are older than a day", "lazarette store cleanup --store file:./backups"),
    ("When no backup is running", "lazarette store cleanup --older-than 1s"),
]))]
pub(super) struct Cleanup {
    /// Leave alone what was begun later than this long ago
    #[arg(long, value_name = "DURATION", value_parser = units::parse_duration, default_value = "24h")]
    older_than: SignedDuration,
}

/// What was removed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Removed {
    /// Names of backups that were never finished.
    backups: Vec<String>,
    /// Number of other files.
    files: u64,
}

impl Cleanup {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let store = session.store()?;
        let older_than = Duration::try_from(self.older_than).unwrap_or_default();
        let mut kept = BTreeSet::new();
        let left = hooks::frozen(store.as_ref()).await?;
        for (backup, problem) in left.problems() {
            session.warn(problem);
            kept.insert(backup.clone());
        }
        let cleanup = archive::cleanup_but(store.as_ref(), older_than, &kept).await?;
        let removed = Removed {
            backups: cleanup.backups.iter().map(ToString::to_string).collect(),
            files: cleanup.files,
        };
        session.output.show(&removed, |removed, _| {
            let names: String = removed
                .backups
                .iter()
                .map(|name| format!("removed unfinished backup {name}\n"))
                .collect();
            match removed.files {
                0 if names.is_empty() => "nothing to remove\n".to_owned(),
                0 => names,
                files => format!("{names}removed {files} files that were never finished\n"),
            }
        })?;
        Ok(Outcome::Completed)
    }
}
