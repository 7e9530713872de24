//! Ctrl-C: the first one asks the operation to stop and to clean up, the second one ends the process at once.

use super::failure::{INTERRUPTED, say};
use crate::report::{Cancellation, ResultOf};
use crate::report::{Code, Problem};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// From now on an interrupt (Ctrl-C) or a request to end (SIGTERM) cancels what holds the result, rather than killing
/// the process.
pub(super) fn cancellation() -> ResultOf<Cancellation> {
    let listen = |kind| {
        signal(kind)
            .map_err(|error| Problem::new(Code::Internal, format!("cannot listen for signals: {error}")))
    };
    let signals = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    let cancellation = Cancellation::default();
    tokio::spawn(watch(signals, cancellation.clone()));
    Ok(cancellation)
}

async fn watch(mut signals: (Signal, Signal), cancellation: Cancellation) {
    next(&mut signals).await;
    cancellation.cancel();
    say("interrupted: cleaning up; press Ctrl-C again to end at once");
    next(&mut signals).await;
    std::process::exit(INTERRUPTED.into());
}

async fn next((interrupt, terminate): &mut (Signal, Signal)) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
