//! Whether a repository is whole.

use super::{Vault, VaultError, blocking};
use crate::report::{Cancellation, Progress};
use rustic_core::{CheckOptions, ReadSubsetOption};
use serde::Serialize;
use std::str::FromStr;

/// How much of the data is read back.
#[derive(Clone, Copy, Debug)]
pub struct Subset(ReadSubsetOption);

impl FromStr for Subset {
    type Err = VaultError;

    /// `10%` of the data, chosen at random; `3/7`, the third of seven parts; `500MiB`, so much, chosen at random.
    fn from_str(text: &str) -> Result<Self, VaultError> {
        let refused = || {
            VaultError::Invalid(format!(
                "'{text}' is no part of the data: expected a form such as 10%, 1/7 or 500MiB"
            ))
        };
        let is_sound = match (text.strip_suffix('%'), text.split_once('/')) {
            (Some(percent), _) => percent
                .parse()
                .is_ok_and(|percent: f64| percent > 0.0 && percent <= 100.0),
            (_, Some((part, of))) => match (part.parse::<u32>(), of.parse::<u32>()) {
                (Ok(part), Ok(of)) => 0 < part && part <= of,
                _ => false,
            },
            _ => text.starts_with(|first: char| first.is_ascii_digit()),
        };
        match is_sound {
            true => text.parse().map(Subset).map_err(|_| refused()),
            false => Err(refused()),
        }
    }
}

/// What of a repository is checked.
#[derive(Clone, Copy, Debug)]
pub enum CheckRequest {
    /// That every snapshot's files are known, and lie in files of the right size that are there.
    Structure,
    /// The same, and that part of the data is read and compared with its digests.
    Data(Option<Subset>),
}

/// What a check has found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Checked {
    /// What is lost or damaged.
    pub errors: Vec<String>,
    /// What is of no use and does no harm, such as what a killed copy has left.
    pub warnings: Vec<String>,
    /// Bytes that were read from the store.
    pub bytes_read: u64,
}

/// Check a repository.
pub async fn check(
    vault: &Vault,
    request: CheckRequest,
    progress: &Progress,
    cancellation: &Cancellation,
) -> Result<Checked, VaultError> {
    let (vault, backend, progress) = (vault.clone(), vault.backend(cancellation), progress.clone());
    let options = match request {
        CheckRequest::Structure => CheckOptions::default(),
        CheckRequest::Data(part) => CheckOptions::default()
            .read_data(true)
            .read_data_subset(part.map_or(ReadSubsetOption::All, |Subset(part)| part)),
    };
    let cancellation = cancellation.clone();
    blocking(move || {
        let session = vault.session_telling(backend, &progress)?;
        let results = session.repository.check(options);
        // What fails for that reason is no damage.
        if cancellation.is_cancelled() {
            return Err(VaultError::Cancelled);
        }
        let results = results.map_err(|error| session.error(&error))?;
        let mut checked = Checked {
            bytes_read: session.backend.bytes_read(),
            ..Checked::default()
        };
        // The library does not give the types of levels and findings public names.
        for (level, finding) in results.0 {
            let is_harmless = format!("{level:?}") == "Warn" || is_gone_already(&format!("{finding:?}"));
            let list = match is_harmless {
                true => &mut checked.warnings,
                false => &mut checked.errors,
            };
            list.push(in_our_words(&finding.to_string()));
        }
        // A store that failed for another reason than that a file is not there says nothing about the repository.
        match session.backend.take_failure() {
            Some(error) if is_no_damage(&error) => Err(error.into()),
            _ => Ok(checked),
        }
    })
    .await
}

/// Whether a finding is that something is missing that was to go: `restic prune` does not wait with it.
fn is_gone_already(finding: &str) -> bool {
    finding.starts_with("NoPack") && finding.contains("to_delete: true")
}

/// What the library says in one line, without its advice to use another program.
fn in_our_words(finding: &str) -> String {
    let text = finding.split("To repair:").next().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_no_damage(error: &crate::store::StoreError) -> bool {
    use crate::store::StoreError;
    !matches!(
        error,
        StoreError::NotFound { .. } | StoreError::Range { .. } | StoreError::Damaged { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn what_was_to_go_and_is_gone_is_no_damage() {
        assert!(is_gone_already(
            "NoPack { id: PackId(00), to_delete: true, size: 7 }"
        ));
        assert!(!is_gone_already(
            "NoPack { id: PackId(00), to_delete: false, size: 7 }"
        ));
        assert_eq!(
            in_our_words("pack 00\n is missing! To repair: 'rustic x'."),
            "pack 00 is missing!"
        );
    }

    #[rstest]
    #[case("10%", true)]
    #[case("2.5%", true)]
    #[case("1/7", true)]
    #[case("500MiB", true)]
    #[case("100M", true)]
    #[case("0%", false)]
    #[case("101%", false)]
    #[case("NaN%", false)]
    #[case("8/7", false)]
    #[case("0/7", false)]
    #[case("1/0", false)]
    #[case("all", false)]
    #[case("", false)]
    fn parts_of_the_data(#[case] text: &str, #[case] is_one: bool) {
        assert_eq!(text.parse::<Subset>().is_ok(), is_one);
    }
}
