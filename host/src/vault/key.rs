//! The key of a repository: a text that opens it, which restic calls its password.

use crate::cluster::{Cluster, ClusterError};
use crate::object::{GroupResource, ResourceType};
use crate::report::{Code, Problem};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use uuid::Uuid;

/// The key of a Secret under which its repository key lies, where no other is named.
const SECRET_KEY: &str = "repository-key";

/// The key of a repository. Whoever has it reads everything in it; without it nobody reads anything.
#[derive(Clone, PartialEq, Eq)]
pub struct RepositoryKey(String);

/// Where the key of a repository lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// The first line of a file.
    File(PathBuf),
    /// A Secret in the cluster: `NAMESPACE/NAME` or `NAMESPACE/NAME/KEY`.
    Secret {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// The key in it.
        key: String,
    },
}

/// Why a key cannot be had. Nothing of what a file or a Secret holds is shown.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// A file cannot be read.
    #[error("{}: {source}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// What should hold the key holds none.
    #[error("{0} holds no repository key")]
    Empty(String),
    /// A text that names no Secret.
    #[error("'{0}' names no Secret: expected NAMESPACE/NAME or NAMESPACE/NAME/KEY")]
    Reference(String),
    /// The cluster has no such Secret.
    #[error("there is no Secret {0}")]
    NoSecret(String),
    /// The cluster cannot be asked.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
}

impl From<KeyFileError> for Problem {
    fn from(error: KeyFileError) -> Problem {
        let code = match &error {
            KeyFileError::Unreadable { .. } | KeyFileError::Empty(_) | KeyFileError::NoSecret(_) => {
                Code::VaultKey
            }
            KeyFileError::Reference(_) => Code::InvalidArgument,
            KeyFileError::Cluster(_) => Code::Internal,
        };
        match error {
            KeyFileError::Cluster(error) => error.into(),
            other => Problem::new(code, other.to_string()),
        }
    }
}

impl RepositoryKey {
    /// A new key of 244 random bits, in letters and digits.
    pub fn generate() -> RepositoryKey {
        RepositoryKey(format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()))
    }

    /// The first line of `text`, which `place` holds; as restic reads its password files.
    pub fn read(text: &str, place: &str) -> Result<RepositoryKey, KeyFileError> {
        match text.lines().next().map(str::trim_end) {
            Some(line) if !line.is_empty() => Ok(RepositoryKey(line.to_owned())),
            _ => Err(KeyFileError::Empty(place.to_owned())),
        }
    }

    /// The key in a file.
    pub fn read_file(file: &Path) -> Result<RepositoryKey, KeyFileError> {
        match std::fs::read_to_string(file) {
            Ok(text) => RepositoryKey::read(&text, &file.display().to_string()),
            Err(source) => Err(KeyFileError::Unreadable {
                file: file.to_owned(),
                source,
            }),
        }
    }

    /// The key itself: for the repository, and for whoever asked to see it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Without the key.
impl fmt::Debug for RepositoryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a repository key")
    }
}

impl KeySource {
    /// The key that lies there. `cluster` is asked for a Secret.
    pub async fn read(&self, cluster: Option<&dyn Cluster>) -> Result<RepositoryKey, KeyFileError> {
        match (self, cluster) {
            (KeySource::File(file), _) => RepositoryKey::read_file(file),
            (KeySource::Secret { namespace, name, key }, Some(cluster)) => {
                let place = format!("{namespace}/{name}");
                let secrets = ResourceType {
                    resource: GroupResource::new("", "secrets"),
                    version: "v1".to_owned(),
                    kind: "Secret".to_owned(),
                    namespaced: true,
                };
                let found = cluster.get(&secrets, Some(namespace), name).await?;
                let found = found.ok_or_else(|| KeyFileError::NoSecret(place.clone()))?;
                let pointer = format!("/data/{}", key.replace('~', "~0").replace('/', "~1"));
                let text = found.pointer(&pointer).and_then(serde_json::Value::as_str);
                let bytes = text
                    .and_then(|text| STANDARD.decode(text).ok())
                    .unwrap_or_default();
                RepositoryKey::read(
                    &String::from_utf8_lossy(&bytes),
                    &format!("Secret {place}, {key},"),
                )
            }
            (KeySource::Secret { namespace, name, .. }, None) => {
                Err(KeyFileError::NoSecret(format!("{namespace}/{name}")))
            }
        }
    }
}

impl FromStr for KeySource {
    type Err = KeyFileError;

    /// Read the name of a Secret.
    fn from_str(text: &str) -> Result<Self, KeyFileError> {
        let (namespace, name, key) = match text.split('/').collect::<Vec<_>>().as_slice() {
            [namespace, name] => (*namespace, *name, SECRET_KEY),
            [namespace, name, key] => (*namespace, *name, *key),
            _ => return Err(KeyFileError::Reference(text.to_owned())),
        };
        if namespace.is_empty() || name.is_empty() || key.is_empty() {
            return Err(KeyFileError::Reference(text.to_owned()));
        }
        Ok(KeySource::Secret {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            key: key.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("secret\n", Some("secret"))]
    #[case("secret\r\nmore", Some("secret"))]
    #[case(" with spaces ", Some(" with spaces"))]
    #[case("\nsecret", None)]
    #[case("", None)]
    fn a_key_is_the_first_line(#[case] text: &str, #[case] expected: Option<&str>) {
        let key = RepositoryKey::read(text, "file").ok();
        assert_eq!(key.as_ref().map(RepositoryKey::expose), expected);
    }

    #[test]
    fn a_new_key_is_another_each_time_and_never_shown() {
        let (one, other) = (RepositoryKey::generate(), RepositoryKey::generate());
        assert!(one != other && one.expose().len() == 64);
        assert!(!format!("{one:?}").contains(one.expose()));
    }

    #[rstest]
    #[case("backup/vault", Some(("backup", "vault", SECRET_KEY)))]
    #[case("backup/vault/password", Some(("backup", "vault", "password")))]
    #[case("vault", None)]
    #[case("/vault", None)]
    #[case("a/b/c/d", None)]
    fn a_secret_is_named_by_its_namespace(#[case] text: &str, #[case] expected: Option<(&str, &str, &str)>) {
        let expected = expected.map(|(namespace, name, key)| KeySource::Secret {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            key: key.to_owned(),
        });
        assert_eq!(text.parse().ok(), expected);
    }
}
