//! Whether the key of a repository is known outside the cluster: a note in the location, one for each key. A vault
//! whose key is lost with the cluster is none.

use super::{Vault, VaultError, layout};
use crate::report::{Code, Problem};
use crate::store::StoreError;
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::json;

/// Note that somebody has put the key, with which `vault` was opened, where it outlives the cluster.
pub async fn confirm_export(vault: &Vault, by: &str, now: Timestamp) -> Result<(), VaultError> {
    let note = json!({"confirmedBy": by, "confirmedAt": now.to_string()});
    let put = vault
        .store()
        .put_if_absent(&note_key(vault), Bytes::from(note.to_string()))
        .await;
    match put {
        // It was said before.
        Ok(()) | Err(StoreError::Exists { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Whether that was said of the key with which `vault` was opened.
pub async fn is_export_confirmed(vault: &Vault) -> Result<bool, VaultError> {
    Ok(vault.store().size(&note_key(vault)).await?.is_some())
}

/// The warning that a status shows until that was said; none afterwards.
pub async fn export_warning(vault: &Vault) -> Result<Option<Problem>, VaultError> {
    Ok((!is_export_confirmed(vault).await?).then(|| {
        let message = "nobody has confirmed that the repository key lies elsewhere: if it is lost, so is all data; see \
                       `lazarette vault export-key`";
        Problem::new(Code::VaultKeyNotExported, message)
    }))
}

fn note_key(vault: &Vault) -> String {
    format!("{}key-{}-exported.json", layout::NOTES, vault.key_id())
}
