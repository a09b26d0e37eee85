//! An index that takes four bytes, also if it is optional.

use std::{fmt, num::NonZero};

/// An index that a caller chose.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct CompactIndex(NonZero<u32>);

impl CompactIndex {
    /// `None` from `u32::MAX` on, which is far more than [`MAX_ROUTES`](crate::MAX_ROUTES).
    pub(crate) fn new(index: usize) -> Option<Self> {
        NonZero::new(u32::try_from(index).ok()?.wrapping_add(1)).map(Self)
    }

    pub(crate) fn get(self) -> usize {
        self.0.get() as usize - 1
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
    fn an_index_is_read_as_it_was_written() {
        for index in [0, 1, 100_000, u32::MAX as usize - 1] {
            assert_eq!(CompactIndex::new(index).map(CompactIndex::get), Some(index));
        }
        assert_eq!(CompactIndex::new(u32::MAX as usize), None);
        assert_eq!(CompactIndex::new(usize::MAX), None);
        assert_eq!(size_of::<Option<CompactIndex>>(), 4);
    }
}
