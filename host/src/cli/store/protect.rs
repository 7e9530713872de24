//! `lazarette store protect`

use crate::archive;
use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::session::Session;
use crate::report::{Outcome, units};
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// Require that deletions from a store wait, whoever asks for them
///
/// The requirement lies in the store, so no configuration can forget it. A longer delay counts at once. A shorter one, or
/// none, counts when the longer one has passed. Without an option: show what is required.
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("A week to notice a mistake", "lazarette store protect --deletion-delay 7d --store azblob://ACCOUNT/backups"),
    ("No more, in a week", "lazarette store protect --no-deletion-delay"),
]))]
pub(super) struct Protect {
    /// How long a deleted backup stays, and can be brought back with `backup undelete`
    #[arg(long, value_name = "DURATION", value_parser = units::parse_duration)]
    deletion_delay: Option<SignedDuration>,

    /// Require no delay any more
    #[arg(long, conflicts_with = "deletion_delay")]
    no_deletion_delay: bool,
}

/// What is required now.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Required {
    store: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    deletion_delay: Option<String>,
}

impl Protect {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let (store, now) = (session.stored()?, Timestamp::now());
        let wanted = match self.no_deletion_delay {
            true => Some(SignedDuration::ZERO),
            false => self.deletion_delay,
        };
        if let Some(delay) = wanted {
            archive::require_deletion_delay(store.as_ref(), delay, now).await?;
        }
        let delay = archive::required_deletion_delay(store.as_ref(), now).await?;
        if wanted.is_some_and(|wanted| delay.is_some_and(|delay| delay > wanted)) {
            session.warn("a longer delay was required before: it counts until it has passed");
        }
        let required = Required {
            store: store.address(),
            deletion_delay: delay.map(units::duration),
        };
        session.output.show(&required, |required, _| required.text())?;
        Ok(Outcome::Completed)
    }
}

impl Required {
    fn text(&self) -> String {
        let store = &self.store;
        match &self.deletion_delay {
            Some(delay) => format!("deletions from {store} take effect after {delay}\n"),
            None => format!("deletions from {store} take effect at once\n"),
        }
    }
}
