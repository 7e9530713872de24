//! The one HTTP client of a store: for requests to it and for those to where identities come from.

use crate::store::{StoreError, StoreOptions};
use azure_core::http::{ClientOptions, RetryOptions, Transport};
use std::path::Path;
use std::sync::Arc;

/// Connections that are kept for the next request: as many as an upload uses.
const IDLE_CONNECTIONS: usize = 8;

/// A client with the time limits and certificate authorities of `options`.
pub(super) fn client(options: &StoreOptions) -> Result<reqwest::Client, StoreError> {
    crate::store::install_tls();
    let mut builder = reqwest::Client::builder()
        .connect_timeout(options.patience.connect)
        .read_timeout(options.patience.read)
        .pool_max_idle_per_host(IDLE_CONNECTIONS)
        // What an object store answers is final; a redirection could take a signature to somebody else.
        .redirect(reqwest::redirect::Policy::none());
    if let Some(file) = &options.authorities {
        builder = builder.tls_certs_merge(authorities(file)?);
    }
    builder
        .build()
        .map_err(|error| StoreError::Invalid(format!("no connection to a store can be prepared: {error}")))
}

/// The certificates of a PEM file.
fn authorities(file: &Path) -> Result<Vec<reqwest::Certificate>, StoreError> {
    let refused = |why: String| {
        StoreError::Invalid(format!(
            "certificate authorities cannot be read from {}: {why}",
            file.display()
        ))
    };
    let pem = std::fs::read(file).map_err(|error| refused(error.to_string()))?;
    let found = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| refused(error.to_string()))?;
    match found.is_empty() {
        true => Err(refused("it holds none".to_owned())),
        false => Ok(found),
    }
}

/// Options of the service's clients that send through `client`, once: repetitions are ours, because theirs stop where
/// an answer begins.
pub(super) fn once(client: &reqwest::Client) -> ClientOptions {
    ClientOptions {
        transport: Some(Transport::new(Arc::new(client.clone()))),
        retry: RetryOptions::none(),
        ..ClientOptions::default()
    }
}
