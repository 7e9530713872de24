//! The objects of one level on their way: read, prepared and placed, looked up in the cluster, decided about, written.
//!
//! Chunks overtake one another on the way; their reports come in the order of the archive.

use super::batches::{Chunk, chunks};
use super::carry_out::carry_out;
use super::ground::Ground;
use super::item::{Item, Slot};
use super::levels::Level;
use super::live::{self, Lists, places, produce};
use super::owners::Owned;
use super::pipeline::lock;
use super::report::{Note, ObjectReport};
use super::run::Run;
use super::turns::{Seat, Seats};
use crate::cluster::Write;
use crate::report::{Code, Problem};
use futures::StreamExt;
use futures::future::{Either, select};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{Mutex, mpsc};

/// How often an object is looked at again that has changed between being read and being written.
const ATTEMPTS: u32 = 4;

/// How long it is left alone before that, each time twice as long.
const PAUSE: Duration = Duration::from_millis(50);

/// Chunks that are under way at the same time. With at most a mebibyte of JSON in each they bound the memory; with 256
/// objects they are more than the cluster is asked about at the same time.
const CHUNKS: usize = 8;

/// Pages of lists that wait to be used.
const PAGES: usize = 1;

/// A chunk whose objects are placed.
struct Placed {
    slots: Vec<Slot>,
    seat: Seat,
}

impl Run<'_> {
    /// Restore the objects of a level, and hand their reports to `enter`, in order. Those that were begun are brought to
    /// their end, so that all that was changed is in the report.
    pub(super) async fn objects_of(
        &self,
        level: Level,
        enter: impl FnMut(ObjectReport),
    ) -> Result<(), Problem> {
        let pipeline = &self.pipeline;
        let places = places(level, &pipeline.selection, &pipeline.mapping, &self.ground);
        let needed = AtomicUsize::new(0);
        let (to, from) = mpsc::channel(PAGES);
        let lists = Mutex::new(Lists::new(&places, &needed, from));
        let produced = pin!(produce(self.with.cluster, &places, &needed, to));
        let restored = pin!(self.stream(level, &lists, enter));
        match select(restored, produced).await {
            Either::Left((result, _)) => result,
            Either::Right(((), restored)) => restored.await,
        }
    }

    async fn stream(
        &self,
        level: Level,
        lists: &Mutex<Lists<'_>>,
        mut enter: impl FnMut(ObjectReport),
    ) -> Result<(), Problem> {
        let pipeline = Arc::clone(&self.pipeline);
        let wanted = move |id: &_| pipeline.selection.may_want(id);
        let objects = self
            .with
            .backup
            .objects(move |id| Level::of(&id.resource) == level && wanted(id));
        let stopped = AtomicBool::new(false);
        let goes_on = |_: &_| {
            let stop = self.with.cancellation.is_cancelled() || self.requests.given_up().is_some();
            stopped.fetch_or(stop, Ordering::Relaxed);
            std::future::ready(!stopped.load(Ordering::Relaxed))
        };
        let mut seats = Seats::default();
        let seated = |chunk: Result<Chunk, _>| {
            let chunk = chunk.map_err(Problem::from)?;
            let plugins = || self.with.plugins.batch(&self.pipeline.operation);
            let seat = seats.next(chunk.batch, plugins);
            Ok((chunk, seat))
        };
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        let mut done = chunks(objects)
            .take_while(goes_on)
            .map(seated)
            .map(|chunk| self.place(chunk))
            .buffered(workers)
            .then(|placed| self.look_up(lists, placed))
            .map(|placed| self.finish_chunk(placed))
            .buffered(CHUNKS)
            .boxed();
        let mut result = Ok(());
        while let Some(chunk) = done.next().await {
            match chunk {
                Ok(reports) => {
                    self.with
                        .progress
                        .advance(u64::try_from(reports.len()).unwrap_or_default());
                    reports.into_iter().for_each(&mut enter);
                }
                Err(problem) => {
                    stopped.store(true, Ordering::Relaxed);
                    result = result.and(Err(problem));
                }
            }
        }
        result?;
        match (stopped.load(Ordering::Relaxed), self.requests.given_up()) {
            (true, Some(problem)) => Err(self.stopped_by(problem)),
            (true, None) => self.with.cancellation.check(),
            (false, _) => Ok(()),
        }
    }

    fn stopped_by(&self, problem: &Problem) -> Problem {
        let message = format!("the restore was stopped: {}", problem.message);
        Problem::new(problem.code, message).about(self.with.cluster.address())
    }

    /// Prepare, modify and place the objects of a chunk.
    async fn place(&self, chunk: Result<(Chunk, Seat), Problem>) -> Result<Placed, Problem> {
        let (chunk, mut seat) = chunk?;
        let (pipeline, ground) = (Arc::clone(&self.pipeline), Arc::clone(&self.ground));
        let slots = seat
            .begin(move |plugins| {
                let entries = chunk.entries.into_iter();
                entries
                    .filter_map(|entry| pipeline.begin(entry, &ground, plugins))
                    .collect()
            })
            .await?;
        let Some(hooks) = &self.hooks else {
            return Ok(Placed { slots, seat });
        };
        let mut hooked = Vec::with_capacity(slots.len());
        for slot in slots {
            hooked.push(hooks.placed(slot).await);
        }
        Ok(Placed { slots: hooked, seat })
    }

    /// Take from the lists what they have on the objects of a chunk. Chunks come in the order of the archive, as lists
    /// do.
    async fn look_up(
        &self,
        lists: &Mutex<Lists<'_>>,
        placed: Result<Placed, Problem>,
    ) -> Result<Placed, Problem> {
        let mut placed = placed?;
        let mut lists = lists.lock().await;
        for slot in &mut placed.slots {
            if let Slot::Open(item) = slot {
                live::take(&mut lists, &self.ground, item).await;
            }
        }
        Ok(placed)
    }

    /// Decide about the objects of a chunk and carry that out, again where the cluster has changed in between.
    async fn finish_chunk(&self, placed: Result<Placed, Problem>) -> Result<Vec<ObjectReport>, Problem> {
        let Placed { mut slots, mut seat } = placed?;
        for attempt in 0..ATTEMPTS {
            if !slots.iter().any(|slot| matches!(slot, Slot::Open(_))) {
                break;
            }
            if attempt > 0 {
                tokio::time::sleep(PAUSE * 2_u32.pow(attempt)).await;
            }
            slots = each_open(slots, |item| live::read(&self.requests, item)).await;
            let pipeline = Arc::clone(&self.pipeline);
            slots = seat
                .decide(move |plugins| {
                    let decide = |slot| match slot {
                        Slot::Open(item) => pipeline.decide(item, plugins),
                        closed @ Slot::Closed(_) => closed,
                    };
                    slots.into_iter().map(decide).collect()
                })
                .await?;
            slots = each_open(slots, |item| self.write(item)).await;
        }
        Ok(slots.into_iter().map(end).collect())
    }

    /// Carry out what was decided about an object; in a plan, ask the server what it would say.
    async fn write(&self, mut item: Box<Item>) -> Slot {
        if self.pipeline.planned {
            return match unasked(&self.ground, &item) {
                Some(note) => {
                    item.report.notes.push(note);
                    Slot::Closed(Box::new(item.report))
                }
                None => carry_out(&self.requests, item, Write { dry_run: true }).await,
            };
        }
        if item.is_new()
            && let Err(problem) = self.provide(&item.report).await
        {
            return item.fail(problem);
        }
        let owned = item.is_new().then(|| Owned::of(&mut item)).flatten();
        let (target, live) = item.written();
        self.pipeline.operation.look_ups.before_write(&target, live);
        let slot = carry_out(&self.requests, item, Write::default()).await;
        match (slot, owned) {
            (Slot::Closed(report), owned) => {
                if report.is_done() {
                    lock(&self.pipeline.owned).extend(owned);
                }
                Slot::Closed(report)
            }
            (Slot::Open(mut item), owned) => {
                item.owners = owned.map(Owned::into_owners).unwrap_or_default();
                Slot::Open(item)
            }
        }
    }
}

/// Why a server cannot be asked what it would say to an object, if it cannot.
fn unasked(ground: &Ground, item: &Item) -> Option<Note> {
    let namespace = item.report.target.namespace.as_deref();
    let message = match namespace.filter(|namespace| !ground.existing.contains(*namespace)) {
        Some(namespace) => format!("the server was not asked: namespace {namespace} does not exist yet"),
        None if ground.new_types.contains(&item.of.resource) => {
            "the server was not asked: it does not serve the type yet".to_owned()
        }
        None => return None,
    };
    Some(Note {
        plugin: None,
        code: "server-not-asked".to_owned(),
        message,
        pointer: None,
    })
}

/// Do something with every open object of a chunk, all at the same time; their order stays.
async fn each_open<F>(slots: Vec<Slot>, act: impl Fn(Box<Item>) -> F) -> Vec<Slot>
where
    F: Future<Output = Slot>,
{
    let act = &act;
    let act = |slot| async move {
        match slot {
            Slot::Open(item) => act(item).await,
            closed @ Slot::Closed(_) => closed,
        }
    };
    let all = slots.len().max(1);
    futures::stream::iter(slots)
        .map(act)
        .buffered(all)
        .collect()
        .await
}

/// What has become of an object. One that is still open has changed under us again and again.
fn end(slot: Slot) -> ObjectReport {
    match slot {
        Slot::Closed(report) => *report,
        Slot::Open(mut item) => {
            let message = "it changed in the cluster each time it was looked at";
            let changed = || Problem::new(Code::Conflict, message);
            let problem = item.obstacle.take().unwrap_or_else(changed);
            item.report.refused(problem)
        }
    }
}
