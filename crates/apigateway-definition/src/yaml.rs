//! Bytes to a tree: YAML 1.2 and JSON alike, with bounds on everything that can grow.

use std::{collections::HashMap, sync::Arc};

use granit_parser::{Event, Parser, ScalarStyle, Tag};

use crate::{
    code::Code,
    problem::Problem,
    repeated::{MOST_REPEATED, RepeatedKey},
    source::{SourceFile, Span},
    tree::{Content, Entry, Key, Map, Node, Repeated, Scalar, Style},
};

/// The deepest nesting of maps and lists, with aliases expanded.
pub(crate) const DEEPEST: usize = 100;
/// The largest number of nodes of a file, with aliases expanded. CloudFormation allows templates of 1 MB, which have fewer.
pub(crate) const MOST_NODES: usize = 500_000;

/// A document, and the keys that occur more than once in one of its maps.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) root: Node,
    pub(crate) repeated: Vec<RepeatedKey>,
}

/// Reads one document.
///
/// # Errors
///
/// The first syntax error of the parser.
pub(crate) fn parse(file: usize, source: &SourceFile) -> Result<Parsed, Problem> {
    let options = granit_parser::options! {
        flow_nesting_limit: DEEPEST,
        block_nesting_limit: DEEPEST,
        // In minified JSON, the first key may be any string.
        simple_key_max_lookahead: 64 * 1024,
        emit_comments: false,
    };
    let mut builder = Builder::new(file);
    for event in Parser::new_from_str_with_options(&source.text, options) {
        let (event, span) = event.map_err(|error| {
            let at = error.marker().byte_offset().unwrap_or_default();
            syntax(error.info()).at(Span { file, start: at, end: at }, "here")
        })?;
        let bytes = span.byte_range().unwrap_or_default();
        builder.event(event, Span { file, start: bytes.start, end: bytes.end })?;
    }
    builder.finish()
}

fn syntax(message: impl Into<String>) -> Problem {
    Problem::error(Code::YAML_001, message)
}

/// Makes nodes of events, without recursion.
struct Builder {
    file: usize,
    open: Vec<Open>,
    root: Option<Built>,
    anchors: HashMap<usize, Built>,
    nodes: usize,
    repeated: Vec<RepeatedKey>,
    /// The keys that two merged maps have, by the bytes at which they start. Many maps may merge the same two.
    merged: HashMap<(usize, usize), Repeated>,
}

/// A node, and the number of nodes to visit in it.
#[derive(Clone)]
struct Built {
    node: Node,
    weight: usize,
    height: usize,
}

/// A map or list that is not complete yet.
struct Open {
    start: Span,
    anchor: usize,
    tag: Option<String>,
    weight: usize,
    height: usize,
    children: Children,
}

enum Children {
    List(Vec<Node>),
    Map(OpenMap),
}

/// A map that is not complete yet.
#[derive(Default)]
struct OpenMap {
    written: Vec<Entry>,
    merged: Vec<Node>,
    /// The merge key `<<`.
    merge_key: Option<Span>,
    /// The key that has no value yet.
    key: Option<(Key, Style)>,
}

impl Builder {
    fn new(file: usize) -> Self {
        Self {
            file,
            open: Vec::new(),
            root: None,
            anchors: HashMap::new(),
            nodes: 0,
            repeated: Vec::new(),
            merged: HashMap::new(),
        }
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Problem> {
        match event {
            Event::DocumentStart(..) if self.root.is_some() => {
                Err(syntax("a second document: a definition is one document").at(span, "it starts here"))
            }
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.as_deref().and_then(custom_tag);
                let plain = matches!(style, ScalarStyle::Plain) && tag.as_deref() != Some("");
                let style = if plain { Style::Plain } else { Style::Quoted };
                let content = Content::Scalar(Scalar { text: text.as_ref().into(), style });
                self.close(Node { span, content }, anchor, tag, 1, 1)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.push(span, anchor, tag.as_deref(), Children::List(Vec::new()))
            }
            Event::MappingStart(_, anchor, tag) => {
                self.push(span, anchor, tag.as_deref(), Children::Map(OpenMap::default()))
            }
            Event::SequenceEnd | Event::MappingEnd => self.pop(span),
            Event::Alias(anchor) => {
                let Some(mut built) = self.anchors.get(&anchor).cloned() else {
                    return Err(syntax("an alias inside its own anchor").at(span, "it would never end"));
                };
                built.node.span = span;
                self.place(built)
            }
            _ => Ok(()),
        }
    }

    fn push(
        &mut self,
        start: Span,
        anchor: usize,
        tag: Option<&Tag>,
        children: Children,
    ) -> Result<(), Problem> {
        if self.open.len() >= DEEPEST {
            return Err(too_deep(start));
        }
        let tag = tag.and_then(custom_tag).filter(|tag| !tag.is_empty());
        self.open.push(Open { start, anchor, tag, weight: 1, height: 1, children });
        Ok(())
    }

    fn pop(&mut self, end: Span) -> Result<(), Problem> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let last = match &open.children {
            Children::List(items) => items.last().map(|item| item.span.end),
            Children::Map(map) => map.written.last().map(|entry| entry.value.span.end),
        };
        // The end of a block is found only where the next thing starts.
        let end = if end.end > end.start { end.end } else { last.unwrap_or(open.start.end) };
        let span = Span { file: self.file, start: open.start.start, end: end.max(open.start.start) };
        let content = match open.children {
            Children::List(items) => Content::List(items.into()),
            Children::Map(map) => Content::Map(Arc::new(self.map(map.written, &map.merged)?)),
        };
        self.close(Node { span, content }, open.anchor, open.tag, open.weight, open.height)
    }

    /// The map of the entries written, and of those merged in (`<<`) that are not written.
    fn map(&mut self, entries: Vec<Entry>, merged: &[Node]) -> Result<Map, Problem> {
        let (map, again) = Map::new(entries);
        let mut repeated = Vec::with_capacity(again.len());
        for entry in &again {
            let first = map.entry(&entry.key.text).map_or(entry.key.span, |first| first.key.span);
            let key = RepeatedKey::new(&entry.key, first);
            repeated.push(key.key.clone());
            self.repeated(key)?;
        }
        if merged.is_empty() {
            return Ok(map.with_repeated(repeated));
        }
        let merged = || merged.iter().filter_map(Node::map);
        let inherited = merged().flat_map(Map::repeated);
        repeated.extend(inherited.filter(|inherited| map.find(inherited.key()).is_none()).cloned());
        let inherited = merged().flat_map(Map::unread);
        let (all, again) = Map::new(map.unread().iter().chain(inherited).cloned());
        for entry in again.iter().filter(|entry| map.find(&entry.key.text).is_none()) {
            let first = all.entry(&entry.key.text).map_or(entry.key.span, |first| first.key.span);
            // Two maps may have merged the same third one.
            if first != entry.key.span {
                repeated.push(self.in_two_maps(&entry.key, first)?);
            }
        }
        Ok(all.with_repeated(repeated))
    }

    /// Records a key of two merged maps.
    fn in_two_maps(&mut self, again: &Key, first: Span) -> Result<Repeated, Problem> {
        let place = (again.span.start, first.start);
        if let Some(known) = self.merged.get(&place) {
            return Ok(known.clone());
        }
        let key = RepeatedKey::merged(again, first);
        let repeated = key.key.clone();
        self.merged.insert(place, repeated.clone());
        self.repeated(key)?;
        Ok(repeated)
    }

    fn repeated(&mut self, key: RepeatedKey) -> Result<(), Problem> {
        if self.repeated.len() >= MOST_REPEATED {
            let message = format!("more than {MOST_REPEATED} keys occur twice");
            return Err(syntax(message).at(key.again(), "this one too"));
        }
        self.repeated.push(key);
        Ok(())
    }

    fn close(
        &mut self,
        node: Node,
        anchor: usize,
        tag: Option<String>,
        weight: usize,
        height: usize,
    ) -> Result<(), Problem> {
        let built = match tag.filter(|tag| !tag.is_empty()) {
            None => Built { node, weight, height },
            Some(tag) => {
                let span = node.span;
                let node = Node::map_of([(long_form(&tag), node)], span);
                Built { node, weight: weight + 1, height: height + 1 }
            }
        };
        if anchor != 0 {
            self.anchors.insert(anchor, built.clone());
        }
        self.place(built)
    }

    /// Adds a finished node to the open map or list.
    fn place(&mut self, built: Built) -> Result<(), Problem> {
        let Built { node, weight, height } = built;
        self.nodes += 1;
        let Some(open) = self.open.last_mut() else {
            self.root = Some(Built { node, weight, height });
            return Ok(());
        };
        open.weight = open.weight.saturating_add(weight);
        open.height = open.height.max(height.saturating_add(1));
        if open.weight > MOST_NODES || self.nodes > MOST_NODES {
            return Err(syntax(format!("more than {MOST_NODES} values, aliases expanded"))
                .at(node.span, "too many here")
                .help("split the file"));
        }
        if open.height > DEEPEST {
            return Err(too_deep(node.span));
        }
        match &mut open.children {
            Children::List(items) => items.push(node),
            Children::Map(map) => match map.key.take() {
                None => {
                    let Content::Scalar(scalar) = node.content else {
                        return Err(syntax("a key that is not a string").at(node.span, "this key"));
                    };
                    map.key = Some((Key { text: scalar.text, span: node.span }, scalar.style));
                }
                Some((name, Style::Plain)) if &*name.text == "<<" => {
                    if let Some(first) = map.merge_key.replace(name.span) {
                        return Err(syntax("`<<` occurs twice: tools disagree about which wins")
                            .at(name.span, "again here")
                            .at(first, "first here")
                            .help("write one `<<` with a list"));
                    }
                    merge(&mut map.merged, &node)?;
                }
                Some((key, _)) => map.written.push(Entry { key, value: node }),
            },
        }
        Ok(())
    }

    fn finish(self) -> Result<Parsed, Problem> {
        match self.root {
            Some(root) => Ok(Parsed { root: root.node, repeated: self.repeated }),
            None => Err(syntax("the file is empty").at(Span::top_of(self.file), "nothing is here")),
        }
    }
}

/// The value of a merge key: a map, or several, of which the earlier win (the YAML type `merge`). `PyYAML` 6.0.4 lets the later
/// win, so a key of two maps counts as one that occurs twice.
fn merge(merged: &mut Vec<Node>, node: &Node) -> Result<(), Problem> {
    let several: Vec<Node> = match &node.content {
        Content::List(items) => items.to_vec(),
        _ => vec![node.clone()],
    };
    if several.iter().any(|one| one.map().is_none()) {
        return Err(syntax("`<<` takes a map or a list of maps").at(node.span, "this is neither"));
    }
    merged.extend(several);
    Ok(())
}

fn too_deep(span: Span) -> Problem {
    syntax(format!("nested more than {DEEPEST} deep")).at(span, "too deep here")
}

/// The name of a tag that is not in YAML's core schema; empty for the tag of strings.
fn custom_tag(tag: &Tag) -> Option<String> {
    match tag.core_suffix() {
        Some("str") => Some(String::new()),
        Some(_) => None,
        None if tag.handle() == "!" || tag.handle().is_empty() => Some(tag.suffix().into()),
        None => Some(format!("{}{}", tag.handle(), tag.suffix())),
    }
}

/// `Ref` for `!Ref`, `Fn::Sub` for `!Sub`. A tag that CloudFormation does not have keeps its `!`, and the code that needs the
/// value reports it as unsupported.
fn long_form(tag: &str) -> String {
    const FUNCTIONS: [&str; 19] = [
        "And",
        "Base64",
        "Cidr",
        "Contains",
        "Equals",
        "FindInMap",
        "GetAZs",
        "GetAtt",
        "If",
        "ImportValue",
        "Join",
        "Length",
        "Not",
        "Or",
        "Select",
        "Split",
        "Sub",
        "ToJsonString",
        "Transform",
    ];
    match tag {
        "Ref" | "Condition" => tag.into(),
        function if FUNCTIONS.contains(&function) => format!("Fn::{function}"),
        other => format!("!{other}"),
    }
}

#[cfg(test)]
mod tests;
