//! Hooks around pods: which pods have some, and what is done before anything is written.
//!
//! All hooks run before the first object is written, so that no pod stands still while a store is slow. Pods that share
//! a volume are one bracket ([`bracket`]): their before-hooks, what is taken while they stand still, their after-hooks.
//! From before the first of these until after the last, a note in the store says which pods may stand still.

mod bracket;
mod find;
mod grouping;
mod notes;
mod outcome;
mod plan;
mod run;

pub use plan::plan;

pub(super) use outcome::{Hooked, Taken};
pub(super) use run::run;

use crate::hooks::{Hooks, Pods};
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt};
use std::time::Duration;

/// How many pods hooks are at work in at a time. More would wait for each other in the API server and on the nodes.
const PODS_AT_A_TIME: usize = 8;

/// What hooks of a backup need.
#[derive(Clone, Copy)]
pub struct Hooking<'a> {
    /// The hooks.
    pub hooks: &'a Hooks<'a>,
    /// Where pods are.
    pub pods: &'a dyn Pods,
    /// How long pods may stand still; after that their after-hooks run, whatever is not done yet.
    pub max_freeze: Duration,
}

impl Hooking<'_> {
    /// How long pods may stand still where nothing is said. Longer than a checkpoint of a database takes, shorter than
    /// what makes its users call.
    pub const MAX_FREEZE: Duration = Duration::from_mins(1);
}

/// Do all of this, for so many pods at a time as may be.
async fn at_a_time(work: Vec<BoxFuture<'_, ()>>) {
    stream::iter(work)
        .buffer_unordered(PODS_AT_A_TIME)
        .collect::<()>()
        .await;
}
