//! Logical ids for the things of a template that a reader makes.

use std::collections::BTreeSet;

/// Makes names that are unique in one template.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    taken: BTreeSet<String>,
}

impl Ids {
    /// Whether the name is taken.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.taken.contains(name)
    }

    /// The name, or the name with a number if it is taken.
    pub(crate) fn unique(&mut self, name: &str) -> String {
        let mut id = name.to_owned();
        let mut number = 2;
        while !self.taken.insert(id.clone()) {
            id = format!("{name}#{number}");
            number += 1;
        }
        id
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
}
