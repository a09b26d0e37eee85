//! Logical ids for the things of a template that a reader makes.

use std::collections::{BTreeMap, BTreeSet};

/// Makes names that are unique in one template.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    taken: BTreeSet<String>,
    /// The next number for a name that is taken, so that many things of one name do not try all numbers again.
    next: BTreeMap<String, usize>,
}

impl Ids {
    /// Whether the name is taken.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.taken.contains(name)
    }

    /// The name, or the name with a number if it is taken.
    pub(crate) fn unique(&mut self, name: &str) -> String {
        if self.taken.insert(name.to_owned()) {
            return name.to_owned();
        }
        let next = self.next.entry(name.to_owned()).or_insert(2);
        loop {
            let id = format!("{name}#{next}");
            *next = next.saturating_add(1);
            if self.taken.insert(id.clone()) {
                return id;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_given_twice() {
        let mut ids = Ids::default();
        let given = ["a", "a", "a#2", "a"].map(|name| ids.unique(name));
        assert_eq!(given, ["a", "a#2", "a#2#2", "a#3"]);
    }

    /// A file of some megabytes can have as many; to try all numbers for each would take hours.
    #[test]
    fn a_name_that_is_given_very_often_does_not_take_forever() {
        let mut ids = Ids::default();
        let last = (0..200_000).map(|_| ids.unique("stage")).last();
        assert_eq!(last.as_deref(), Some("stage#200000"));
    }
}
