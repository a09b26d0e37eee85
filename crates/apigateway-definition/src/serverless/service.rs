//! The parts of serverless.yml that affect routes, each resolved on demand.

use crate::{
    code::Code,
    problem::{Problem, error},
    serverless::{
        keys,
        variables::{ServiceConfiguration, VariableResolver},
    },
    session::Session,
    source::Span,
    tree::{Key, Map, Node, Style},
};

/// A service, with its functions and their events.
pub(super) struct Service<'s> {
    pub(super) session: &'s Session<'s>,
    pub(super) configuration: &'s ServiceConfiguration,
    pub(super) provider: Node,
    pub(super) functions: Vec<Function>,
}

pub(super) struct Function {
    pub(super) key: Key,
    pub(super) node: Node,
    pub(super) events: Vec<ServiceEvent>,
}

/// An event of a function: `http: GET /orders`.
#[derive(Clone)]
pub(super) struct ServiceEvent {
    pub(super) key: Key,
    /// The value, resolved only at the top level.
    pub(super) value: Node,
}

impl<'s> Service<'s> {
    /// Reads a service. Problems with its structure are reported.
    pub(super) fn read(
        configuration: &'s ServiceConfiguration,
        session: &'s Session<'s>,
    ) -> Result<Self, Problem> {
        let span = configuration.root.span;
        let mut service =
            Self { session, configuration, provider: Node::map_of::<&str>([], span), functions: Vec::new() };
        if let Some(provider) = service.find(&configuration.root, "provider")? {
            let name = match provider.map() {
                Some(_) => service.find(&provider, "name")?,
                None => Some(provider.clone()),
            };
            if name.as_ref().and_then(Node::text) != Some("aws") {
                return Err(shape("the provider is not `aws`", provider.span));
            }
            if let Some(changed) = service.find(&provider, "variableSyntax")? {
                return Err(error!(SLS_002, "`variableSyntax` changes how variables are written")
                    .at(changed.span, "here")
                    .help(keys::PACKAGE));
            }
            if provider.map().is_some() {
                service.provider = provider;
            }
        }
        for (key, node) in service.functions()? {
            match service.function(key, &node) {
                Ok(function) => service.functions.push(function),
                Err(problem) => problem.report(session),
            }
        }
        Ok(service)
    }

    pub(super) fn resolver(&self) -> VariableResolver<'_> {
        VariableResolver { configuration: self.configuration, session: self.session }
    }

    /// The node with its variables replaced.
    pub(super) fn value(&self, node: &Node) -> Result<Node, Problem> {
        self.resolver().value(node)
    }

    /// The stage that was given or is written in the file; it is used only in names.
    pub(super) fn stage(&self) -> Option<Node> {
        let told = self.session.inputs.stage.as_ref();
        told.map(|stage| Node::string(stage.as_str(), self.configuration.root.span))
            .or_else(|| self.provider.find("stage").cloned())
    }

    /// The Region that the file is deployed to, if it can be resolved. If it cannot, the code that needs it reports that.
    pub(super) fn region(&self) -> Option<String> {
        let region = self.find(&self.provider, "region").ok()??;
        region.text().map(String::from)
    }

    /// The name of its stack, if it is known: `provider.stackName`, or else service and stage.
    pub(super) fn stack_name(&self) -> Option<String> {
        if let Some(name) = self.find(&self.provider, "stackName").ok()? {
            return name.text().map(String::from);
        }
        let service = self.find(&self.configuration.root, "service").ok()??;
        let name = if service.map().is_some() { self.find(&service, "name").ok()?? } else { service };
        Some(format!("{}-{}", name.text()?, self.session.inputs.stage.as_ref()?))
    }

    /// The value under the key, resolved; `None` if it is missing or null.
    pub(super) fn find(&self, map: &Node, key: &str) -> Result<Option<Node>, Problem> {
        let Some(node) = map.find(key) else { return Ok(None) };
        Ok(Some(self.value(node)?).filter(|node| !node.is_null()))
    }

    /// The map, or the maps of the list, which together are one map.
    pub(super) fn parts(&self, node: &Node, what: &str) -> Result<Vec<Map>, Problem> {
        let node = self.value(node)?;
        let mut parts = Vec::new();
        for part in node.items().unwrap_or(std::slice::from_ref(&node)) {
            let part = self.value(part)?;
            match part.map() {
                Some(map) => parts.push(map.clone()),
                None if part.is_null() => {}
                None => {
                    let message = format!("`{what}` has {}, where a map was expected", part.describe());
                    return Err(shape(message, part.span));
                }
            }
        }
        Ok(parts)
    }

    /// Whether the service has a function of this name.
    pub(super) fn has_function(&self, name: &str) -> bool {
        self.functions.iter().any(|function| *function.key.text == *name)
    }

    /// The events of one kind.
    pub(super) fn events<'e>(&'e self, kind: &'e str) -> impl Iterator<Item = &'e ServiceEvent> {
        self.functions
            .iter()
            .flat_map(|function| &function.events)
            .filter(move |event| *event.key.text == *kind)
    }

    fn functions(&self) -> Result<Vec<(Key, Node)>, Problem> {
        let mut functions: Vec<(Key, Node)> = Vec::new();
        let Some(node) = self.configuration.root.find("functions") else { return Ok(functions) };
        for part in self.parts(node, "functions")? {
            for entry in part.entries() {
                if let Some((first, _)) = functions.iter().find(|(key, _)| key.text == entry.key.text) {
                    return Err(error!(SLS_020, "the function `{}` occurs twice", entry.key.text)
                        .at(entry.key.span, "again here")
                        .at(first.span, "first here")
                        .help("the framework merges the two, event by event: write it once"));
                }
                functions.push((entry.key.clone(), entry.value.clone()));
            }
        }
        Ok(functions)
    }

    fn function(&self, key: Key, node: &Node) -> Result<Function, Problem> {
        let node = self.value(node)?;
        node.needed_map(Code::FILE_001, &format!("the function `{}`", key.text))?;
        let mut events = Vec::new();
        if let Some(list) = self.find(&node, "events")? {
            let Some(items) = list.items() else {
                return Err(shape(format!("`events` is {}, not a list", list.describe()), list.span));
            };
            for item in items {
                events.extend(self.event(item)?);
            }
        }
        Ok(Function { key, node, events })
    }

    /// The events of one item of `events`, usually one.
    fn event(&self, item: &Node) -> Result<Vec<ServiceEvent>, Problem> {
        let item = self.value(item)?;
        let Some(map) = item.map() else {
            if item.is_null() || item.text().is_some_and(is_route) {
                return Err(shape("an event without method and path", item.span));
            }
            return Ok(Vec::new());
        };
        let has_route = map.entries().iter().any(|entry| is_route(&entry.key.text));
        let mut events = Vec::new();
        for entry in map.entries() {
            let name = &*entry.key.text;
            let known = keys::list("events");
            let meant = || keys::nearest(name, known.iter().copied()).is_some_and(is_route);
            // Next to a route, it may be an authorizer with too little indentation.
            if !known.contains(&name) && (has_route || meant()) {
                return Err(keys::misspelt(&entry.key, known, "the framework"));
            }
            let is_route = is_route(name);
            // The values of other events are not needed, so they may be unresolvable.
            let value = if is_route { self.value(&entry.value)? } else { entry.value.clone() };
            if is_route && value.is_null() {
                return Err(shape("an event without method and path", entry.key.span));
            }
            events.push(ServiceEvent { key: entry.key.clone(), value });
        }
        Ok(events)
    }
}

fn is_route(event: &str) -> bool {
    matches!(event, "http" | "httpApi")
}

/// An error for a part of the file with the wrong type or form.
pub(super) fn shape(message: impl Into<String>, span: Span) -> Problem {
    Problem::error(Code::FILE_001, message).at(span, "here")
}

/// Whether the value is truthy in JavaScript, as the framework evaluates it.
pub(super) fn is_truthy(node: &Node) -> bool {
    match node.scalar() {
        None => true,
        Some(scalar) if scalar.is_null() || scalar.text.is_empty() => false,
        Some(scalar) if scalar.style == Style::Quoted => true,
        Some(scalar) => {
            scalar.truth() != Some(false) && !scalar.text.parse::<f64>().is_ok_and(|number| number == 0.0)
        }
    }
}
