//! `lazarette vault export-key`

use super::key::KeyOptions;
use crate::cli::examples::examples;
use crate::cli::failure::Ended;
use crate::cli::session::Session;
use crate::report::Outcome;
use crate::vault::{Vault, confirm_export};
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

/// Print the repository key, so that it can be kept elsewhere; and confirm that it is
///
/// A vault whose key is lost with the cluster cannot be read. Until it was confirmed that the key lies elsewhere, every
/// command of the vault warns.
#[derive(Args, Debug)]
#[command(after_help = examples(&[
    ("Print it", "lazarette vault export-key --key-secret backup/vault"),
    ("It lies in a safe now", "lazarette vault export-key --confirm --key-secret backup/vault"),
]))]
pub(super) struct ExportKey {
    /// Print nothing, and note in the store that the key lies elsewhere
    #[arg(long)]
    confirm: bool,

    #[command(flatten)]
    key: KeyOptions,
}

/// The key, or that it lies elsewhere.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Exported {
    store: String,
    key_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    confirmed: bool,
}

impl ExportKey {
    pub async fn run(self, session: &Session) -> Ended<Outcome> {
        let key = self.key.key(session).await?;
        // A key that opens nothing is not worth keeping.
        let vault = Vault::open(session.stored()?, &key).await?;
        if self.confirm {
            let by = std::env::var("USER").unwrap_or_else(|_| "unknown".to_owned());
            confirm_export(&vault, &by, Timestamp::now()).await?;
        }
        let exported = Exported {
            store: vault.store().address(),
            key_id: vault.key_id(),
            key: (!self.confirm).then(|| key.expose().to_owned()),
            confirmed: self.confirm,
        };
        session
            .output
            .show(&exported, |exported, _| match &exported.key {
                Some(key) => format!("{key}\n"),
                None => format!(
                    "noted that the key of the repository in {} lies elsewhere\n",
                    exported.store
                ),
            })?;
        Ok(Outcome::Completed)
    }
}
