//! `lazarette vault init`

use super::key::KeyOptions;
use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::session::Session;
use crate::report::Outcome;
use crate::vault::{RepositoryKey, Vault};
use clap::Args;
use serde::Serialize;

/// Make the repository of a store
///
/// Where no key is named, one is made and shown, this once. Without its key nobody reads the repository, ever.
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("With a key of your own", "lazarette vault init --key-file vault.key --store file:./backups"),
    ("With a new key, which is printed", "lazarette vault init --store azblob://ACCOUNT/backups > vault.key"),
]))]
pub(super) struct Init {
    #[command(flatten)]
    key: KeyOptions,
}

/// What was made.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Made {
    store: String,
    /// The name of the key's file in the repository.
    key_id: String,
    /// The key, where it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

impl Init {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let given = self.key.find(session).await?;
        let is_new = given.is_none();
        let key = given.unwrap_or_else(RepositoryKey::generate);
        let store = session.stored()?;
        let vault = Vault::create(store, &key).await?;
        let made = Made {
            store: vault.store().address(),
            key_id: vault.key_id(),
            key: is_new.then(|| key.expose().to_owned()),
        };
        session.say(&format!("made a repository in {}", made.store));
        if is_new {
            session.say("its key is shown this once: put it where it outlives this machine and the cluster");
        }
        session.output.show(&made, |made, _| {
            made.key.iter().map(|key| format!("{key}\n")).collect()
        })?;
        Ok(Outcome::Completed)
    }
}
