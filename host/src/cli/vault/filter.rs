//! Which snapshots are meant, as restic names them.

use crate::vault::Snapshot;
use clap::Args;

/// Which snapshots are meant.
#[derive(Args, Debug)]
pub(super) struct Filter {
    /// Only snapshots of this path, such as /NAMESPACE/CLAIM
    #[arg(long, value_name = "PATH")]
    path: Option<String>,

    /// Only snapshots of this host or cluster
    #[arg(long, value_name = "NAME")]
    host: Option<String>,

    /// Only snapshots with this tag; can be given several times
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
}

impl Filter {
    /// Whether a snapshot is one of them.
    pub fn fits(&self, snapshot: &Snapshot) -> bool {
        self.path.as_ref().is_none_or(|path| *path == snapshot.path)
            && self.host.as_ref().is_none_or(|host| *host == snapshot.host)
            && snapshot.has_tags(&self.tags)
    }
}
