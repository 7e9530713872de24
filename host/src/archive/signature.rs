//! Signatures of backups: Ed25519, over the manifest, which names every other file with its digest.
//!
//! A signature lies beside the manifest in its file, and is over the bytes of the manifest as they are written there.

use super::ArchiveError;
use super::manifest::Manifest;
use crate::signing::{PublicKey, SigningKey};
use serde::{Deserialize, Serialize};

/// A signature as it lies beside the manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SignatureRecord {
    public_key: PublicKey,
    /// 128 hexadecimal digits.
    ed25519: String,
}

impl SignatureRecord {
    /// The signature of `key` over `bytes`.
    pub(super) fn new(key: &SigningKey, bytes: &[u8]) -> Self {
        SignatureRecord {
            public_key: key.public(),
            ed25519: hex::encode(key.sign(bytes)),
        }
    }

    /// The key whose signature of `bytes` this is; none when it is of something else.
    pub(super) fn check(&self, bytes: &[u8]) -> Option<PublicKey> {
        let mut signature = [0; 64];
        hex::decode_to_slice(&self.ed25519, &mut signature).ok()?;
        // There is one way to write it, so that every byte of a file counts.
        if hex::encode(signature) != self.ed25519 {
            return None;
        }
        self.public_key
            .has_signed(bytes, &signature)
            .then_some(self.public_key)
    }
}

/// Whose signatures count. With none, every backup is taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust(pub Vec<PublicKey>);

impl Trust {
    /// Refuse a backup that nobody who is trusted has signed.
    pub fn check(&self, manifest: &Manifest) -> Result<(), ArchiveError> {
        self.accept(manifest.signed_by)
            .map_err(|message| ArchiveError::Untrusted {
                name: manifest.name.clone(),
                message,
            })
    }

    /// Whether a signature of this key, or none, is enough; if not, why.
    pub(super) fn accept(&self, signed_by: Option<PublicKey>) -> Result<(), String> {
        match signed_by {
            _ if self.0.is_empty() => Ok(()),
            Some(key) if self.0.contains(&key) => Ok(()),
            Some(key) => Err(format!("it is signed with the key {key}, which is not trusted")),
            None => Err("it is not signed, and a trusted key is configured".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_of_its_bytes_alone() {
        let key = SigningKey::generate().unwrap();
        let record = SignatureRecord::new(&key, b"manifest");
        assert_eq!(record.check(b"manifest"), Some(key.public()));
        assert_eq!(record.check(b"another"), None);
    }
}
