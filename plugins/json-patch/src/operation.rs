//! Operations, and what they mean in a document.

use crate::document::Document;
use crate::path::{Miss, Path, Pointer, is_plain};
use crate::value::is_same;
use lazarette_sdk::pointer::member;
use lazarette_sdk::{Error, Value};
use serde::{Deserialize, Serialize};

/// An operation of a rule.
#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "lowercase", deny_unknown_fields)]
pub enum Operation {
    Add { path: Path, value: Value },
    Remove { path: Path },
    Replace { path: Path, value: Value },
    Move { from: Path, path: Path },
    Copy { from: Path, path: Path },
    Test { path: Path, value: Value },
}

/// An operation that the host carries out to the letter.
#[derive(Debug, Serialize)]
#[serde(tag = "op", rename_all = "lowercase")]
pub enum Strict<'o> {
    Add { path: Pointer<'o>, value: &'o Value },
    Remove { path: Pointer<'o> },
    Replace { path: Pointer<'o>, value: &'o Value },
    Move { from: Pointer<'o>, path: Pointer<'o> },
    Copy { from: Pointer<'o>, path: Pointer<'o> },
}

/// Why a patch goes no further.
#[derive(Debug)]
pub enum Stop {
    /// A `test` failed: the object is left as it is.
    TestFailed,
    /// An operation cannot be carried out.
    Failed(Error),
}

impl Operation {
    /// What the operation means in `document`, in which it is then carried out. A `test` leaves nothing to be done.
    pub fn strict<D: Document>(&self, document: &mut D) -> Result<Option<Strict<'_>>, Stop> {
        Ok(Some(match self {
            Operation::Test { path, value } => {
                test(path, value, document)?;
                return Ok(None);
            }
            Operation::Add { path, value } => {
                let path = place(path, document)?;
                document.add(&path, value);
                Strict::Add { path, value }
            }
            Operation::Replace { path, value } => {
                let path = find(path, document)?;
                document.replace(&path, value);
                Strict::Replace { path, value }
            }
            Operation::Remove { path } => {
                let path = find(path, document)?;
                document.remove(&path);
                Strict::Remove { path }
            }
            Operation::Move { from, path } => {
                let from = find(from, document)?;
                let moved = document.remove(&from);
                let path = place(path, document)?;
                moved.iter().for_each(|value| document.add(&path, value));
                Strict::Move { from, path }
            }
            Operation::Copy { from, path } => {
                let from = find(from, document)?;
                let path = place(path, document)?;
                document.copy(&from, &path);
                Strict::Copy { from, path }
            }
        }))
    }

    /// The paths that it reads or changes.
    fn paths(&self) -> impl Iterator<Item = &Path> {
        let (path, from) = match self {
            Operation::Move { from, path } | Operation::Copy { from, path } => (path, Some(from)),
            Operation::Add { path, .. }
            | Operation::Remove { path }
            | Operation::Replace { path, .. }
            | Operation::Test { path, .. } => (path, None),
        };
        from.into_iter().chain([path])
    }

    /// Those that it changes.
    fn changed(&self) -> impl Iterator<Item = &Path> {
        let (path, from) = match self {
            Operation::Move { from, path } => (Some(path), Some(from)),
            Operation::Test { .. } => (None, None),
            Operation::Add { path, .. }
            | Operation::Remove { path }
            | Operation::Replace { path, .. }
            | Operation::Copy { path, .. } => (Some(path), None),
        };
        from.into_iter().chain(path)
    }
}

/// How many operations are compared with each other. For more of them, a copy costs less than finding out.
const COMPARED: usize = 64;

/// Whether some operation may see what one before it, or the first half of a move, has changed.
pub fn build_upon_each_other(operations: &[Operation]) -> bool {
    if operations.len() > COMPARED {
        return true;
    }
    operations.iter().enumerate().any(|(position, operation)| {
        let later: Vec<&Path> = operations
            .iter()
            .skip(position + 1)
            .flat_map(Operation::paths)
            .collect();
        let moves_into_itself = matches!(operation, Operation::Move { from, path } if is_touched(path, from));
        moves_into_itself
            || operation
                .changed()
                .any(|changed| later.iter().any(|path| is_touched(path, changed)))
    })
}

/// Whether a change at `changed` may change what is at `path`, or what is above or below it.
fn is_touched(path: &Path, changed: &Path) -> bool {
    let (path, changed) = (path.segments(), changed.segments());
    // A change of an element may move those behind it.
    let moves_others = changed
        .last()
        .is_some_and(|last| last == "-" || last.parse::<i64>().is_ok());
    let changed = changed
        .split_last()
        .filter(|_| moves_others)
        .map_or(changed, |(_, parents)| parents);
    // An index that counts from the end may be any.
    path.iter()
        .zip(changed)
        .all(|(one, other)| one == other || !is_plain(one) || !is_plain(other))
}

/// The pointer to the smallest part of an object that holds what all operations read or change.
pub fn shared_part(operations: &[Operation]) -> String {
    let parents = |path: &Path| {
        path.segments()
            .split_last()
            .map(|(_, parents)| parents.to_vec())
            .unwrap_or_default()
    };
    let mut all = operations.iter().flat_map(Operation::paths).map(parents);
    let mut shared = all.next().unwrap_or_default();
    for parents in all {
        let common = shared
            .iter()
            .zip(&parents)
            .take_while(|(one, other)| one == other)
            .count();
        shared.truncate(common);
    }
    let plain = shared.iter().take_while(|segment| is_plain(segment));
    plain.fold(String::new(), |pointer, segment| member(&pointer, segment))
}

fn find<'o>(path: &'o Path, document: &impl Document) -> Result<Pointer<'o>, Stop> {
    path.find(document)
        .map_err(|miss| Stop::Failed(path.error(&miss)))
}

fn place<'o>(path: &'o Path, document: &impl Document) -> Result<Pointer<'o>, Stop> {
    path.place(document)
        .map_err(|miss| Stop::Failed(path.error(&miss)))
}

/// A missing member is null. Where its parent is missing too, the rule is wrong for this object.
fn test(path: &Path, expected: &Value, document: &impl Document) -> Result<(), Stop> {
    let found = match path.value(document) {
        Ok(value) => value,
        Err(Miss::NoMember) => Value::Null,
        Err(miss) => return Err(Stop::Failed(path.error(&miss))),
    };
    if is_same(&found, expected) {
        Ok(())
    } else {
        Err(Stop::TestFailed)
    }
}
