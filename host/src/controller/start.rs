//! Everything that goes on in a controller.

use super::context::Context;
use super::lease::Leadership;
use super::{ControllerError, Settings, backups, instances, locations, policies, probes, restores};
use crate::report::Cancellation;
use crate::resources::{Backup, BackupInstance, BackupLocation, BackupPolicy, Restore};
use futures::StreamExt;
use kube::runtime::controller::Action;
use kube::runtime::{Controller, watcher};
use kube::{Api, Resource, ResourceExt};
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// After an error a resource is looked at again after this.
const AGAIN: Duration = Duration::from_secs(10);

/// How long runs have to end when the controller ends: longer than pods may stand still.
const GRACE: Duration = Duration::from_secs(90);

/// Wait for the lease, and work until `shutdown` or the lease is lost. Runs that go on then are cancelled, and end.
pub async fn run(settings: Settings, shutdown: &Cancellation) -> Result<(), ControllerError> {
    let is_ready = Arc::new(AtomicBool::new(false));
    let probes = settings
        .probes
        .map(|address| tokio::spawn(probes::answer(address, Arc::clone(&is_ready))));
    let ended = lead(settings, shutdown, &is_ready).await;
    if let Some(probes) = probes {
        probes.abort();
    }
    ended
}

async fn lead(
    settings: Settings,
    shutdown: &Cancellation,
    is_ready: &AtomicBool,
) -> Result<(), ControllerError> {
    let context = Context::new(settings).await?;
    is_ready.store(true, Ordering::Relaxed);
    let mut leadership = Leadership::new(&context);
    tokio::select! {
        () = leadership.acquire() => {}
        () = shutdown.cancelled() => return Ok(()),
    }
    tracing::info!(
        identity = context.settings.identity,
        "this replica holds the lease, and works"
    );
    let ended = tokio::select! {
        () = work(&context) => Ok(()),
        error = leadership.keep() => Err(error),
        () = shutdown.cancelled() => Ok(()),
    };
    context.runs.cancel_all();
    let runs_end = async {
        while context.runs.count() > 0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    if tokio::time::timeout(GRACE, runs_end).await.is_err() {
        tracing::warn!("runs that do not end are left: the next controller says what has become of them");
    }
    if ended.is_ok() {
        leadership.release().await?;
    }
    ended
}

async fn work(context: &Arc<Context>) {
    let client = || context.client.clone();
    let owned: Api<Backup> = Api::all(client());
    let instances = Controller::new(Api::<BackupInstance>::all(client()), watcher::Config::default())
        .owns(owned, watcher::Config::default());
    tokio::join!(
        each(
            Controller::new(Api::<BackupLocation>::all(client()), watcher::Config::default()),
            locations::reconcile,
            context
        ),
        each(
            Controller::new(Api::<BackupPolicy>::all(client()), watcher::Config::default()),
            policies::reconcile,
            context
        ),
        each(instances, instances::reconcile, context),
        each(
            Controller::new(Api::<Backup>::all(client()), watcher::Config::default()),
            backups::reconcile,
            context
        ),
        each(
            Controller::new(Api::<Restore>::all(client()), watcher::Config::default()),
            restores::reconcile,
            context
        ),
    );
}

/// Look at each resource of a kind when it changes, and when `reconcile` wants to.
async fn each<K, F, R>(controller: Controller<K>, reconcile: F, context: &Arc<Context>)
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + Sync + 'static,
    F: Fn(Arc<K>, Arc<Context>) -> R,
    R: Future<Output = Result<Action, ControllerError>> + Send + 'static,
{
    controller
        .run(reconcile, again, Arc::clone(context))
        .for_each(|result| async move {
            if let Err(error) = result {
                tracing::debug!("a pass ended in an error: {error}");
            }
        })
        .await;
}

fn again<K: Resource<DynamicType = ()>>(
    resource: Arc<K>,
    error: &ControllerError,
    _: Arc<Context>,
) -> Action {
    tracing::warn!("{} {}: {error}", K::kind(&()), resource.name_any());
    Action::requeue(AGAIN)
}
