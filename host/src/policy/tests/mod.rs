//! What policies decide.

mod calendar;
mod deleting;
mod scheduling;
mod stamping;
mod tagging;

use super::*;
use jiff::{SignedDuration, Timestamp};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn length(text: &str) -> Length {
    text.parse().unwrap()
}

/// A rule without a vault.
fn keeps(operational: &str) -> Rule {
    Rule {
        operational: length(operational),
        vault: None,
    }
}

fn to_vault(operational: &str, copy: CopyToVault, keep: &str) -> Rule {
    Rule {
        operational: length(operational),
        vault: Some(VaultRule {
            copy,
            keep: length(keep),
        }),
    }
}
