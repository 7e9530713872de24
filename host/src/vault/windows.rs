//! Parts of large files, kept for a while: where many small ranges are read one after the other, a store is asked once.

use bytes::Bytes;
use rustic_core::{ErrorKind, RusticError, RusticResult};
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// The size of a window in bytes. A larger one makes fewer requests, and reads more that nobody wants.
const WINDOW: u64 = 4 * 1024 * 1024;
/// How many windows are kept: 64 MiB.
const KEPT: usize = 16;
/// How many sizes of files are kept.
const SIZES_KEPT: usize = 1024;

/// A window of a file: filled by the first who wants it, while the others wait.
type Slot = Arc<Mutex<Option<Bytes>>>;

/// Windows of files that do not change, the least recently wanted first.
#[derive(Debug, Default)]
pub(super) struct Windows {
    kept: Mutex<VecDeque<((String, u64), Slot)>>,
    sizes: Mutex<VecDeque<(String, u64)>>,
}

impl Windows {
    /// The bytes of the file `key` in `range`. `size` asks for the size of the file, `read` for a range of it.
    pub fn read(
        &self,
        key: &str,
        range: Range<u64>,
        size: impl FnOnce() -> RusticResult<u64>,
        read: impl Fn(Range<u64>) -> RusticResult<Bytes>,
    ) -> RusticResult<Bytes> {
        let number = range.start / WINDOW;
        let window = number.saturating_mul(WINDOW);
        // What does not lie in a window is read as it is.
        if range.end > window.saturating_add(WINDOW) {
            return read(range);
        }
        let slot = self.slot(key, number);
        let mut filled = slot.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = match filled.as_ref() {
            Some(bytes) => bytes.clone(),
            None => {
                let end = self.size(key, size)?.min(window.saturating_add(WINDOW));
                if range.end > end {
                    return read(range);
                }
                filled.insert(read(window..end)?).clone()
            }
        };
        part(&bytes, range.start - window..range.end.saturating_sub(window))
    }

    /// The slot of a window, which is now the one that was wanted last.
    fn slot(&self, key: &str, number: u64) -> Slot {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept
            .iter()
            .position(|((file, window), _)| *window == number && file == key);
        let found = at.and_then(|at| kept.remove(at));
        let entry = found.unwrap_or_else(|| ((key.to_owned(), number), Slot::default()));
        let slot = Arc::clone(&entry.1);
        kept.push_back(entry);
        if kept.len() > KEPT {
            kept.pop_front();
        }
        slot
    }

    fn size(&self, key: &str, ask: impl FnOnce() -> RusticResult<u64>) -> RusticResult<u64> {
        let sizes = || self.sizes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, size)) = sizes().iter().find(|(file, _)| file == key) {
            return Ok(*size);
        }
        let size = ask()?;
        let mut sizes = sizes();
        sizes.push_back((key.to_owned(), size));
        if sizes.len() > SIZES_KEPT {
            sizes.pop_front();
        }
        Ok(size)
    }
}

/// A part of the bytes that must be in them.
fn part(bytes: &Bytes, range: Range<u64>) -> RusticResult<Bytes> {
    let index = |at: u64| usize::try_from(at).ok().filter(|at| *at <= bytes.len());
    match (index(range.start), index(range.end)) {
        (Some(start), Some(end)) if start <= end => Ok(bytes.slice(start..end)),
        _ => Err(RusticError::new(
            ErrorKind::Backend,
            "a file of the repository is shorter than expected",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::cell::{Cell, RefCell};

    fn content(size: u64) -> Vec<u8> {
        (0..size).map(|at| u8::try_from(at * 7 % 251).unwrap()).collect()
    }

    #[test]
    fn what_lies_side_by_side_is_read_at_once() {
        let (windows, file, reads) = (Windows::default(), content(10_000), Cell::new(0));
        for start in (0..9_900).step_by(100) {
            let read = |range: Range<u64>| {
                reads.set(reads.get() + 1);
                Ok(Bytes::copy_from_slice(
                    &file[range.start as usize..range.end as usize],
                ))
            };
            let bytes = windows
                .read("a", start..start + 100, || Ok(10_000), read)
                .unwrap();
            assert_eq!(bytes, file[start as usize..start as usize + 100]);
        }
        assert_eq!(reads.get(), 1);
    }

    #[test]
    fn what_was_wanted_long_ago_is_forgotten() {
        let (windows, asked) = (Windows::default(), RefCell::new(Vec::new()));
        for file in (0..=KEPT).chain([0]) {
            let name = file.to_string();
            let read = |range: Range<u64>| {
                asked.borrow_mut().push(name.clone());
                Ok(Bytes::from(content(range.end - range.start)))
            };
            windows.read(&name, 0..10, || Ok(10), read).unwrap();
        }
        assert_eq!(asked.borrow().iter().filter(|name| *name == "0").count(), 2);
        assert!(windows.kept.lock().unwrap().len() <= KEPT);
    }

    #[test]
    fn a_file_that_is_too_short_is_asked_for_as_it_is() {
        let windows = Windows::default();
        let refused = |_| Err(RusticError::new(ErrorKind::Backend, "no such range"));
        assert!(windows.read("a", 5..20, || Ok(10), refused).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn a_range_is_the_same_whatever_was_read_before(ranges in prop::collection::vec((0_u64..9 << 20, 0_u64..5 << 20), 1..12)) {
            let (windows, file) = (Windows::default(), content(10 << 20));
            for (start, length) in ranges {
                let range = start..(start + length).min(10 << 20);
                let read = |range: Range<u64>| {
                    Ok(Bytes::copy_from_slice(&file[range.start as usize..range.end as usize]))
                };
                let bytes = windows.read("a", range.clone(), || Ok(10 << 20), read).unwrap();
                prop_assert_eq!(&bytes[..], &file[range.start as usize..range.end as usize]);
            }
        }
    }
}
