//! The OpenAPI document of an API, while SAM works on it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    model::ApiKind,
    problem::{Problem, error},
    sam::{
        auth::{Auth, requirements},
        edit::{conditional, included, unreadable, with},
        events::{ANY, SamEvent},
        values::is_intrinsic,
    },
    session::Session,
    source::Span,
    tree::{Entry, Key, Map, Node},
};

const INTEGRATION: &str = "x-amazon-apigateway-integration";
const OPTIONS: &str = "options";

/// A document, and the changes that events make to it.
pub(crate) struct SamDocument<'s> {
    session: &'s Session<'s>,
    root: Map,
    span: Span,
    /// Whether SAM writes the whole document.
    is_managed: bool,
    paths: BTreeMap<Arc<str>, PathItem>,
}

struct PathItem {
    key: Key,
    /// The content of the given document; it may depend on conditions.
    written: Option<Node>,
    /// Whether SAM leaves out the path if all its events are left out. It does so if it writes the whole document.
    is_managed: bool,
    /// The operations that events add or change.
    changed: BTreeMap<String, Operation>,
}

struct Operation {
    settings: Map,
    condition: Option<Node>,
    span: Span,
}

/// The effect of an event on an operation that the document already has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// The requirements of the event, if it has any, replace those of the operation.
    Replaced,
    /// The requirements of the event are added to those of the operation.
    Joined,
}

impl<'s> SamDocument<'s> {
    /// The document that SAM starts from if none is given.
    pub(crate) fn empty(kind: ApiKind, span: Span, session: &'s Session<'s>) -> Self {
        let (name, version) = match kind {
            ApiKind::Rest => ("swagger", "2.0"),
            ApiKind::Http => ("openapi", "3.0.1"),
        };
        let root = Map::of([(name, Node::string(version, span))]);
        Self { session, root, span, is_managed: true, paths: BTreeMap::new() }
    }

    /// A given document.
    pub(crate) fn written(node: &Node, kind: ApiKind, session: &'s Session<'s>) -> Result<Self, Problem> {
        let node = included(node, session)?;
        let root = node.map().filter(|_| !is_intrinsic(&node));
        let root = root.ok_or_else(|| unreadable("the definition", &node))?;
        let mut document =
            Self { root: root.clone(), is_managed: false, ..Self::empty(kind, node.span, session) };
        let Some(paths) = root.find("paths") else { return Ok(document) };
        let paths = included(paths, session)?;
        let items = paths.map().filter(|_| !is_intrinsic(&paths));
        for entry in items.ok_or_else(|| unreadable("`paths`", &paths))?.entries() {
            document.path(&entry.key).written = Some(included(&entry.value, session)?);
        }
        Ok(document)
    }

    fn path(&mut self, key: &Key) -> &mut PathItem {
        let is_managed = self.is_managed;
        let new = || PathItem { key: key.clone(), written: None, is_managed, changed: BTreeMap::new() };
        self.paths.entry(Arc::clone(&key.text)).or_insert_with(new)
    }

    /// Adds the route of an event, with its requirements.
    pub(crate) fn add(&mut self, event: &SamEvent, security: Vec<Node>, found: Found) -> Result<(), Problem> {
        let session = self.session;
        let path = self.path(&Key { text: Arc::clone(&event.path), span: event.span });
        path.refuse_second(event)?;
        let written = path.operation(&event.method, session)?;
        if written.is_some() && event.condition.is_some() {
            return Err(error!(
                SAM_008,
                "the definition has `{} {}` without the condition", event.method, event.path
            )
            .at(event.span, "this event depends on it"));
        }
        let written = written.unwrap_or_default();
        let integration = Node::map_of([("type", Node::string("aws_proxy", event.span))], event.span);
        let settings = secured(&with(&written, INTEGRATION, integration), event.span, security, found)?;
        let operation = Operation { settings, condition: event.condition.clone(), span: event.span };
        path.changed.insert(event.method.clone(), operation);
        Ok(())
    }

    /// Adds the requirements of the event to those of an operation of the given document.
    pub(crate) fn override_security(&mut self, event: &SamEvent, security: Vec<Node>) -> Result<(), Problem> {
        let session = self.session;
        let path = self.path(&Key { text: Arc::clone(&event.path), span: event.span });
        path.refuse_second(event)?;
        let Some(written) = path.operation(&event.method, session)? else {
            return Err(error!(
                SAM_008,
                "the definition has no `{} {}` to override", event.method, event.path
            )
            .at(event.span, "this event"));
        };
        let settings = secured(&written, event.span, security, Found::Joined)?;
        path.changed.insert(event.method.clone(), Operation { settings, condition: None, span: event.span });
        Ok(())
    }

    /// The span of the document.
    pub(crate) fn span(&self) -> Span {
        self.span
    }

    /// The document with the default authorizer on its operations and, if there is CORS, answers to preflights.
    pub(crate) fn finish(self, auth: &Auth, cors: Option<Span>) -> Result<Map, Problem> {
        let mut answered: BTreeMap<&str, &PathItem> = BTreeMap::new();
        let mut paths = Vec::with_capacity(self.paths.len());
        for path in self.paths.values() {
            self.session.step(path.key.span)?;
            // `/a` and `/a/` are the same path in API Gateway, so SAM answers preflights once.
            let first = *answered.entry(path.key.text.trim_end_matches('/')).or_insert(path);
            let is_first = std::ptr::eq(first, path);
            if cors.is_some() && !is_first {
                path.answers_like(first)?;
            }
            let item = |written: &Map| path.finish(written, auth, cors.filter(|_| is_first), self.session);
            let value = match &path.written {
                Some(written) => conditional(written, self.session, &item)?,
                None => Node::from_map(item(&Map::default())?, path.key.span),
            };
            paths.push(Entry { key: path.key.clone(), value });
        }
        Ok(with(&self.root, "paths", Node::from_map(Map::new(paths).0, self.span)))
    }
}

impl PathItem {
    /// The operation of the given document.
    fn operation(&self, method: &str, session: &Session<'_>) -> Result<Option<Map>, Problem> {
        let Some(written) = &self.written else { return Ok(None) };
        let item = written.map().filter(|item| item.find("Fn::If").is_none());
        let item = item.ok_or_else(|| unreadable(&format!("`{}`", self.key.text), written))?;
        let Some(node) = item.find(method).filter(|node| !node.is_null()) else { return Ok(None) };
        let node = included(node, session)?;
        match node.map().filter(|operation| operation.find("Fn::If").is_none()) {
            Some(operation) => Ok(Some(operation.clone())),
            None => Err(unreadable(&format!("`{method}` of `{}`", self.key.text), &node)),
        }
    }

    /// An error for a second event, before any work is done for it.
    fn refuse_second(&self, event: &SamEvent) -> Result<(), Problem> {
        match self.changed.get(&event.method) {
            None => Ok(()),
            Some(first) => Err(error!(SAM_007, "two events for `{} {}`", event.method, event.path)
                .at(event.span, "this one")
                .at(first.span, "and this one")),
        }
    }

    /// An error if it matters which of two spellings of a path answers preflights. SAM takes the first in its hash table, as Python 2.7
    /// had it: neither the template nor the order of the names tells which that is.
    fn answers_like(&self, other: &Self) -> Result<(), Problem> {
        let existence = self.existence();
        if existence.is_some() && existence == other.existence() {
            return Ok(());
        }
        let (one, two) = (&self.key, &other.key);
        Err(error!(
            SAM_007,
            "`{}` and `{}` are one path, and which of the two answers preflights is not known",
            one.text,
            two.text
        )
        .at(one.span, "this path")
        .at(two.span, "and this one")
        .help("write the path the same way in each event"))
    }

    /// The names of the path's conditions. `None` if it is not known when the path exists, or if it has its own answer to preflights.
    fn existence(&self) -> Option<BTreeSet<&str>> {
        if self.changed.contains_key(OPTIONS) {
            return None;
        }
        if let Some(written) = &self.written {
            written.map().filter(|map| !is_intrinsic(written) && map.find(OPTIONS).is_none())?;
        }
        self.conditions().into_iter().map(Node::text).collect()
    }

    /// The conditions of which one must be true for the path to exist, none if it always does.
    fn conditions(&self) -> Vec<&Node> {
        let conditions = self.changed.values().map(|operation| operation.condition.as_ref());
        conditions.collect::<Option<Vec<&Node>>>().filter(|_| self.is_managed).unwrap_or_default()
    }

    fn finish(
        &self,
        written: &Map,
        auth: &Auth,
        cors: Option<Span>,
        session: &Session<'_>,
    ) -> Result<Map, Problem> {
        let mut entries = Vec::new();
        for entry in written.entries().iter().filter(|entry| !self.changed.contains_key(&*entry.key.text)) {
            session.step(entry.key.span)?;
            let protect = |operation: &Map| protected(&entry.key.text, operation, auth, entry.key.span);
            let value = if is_operation(&entry.key.text) {
                conditional(&entry.value, session, &protect)?
            } else {
                entry.value.clone()
            };
            entries.push(Entry { key: entry.key.clone(), value });
        }
        for (method, operation) in &self.changed {
            let settings = protected(method, &operation.settings, auth, operation.span)?;
            let value = if_any(operation.condition.iter(), Node::from_map(settings, operation.span));
            entries.push(Entry { key: Key { text: method.as_str().into(), span: operation.span }, value });
        }
        if let Some(span) = cors.filter(|_| entries.iter().all(|entry| &*entry.key.text != OPTIONS)) {
            let mock = Node::map_of([("type", Node::string("mock", span))], span);
            let settings = protected(OPTIONS, &Map::of([(INTEGRATION, mock)]), auth, span)?;
            let conditions = self.conditions().into_iter();
            let value = if_any(conditions, Node::from_map(settings, self.key.span));
            entries.push(Entry { key: Key { text: OPTIONS.into(), span: self.key.span }, value });
        }
        Ok(Map::new(entries).0)
    }
}

/// The operation with the requirements.
fn secured(operation: &Map, span: Span, security: Vec<Node>, found: Found) -> Result<Map, Problem> {
    if security.is_empty() {
        return Ok(operation.clone());
    }
    let own = match (found, operation.find("security")) {
        (Found::Joined, Some(node)) => requirements(node)?,
        _ => Vec::new(),
    };
    Ok(with(operation, "security", Node::list(own.into_iter().chain(security), span)))
}

/// Whether the key of a path item is a method, or may be meant as one.
fn is_operation(key: &str) -> bool {
    let is_other = matches!(key, "description" | "parameters" | "servers" | "summary");
    key == ANY || !is_other && !key.starts_with("x-")
}

/// Applies the defaults to an operation that has an integration, as SAM does, and to no other.
fn protected(method: &str, operation: &Map, auth: &Auth, span: Span) -> Result<Map, Problem> {
    match operation.find(INTEGRATION).filter(|node| !node.is_null()) {
        Some(_) => auth.protect(method, operation, span),
        None => Ok(operation.clone()),
    }
}

/// The value if one of the conditions is true, or if there are no conditions.
fn if_any<'n>(conditions: impl Iterator<Item = &'n Node>, value: Node) -> Node {
    let mut conditions = conditions.peekable();
    if conditions.peek().is_none() {
        return value;
    }
    let span = value.span;
    conditions.fold(Node::reference("AWS::NoValue", span), |otherwise, condition| {
        Node::map_of([("Fn::If", Node::list([condition.clone(), value.clone(), otherwise], span))], span)
    })
}
