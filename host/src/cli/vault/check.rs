//! `lazarette vault check`

use super::key::KeyOptions;
use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::interrupt;
use crate::cli::session::Session;
use crate::report::{Outcome, Progress, units};
use crate::vault::{self, CheckRequest, Checked, Subset};
use clap::Args;

/// Check that the repository is whole
///
/// Without an option: that all that snapshots need is known and there, in the right size. With --read-data every byte is
/// read back and compared with its digest. Exit code 1 when something is damaged.
#[derive(Args, Debug)]
#[command(
    visible_alias = "verify",
    after_help = examples(&[
        ("Nothing is missing", "lazarette vault check --key-file vault.key --store file:./backups"),
        ("Another seventh of the data each night", "lazarette vault check --read-data-subset 3/7"),
    ])
)]
pub(super) struct Check {
    /// Read all data
    #[arg(long)]
    read_data: bool,

    /// Read a part of the data: `10%` or `500MiB`, chosen at random, or `3/7`, the third of seven parts
    #[arg(long, value_name = "PART", conflicts_with = "read_data")]
    read_data_subset: Option<Subset>,

    #[command(flatten)]
    key: KeyOptions,
}

impl Check {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let vault = self.key.open(session).await?;
        let request = match (self.read_data, self.read_data_subset) {
            (false, None) => CheckRequest::Structure,
            (_, part) => CheckRequest::Data(part),
        };
        let (progress, cancellation) = (Progress::default(), interrupt::cancellation()?);
        let checked = {
            let _watched = session.watch(&progress);
            vault::check(&vault, request, &progress, &cancellation).await?
        };
        for warning in &checked.warnings {
            session.warn(warning);
        }
        session.output.show(&checked, |checked, _| text(checked))?;
        Ok(match checked.errors.is_empty() {
            true => Outcome::Completed,
            false => Outcome::Failed,
        })
    }
}

fn text(checked: &Checked) -> String {
    match checked.errors.as_slice() {
        [] => format!(
            "the repository is whole ({} were read)\n",
            units::size(checked.bytes_read)
        ),
        errors => errors.iter().map(|error| format!("damaged: {error}\n")).collect(),
    }
}
