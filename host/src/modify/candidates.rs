//! Which rules can apply to the objects of a type.

use crate::object::GroupResource;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock};

/// For each type that was seen, the rules that can apply to its objects. An operation sees few types, and many objects of
/// each, most of them one after the other.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    /// Sorted by type, with indices of rules.
    known: RwLock<Vec<(GroupResource, Vec<usize>)>>,
    /// Where the type of the last object is in the list.
    latest: AtomicUsize,
}

impl Candidates {
    /// Have `then` look at the rules that can apply to objects of the type `of`; `find` finds them the first time.
    pub(super) fn with<T>(
        &self,
        of: &GroupResource,
        find: impl FnOnce() -> Vec<usize>,
        then: impl FnOnce(&[usize]) -> T,
    ) -> T {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(candidates) = self.look(&known, of) {
            return then(candidates);
        }
        drop(known);
        let candidates = find();
        let result = then(&candidates);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if let Err(place) = place(&known, of) {
            known.insert(place, (of.clone(), candidates));
        }
        result
    }

    fn look<'k>(&self, known: &'k [(GroupResource, Vec<usize>)], of: &GroupResource) -> Option<&'k [usize]> {
        let at = |index: usize| known.get(index).filter(|(known, _)| known == of);
        let found = at(self.latest.load(Ordering::Relaxed)).or_else(|| {
            let place = place(known, of).ok()?;
            self.latest.store(place, Ordering::Relaxed);
            at(place)
        });
        found.map(|(_, candidates)| candidates.as_slice())
    }
}

/// Where `of` is in a sorted list, or would be.
fn place(known: &[(GroupResource, Vec<usize>)], of: &GroupResource) -> Result<usize, usize> {
    known.binary_search_by(|(known, _)| known.cmp(of))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn each_type_is_looked_for_once() {
        let candidates = Candidates::default();
        let searches = Cell::new(0);
        let types = [
            "pods",
            "deployments.apps",
            "secrets",
            "pods",
            "secrets",
            "deployments.apps",
            "pods",
        ];
        for name in types {
            let find = || {
                searches.set(searches.get() + 1);
                vec![name.len()]
            };
            let found = candidates.with(&name.parse().unwrap(), find, <[usize]>::to_vec);
            assert_eq!(found, [name.len()]);
        }
        assert_eq!(searches.get(), 3);
    }
}
