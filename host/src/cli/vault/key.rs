//! Where the key of the repository is, as every command of the vault takes it.

use crate::cli::failure::Ended;
use crate::cli::session::Session;
use crate::report::{Code, Problem, ResultOf};
use crate::vault::{KeyFileError, KeySource, RepositoryKey, Vault, export_warning};
use clap::{Args, ValueHint};
use std::path::PathBuf;

/// The environment variable that may hold the key itself.
const VARIABLE: &str = "LAZARETTE_VAULT_KEY";

/// Where the key is.
#[derive(Args, Debug)]
pub(super) struct KeyOptions {
    /// File whose first line is the repository key [env: LAZARETTE_VAULT_KEY holds the key itself]
    #[arg(
        long,
        visible_alias = "password-file",
        env = "LAZARETTE_VAULT_KEY_FILE",
        hide_env_values = true,
        value_name = "FILE",
        value_hint = ValueHint::FilePath
    )]
    key_file: Option<PathBuf>,

    /// Secret in the cluster with the repository key, under `repository-key` if no other key is named
    #[arg(
        long,
        env = "LAZARETTE_VAULT_KEY_SECRET",
        hide_env_values = true,
        value_name = "NAMESPACE/NAME[/KEY]",
        value_parser = secret,
        conflicts_with = "key_file"
    )]
    key_secret: Option<KeySource>,
}

fn secret(text: &str) -> Result<KeySource, String> {
    text.parse().map_err(|error: KeyFileError| error.to_string())
}

impl KeyOptions {
    /// The key that is named; none where none is.
    pub async fn find(&self, session: &Session) -> ResultOf<Option<RepositoryKey>> {
        if let Some(file) = &self.key_file {
            return Ok(Some(RepositoryKey::read_file(file)?));
        }
        if let Some(source) = &self.key_secret {
            let cluster = session.cluster()?;
            return Ok(Some(source.read(Some(cluster.as_ref())).await?));
        }
        match std::env::var(VARIABLE) {
            Ok(text) if !text.is_empty() => Ok(Some(RepositoryKey::read(&text, VARIABLE)?)),
            _ => Ok(None),
        }
    }

    /// The key that is named.
    pub async fn key(&self, session: &Session) -> ResultOf<RepositoryKey> {
        self.find(session).await?.ok_or_else(|| {
            let message = format!(
                "no repository key is named: name it with --key-file FILE, --key-secret NAMESPACE/NAME, \
                 LAZARETTE_VAULT_KEY_FILE or {VARIABLE}"
            );
            Problem::new(Code::VaultKey, message)
        })
    }

    /// The repository in the store that the user named. Says so when nobody has confirmed that its key is known
    /// elsewhere.
    pub async fn open(&self, session: &Session) -> Ended<Vault> {
        let vault = Vault::open(session.stored()?, &self.key(session).await?).await?;
        if let Some(warning) = export_warning(&vault).await? {
            session.warn(warning);
        }
        Ok(vault)
    }
}
