//! Signatures of backups: Ed25519, over the manifest, which names every other file with its digest.
//!
//! Keys are PEM files as `openssl genpkey -algorithm ed25519` and `openssl pkey -pubout` write them. A signature lies
//! beside the manifest in its file, and is over the bytes of the manifest as they are written there.

use super::ArchiveError;
use super::manifest::Manifest;
use crate::report::{Code, Problem};
use ed25519_dalek::pkcs8::{
    DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, spki::der::pem::LineEnding,
};
use ed25519_dalek::{Signature, Signer, SigningKey as Key, VerifyingKey};
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Why a key for signatures cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningKeyError {
    /// A file that cannot be read.
    #[error("{file} cannot be read: {message}")]
    Unreadable {
        /// The file.
        file: String,
        /// What the system said.
        message: String,
    },
    /// A file that is no such key.
    #[error("{file} is no {expected}")]
    Invalid {
        /// The file.
        file: String,
        /// What it should be.
        expected: &'static str,
    },
}

impl From<SigningKeyError> for Problem {
    fn from(error: SigningKeyError) -> Problem {
        let code = match error {
            SigningKeyError::Unreadable { .. } => Code::FileAccess,
            SigningKeyError::Invalid { .. } => Code::InvalidDocument,
        };
        Problem::new(code, error.to_string())
    }
}

/// A private key that signs backups.
#[derive(Clone)]
pub struct SigningKey(Arc<Key>);

impl SigningKey {
    /// Read a PEM file (PKCS #8, without a password).
    pub fn read(file: &Path) -> Result<SigningKey, SigningKeyError> {
        let pem = read(file)?;
        let key = Key::from_pkcs8_pem(&pem).map_err(|_| SigningKeyError::Invalid {
            file: file.display().to_string(),
            expected: "Ed25519 private key in PEM (PKCS #8, without a password)",
        })?;
        Ok(SigningKey(Arc::new(key)))
    }

    /// A new key.
    pub fn generate() -> Result<SigningKey, ArchiveError> {
        let mut seed = [0; 32];
        SystemRandom::new()
            .fill(&mut seed)
            .map_err(|_| ArchiveError::Internal("the system gives no random numbers".to_owned()))?;
        Ok(SigningKey(Arc::new(Key::from_bytes(&seed))))
    }

    /// The key as a PEM file.
    pub fn to_pem(&self) -> Result<String, ArchiveError> {
        self.0
            .to_pkcs8_pem(LineEnding::LF)
            .map(|pem| pem.to_string())
            .map_err(unwritable)
    }

    /// What checks its signatures.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Sign `bytes`.
    pub(super) fn sign(&self, bytes: &[u8]) -> SignatureRecord {
        SignatureRecord {
            public_key: self.public(),
            ed25519: hex::encode(self.0.sign(bytes).to_bytes()),
        }
    }
}

/// Without the key.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the private key of {}", self.public())
    }
}

/// A public key that checks signatures; 64 lower-case hexadecimal digits as text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Read a PEM file (`PUBLIC KEY`).
    pub fn read(file: &Path) -> Result<PublicKey, SigningKeyError> {
        let pem = read(file)?;
        let key = VerifyingKey::from_public_key_pem(&pem).map_err(|_| SigningKeyError::Invalid {
            file: file.display().to_string(),
            expected: "Ed25519 public key in PEM",
        })?;
        Ok(PublicKey(key))
    }

    /// The key as a PEM file.
    pub fn to_pem(&self) -> Result<String, ArchiveError> {
        self.0.to_public_key_pem(LineEnding::LF).map_err(unwritable)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> String {
        key.to_string()
    }
}

impl TryFrom<String> for PublicKey {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|error| error.to_string())?;
        VerifyingKey::from_bytes(&bytes)
            .map(PublicKey)
            .map_err(|error| error.to_string())
    }
}

/// A signature as it lies beside the manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SignatureRecord {
    public_key: PublicKey,
    /// 128 hexadecimal digits.
    ed25519: String,
}

impl SignatureRecord {
    /// The key whose signature of `bytes` this is; none when it is of something else.
    pub(super) fn check(&self, bytes: &[u8]) -> Option<PublicKey> {
        let mut signature = [0; 64];
        hex::decode_to_slice(&self.ed25519, &mut signature).ok()?;
        // There is one way to write it, so that every byte of a file counts.
        if hex::encode(signature) != self.ed25519 {
            return None;
        }
        let signature = Signature::from_bytes(&signature);
        self.public_key
            .0
            .verify_strict(bytes, &signature)
            .is_ok()
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

fn read(file: &Path) -> Result<String, SigningKeyError> {
    std::fs::read_to_string(file).map_err(|error| SigningKeyError::Unreadable {
        file: file.display().to_string(),
        message: error.to_string(),
    })
}

fn unwritable(error: impl fmt::Display) -> ArchiveError {
    ArchiveError::Internal(format!("a key cannot be written: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let (private, public) = (folder.path().join("key.pem"), folder.path().join("key.pub"));
        let key = SigningKey::generate().unwrap();
        std::fs::write(&private, key.to_pem().unwrap()).unwrap();
        std::fs::write(&public, key.public().to_pem().unwrap()).unwrap();
        assert_eq!(SigningKey::read(&private).unwrap().public(), key.public());
        assert_eq!(PublicKey::read(&public).unwrap(), key.public());
        assert!(SigningKey::read(&public).is_err());
        assert!(PublicKey::read(&private).is_err());
        assert_ne!(SigningKey::generate().unwrap().public(), key.public());
    }

    #[test]
    fn a_key_of_openssl_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key.pem");
        let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
        std::fs::write(&file, pem).unwrap();
        // The first test key of RFC 8032, section 7.1.
        assert_eq!(
            SigningKey::read(&file).unwrap().public().to_string(),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
        );
    }

    #[test]
    fn a_signature_is_of_its_bytes_alone() {
        let key = SigningKey::generate().unwrap();
        let record = key.sign(b"manifest");
        assert_eq!(record.check(b"manifest"), Some(key.public()));
        assert_eq!(record.check(b"another"), None);
    }
}
