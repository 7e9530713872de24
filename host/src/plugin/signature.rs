//! Signatures of components: Ed25519 over the bytes of the component.

use super::PluginErrorKind;
use crate::signing::PublicKey;

/// Keys of which one must have signed a component. Where there are none, no signature is asked for.
#[derive(Clone, Debug, Default)]
pub struct TrustedKeys(pub Vec<PublicKey>);

impl TrustedKeys {
    /// Refuse a component that none of the keys has signed.
    pub fn check(&self, component: &[u8], signature: Option<&[u8]>) -> Result<(), PluginErrorKind> {
        let refuse = |message: &str| Err(PluginErrorKind::Signature(message.to_owned()));
        match signature {
            _ if self.0.is_empty() => Ok(()),
            None => refuse("it is not signed"),
            Some(signature) if self.0.iter().any(|key| key.has_signed(component, signature)) => Ok(()),
            Some(_) => refuse("its signature is by none of the keys that are required"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::SigningKey;

    #[test]
    fn only_the_signature_of_a_trusted_key_over_these_bytes_will_do() {
        let key = SigningKey::generate().unwrap();
        let other = SigningKey::generate().unwrap();
        let trusted = TrustedKeys(vec![key.public()]);
        let signature = key.sign(b"component");
        trusted.check(b"component", Some(&signature)).unwrap();
        assert!(trusted.check(b"another", Some(&signature)).is_err());
        assert!(trusted.check(b"component", None).is_err());
        assert!(trusted.check(b"component", Some(b"short")).is_err());
        let others = TrustedKeys(vec![other.public()]);
        assert!(others.check(b"component", Some(&signature)).is_err());
        TrustedKeys::default().check(b"component", None).unwrap();
    }
}
