//! Gateway responses, from a resource or a body.

use crate::{
    cloudformation::scope::Scope,
    model::GatewayResponse,
    problem::{Problem, error},
    source::Span,
    tree::Node,
};

/// The three settings of a gateway response, unresolved.
pub(crate) struct Response<'n> {
    pub(crate) kind: String,
    pub(crate) span: Span,
    pub(crate) status: Option<&'n Node>,
    pub(crate) parameters: Option<&'n Node>,
    pub(crate) templates: Option<&'n Node>,
}

impl Response<'_> {
    pub(crate) fn read(&self, scope: Scope<'_>) -> Result<GatewayResponse, Problem> {
        let scope = scope.informing();
        let status = scope.known_text(self.status)?.map(|text| {
            let status = text.parse::<u16>().ok().filter(|status| (100..600).contains(status));
            let span = self.status.map_or(self.span, |node| node.span);
            status.ok_or_else(|| error!(CFN_005, "`{text}` is not a status").at(span, "here"))
        });
        Ok(GatewayResponse {
            response_type: self.kind.clone(),
            status: status.transpose()?,
            parameters: texts(scope, self.parameters)?,
            templates: texts(scope, self.templates)?,
            source: scope.session.location(self.span),
        })
    }
}

fn texts(scope: Scope<'_>, node: Option<&Node>) -> Result<Vec<(String, String)>, Problem> {
    let map = scope.map(node)?.unwrap_or_default();
    let mut pairs = Vec::new();
    for entry in map.entries() {
        if let Some(text) = scope.known_text(&entry.value)? {
            pairs.push((entry.key.text.to_string(), text));
        }
    }
    Ok(pairs)
}
