//! Keys that sign backups and plugins: Ed25519, in PEM files as `openssl genpkey -algorithm ed25519` and
//! `openssl pkey -pubout` write them.

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
    /// Something that fails on no system that we know.
    #[error("{0}")]
    Impossible(String),
}

impl From<SigningKeyError> for Problem {
    fn from(error: SigningKeyError) -> Problem {
        let code = match error {
            SigningKeyError::Unreadable { .. } => Code::FileAccess,
            SigningKeyError::Invalid { .. } => Code::InvalidDocument,
            SigningKeyError::Impossible(_) => Code::Internal,
        };
        Problem::new(code, error.to_string())
    }
}

/// A private key that signs backups and plugins.
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
    pub fn generate() -> Result<SigningKey, SigningKeyError> {
        let mut seed = [0; 32];
        SystemRandom::new()
            .fill(&mut seed)
            .map_err(|_| SigningKeyError::Impossible("the system gives no random numbers".to_owned()))?;
        Ok(SigningKey(Arc::new(Key::from_bytes(&seed))))
    }

    /// The key as a PEM file.
    pub fn to_pem(&self) -> Result<String, SigningKeyError> {
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
    pub fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.0.sign(bytes).to_bytes()
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

    /// Whether `signature`, 64 bytes, is that of this key over `bytes`.
    pub fn has_signed(&self, bytes: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.0.verify_strict(bytes, &signature).is_ok())
    }

    /// The key as a PEM file.
    pub fn to_pem(&self) -> Result<String, SigningKeyError> {
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

fn read(file: &Path) -> Result<String, SigningKeyError> {
    std::fs::read_to_string(file).map_err(|error| SigningKeyError::Unreadable {
        file: file.display().to_string(),
        message: error.to_string(),
    })
}

fn unwritable(error: impl fmt::Display) -> SigningKeyError {
    SigningKeyError::Impossible(format!("a key cannot be written: {error}"))
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
    fn only_these_bytes_are_signed() {
        let (key, other) = (SigningKey::generate().unwrap(), SigningKey::generate().unwrap());
        let signature = key.sign(b"component");
        assert!(key.public().has_signed(b"component", &signature));
        assert!(!key.public().has_signed(b"another", &signature));
        assert!(!key.public().has_signed(b"component", &signature[1..]));
        assert!(!other.public().has_signed(b"component", &signature));
    }
}
