//! The proof that an application has the private key of its certificate: a JSON web token that it signs.
//!
//! Its form is the one that Microsoft Entra documents: PS256, with the SHA-256 thumbprint of the certificate.

use crate::store::StoreError;
use azure_core::base64::encode_url_safe;
use azure_core::error::{Error, ErrorKind};
use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use jiff::{SignedDuration, Timestamp};
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::RSA_PSS_SHA256;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::path::Path;
use uuid::Uuid;

/// How long a proof holds: long enough for one request by a clock that is a little wrong.
const LIFETIME: SignedDuration = SignedDuration::from_mins(5);

/// The key and certificate of an application.
pub(super) struct Certificate {
    key: KeyPair,
    thumbprint: String,
    /// Where tokens come from, to which the proof is addressed.
    audience: String,
    client_id: String,
}

impl Certificate {
    /// Read a PEM file with an RSA key (PKCS #8 or PKCS #1, without a password) and its certificate.
    pub(super) fn read(file: &Path, audience: String, client_id: String) -> Result<Self, StoreError> {
        let refused = |why: String| {
            StoreError::Invalid(format!(
                "the client certificate cannot be read from {}: {why} (expected a PEM file with the certificate and \
                 its RSA key, without a password)",
                file.display()
            ))
        };
        let pem = std::fs::read(file).map_err(|error| refused(error.to_string()))?;
        let certificate = CertificateDer::from_pem_slice(&pem)
            .map_err(|error| refused(format!("no certificate: {error}")))?;
        let key = match PrivateKeyDer::from_pem_slice(&pem) {
            Ok(PrivateKeyDer::Pkcs8(der)) => KeyPair::from_pkcs8(der.secret_pkcs8_der()),
            Ok(PrivateKeyDer::Pkcs1(der)) => KeyPair::from_der(der.secret_pkcs1_der()),
            Ok(_) => return Err(refused("the key is no RSA key".to_owned())),
            Err(error) => return Err(refused(format!("no key: {error}"))),
        };
        Ok(Certificate {
            key: key.map_err(|error| refused(format!("the key is no RSA key: {error}")))?,
            thumbprint: encode_url_safe(Sha256::digest(&certificate)),
            audience,
            client_id,
        })
    }

    /// A new proof as of `now`.
    fn assertion(&self, now: Timestamp) -> Result<String, ring::error::Unspecified> {
        let header = json!({"alg": "PS256", "typ": "JWT", "x5t#S256": self.thumbprint});
        let expires = now.checked_add(LIFETIME).unwrap_or(now);
        let claims = json!({
            "aud": self.audience,
            "iss": self.client_id,
            "sub": self.client_id,
            "jti": Uuid::new_v4().to_string(),
            "nbf": now.as_second(),
            "iat": now.as_second(),
            "exp": expires.as_second(),
        });
        let signed = format!(
            "{}.{}",
            encode_url_safe(header.to_string()),
            encode_url_safe(claims.to_string())
        );
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key.sign(
            &RSA_PSS_SHA256,
            &SystemRandom::new(),
            signed.as_bytes(),
            &mut signature,
        )?;
        Ok(format!("{signed}.{}", encode_url_safe(signature)))
    }
}

/// Without the key.
impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("client_id", &self.client_id)
            .field("thumbprint", &self.thumbprint)
            .finish_non_exhaustive()
    }
}

#[async_trait::async_trait]
impl ClientAssertion for Certificate {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        self.assertion(Timestamp::now()).map_err(|_| {
            Error::with_message(
                ErrorKind::Credential,
                "the proof of the certificate cannot be signed",
            )
        })
    }
}
