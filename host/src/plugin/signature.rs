//! Signatures of components: Ed25519 over the bytes of the component, by keys as `openssl genpkey -algorithm ed25519`
//! makes them.

use super::PluginErrorKind;
use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

/// Keys of which one must have signed a component.
#[derive(Clone, Debug, Default)]
pub struct TrustedKeys(Vec<VerifyingKey>);

impl TrustedKeys {
    /// One more: a public key in PEM. An error says what is wrong with it.
    pub fn add(&mut self, pem: &str) -> Result<(), String> {
        let key = VerifyingKey::from_public_key_pem(pem)
            .map_err(|error| format!("this is no public key of Ed25519 in PEM: {error}"))?;
        self.0.push(key);
        Ok(())
    }

    /// Whether signatures are required at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Refuse a component that none of the keys has signed. Where there are no keys, none is asked for.
    pub fn check(&self, component: &[u8], signature: Option<&[u8]>) -> Result<(), PluginErrorKind> {
        if self.is_empty() {
            return Ok(());
        }
        let Some(signature) = signature else {
            return Err(PluginErrorKind::Signature("it is not signed".to_owned()));
        };
        let signed = Signature::from_slice(signature).is_ok_and(|signature| {
            self.0
                .iter()
                .any(|key| key.verify_strict(component, &signature).is_ok())
        });
        match signed {
            true => Ok(()),
            false => Err(PluginErrorKind::Signature(
                "its signature is by none of the keys that are required".to_owned(),
            )),
        }
    }
}

/// Sign a component with a private key in PEM (PKCS #8). An error says what is wrong with the key.
pub fn sign(component: &[u8], pem: &str) -> Result<Vec<u8>, String> {
    let key = SigningKey::from_pkcs8_pem(pem)
        .map_err(|error| format!("this is no private key of Ed25519 in PEM without a password: {error}"))?;
    Ok(key.sign(component).to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::pkcs8::{EncodePrivateKey, EncodePublicKey, spki::der::pem::LineEnding};

    /// A private key in PEM, and what trusts it.
    fn key(seed: u8) -> (String, TrustedKeys) {
        let key = SigningKey::from_bytes(&[seed; 32]);
        let mut trusted = TrustedKeys::default();
        trusted
            .add(&key.verifying_key().to_public_key_pem(LineEnding::LF).unwrap())
            .unwrap();
        (key.to_pkcs8_pem(LineEnding::LF).unwrap().to_string(), trusted)
    }

    #[test]
    fn only_the_signature_of_a_trusted_key_over_these_bytes_will_do() {
        let (private, trusted) = key(1);
        let signature = sign(b"component", &private).unwrap();
        trusted.check(b"component", Some(&signature)).unwrap();
        assert!(trusted.check(b"another", Some(&signature)).is_err());
        assert!(trusted.check(b"component", None).is_err());
        assert!(trusted.check(b"component", Some(b"short")).is_err());
        assert!(key(2).1.check(b"component", Some(&signature)).is_err());
        TrustedKeys::default().check(b"component", None).unwrap();
    }

    #[test]
    fn what_is_no_key_is_said_to_be_none() {
        assert!(
            TrustedKeys::default()
                .add("hello")
                .unwrap_err()
                .contains("no public key")
        );
        assert!(sign(b"", "hello").unwrap_err().contains("no private key"));
    }
}
