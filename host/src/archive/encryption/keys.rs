//! For whom backups are encrypted, and who decrypts them.

use crate::report::{Code, Problem};
use age::secrecy::ExposeSecret;
use age::x25519;
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

/// Why a key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A text that is no public key.
    #[error(
        "'{0}' is no recipient: expected the public key that `lazarette key generate` or `age-keygen` prints, age1…"
    )]
    Recipient(String),
    /// A file that holds no private key. What it holds is not shown.
    #[error("{file}:{line}: no private key: expected AGE-SECRET-KEY-1…, or a comment after '#'")]
    Identity {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
    },
    /// A file without a line of use.
    #[error("{0} holds no private key")]
    Empty(String),
    /// A file that cannot be read.
    #[error("{file} cannot be read: {message}")]
    Unreadable {
        /// The file.
        file: String,
        /// What the system said.
        message: String,
    },
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Problem {
        let code = match error {
            KeyError::Recipient(_) => Code::InvalidArgument,
            KeyError::Identity { .. } | KeyError::Empty(_) => Code::InvalidDocument,
            KeyError::Unreadable { .. } => Code::FileAccess,
        };
        Problem::new(code, error.to_string())
    }
}

/// A public key that a backup is encrypted to: `age1…`.
#[derive(Clone)]
pub struct Recipient(pub(super) x25519::Recipient);

impl FromStr for Recipient {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        text.trim()
            .parse()
            .map(Recipient)
            .map_err(|_| match text.contains("SECRET") {
                true => KeyError::Recipient("a private key".to_owned()),
                false => KeyError::Recipient(text.to_owned()),
            })
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl PartialEq for Recipient {
    fn eq(&self, other: &Recipient) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for Recipient {}

/// Private keys, of which one must fit.
#[derive(Clone)]
pub struct Identities(Arc<[x25519::Identity]>);

impl Identities {
    /// Read a file as `age-keygen` writes it: a key a line, and comments.
    pub fn read(file: &Path) -> Result<Identities, KeyError> {
        let name = file.display().to_string();
        match std::fs::read_to_string(file) {
            Ok(text) => Identities::parse(&text, &name),
            Err(error) => Err(KeyError::Unreadable {
                file: name,
                message: error.to_string(),
            }),
        }
    }

    fn parse(text: &str, file: &str) -> Result<Identities, KeyError> {
        let mut identities = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let identity = line.parse().map_err(|_| KeyError::Identity {
                file: file.to_owned(),
                line: number + 1,
            })?;
            identities.push(identity);
        }
        match identities.is_empty() {
            true => Err(KeyError::Empty(file.to_owned())),
            false => Ok(Identities(identities.into())),
        }
    }

    /// The keys, as age takes them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &dyn age::Identity> {
        self.0.iter().map(|identity| {
            let identity: &dyn age::Identity = identity;
            identity
        })
    }
}

/// Without the keys.
impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} private keys", self.0.len())
    }
}

/// A new pair: the text of an identity file, and its recipient.
pub fn generate() -> (String, Recipient) {
    let identity = x25519::Identity::generate();
    let recipient = Recipient(identity.to_public());
    let text = format!(
        "# public key: {recipient}\n{}\n",
        identity.to_string().expose_secret()
    );
    (text, recipient)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_generated_is_read() {
        let (text, recipient) = generate();
        assert_eq!(Identities::parse(&text, "keys").unwrap().iter().count(), 1);
        assert_eq!(recipient.to_string().parse(), Ok(recipient));
    }

    #[test]
    fn a_line_that_is_no_key_is_named_and_not_shown() {
        let text = format!("{}AGE-SECRET-KEY-1WRONG\n", generate().0);
        let message = Identities::parse(&text, "keys").unwrap_err().to_string();
        assert!(
            message.starts_with("keys:3: ") && !message.contains("WRONG"),
            "{message}"
        );
        assert_eq!(
            Identities::parse("# none\n", "keys").unwrap_err(),
            KeyError::Empty("keys".into())
        );
    }

    #[test]
    fn a_private_key_in_the_place_of_a_public_one_is_not_shown() {
        let secret = generate().0.lines().last().unwrap().to_owned();
        let message = secret.parse::<Recipient>().unwrap_err().to_string();
        assert!(!message.contains(&secret), "{message}");
        assert!("age1nonsense".parse::<Recipient>().is_err());
    }
}
