//! Lists of keys in data files.

use std::collections::BTreeMap;

/// Lists of keys, by name.
#[derive(Debug)]
pub(crate) struct KeyLists {
    lists: BTreeMap<&'static str, Vec<&'static str>>,
}

impl KeyLists {
    /// Reads a file: a line `[name]` begins a list, and each of the next lines is one key. A line with `#` is a comment.
    pub(crate) fn read(text: &'static str) -> Self {
        let mut lists: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut name = "";
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                Some(begun) => name = begun,
                None => lists.entry(name).or_default().push(line),
            }
        }
        Self { lists }
    }

    /// The list with this name. If there is none it is empty, so that no key is known and an import fails.
    pub(crate) fn list(&self, name: &str) -> &[&'static str] {
        self.lists.get(name).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_lists_of_keys_and_comments() {
        let lists = KeyLists::read("# 1.0\n\n[a b]\none\n# why\ntwo\n\n[c]\nthree\n");
        assert_eq!(lists.list("a b"), ["one", "two"]);
        assert_eq!(lists.list("c"), ["three"]);
        assert_eq!(lists.list("d"), [""; 0]);
    }
}
