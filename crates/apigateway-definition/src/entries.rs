//! The entries of a JSON object whose values are read one by one.

use crate::{
    json::{Document, Raw},
    problem::Problem,
    tree::Key,
};

/// The entries of an object that are not read yet.
pub(crate) type Entries = [(Key, Raw)];

/// The value under the key.
pub(crate) fn find(entries: &Entries, key: &str) -> Option<Raw> {
    entries.iter().find(|(found, _)| &*found.text == key).map(|(_, value)| *value)
}

impl Document<'_> {
    /// The text under the key, with its escapes resolved; `None` if it is missing, null, a list or a map.
    pub(crate) fn text(self, entries: &Entries, key: &str) -> Result<Option<String>, Problem> {
        let node = find(entries, key).map(|value| self.tree(value)).transpose()?;
        Ok(node.and_then(|node| node.text().map(String::from)))
    }
}
