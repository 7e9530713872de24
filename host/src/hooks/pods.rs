//! How pods are reached.

use super::RunningPod;
use crate::cluster::PodAccess;
use crate::object::Object;
use crate::plugin::Pod;
use std::sync::Arc;

/// Where pods are that hooks run in: a cluster, or a test.
pub trait Pods: Send + Sync {
    /// The pod that `pod` is.
    fn reach(&self, pod: &Object) -> Arc<dyn Pod>;
}

impl Pods for PodAccess {
    fn reach(&self, pod: &Object) -> Arc<dyn Pod> {
        Arc::new(RunningPod::new(self.clone(), pod))
    }
}
