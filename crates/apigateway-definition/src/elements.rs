//! The elements of files that programs write, by the names that people look for: diagnostics name them beside line and column.

use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};

use crate::{
    source::Span,
    tree::{Content, Node},
};

/// The elements of one file.
#[derive(Debug, Default)]
struct File {
    /// Whether its lines may have secrets and are never printed.
    is_hidden: bool,
    /// Elements are named by their path from the root of the document: `items[3].resourceMethods.GET`.
    root: Option<Node>,
    /// Elements with names of their own: Terraform addresses, construct paths.
    named: Vec<(Span, Arc<str>)>,
}

/// The elements of the files of an import.
#[derive(Debug, Default)]
pub(crate) struct Elements {
    files: BTreeMap<usize, File>,
}

impl Elements {
    /// Never prints a line of the file.
    pub(crate) fn hide(&mut self, file: usize) {
        self.files.entry(file).or_default().is_hidden = true;
    }

    pub(crate) fn is_hidden(&self, file: usize) -> bool {
        self.files.get(&file).is_some_and(|file| file.is_hidden)
    }

    /// Names the elements of a document by the way from its root.
    pub(crate) fn add_tree(&mut self, root: &Node) {
        self.files.entry(root.span.file).or_default().root = Some(root.clone());
    }

    /// Gives an element a name.
    pub(crate) fn add(&mut self, span: Span, name: &str) {
        self.files.entry(span.file).or_default().named.push((span, name.into()));
    }

    /// The name of the innermost element at this place.
    pub(crate) fn name(&self, place: Span) -> Option<Arc<str>> {
        let file = self.files.get(&place.file)?;
        let holds = |span: &Span| span.start <= place.start && place.start < span.end.max(span.start + 1);
        let named = file.named.iter().filter(|(span, _)| holds(span));
        if let Some((_, name)) = named.min_by_key(|(span, _)| span.end - span.start) {
            return Some(Arc::clone(name));
        }
        let way = way_to(file.root.as_ref()?, place.start);
        if way.is_empty() { None } else { Some(way.into()) }
    }
}

/// The path from the root to the value or key at this byte.
fn way_to(root: &Node, at: usize) -> String {
    let mut way = String::new();
    let mut node = root;
    loop {
        let next = match &node.content {
            Content::Scalar(_) => None,
            Content::List(items) => {
                let index = items.partition_point(|item| item.span.end <= at);
                items.get(index).filter(|item| item.span.start <= at).inspect(|_| {
                    let _ = write!(way, "[{index}]");
                })
            }
            Content::Map(map) => {
                let holds = |entry: &&crate::tree::Entry| {
                    entry.key.span.start <= at && at < entry.value.span.end.max(entry.key.span.end)
                };
                map.unread().iter().find(holds).map(|entry| {
                    way.push_str(&step(&entry.key.text, way.is_empty()));
                    &entry.value
                })
            }
        };
        match next {
            Some(next) => node = next,
            None => return way,
        }
    }
}

/// `.key`, or `["a key"]` for one that is not a plain word.
pub(crate) fn step(key: &str, is_first: bool) -> String {
    let is_word =
        !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-$".contains(&byte));
    match (is_word, is_first) {
        (true, true) => key.to_owned(),
        (true, false) => format!(".{key}"),
        (false, _) => format!("[{key:?}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{source::SourceFile, yaml};

    #[test]
    fn an_element_is_named_by_the_way_from_the_root() {
        let text =
            r#"{"items": [{"id": "a"}, {"resourceMethods": {"GET": {"authorizerId": "x"}}, "a b": 1}]}"#;
        let root = yaml::parse(0, &SourceFile::new("a.json", text)).unwrap().root;
        let way = |part: &str| way_to(&root, text.find(part).unwrap());
        assert_eq!(way("\"a\""), "items[0].id");
        assert_eq!(way("GET"), "items[1].resourceMethods.GET");
        assert_eq!(way("\"x\""), "items[1].resourceMethods.GET.authorizerId");
        assert_eq!(way("a b"), r#"items[1]["a b"]"#);
        assert_eq!(way_to(&root, 0), "");
    }

    #[test]
    fn the_innermost_named_element_counts() {
        let mut elements = Elements::default();
        let span = |start, end| Span { file: 0, start, end };
        elements.add(span(0, 100), "outer");
        elements.add(span(10, 20), "inner");
        let name = |at| elements.name(span(at, at)).map(|name| name.to_string());
        assert_eq!(name(5).as_deref(), Some("outer"));
        assert_eq!(name(15).as_deref(), Some("inner"));
        assert_eq!(name(20).as_deref(), Some("outer"));
        assert_eq!(name(100), None);
    }
}
