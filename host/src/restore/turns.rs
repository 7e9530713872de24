//! Turns: objects of one batch go to plugins in their order, however their chunks overtake one another.

use super::pipeline::lock;
use crate::plugin::Batch;
use crate::report::{Code, Problem};
use std::sync::{Arc, Mutex};
use tokio::sync::oneshot;

/// The plugin instances of a batch, and when a chunk of it may use them.
pub(super) struct Seat {
    plugins: Arc<Mutex<Batch>>,
    /// To begin with its objects.
    begin: Option<Turn>,
    /// To decide about them for the first time.
    decide: Option<Turn>,
}

/// Comes after another one, and is told to the next when it is over, or has been given up.
struct Turn {
    after: Option<oneshot::Receiver<()>>,
    _over: oneshot::Sender<()>,
}

/// Hands out the seats of a level, chunk by chunk.
#[derive(Default)]
pub(super) struct Seats {
    last: Option<LastSeat>,
}

struct LastSeat {
    batch: u64,
    plugins: Arc<Mutex<Batch>>,
    begin: oneshot::Receiver<()>,
    decide: oneshot::Receiver<()>,
}

impl Seats {
    /// The seat of the next chunk, which is of the batch `number`; `plugins` makes the instances of a new batch.
    pub(super) fn next(&mut self, number: u64, plugins: impl FnOnce() -> Batch) -> Seat {
        let (plugins, after_begin, after_decide) = match self.last.take().filter(|last| last.batch == number)
        {
            Some(last) => (last.plugins, Some(last.begin), Some(last.decide)),
            None => (Arc::new(Mutex::new(plugins())), None, None),
        };
        let (begin_over, begin) = oneshot::channel();
        let (decide_over, decide) = oneshot::channel();
        self.last = Some(LastSeat {
            batch: number,
            plugins: Arc::clone(&plugins),
            begin,
            decide,
        });
        let turn = |after, over| Some(Turn { after, _over: over });
        Seat {
            plugins,
            begin: turn(after_begin, begin_over),
            decide: turn(after_decide, decide_over),
        }
    }
}

impl Seat {
    /// Do `work` with the plugins, on a thread for computing, after the chunks before have begun.
    pub(super) async fn begin<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Batch) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let turn = self.begin.take();
        self.run(turn, work).await
    }

    /// The same, after the chunks before have decided. A second time there is nobody to wait for.
    pub(super) async fn decide<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Batch) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let turn = self.decide.take();
        self.run(turn, work).await
    }

    async fn run<T: Send + 'static>(
        &self,
        mut turn: Option<Turn>,
        work: impl FnOnce(&mut Batch) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        if let Some(after) = turn.as_mut().and_then(|turn| turn.after.take()) {
            // An error says that the other one was dropped, so it is over as well.
            let _ = after.await;
        }
        let plugins = Arc::clone(&self.plugins);
        tokio::task::spawn_blocking(move || work(&mut lock(&plugins)))
            .await
            .map_err(|panicked| Problem::new(Code::Internal, panicked.to_string()))
    }
}
