//! Listing types ahead of who writes their objects.

use crate::cluster::{Cluster, ClusterError, ListOptions, Page, RawObject};
use crate::object::ResourceType;
use futures::stream::{StreamExt, iter};
use std::mem::size_of;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// How many types are listed at a time.
pub(super) const CONCURRENT_TYPES: usize = 4;

/// Bytes of objects that were listed and are not written yet, over all types.
const BUDGET: usize = 48 << 20;

/// In what parts the budget is given out. Each type has its share of it, so that one that is written later never keeps
/// out the one that is written now.
const PART: usize = 1 << 10;
const SHARE: usize = BUDGET / PART / CONCURRENT_TYPES;

/// A page, and its share of the budget, which is given back when this is dropped.
pub(super) struct ReadPage {
    pub(super) page: Page,
    _share: Option<OwnedSemaphorePermit>,
}

/// What comes of listing a type.
pub(super) type Pages = mpsc::UnboundedReceiver<Result<ReadPage, ClusterError>>;

/// Where the pages of a type go.
pub(super) struct Sender {
    to: mpsc::UnboundedSender<Result<ReadPage, ClusterError>>,
    share: Arc<Semaphore>,
}

/// A way for the pages of one type.
pub(super) fn channel() -> (Sender, Pages) {
    let (to, pages) = mpsc::unbounded_channel();
    let share = Arc::new(Semaphore::new(SHARE));
    (Sender { to, share }, pages)
}

impl Sender {
    /// List a type for whoever writes it, who may have given up.
    pub(super) async fn list(self, cluster: &dyn Cluster, of: &ResourceType, lists: Vec<ListOptions>) {
        let mut pages = iter(&lists).flat_map(|options| cluster.list(of, options));
        while let Some(page) = pages.next().await {
            let failed = page.is_err();
            let page = match page {
                Ok(page) => Ok(self.reserve(page).await),
                Err(error) => Err(error),
            };
            if self.to.send(page).is_err() || failed {
                break;
            }
        }
    }

    async fn reserve(&self, page: Page) -> ReadPage {
        let bytes: usize = page
            .items
            .iter()
            .map(|item| item.json.len() + size_of::<RawObject>())
            .sum();
        let parts = u32::try_from((bytes / PART).min(SHARE)).unwrap_or(u32::MAX);
        // The semaphore is never closed; if it were, there would be no budget to keep.
        let share = Arc::clone(&self.share).acquire_many_owned(parts).await.ok();
        ReadPage { page, _share: share }
    }
}
