//! The suite that every store passes, which a folder passes in the tests of the library.

pub use lazarette::store::*;

#[path = "../../host/src/store/conformance.rs"]
pub mod conformance;

use lazarette_tests::azurite::{Access, Container, Entra};
use std::time::Duration;

/// A store's options with a signature that gives `access`.
pub fn with_signature(container: &Container<'_>, access: &Access<'_>) -> StoreOptions {
    StoreOptions {
        credential: Credential::SasFile(container.signature_file(access)),
        authorities: container.authorities(),
        page_size: Some(100),
        ..StoreOptions::default()
    }
}

/// A store's options with tokens from `entra`, for an application with a secret.
pub fn with_tokens(container: &Container<'_>, entra: &Entra) -> StoreOptions {
    StoreOptions {
        credential: Credential::ClientSecret,
        variables: entra.variables().into_iter().collect(),
        authorities: container.authorities(),
        page_size: Some(100),
        ..StoreOptions::default()
    }
}

/// A client that loses no time: repetitions with short pauses, and a time limit that a busy machine keeps.
pub fn quick() -> Patience {
    Patience {
        connect: Duration::from_secs(5),
        read: Duration::from_secs(10),
        retries: 5,
        pause: Duration::from_millis(5),
    }
}
