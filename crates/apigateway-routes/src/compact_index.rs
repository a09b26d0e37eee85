//! An index that takes no more room if it is optional.

use std::{fmt, num::NonZero};

/// An index that a caller chose.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct CompactIndex(NonZero<usize>);

impl CompactIndex {
    /// `None` for `usize::MAX`, which is not the index of anything in memory.
    pub(crate) fn new(index: usize) -> Option<Self> {
        NonZero::new(index.wrapping_add(1)).map(Self)
    }

    pub(crate) fn get(self) -> usize {
        self.0.get() - 1
    }
}

impl fmt::Debug for CompactIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_index_of_something_in_memory_is_kept() {
        for index in [0, 1, 100_000, usize::MAX - 1] {
            assert_eq!(CompactIndex::new(index).map(CompactIndex::get), Some(index));
        }
        assert_eq!(CompactIndex::new(usize::MAX), None);
        assert_eq!(size_of::<Option<CompactIndex>>(), size_of::<usize>());
    }
}
