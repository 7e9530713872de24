//! How many objects a page shall have.

/// Bytes that a page shall have about: with this many a request costs little beside its answer, and the pages that are
/// in flight stay small.
const WANTED: usize = 2 << 20;

/// Bytes of which a page is given up and asked for anew with fewer objects.
pub(super) const LONGEST: usize = 4 * WANTED;

/// Bytes that a page of one object may have. No server keeps objects of a tenth of this.
const LONGEST_OBJECT: usize = 64 << 20;

/// How many objects a page has at most: as many as `kubectl` asks for.
const MOST: usize = 500;

/// How many objects the first page has. Of the largest objects that there are, some fifty times the longest page.
const FIRST: usize = 50;

/// How much larger than the last one a page may be: later objects may be larger than those before.
const GROWTH: usize = 4;

/// How many objects the next page of a list shall have, by the sizes that were seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct PageSize {
    objects: usize,
}

impl Default for PageSize {
    fn default() -> Self {
        PageSize { objects: FIRST }
    }
}

impl PageSize {
    /// How many objects to ask for.
    pub(super) fn objects(self) -> usize {
        self.objects
    }

    /// How many bytes to read at most.
    pub(super) fn longest(self) -> usize {
        match self.objects {
            1 => LONGEST_OBJECT,
            _ => LONGEST,
        }
    }

    /// A page of so many objects had so many bytes.
    pub(super) fn saw(&mut self, objects: usize, bytes: usize) {
        let each = (bytes / objects.max(1)).max(1);
        let wanted = (WANTED / each).min(self.objects.saturating_mul(GROWTH));
        self.objects = wanted.clamp(1, MOST);
    }

    /// A page was longer than [`PageSize::longest`]. False when it cannot be made shorter.
    pub(super) fn shrink(&mut self) -> bool {
        let smaller = self.objects > 1;
        self.objects = (self.objects / (2 * GROWTH)).max(1);
        smaller
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    /// The sizes of pages of a list whose objects all have `bytes`.
    fn sizes(bytes: usize) -> Vec<usize> {
        let mut size = PageSize::default();
        let mut sizes = Vec::new();
        while sizes.len() < 5 {
            if size.objects() * bytes > size.longest() {
                assert!(size.shrink());
                continue;
            }
            sizes.push(size.objects());
            size.saw(size.objects(), size.objects() * bytes);
        }
        sizes
    }

    #[rstest]
    #[case::small(1_000, [50, 200, 500, 500, 500])]
    #[case::usual(5_000, [50, 200, 419, 419, 419])]
    #[case::large(1 << 20, [6, 2, 2, 2, 2])]
    #[case::huge(3 << 20, [1, 1, 1, 1, 1])]
    fn a_page_has_about_as_many_bytes_as_wanted(#[case] bytes: usize, #[case] expected: [usize; 5]) {
        assert_eq!(sizes(bytes), expected);
    }

    proptest! {
        #[test]
        fn whatever_was_seen_the_next_page_has_objects(pages in prop::collection::vec((0usize..1000, any::<u32>()), 0..20)) {
            let mut size = PageSize::default();
            for (objects, bytes) in pages {
                size.saw(objects, bytes as usize);
                prop_assert!((1..=MOST).contains(&size.objects()));
            }
        }
    }
}
