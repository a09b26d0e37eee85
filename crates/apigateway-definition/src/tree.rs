//! The tree that YAML and JSON are parsed into. Every node has a span, and scalars keep their text.

use std::{
    collections::{HashMap, hash_map},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::source::Span;

/// A value of a file, or one that a front end made. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) content: Content,
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    Scalar(Scalar),
    List(Arc<[Node]>),
    Map(Arc<Map>),
}

/// The text of a scalar as written, with escapes resolved. The code that reads it decides whether it is a number or a truth value,
/// so that an id such as `012` or a scope such as `on` stays unchanged.
#[derive(Clone, Debug)]
pub(crate) struct Scalar {
    pub(crate) text: Arc<str>,
    pub(crate) style: Style,
}

/// Whether a scalar can be something other than a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Quoted,
}

/// The key of a map entry.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) text: Arc<str>,
    pub(crate) span: Span,
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: Key,
    pub(crate) value: Node,
}

/// A map in the order of the file, with each key once.
///
/// Not an `IndexMap`, because its entries are a slice of keys, with their spans, and values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Map {
    entries: Vec<Entry>,
    /// Indices in `entries`, by key.
    indices: HashMap<Arc<str>, usize>,
    /// The keys that occur more than once in a map of the file.
    repeated: Vec<Repeated>,
}

/// A key that a map of a file has more than once. Parsers disagree about which value they use, so such a key is an error if
/// anything reads a value of it. Here that is the first value.
#[derive(Clone, Debug)]
pub(crate) struct Repeated {
    key: Arc<str>,
    is_read: Arc<AtomicBool>,
}

impl Repeated {
    pub(crate) fn new(key: &Arc<str>) -> Self {
        Self { key: Arc::clone(key), is_read: Arc::default() }
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// Whether a value of the key was read, in the map or in a copy of it.
    pub(crate) fn is_read(&self) -> bool {
        self.is_read.load(Ordering::Relaxed)
    }
}

impl Map {
    /// The map of these entries, and those that repeat an earlier key, which are left out.
    pub(crate) fn new(entries: impl IntoIterator<Item = Entry>) -> (Self, Vec<Entry>) {
        let (mut map, mut repeated) = (Self::default(), Vec::new());
        for entry in entries {
            match map.indices.entry(Arc::clone(&entry.key.text)) {
                hash_map::Entry::Occupied(_) => repeated.push(entry),
                hash_map::Entry::Vacant(slot) => {
                    slot.insert(map.entries.len());
                    map.entries.push(entry);
                }
            }
        }
        repeated.sort_by(|one, other| one.key.text.cmp(&other.key.text));
        (map, repeated)
    }

    /// The same map, of a file that has these keys more than once.
    pub(crate) fn with_repeated(self, repeated: Vec<Repeated>) -> Self {
        Self { repeated, ..self }
    }

    /// A map that is not in a file. If a key occurs twice, the first value is kept.
    pub(crate) fn of<K: Into<Arc<str>>>(entries: impl IntoIterator<Item = (K, Node)>) -> Self {
        let entry =
            |(key, value): (K, Node)| Entry { key: Key { text: key.into(), span: value.span }, value };
        Self::new(entries.into_iter().map(entry)).0
    }

    /// The key of a function of a template, such as `Ref` or `Fn::If`.
    pub(crate) fn function(&self) -> Option<&Key> {
        let is_function = |key: &&Key| &*key.text == "Ref" || key.text.starts_with("Fn::");
        self.keys().find(is_function)
    }

    /// All entries, whose values are then read.
    pub(crate) fn entries(&self) -> &[Entry] {
        self.read(|_| true);
        &self.entries
    }

    /// All entries, for uses that do not depend on the values.
    pub(crate) fn unread(&self) -> &[Entry] {
        &self.entries
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &Key> {
        self.entries.iter().map(|entry| &entry.key)
    }

    pub(crate) fn repeated(&self) -> &[Repeated] {
        &self.repeated
    }

    fn read(&self, key: impl Fn(&str) -> bool) {
        for repeated in self.repeated.iter().filter(|repeated| key(&repeated.key)) {
            repeated.is_read.store(true, Ordering::Relaxed);
        }
    }

    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.read(|repeated| repeated == key);
        self.entries.get(*self.indices.get(key)?)
    }

    /// The value under the key.
    pub(crate) fn find(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The text under the key.
    pub(crate) fn text_at(&self, key: &str) -> Option<&str> {
        self.find(key)?.text()
    }

    /// The list under the key.
    pub(crate) fn items_at(&self, key: &str) -> Option<&[Node]> {
        self.find(key)?.items()
    }

    /// The entries of the map under the key; none if there is no map.
    pub(crate) fn entries_at(&self, key: &str) -> &[Entry] {
        self.find(key).map_or(&[], Node::entries)
    }

    /// The map under the key.
    pub(crate) fn map_at(&self, key: &str) -> Option<&Self> {
        self.find(key)?.map()
    }

    /// The entry of a map that has exactly one.
    pub(crate) fn only(&self) -> Option<&Entry> {
        match self.entries.as_slice() {
            [entry] => {
                self.read(|_| true);
                Some(entry)
            }
            _ => None,
        }
    }
}

/// The content of the file, without resolving intrinsics and variables.
impl Node {
    pub(crate) fn scalar(&self) -> Option<&Scalar> {
        match &self.content {
            Content::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The text of a scalar other than null.
    pub(crate) fn text(&self) -> Option<&str> {
        self.scalar().filter(|scalar| !scalar.is_null()).map(|scalar| &*scalar.text)
    }

    pub(crate) fn is_null(&self) -> bool {
        self.scalar().is_some_and(Scalar::is_null)
    }

    pub(crate) fn items(&self) -> Option<&[Self]> {
        match &self.content {
            Content::List(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn map(&self) -> Option<&Map> {
        match &self.content {
            Content::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The value under the key, if this is a map that has it.
    pub(crate) fn find(&self, key: &str) -> Option<&Self> {
        self.map()?.find(key)
    }

    /// The entries of a map; none if it is something else.
    pub(crate) fn entries(&self) -> &[Entry] {
        self.map().map_or(&[], Map::entries)
    }

    /// The entries of the map under the key; none if there is no map.
    pub(crate) fn entries_at(&self, key: &str) -> &[Entry] {
        self.map().map_or(&[], |map| map.entries_at(key))
    }

    /// The text under the key, if this is a map with a text there.
    pub(crate) fn text_at(&self, key: &str) -> Option<&str> {
        self.map()?.text_at(key)
    }

    pub(crate) fn items_at(&self, key: &str) -> Option<&[Self]> {
        self.map()?.items_at(key)
    }

    pub(crate) fn map_at(&self, key: &str) -> Option<&Map> {
        self.map()?.map_at(key)
    }

    /// The type of the node, for messages.
    pub(crate) fn describe(&self) -> &'static str {
        match &self.content {
            Content::Scalar(scalar) if scalar.is_null() => "null",
            Content::Scalar(_) => "a scalar",
            Content::List(_) => "a list",
            Content::Map(_) => "a map",
        }
    }
}

impl Scalar {
    /// Nothing, `~` or `null` without quotes (YAML 1.2 §10.3.2).
    pub(crate) fn is_null(&self) -> bool {
        self.style == Style::Plain && matches!(&*self.text, "" | "~" | "null" | "Null" | "NULL")
    }

    /// The text that CloudFormation makes of it: `true` or `false` for a truth value.
    pub(crate) fn as_text(&self) -> &str {
        match self.truth().filter(|_| self.style == Style::Plain) {
            Some(true) => "true",
            Some(false) => "false",
            None => &self.text,
        }
    }

    /// A truth value, written as YAML 1.2 (§10.3.2) or JSON has it, or as a string: CloudFormation takes both.
    pub(crate) fn truth(&self) -> Option<bool> {
        match &*self.text {
            "true" | "True" | "TRUE" => Some(true),
            "false" | "False" | "FALSE" => Some(false),
            _ => None,
        }
    }
}

/// Nodes that are not in a file. Their span is that of the text they are made from.
impl Node {
    pub(crate) fn string(text: impl Into<Arc<str>>, span: Span) -> Self {
        Self { span, content: Content::Scalar(Scalar { text: text.into(), style: Style::Quoted }) }
    }

    /// `true`, `false`, a number or null, as it would be written.
    pub(crate) fn plain(text: impl Into<Arc<str>>, span: Span) -> Self {
        Self { span, content: Content::Scalar(Scalar { text: text.into(), style: Style::Plain }) }
    }

    pub(crate) fn list(items: impl IntoIterator<Item = Self>, span: Span) -> Self {
        Self { span, content: Content::List(items.into_iter().collect()) }
    }

    /// A map of these entries. If a key occurs twice, the first value is kept.
    pub(crate) fn map_of<K: Into<Arc<str>>>(
        entries: impl IntoIterator<Item = (K, Self)>,
        span: Span,
    ) -> Self {
        Self::from_map(Map::of(entries), span)
    }

    pub(crate) fn from_map(map: Map, span: Span) -> Self {
        Self { span, content: Content::Map(Arc::new(map)) }
    }

    /// `{"Ref": name}`.
    pub(crate) fn reference(name: &str, span: Span) -> Self {
        Self::map_of([("Ref", Self::string(name, span))], span)
    }

    /// `{"Fn::GetAtt": [name, attribute]}`.
    pub(crate) fn attribute(name: &str, attribute: &str, span: Span) -> Self {
        let path = Self::list([Self::string(name, span), Self::string(attribute, span)], span);
        Self::map_of([("Fn::GetAtt", path)], span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: &str, value: &str) -> Entry {
        let span = Span::top_of(0);
        Entry { key: Key { text: key.into(), span }, value: Node::plain(value, span) }
    }

    #[test]
    fn maps_keep_their_order_and_the_first_of_each_key() {
        let (map, repeated) =
            Map::new([entry("b", "1"), entry("a", "2"), entry("b", "3"), entry("c", "4"), entry("a", "5")]);
        let text = |entry: &Entry| format!("{}={}", entry.key.text, entry.value.text().unwrap());
        assert_eq!(map.entries().iter().map(text).collect::<Vec<_>>(), ["b=1", "a=2", "c=4"]);
        assert_eq!(repeated.iter().map(text).collect::<Vec<_>>(), ["a=5", "b=3"]);
        for (key, value) in [("a", Some("2")), ("b", Some("1")), ("c", Some("4")), ("d", None)] {
            assert_eq!(map.text_at(key), value);
        }
    }

    #[test]
    fn a_repeated_key_knows_whether_its_value_was_looked_at() {
        type Look = fn(&Map);
        let looks: [(Look, bool); 7] = [
            (|map| assert!(map.find("a").is_none()), false),
            (|map| assert!(map.find("b").is_some()), false),
            (|map| assert_eq!(map.keys().count(), 2), false),
            (|map| assert_eq!(map.unread().len(), 2), false),
            (|map| assert!(map.only().is_none()), false),
            (|map| assert!(map.clone().find("c").is_some()), true),
            (|map| assert_eq!(map.entries().len(), 2), true),
        ];
        for (look, is_read) in looks {
            let repeated = Repeated::new(&"c".into());
            let (map, _) = Map::new([entry("b", "1"), entry("c", "2")]);
            look(&map.with_repeated(vec![repeated.clone()]));
            assert_eq!(repeated.is_read(), is_read);
        }
    }

    #[test]
    fn only_plain_scalars_are_null() {
        let span = Span::top_of(0);
        for text in ["", "~", "null"] {
            assert!(Node::plain(text, span).is_null() && !Node::string(text, span).is_null());
        }
    }
}
