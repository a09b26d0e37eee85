//! `Auth` of an event: what one route requires.

use std::sync::Arc;

use crate::{
    code::Code,
    model::ApiKind,
    problem::{Problem, error},
    sam::{
        authorizers,
        values::{only_known, text_of, truth_of},
    },
    source::Span,
    tree::{Entry, Node},
};

/// `Auth` of an event.
#[derive(Debug)]
pub(crate) struct EventAuth {
    pub(super) authorizer: Option<(Arc<str>, Span)>,
    pub(super) scopes: Option<Node>,
    pub(super) needs_key: Option<bool>,
    /// Whether it applies to an API with a given document.
    pub(crate) overrides: bool,
    pub(crate) policy: Option<Span>,
    pub(crate) span: Span,
}

impl EventAuth {
    /// Reads `Auth`; `None` if it is empty.
    pub(crate) fn read(entry: &Entry, kind: ApiKind) -> Result<Option<Self>, Problem> {
        let node = &entry.value;
        let map = node
            .needed_map(Code::SAM_005, "`Auth`")
            .map_err(|problem| problem.help("leave the key out to take what the API says"))?;
        let list = if kind == ApiKind::Rest { "Auth of an event, REST" } else { "Auth of an event, HTTP" };
        // SAM accepts any key, and ignores unknown ones.
        only_known(map, list, "`Auth` of an event")?;
        let flag = |name: &str| map.find(name).map(|node| truth_of(node, name)).transpose();
        let name = |node: &Node| {
            text_of(node).map(|name| (name, node.span)).ok_or_else(|| {
                error!(SAM_003, "the authorizer of the event is not written out")
                    .at(node.span, "a name is needed here")
                    .help("write the name of an authorizer of the API, or `NONE`")
            })
        };
        Ok((!map.entries().is_empty()).then_some(Self {
            authorizer: map.find("Authorizer").map(name).transpose()?,
            scopes: map.find("AuthorizationScopes").map(authorizers::scopes).transpose()?,
            needs_key: flag("ApiKeyRequired")?,
            overrides: flag("OverrideApiAuth")?.unwrap_or_default(),
            policy: map.entry("ResourcePolicy").map(|entry| entry.key.span),
            span: entry.key.span,
        }))
    }

    pub(crate) fn requires_iam(&self) -> bool {
        self.authorizer.as_ref().is_some_and(|(name, _)| &**name == "AWS_IAM")
    }

    pub(crate) fn requires_key(&self) -> bool {
        self.needs_key == Some(true)
    }

    pub(super) fn has_scopes(&self) -> bool {
        self.scopes.as_ref().and_then(Node::items).is_some_and(|items| !items.is_empty())
    }
}
