//! A fault: at which request, and what happens.

use lazarette_tests::counts::Chance;
use lazarette_tests::proxy::{Fault, Place, Request};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A small blob, written whole.
    Put,
    /// A block of a large one.
    Block,
    /// The list of blocks that makes the blob.
    BlockList,
    /// A list of blobs.
    List,
    /// Reading.
    Get,
    /// Asking for the size.
    Head,
    /// Deleting.
    Delete,
}

impl Kind {
    fn of(request: &Request) -> Option<Kind> {
        let has = |text: &str| request.path.contains(text);
        match request.method.as_str() {
            "PUT" if has("comp=blocklist") => Some(Kind::BlockList),
            "PUT" if has("comp=block") => Some(Kind::Block),
            "PUT" => Some(Kind::Put),
            "GET" if has("comp=list") => Some(Kind::List),
            "GET" => Some(Kind::Get),
            "HEAD" => Some(Kind::Head),
            "DELETE" => Some(Kind::Delete),
            _ => None,
        }
    }

    /// Whether its requests have a body.
    fn sends(self) -> bool {
        matches!(self, Kind::Put | Kind::Block | Kind::BlockList)
    }

    /// Whether its answers have one.
    fn receives(self) -> bool {
        matches!(self, Kind::List | Kind::Get)
    }

    /// Every fault that can happen to it, at each boundary in the bytes of its request and of the answer.
    fn faults(self) -> Vec<Fault> {
        const OF_HEAD: [Place; 3] = [Place::Head(0), Place::Head(1), Place::LastOfHead];
        const OF_BODY: [Place; 4] = [Place::Body(0), Place::Body(1), Place::Middle, Place::LastOfBody];
        let busy = |status| Fault::Answer {
            status,
            headers: vec![("x-ms-error-code".into(), "ServerBusy".into())],
            body: "<Error><Code>ServerBusy</Code></Error>".into(),
        };
        // Longer than the client waits.
        let delay = Fault::Delay(Duration::from_secs(11));
        let mut faults = vec![busy(500), busy(503), delay, Fault::LoseAnswer];
        faults.extend(OF_HEAD.map(Fault::CutRequest));
        faults.extend(OF_HEAD.map(Fault::CutAnswer));
        if self.sends() {
            faults.extend(OF_BODY.map(Fault::CutRequest));
        }
        if self.receives() {
            faults.extend(OF_BODY.map(Fault::CutAnswer));
            faults.extend(OF_BODY.map(Fault::TruncateAnswer));
            faults.push(Fault::SlowAnswer(Duration::from_millis(20)));
        }
        faults
    }
}

/// How many requests of each kind something takes where nothing goes wrong.
pub type Counts = HashMap<Kind, u32>;

/// The counts of `requests`.
pub fn counts(requests: &[Request]) -> Counts {
    let mut counts = Counts::new();
    for kind in requests.iter().filter_map(Kind::of) {
        *counts.entry(kind).or_default() += 1;
    }
    counts
}

/// A fault that happens to some requests of a kind.
#[derive(Clone, Debug)]
pub struct Plan {
    kind: Kind,
    fault: Fault,
    /// How many requests of the kind it spares first.
    spared: u32,
    /// How many it happens to then. There are more than a client repeats a request: it gives up.
    times: u32,
    met: Arc<AtomicU32>,
}

impl Plan {
    /// So many plans for something that takes `counts` requests: every fault of each kind once before one comes again,
    /// in an order, at requests and as often as chance has it.
    pub fn many(chance: &mut Chance, counts: &Counts, number: u32) -> Vec<Plan> {
        let mut kinds: Vec<Kind> = counts.keys().copied().collect();
        kinds.sort_by_key(|kind| format!("{kind:?}"));
        let every: Vec<(Kind, Fault)> = kinds
            .into_iter()
            .flat_map(|kind| kind.faults().into_iter().map(move |fault| (kind, fault)))
            .collect();
        let mut left = Vec::new();
        (0..number)
            .map(|_| {
                if left.is_empty() {
                    left.clone_from(&every);
                }
                let position = chance.below(left.len() as u64);
                let (kind, fault) = left.swap_remove(usize::try_from(position).unwrap());
                Plan::new(chance, kind, fault, counts[&kind])
            })
            .collect()
    }

    fn new(chance: &mut Chance, kind: Kind, fault: Fault, requests: u32) -> Plan {
        let times = match fault {
            // Each costs the time of a timeout.
            Fault::Delay(_) => 1,
            _ => *chance.choose(&[1, 2, 100]),
        };
        Plan {
            kind,
            fault,
            spared: u32::try_from(chance.below(u64::from(requests))).unwrap(),
            times,
            met: Arc::default(),
        }
    }

    /// What happens to a request.
    pub fn fault(&self, request: &Request) -> Fault {
        if Kind::of(request) != Some(self.kind) {
            return Fault::None;
        }
        let before = self.met.fetch_add(1, Ordering::SeqCst);
        match before >= self.spared && before - self.spared < self.times {
            true => self.fault.clone(),
            false => Fault::None,
        }
    }
}
