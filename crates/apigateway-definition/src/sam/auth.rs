//! `Auth` of an API: the default for routes without their own, and the authorizers that routes may name.

use std::sync::Arc;

use crate::{
    code::Code,
    model::ApiKind,
    problem::{Problem, error},
    sam::{
        authorizers::{self, SamAuthorizers},
        edit::with,
        events::SamEvent,
        values::{only_known, text_of, truth_of},
    },
    session::Session,
    source::Span,
    tree::{Entry, Map, Node},
};

/// The authorization settings of an API.
#[derive(Debug)]
pub(crate) struct Auth {
    pub(crate) kind: ApiKind,
    pub(crate) authorizers: SamAuthorizers,
    pub(crate) default: Option<(Arc<str>, Span)>,
    default_reach: Reach,
    pub(crate) key_reach: Reach,
    /// Whether `AWS_IAM` is an authorizer without being declared.
    has_iam: bool,
}

/// The operations that a default applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    Nothing,
    All,
    AllButOptions,
}

impl Reach {
    fn includes(self, method: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::All => true,
            Self::AllButOptions => !method.eq_ignore_ascii_case("options"),
        }
    }
}

impl Auth {
    /// Without `Auth`, nothing is protected.
    pub(crate) fn nothing(kind: ApiKind) -> Self {
        Self {
            kind,
            authorizers: SamAuthorizers::new(),
            default: None,
            default_reach: Reach::Nothing,
            key_reach: Reach::Nothing,
            has_iam: kind == ApiKind::Rest,
        }
    }

    pub(crate) fn read(node: &Node, kind: ApiKind, session: &Session<'_>) -> Result<Self, Problem> {
        let map = node
            .needed_map(Code::SAM_005, "`Auth`")
            .map_err(|problem| problem.help("leave the key out if nothing is to be protected"))?;
        let list = if kind == ApiKind::Rest { "Auth of an API, REST" } else { "Auth of an API, HTTP" };
        only_known(map, list, "`Auth` of the API")?;
        let flag =
            |name: &str, default: bool| map.find(name).map_or(Ok(default), |node| truth_of(node, name));
        let reach = |name: &str| Ok(if flag(name, true)? { Reach::All } else { Reach::AllButOptions });
        let key_reach = reach("AddApiKeyRequiredToCorsPreflight")?;
        let auth = Self {
            kind,
            authorizers: match map.find("Authorizers") {
                Some(node) => authorizers::read(node, kind, session)?,
                None => SamAuthorizers::new(),
            },
            default: map.entry("DefaultAuthorizer").map(|entry| default(entry, kind)).transpose()?.flatten(),
            default_reach: match kind {
                ApiKind::Rest => reach("AddDefaultAuthorizerToCorsPreflight")?,
                ApiKind::Http => Reach::AllButOptions,
            },
            key_reach: if flag("ApiKeyRequired", false)? { key_reach } else { Reach::Nothing },
            has_iam: kind == ApiKind::Rest || flag("EnableIamAuthorizer", false)?,
        };
        match &auth.default {
            // Without any authorizers, SAM accepts every name and deploys all routes open.
            Some((name, span)) if !auth.knows(name) => Err(undefined(name, *span)),
            _ => Ok(auth),
        }
    }

    /// Whether routes may name it.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.authorizers.contains_key(name) || name == "AWS_IAM" && self.has_iam
    }

    /// The security schemes of the authorizers.
    pub(crate) fn schemes(&self) -> impl Iterator<Item = Entry> {
        self.authorizers.values().map(|authorizer| authorizer.scheme.clone())
    }

    /// The security schemes that SAM adds because something names them.
    pub(crate) fn built_in<'e>(
        &self,
        events: impl IntoIterator<Item = &'e SamEvent>,
        span: Span,
    ) -> impl Iterator<Item = Entry> {
        let mut names_iam = self.default.as_ref().is_some_and(|(name, _)| &**name == "AWS_IAM");
        let mut names_key = self.key_reach != Reach::Nothing;
        for event in events.into_iter().filter_map(|event| event.auth.as_ref()) {
            names_iam |= self.has_iam && event.requires_iam();
            names_key |= event.requires_key();
        }
        let iam = names_iam.then(|| authorizers::iam(span));
        iam.into_iter().chain(names_key.then(|| authorizers::api_key(span)))
    }

    /// The scopes of routes that name the authorizer and no scopes.
    pub(crate) fn default_scopes(&self, name: &str) -> Option<&Node> {
        self.authorizers.get(name)?.scopes.as_ref()
    }
}

fn default(entry: &Entry, kind: ApiKind) -> Result<Option<(Arc<str>, Span)>, Problem> {
    let node = &entry.value;
    let is_left_out = node.text_at("Ref") == Some("AWS::NoValue");
    if kind == ApiKind::Http && is_left_out {
        return Ok(None);
    }
    match text_of(node) {
        Some(name) => Ok(Some((name, node.span))),
        None => Err(error!(SAM_004, "the default authorizer is not written out")
            .at(node.span, "a name is needed here")
            .help("write the name of one of `Authorizers`; which routes are protected must not depend on a parameter")),
    }
}

pub(crate) fn undefined(name: &str, span: Span) -> Problem {
    error!(SAM_003, "the API has no authorizer `{name}`")
        .at(span, "it is named here")
        .help("declare it under `Auth.Authorizers` of the API that the event belongs to")
}

/// The effect of the API on an operation that has an integration.
impl Auth {
    /// The operation with the default authorizer and the default API key.
    pub(crate) fn protect(&self, method: &str, operation: &Map, span: Span) -> Result<Map, Problem> {
        let existing = match operation.find("security") {
            None => Vec::new(),
            Some(node) => requirements(node)?,
        };
        let authorized = match self.kind {
            _ if !self.default_reach.includes(method) => existing.clone(),
            ApiKind::Http if !existing.is_empty() => existing.clone(),
            ApiKind::Http => self.default_requirement().into_iter().collect(),
            ApiKind::Rest => self.with_default(&existing),
        };
        let security = if self.key_reach == Reach::Nothing {
            authorized
        } else {
            self.with_key(authorized, method, span)
        };
        // SAM writes an empty list only if a key was required before.
        let is_same = security.len() == existing.len() && security.is_empty();
        Ok(if is_same { operation.clone() } else { with(operation, "security", Node::list(security, span)) })
    }

    fn default_requirement(&self) -> Option<Node> {
        let (name, span) = self.default.as_ref()?;
        Some(requirement(name, self.default_scopes(name), *span))
    }

    /// `NONE` removes the default, and an authorizer replaces it. Other requirements are kept with it.
    fn with_default(&self, existing: &[Node]) -> Vec<Node> {
        let Some(default) = self.default_requirement() else { return existing.to_vec() };
        let names_one =
            |node: &&Node| keys(node).any(|key| self.authorizers.contains_key(key) || key == "AWS_IAM");
        let (authorizers, mut others): (Vec<&Node>, Vec<&Node>) = existing.iter().partition(names_one);
        if let Some(index) = others.iter().position(|node| keys(node).any(|key| key == "NONE")) {
            others.remove(index);
            // The marker stays if nothing else is required.
            return if others.is_empty() { existing.to_vec() } else { others.into_iter().cloned().collect() };
        }
        if authorizers.is_empty() {
            return others.into_iter().cloned().chain([default]).collect();
        }
        others.into_iter().chain(authorizers).cloned().collect()
    }

    fn with_key(&self, security: Vec<Node>, method: &str, span: Span) -> Vec<Node> {
        let is_key = |node: &Node| keys(node).any(|key| key == "api_key" || key == "api_key_false");
        let is_off = security.iter().any(|node| keys(node).any(|key| key == "api_key_false"));
        let mut others: Vec<Node> = security.into_iter().filter(|node| !is_key(node)).collect();
        if !is_off && self.key_reach.includes(method) {
            others.push(requirement("api_key", None, span));
        }
        others
    }
}

fn keys(node: &Node) -> impl Iterator<Item = &str> {
    node.entries().iter().map(|entry| &*entry.key.text)
}

/// `{name: scopes}`
pub(crate) fn requirement(name: &str, scopes: Option<&Node>, span: Span) -> Node {
    Node::map_of([(name, scopes.cloned().unwrap_or_else(|| Node::list([], span)))], span)
}

/// The requirements of an operation, which must not be an intrinsic.
pub(crate) fn requirements(node: &Node) -> Result<Vec<Node>, Problem> {
    let items = node.items().filter(|items| items.iter().all(|item| item.map().is_some()));
    items
        .map(<[Node]>::to_vec)
        .ok_or_else(|| error!(SAM_005, "`security` is not a list of maps").at(node.span, "here"))
}
