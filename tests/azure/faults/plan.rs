//! A fault: at which request, and what happens.

use lazarette_tests::counts::Chance;
use lazarette_tests::proxy::{Fault, Request};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
}

impl Kind {
    /// Those of making a backup.
    pub const WRITING: [Kind; 5] = [Kind::Put, Kind::Block, Kind::BlockList, Kind::List, Kind::Get];
    /// Those of reading one.
    pub const READING: [Kind; 1] = [Kind::Get];

    fn of(request: &Request) -> Option<Kind> {
        let has = |text: &str| request.path.contains(text);
        match request.method.as_str() {
            "PUT" if has("comp=blocklist") => Some(Kind::BlockList),
            "PUT" if has("comp=block") => Some(Kind::Block),
            "PUT" => Some(Kind::Put),
            "GET" if has("comp=list") => Some(Kind::List),
            "GET" => Some(Kind::Get),
            _ => None,
        }
    }
}

/// A fault that happens to some requests of a kind.
#[derive(Clone, Debug)]
pub struct Plan {
    kind: Kind,
    fault: Fault,
    /// How many times; more than a client repeats a request: it gives up.
    times: u32,
    happened: Arc<AtomicU32>,
}

impl Plan {
    /// One by chance, of requests of one of the `kinds`.
    pub fn new(chance: &mut Chance, kinds: &[Kind]) -> Plan {
        let kind = *chance.choose(kinds);
        // The edges: before the first byte, after it, around a block's end, somewhere.
        let edges = [0, 1, 2, 100, 8 * 1024 * 1024 - 1, chance.below(4096)];
        let bytes = match kind {
            // Longer ones than the body cut nothing.
            Kind::Put | Kind::BlockList | Kind::List | Kind::Get => *chance.choose(&edges[..4]),
            Kind::Block => *chance.choose(&edges),
        };
        let busy = |status| Fault::Answer {
            status,
            headers: vec![("x-ms-error-code".into(), "ServerBusy".into())],
            body: "<Error><Code>ServerBusy</Code></Error>".into(),
        };
        let is_read = matches!(kind, Kind::Get | Kind::List);
        let faults = [
            busy(500),
            busy(503),
            Fault::LoseAnswer,
            // Longer than the client waits.
            Fault::Delay(Duration::from_secs(11)),
            match is_read {
                true => Fault::CutAnswer(bytes),
                false => Fault::CutRequest(bytes),
            },
            match is_read {
                true => Fault::TruncateAnswer(bytes),
                false => Fault::CutRequest(bytes),
            },
            match is_read {
                true => Fault::SlowAnswer(Duration::from_millis(20)),
                false => busy(500),
            },
        ];
        let mut fault = chance.choose(&faults).clone();
        let times = match fault {
            // Each costs the time of a timeout.
            Fault::Delay(_) => 1,
            _ => *chance.choose(&[1, 2, 100]),
        };
        if matches!(
            (&fault, kind),
            (Fault::CutAnswer(_) | Fault::TruncateAnswer(_), Kind::List)
        ) && bytes > 2
        {
            fault = Fault::CutAnswer(1);
        }
        Plan {
            kind,
            fault,
            times,
            happened: Arc::default(),
        }
    }

    /// What happens to a request.
    pub fn fault(&self, request: &Request) -> Fault {
        if Kind::of(request) != Some(self.kind) || self.happened.fetch_add(1, Ordering::SeqCst) >= self.times
        {
            return Fault::None;
        }
        self.fault.clone()
    }

    /// Whether it has happened at all.
    pub fn happened(&self) -> bool {
        self.happened.load(Ordering::SeqCst) > 0
    }
}
