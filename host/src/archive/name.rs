//! Names of backups.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Less than the 253 that Kubernetes allows for a name: with what the names of a backup's files have behind it, it must
/// fit into the 255 bytes of a segment of a key.
const LONGEST: usize = 230;

/// The name of a backup: a DNS-1123 subdomain, as the name of any object, and somewhat shorter.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct BackupName(String);

/// A text that is no name of a backup.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' cannot be the name of a backup: expected at most 230 lower-case letters, digits, '-' and '.', with a letter \
     or digit at both ends and around each '.'"
)]
pub struct ParseBackupNameError(pub String);

impl BackupName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BackupName {
    type Err = ParseBackupNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.len() <= LONGEST && text.split('.').all(is_label) {
            true => Ok(BackupName(text.to_owned())),
            false => Err(ParseBackupNameError(text.to_owned())),
        }
    }
}

/// Whether `text` can stand between the dots of a name.
fn is_label(text: &str) -> bool {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.chars().all(legal) && !text.starts_with('-') && !text.ends_with('-')
}

impl fmt::Display for BackupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<BackupName> for String {
    fn from(name: BackupName) -> String {
        name.0
    }
}

impl TryFrom<String> for BackupName {
    type Error = ParseBackupNameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::BackupFile;
    use rstest::rstest;

    #[rstest]
    #[case("nightly")]
    #[case("nightly-20260101000000")]
    #[case("1.2-3.x")]
    #[case(&"a".repeat(230))]
    fn names(#[case] text: &str) {
        assert_eq!(
            text.parse::<BackupName>().map(|name| name.to_string()),
            Ok(text.to_owned())
        );
    }

    #[rstest]
    #[case::empty("")]
    #[case::upper_case("Nightly")]
    #[case::path("a/b")]
    #[case::up("..")]
    #[case::dash_at_the_end("a-")]
    #[case::dash_before_a_dot("a-.b")]
    #[case::dot_at_the_end("a.")]
    #[case::space("a b")]
    #[case::letters_of_others("ü")]
    #[case::long(&"a".repeat(231))]
    fn no_names(#[case] text: &str) {
        assert_eq!(
            text.parse::<BackupName>(),
            Err(ParseBackupNameError(text.to_owned()))
        );
    }

    #[test]
    fn the_files_of_the_longest_name_have_names_that_a_store_can_hold() {
        let longest: BackupName = "a".repeat(LONGEST).parse().unwrap();
        let lengths = BackupFile::ALL.map(|file| file.file_name(&longest).len());
        assert_eq!(lengths.into_iter().max(), Some(255));
    }
}
