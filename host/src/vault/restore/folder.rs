//! A folder in the making: what was stored of it is set when nothing is made in it any more, because that changes it.

use super::attributes;
use crate::vault::copy::SharedFindings;
use rustic_core::repofile::Metadata;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;

/// A folder that something is still made in: it is held by the way through the tree while that is in it, and by each
/// file and folder in it that is not done.
pub(super) struct Folder {
    pub handle: OwnedFd,
    /// As seen from the folder that is restored into.
    pub path: PathBuf,
    pub meta: Metadata,
    pub parent: Option<Arc<Folder>>,
}

impl Folder {
    /// One of those who hold it is done with it. The last one sets what was stored of it, and lets go of its parent.
    pub fn release(folder: Arc<Folder>, findings: &SharedFindings) {
        let mut held = Some(folder);
        while let Some(folder) = held.take().and_then(Arc::into_inner) {
            attributes::set(&folder.handle, &folder.path, &folder.meta, findings);
            held = folder.parent;
        }
    }
}
