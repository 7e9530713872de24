//! Which points may be deleted.

use jiff::Timestamp;

/// A recovery point of one instance, as far as its deletion goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether all of it was backed up.
    pub whole: bool,
    /// What is kept of it in the operational tier.
    pub operational: Option<Held>,
    /// What is kept of it in the vault.
    pub vault: Option<Held>,
    /// Whether it is still to be copied to the vault.
    pub awaits_copy: bool,
    /// Whether something is restored from it, or it is being copied.
    pub in_use: bool,
}

/// That a tier holds a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// When it expires there, as stamped when it was made; none: never.
    pub expires_at: Option<Timestamp>,
}

/// Whether an instance is protected, and if not, what shall become of its points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// It is protected, or suspended: points expire.
    Active,
    /// Stopped, and its points expire as they would have.
    StoppedKeepByPolicy,
    /// Stopped, and its points stay until somebody deletes them.
    StoppedKeepForever,
    /// Stopped, and all its points go.
    StoppedDelete,
}

/// What shall become of a point in each tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// In the operational tier.
    pub operational: Verdict,
    /// In the vault.
    pub vault: Verdict,
}

/// What shall become of a point in a tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is not there.
    Absent,
    /// It stays.
    Keep(Why),
    /// It is to be deleted.
    Delete,
}

/// Why a point stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Its time has not come.
    NotExpired,
    /// It has no day of expiry.
    NoExpiry,
    /// Protection was stopped so that everything is kept.
    KeptForever,
    /// Something is restored from it, or it is being copied.
    InUse,
    /// It is still to be copied to the vault.
    AwaitsCopy,
    /// It is the last one that is left of its instance, or the last whole one.
    LastPoint,
    /// It is the newest one in the operational tier.
    NewestOperational,
    /// The newest point of the vault was copied from it.
    LinkedToVault,
}

/// What shall become of each of the `points` of one instance at `now`, in their order.
///
/// A point goes from a tier when it is expired there, but for: the newest one in the operational tier; the one that the
/// newest one of the vault was copied from; the newest whole one, wherever it is held, or the newest at all where none is
/// whole; and what is in use or still to be copied. Only [`Protection::StoppedDelete`] deletes the last one.
pub fn decide(points: &[Point], protection: Protection, now: Timestamp) -> Vec<Fate> {
    let last = last(points);
    let in_vault = |(number, point): (usize, &Point)| {
        verdict(point, point.vault, protection, now, || {
            (last == Some(number)).then_some(Why::LastPoint)
        })
    };
    let vault: Vec<Verdict> = points.iter().enumerate().map(in_vault).collect();
    let pins = Pins::new(points, &vault, last);
    let fate = |(number, (point, vault)): (usize, (&Point, Verdict))| Fate {
        operational: verdict(point, point.operational, protection, now, || {
            pins.why(number, point)
        }),
        vault,
    };
    points
        .iter()
        .zip(vault.iter().copied())
        .enumerate()
        .map(fate)
        .collect()
}

/// The number of the point that is never deleted.
fn last(points: &[Point]) -> Option<usize> {
    let is_held = |point: &Point| point.operational.is_some() || point.vault.is_some();
    let numbered = || points.iter().enumerate();
    newest(numbered().filter(|(_, point)| point.whole && is_held(point)))
        .or_else(|| newest(numbered().filter(|(_, point)| is_held(point))))
}

fn newest<'a>(points: impl Iterator<Item = (usize, &'a Point)>) -> Option<usize> {
    let newest = points.max_by_key(|(_, point)| point.created_at);
    newest.map(|(number, _)| number)
}

fn verdict(
    point: &Point,
    held: Option<Held>,
    protection: Protection,
    now: Timestamp,
    pin: impl Fn() -> Option<Why>,
) -> Verdict {
    let Some(Held { expires_at }) = held else {
        return Verdict::Absent;
    };
    match (protection, expires_at) {
        _ if point.in_use => Verdict::Keep(Why::InUse),
        (Protection::StoppedDelete, _) => Verdict::Delete,
        (Protection::StoppedKeepForever, _) => Verdict::Keep(Why::KeptForever),
        (_, None) => Verdict::Keep(Why::NoExpiry),
        (_, Some(expiry)) if expiry > now => Verdict::Keep(Why::NotExpired),
        _ => pin().map_or(Verdict::Delete, Verdict::Keep),
    }
}

/// The points that stay in the operational tier though they are expired there, by their numbers.
struct Pins {
    newest: Option<usize>,
    linked_to_vault: Option<usize>,
    last: Option<usize>,
}

impl Pins {
    fn new(points: &[Point], vault: &[Verdict], last: Option<usize>) -> Pins {
        let in_vault = points.iter().enumerate().zip(vault);
        let stays = in_vault.filter(|(_, verdict)| matches!(verdict, Verdict::Keep(_)));
        Pins {
            newest: newest(
                points
                    .iter()
                    .enumerate()
                    .filter(|(_, point)| point.operational.is_some()),
            ),
            linked_to_vault: newest(stays.map(|(numbered, _)| numbered)),
            last,
        }
    }

    /// Why a point stays. The last one is kept in one tier: in the vault if it is there.
    fn why(&self, number: usize, point: &Point) -> Option<Why> {
        let number = Some(number);
        match () {
            () if self.newest == number => Some(Why::NewestOperational),
            () if self.linked_to_vault == number => Some(Why::LinkedToVault),
            () if point.awaits_copy => Some(Why::AwaitsCopy),
            () if self.last == number && point.vault.is_none() => Some(Why::LastPoint),
            () => None,
        }
    }
}
