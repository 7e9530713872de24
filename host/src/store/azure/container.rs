//! A container: every request to it is made here, and made again when it failed for a reason that may pass.

use super::address::Address;
use super::failure::{Failure, Need, answered_at};
use super::identity::{Builder, Identity, resolve};
use super::transport;
use super::validity::Validity;
use crate::report::Code;
use crate::store::{AccessTier, Credential, Patience, StoreError, StoreOptions};
use azure_core::credentials::TokenCredential;
use azure_core::error::Error;
use azure_core::http::Etag;
use azure_core::time::OffsetDateTime;
use azure_storage_blob::models::{
    BlobClientGetPropertiesResultHeaders, BlobClientUploadOptions, BlockBlobClientCommitBlockListOptions,
    ImmutabilityPolicyMode,
};
use azure_storage_blob::{BlobClient, BlobContainerClient, BlobContainerClientOptions};
use backon::{ExponentialBuilder, Retryable};
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// The blob's metadata that names the upload which made it.
const UPLOAD: &str = "lazaretteupload";
/// No pause between two attempts is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A container, as one identity sees it.
pub(super) struct Container {
    pub(super) client: BlobContainerClient,
    pub(super) address: Address,
    /// What was chosen, and is not `auto` any more.
    pub(super) credential: Credential,
    /// Gets tokens; none where a signature is used.
    pub(super) entra: Option<Arc<dyn TokenCredential>>,
    /// Of the signature, if one is used.
    pub(super) validity: Option<Validity>,
    pub(super) page_size: Option<u16>,
    access_tier: Option<AccessTier>,
    immutable_until: Option<OffsetDateTime>,
    patience: Patience,
}

impl Container {
    /// Prepare to use the container at `address`. Nothing is sent yet.
    pub(super) fn open(address: Address, options: &StoreOptions) -> Result<Container, StoreError> {
        let http = transport::client(options)?;
        let credential = resolve(&options.credential, &options.variables);
        let builder = Builder {
            variables: &options.variables,
            client: &http,
            cloud: address.cloud(),
        };
        let mut url = address.container.clone();
        let (entra, validity) = match builder.build(&credential)? {
            Identity::Entra(_) if url.scheme() != "https" => {
                return Err(StoreError::Invalid(format!(
                    "{}: without https only a shared access signature is sent, no token of {credential}",
                    address.text
                )));
            }
            Identity::Entra(entra) => (Some(entra), None),
            Identity::Signature(query) => {
                url.set_query(Some(&query));
                (None, Some(Validity::of(&query)))
            }
        };
        let client_options = BlobContainerClientOptions {
            client_options: transport::once(&http),
            ..BlobContainerClientOptions::default()
        };
        let client = BlobContainerClient::new(url, entra.clone(), Some(client_options))
            .map_err(|_| StoreError::Invalid(format!("'{}' is no address of a container", address.text)))?;
        Ok(Container {
            client,
            address,
            credential,
            entra,
            validity,
            page_size: options.page_size,
            access_tier: options.access_tier,
            immutable_until: options.immutable_until.map(offset).transpose()?,
            patience: options.patience,
        })
    }

    /// The blob that holds the file `key`.
    pub(super) fn blob(&self, key: &str) -> BlobClient {
        self.client.blob_client(&self.address.blob(key))
    }

    /// What writing needs.
    pub(super) fn need_to_write(&self) -> Need {
        match self.immutable_until {
            Some(_) => Need::WriteImmutable,
            None => Need::Write,
        }
    }

    /// Do `attempt`, and again as long as it fails for a reason that may pass.
    pub(super) async fn repeat<T, F>(&self, attempt: impl FnMut() -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let pauses = ExponentialBuilder::default()
            .with_min_delay(self.patience.pause)
            .with_max_delay(LONGEST_PAUSE)
            .with_max_times(self.patience.retries)
            .with_jitter();
        attempt
            .retry(pauses)
            .when(Failure::is_passing)
            .notify(|failure, pause| tracing::warn!("{failure}; again in {pause:.1?}"))
            .await
    }

    /// What `error` means for a request that needs `need`.
    pub(super) fn failure(&self, error: Error, need: Need) -> Failure {
        let now = answered_at(&error).unwrap_or_else(OffsetDateTime::now_utc);
        let failure = Failure::of(error, need);
        let refused = matches!(
            failure,
            Failure::Other {
                code: Code::StoreCredentialRefused | Code::StoreNetworkRules,
                ..
            }
        );
        let expired = Timestamp::from_second(now.unix_timestamp())
            .ok()
            .filter(|_| refused)
            .and_then(|now| self.validity?.failure(now));
        expired.unwrap_or(failure)
    }

    /// The error of the file `key`, where `failure` has no meaning of its own.
    pub(super) fn error(&self, key: &str, failure: Failure) -> StoreError {
        let key = key.to_owned();
        let (code, message) = match failure {
            Failure::NoBlob => return StoreError::NotFound { key },
            Failure::Exists => return StoreError::Exists { key },
            Failure::Range => return StoreError::Range { key },
            Failure::Immutable => return StoreError::Immutable { key, until: None },
            Failure::NoBlocks => (
                Code::StoreRefused,
                "the store lost blocks of the upload".to_owned(),
            ),
            Failure::Other { code, message, .. } => (code, message),
        };
        StoreError::Remote {
            key,
            place: self.address.place(),
            code,
            message,
        }
    }

    /// Options for a small blob, or for the last request of a large one (`is_large`), that the upload `id` makes.
    pub(super) fn write_options(&self, id: Uuid, is_large: bool) -> BlobClientUploadOptions<'static> {
        BlobClientUploadOptions {
            if_none_match: Some(Etag::from("*")),
            metadata: Some(HashMap::from([(UPLOAD.to_owned(), id.simple().to_string())])),
            tier: self.access_tier.filter(|_| is_large).map(tier),
            immutability_policy_expiry: self.immutable_until,
            immutability_policy_mode: self.immutable_until.map(|_| ImmutabilityPolicyMode::Locked),
            ..BlobClientUploadOptions::default()
        }
    }

    /// The same for a list of blocks.
    pub(super) fn commit_options(&self, id: Uuid) -> BlockBlobClientCommitBlockListOptions<'static> {
        let options = self.write_options(id, true);
        BlockBlobClientCommitBlockListOptions {
            if_none_match: options.if_none_match,
            metadata: options.metadata,
            tier: options.tier,
            immutability_policy_expiry: options.immutability_policy_expiry,
            immutability_policy_mode: options.immutability_policy_mode,
            ..BlockBlobClientCommitBlockListOptions::default()
        }
    }

    /// What a write that `failed` has come to: an answer may have been lost, and the repetition have found what the
    /// first attempt wrote. Then the blob says that it is of the upload `id`.
    pub(super) async fn settle(&self, key: &str, id: Uuid, failed: Failure) -> Result<(), StoreError> {
        if !matches!(failed, Failure::Exists | Failure::NoBlocks | Failure::Immutable) {
            return Err(self.error(key, failed));
        }
        match self.properties(key).await? {
            Some(found) if found.upload == Some(id.simple().to_string()) => Ok(()),
            Some(_) => Err(StoreError::Exists { key: key.to_owned() }),
            None => Err(self.error(key, failed)),
        }
    }

    /// What is known of a blob; none where there is none.
    pub(super) async fn properties(&self, key: &str) -> Result<Option<Properties>, StoreError> {
        let blob = self.blob(key);
        let found = self
            .repeat(|| async {
                let answer = blob
                    .get_properties(None)
                    .await
                    .map_err(|error| self.failure(error, Need::Read))?;
                let size = answer.content_length().ok().flatten();
                let until = answer.immutability_policy_expires_on().ok().flatten();
                Ok(Properties {
                    size: size.ok_or_else(|| Failure::answer("the answer has no size"))?,
                    upload: answer.metadata().unwrap_or_default().remove(UPLOAD),
                    immutable_until: until.and_then(|at| Timestamp::from_second(at.unix_timestamp()).ok()),
                    is_held: answer.legal_hold().ok().flatten() == Some(true),
                })
            })
            .await;
        match found {
            Ok(found) => Ok(Some(found)),
            Err(Failure::NoBlob) => Ok(None),
            Err(failure) => Err(self.error(key, failure)),
        }
    }
}

/// What is known of a blob.
pub(super) struct Properties {
    /// In bytes.
    pub(super) size: u64,
    /// The id of the upload that made it, if we did.
    pub(super) upload: Option<String>,
    /// Until when it stays as it is.
    pub(super) immutable_until: Option<Timestamp>,
    /// Whether it stays as it is until somebody ends that.
    pub(super) is_held: bool,
}

impl Properties {
    /// [`StoreError::Immutable`] when the blob of the file `key` is to stay as it is at `now`.
    pub(super) fn check_deletable(&self, key: &str, now: Timestamp) -> Result<(), StoreError> {
        let until = self.immutable_until.filter(|until| *until > now);
        match self.is_held || until.is_some() {
            true => Err(StoreError::Immutable {
                key: key.to_owned(),
                until: until.filter(|_| !self.is_held),
            }),
            false => Ok(()),
        }
    }
}

fn offset(at: Timestamp) -> Result<OffsetDateTime, StoreError> {
    OffsetDateTime::from_unix_timestamp(at.as_second())
        .map_err(|_| StoreError::Invalid(format!("{at} is too far away")))
}

fn tier(tier: AccessTier) -> azure_storage_blob::models::AccessTier {
    use azure_storage_blob::models::AccessTier as Theirs;
    match tier {
        AccessTier::Hot => Theirs::Hot,
        AccessTier::Cool => Theirs::Cool,
        AccessTier::Cold => Theirs::Cold,
    }
}
