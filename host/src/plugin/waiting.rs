//! What plugins can wait for: look-ups in the cluster, and commands in a pod. They run on fibers: waiting costs no thread,
//! and no time of the plugin's own.

use super::PluginErrorKind;
use super::activity::Activity;
use super::bindings::modifier::lazarette::plugin::cluster::Page;
use super::bindings::modifier::lazarette::plugin::types::Error as WireError;
use super::bindings::waiting::hook::lazarette::plugin::pods::Output;
use super::bindings::{ObjectSlot, SessionSlot};
use super::engine::ticks;
use super::grants::Access;
use super::look_ups::{LookUpError, LookUps};
use super::pods::{Pod, PodError};
use super::state::{Refusal, State};
use crate::object::{GroupResource, Object};
use std::sync::Arc;
use std::time::Duration;
use wasmtime::component::{Linker, Resource};
use wasmtime::{AsContextMut, Result, StoreContextMut, Trap};

type Answer<T> = std::result::Result<T, WireError>;

/// Link the interfaces `cluster` and `pods`.
pub fn link(linker: &mut Linker<State>) -> Result<()> {
    link_cluster(linker)?;
    link_pods(linker)?;
    link_sessions(linker)
}

fn link_cluster(linker: &mut Linker<State>) -> Result<()> {
    let mut cluster = linker.instance("lazarette:plugin/cluster@0.1.0")?;
    cluster.func_wrap_async(
        "get",
        |mut store: StoreContextMut<'_, State>, (of, namespace, name): (String, Option<String>, String)| {
            Box::new(async move { Ok((get(&mut store, &of, namespace.as_deref(), &name).await?,)) })
        },
    )?;
    cluster.func_wrap_async(
        "list",
        |mut store: StoreContextMut<'_, State>,
         (of, namespace, selector, next): (String, Option<String>, String, Option<String>)| {
            Box::new(async move {
                Ok((list(&mut store, &of, namespace.as_deref(), &selector, next.as_deref()).await?,))
            })
        },
    )
}

async fn get(
    store: &mut StoreContextMut<'_, State>,
    of: &str,
    namespace: Option<&str>,
    name: &str,
) -> Result<Answer<Option<Resource<ObjectSlot>>>> {
    let resource = match allowed(store, Access::Get, of, namespace) {
        Ok(resource) => resource,
        Err(error) => return Ok(Err(error)),
    };
    let (look_ups, activity) = askers(store);
    let asked = look_ups.get(&resource, namespace, name, &activity.quota);
    let found = unchanged(paused(store, asked).await?)?;
    let lend = |found: Option<Arc<Object>>| Ok(store.data_mut().lend(found.into_iter())?.pop());
    Ok(found.and_then(lend).map_err(WireError::from))
}

async fn list(
    store: &mut StoreContextMut<'_, State>,
    of: &str,
    namespace: Option<&str>,
    selector: &str,
    next: Option<&str>,
) -> Result<Answer<Page>> {
    let resource = match allowed(store, Access::List, of, namespace) {
        Ok(resource) => resource,
        Err(error) => return Ok(Err(error)),
    };
    let (look_ups, activity) = askers(store);
    let asked = look_ups.list(&resource, namespace, selector, next, &activity.quota);
    let found = unchanged(paused(store, asked).await?)?;
    let lend = |(page, next): (Vec<Arc<Object>>, Option<String>)| {
        let items = store.data_mut().lend(page.into_iter())?;
        Ok(Page { items, next })
    };
    Ok(found.and_then(lend).map_err(WireError::from))
}

/// What answers the look-ups of the plugin, and what counts them.
fn askers(store: &StoreContextMut<'_, State>) -> (Arc<LookUps>, Arc<Activity>) {
    let state = store.data();
    (
        Arc::clone(&state.operation().look_ups),
        Arc::clone(state.activity()),
    )
}

/// What was found, unless a plan is applied in which it was something else: then the call ends.
fn unchanged<T>(found: std::result::Result<T, LookUpError>) -> Result<std::result::Result<T, LookUpError>> {
    match found {
        Err(error @ LookUpError::Changed(_)) => {
            Err(Refusal(PluginErrorKind::Outdated(error.to_string())).into())
        }
        other => Ok(other),
    }
}

/// The resource type `of`, where the plugin may look for it there.
fn allowed(
    store: &mut StoreContextMut<'_, State>,
    access: Access,
    of: &str,
    namespace: Option<&str>,
) -> Answer<GroupResource> {
    let state = store.data_mut();
    state.activity().looked_up();
    // What was looked up is no question about the object: such a decision is not remembered.
    state.inquiry = None;
    let unknown = |_| LookUpError::UnknownResource(of.chars().take(100).collect());
    let resource: GroupResource = of.parse().map_err(unknown)?;
    if state.may_look_up(access, &resource, namespace) {
        return Ok(resource);
    }
    let place = namespace
        .map(|namespace| format!(" in namespace {namespace}"))
        .unwrap_or_default();
    let message = format!("{} of {resource}{place} is not granted", access.grant());
    Err(LookUpError::NotGranted(message).into())
}

fn link_pods(linker: &mut Linker<State>) -> Result<()> {
    let mut pods = linker.instance("lazarette:plugin/pods@0.1.0")?;
    pods.func_wrap_async(
        "exec",
        |mut store: StoreContextMut<'_, State>,
         (container, command, timeout): (Option<String>, Vec<String>, u32)| {
            Box::new(async move {
                let Some(pod) = command_in(&mut store) else {
                    return Ok((Err(no_pod()),));
                };
                let done = pod.exec(container.as_deref(), &command, milliseconds(timeout));
                let done = paused(&mut store, done).await?;
                let output = done.map(|output| Output {
                    exit_code: output.exit_code,
                    stdout: output.stdout,
                    stderr: output.stderr,
                    truncated: output.dropped > 0,
                });
                Ok((output.map_err(WireError::from),))
            })
        },
    )?;
    pods.func_wrap_async(
        "open",
        |mut store: StoreContextMut<'_, State>, (container, command): (Option<String>, Vec<String>)| {
            Box::new(async move {
                let Some(pod) = command_in(&mut store) else {
                    return Ok((Err(no_pod()),));
                };
                let opened = paused(&mut store, pod.open(container.as_deref(), &command)).await?;
                let opened = opened.and_then(|session| store.data_mut().open(session));
                Ok((opened.map_err(WireError::from),))
            })
        },
    )?;
    pods.func_wrap_async(
        "wait",
        |mut store: StoreContextMut<'_, State>,
         (container, condition, timeout): (Option<String>, String, u32)| {
            Box::new(async move {
                let Some(pod) = store.data().pod() else {
                    return Ok((Err(no_pod()),));
                };
                let waited = pod.wait(container.as_deref(), &condition, milliseconds(timeout));
                Ok((paused(&mut store, waited).await?.map_err(WireError::from),))
            })
        },
    )?;
    pods.func_wrap_async(
        "sleep",
        |mut store: StoreContextMut<'_, State>, (time,): (u32,)| {
            Box::new(async move { paused(&mut store, tokio::time::sleep(milliseconds(time))).await })
        },
    )
}

fn link_sessions(linker: &mut Linker<State>) -> Result<()> {
    let mut pods = linker.instance("lazarette:plugin/pods@0.1.0")?;
    pods.resource(
        "session",
        wasmtime::component::ResourceType::host::<SessionSlot>(),
        |mut store: StoreContextMut<'_, State>, session| {
            store.data_mut().close(session);
            Ok(())
        },
    )?;
    pods.func_wrap_async(
        "[method]session.write",
        |mut store: StoreContextMut<'_, State>, (session, stdin): (Resource<SessionSlot>, Vec<u8>)| {
            Box::new(async move {
                let session = store.data().session(&session)?;
                let done = paused(&mut store, async { session.lock().await.write(stdin).await }).await?;
                Ok((done.map_err(WireError::from),))
            })
        },
    )?;
    pods.func_wrap_async(
        "[method]session.read",
        |mut store: StoreContextMut<'_, State>,
         (session, max, timeout): (Resource<SessionSlot>, u32, u32)| {
            Box::new(async move {
                let session = store.data().session(&session)?;
                let max = usize::try_from(max)
                    .unwrap_or(usize::MAX)
                    .min(super::pods::EXEC_OUTPUT);
                let read = async { session.lock().await.read(max, milliseconds(timeout)).await };
                Ok((paused(&mut store, read).await?.map_err(WireError::from),))
            })
        },
    )?;
    pods.func_wrap_async(
        "[method]session.finish",
        |mut store: StoreContextMut<'_, State>, (session, timeout): (Resource<SessionSlot>, u32)| {
            Box::new(async move {
                let session = store.data().session(&session)?;
                let finished = async { session.lock().await.finish(milliseconds(timeout)).await };
                Ok((paused(&mut store, finished).await?.map_err(WireError::from),))
            })
        },
    )
}

/// The pod of the running call, in which a command is about to run.
fn command_in(store: &mut StoreContextMut<'_, State>) -> Option<Arc<dyn Pod>> {
    let state = store.data_mut();
    state.activity().ran_command();
    state.pod()
}

/// Wait for `answer` while the plugin's clock stands still; then it has what it had left before. A plugin that has nothing
/// left ends here.
async fn paused<T>(store: &mut StoreContextMut<'_, State>, answer: impl Future<Output = T>) -> Result<T> {
    store.data_mut().clock.pause();
    let answer = answer.await;
    let left = store.data_mut().clock.resume();
    if left.is_zero() {
        return Err(Trap::Interrupt.into());
    }
    store.as_context_mut().set_epoch_deadline(ticks(left));
    Ok(answer)
}

fn milliseconds(time: u32) -> Duration {
    Duration::from_millis(time.into())
}

/// `configure` is called outside of any pod.
fn no_pod() -> WireError {
    PodError::new(
        "not-running",
        "there is no pod here: commands run while a hook is called for one",
    )
    .into()
}

impl From<LookUpError> for WireError {
    fn from(error: LookUpError) -> Self {
        WireError {
            code: error.code().to_owned(),
            message: error.to_string(),
            pointer: None,
        }
    }
}

impl From<PodError> for WireError {
    fn from(error: PodError) -> Self {
        WireError {
            code: error.code,
            message: error.message,
            pointer: None,
        }
    }
}
