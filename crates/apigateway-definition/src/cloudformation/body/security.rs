//! The `security` of an operation and of the document.

use apigateway_routes::RouteKey;

use crate::{
    cloudformation::{
        body::schemes::{Scheme, Schemes},
        routes,
        scope::Scope,
    },
    code::Code,
    help::{Help, ImportInput},
    model::{Authorizer, OpenReason, RefusedReason, Rule},
    problem::Problem,
    source::Span,
    tree::{Entry, Map, Node},
};

/// What an operation says.
pub(crate) struct Security {
    pub(crate) api_key: bool,
    asks: Asks,
}

/// What a route needs beside an API key.
#[derive(Clone)]
enum Asks {
    /// Nothing is written: what the document says counts.
    Unsaid,
    /// Nothing, by `[]` or by a marker that says so.
    Nothing,
    /// Nothing, by `{}`, which other tools read as optional.
    Anonymous,
    Iam,
    Authorizer(Authorizer, Vec<String>),
}

/// The `security` of the document, which counts for operations that have none.
pub(crate) struct Root {
    asks: Result<Asks, Problem>,
    span: Option<Span>,
}

impl Root {
    pub(crate) fn read(scope: Scope<'_>, node: Option<&Node>, schemes: &Schemes) -> Self {
        let Some(node) = node else { return Self { asks: Ok(Asks::Unsaid), span: None } };
        let listed = listed(scope, node, schemes);
        if listed.as_ref().is_ok_and(|security| security.api_key) {
            let why = "API Gateway asks for a key only where the operation itself does";
            scope.session.leave_out("the API key of the whole document", why, node.span);
        }
        Self { asks: listed.map(|security| security.asks), span: Some(node.span) }
    }

    fn protects(&self) -> bool {
        !matches!(self.asks, Ok(Asks::Unsaid | Asks::Nothing | Asks::Anonymous))
    }
}

impl Security {
    pub(crate) fn read(scope: Scope<'_>, operation: &Map, schemes: &Schemes) -> Result<Self, Problem> {
        let listed = match operation.find("security") {
            Some(node) => listed(scope, node, schemes)?,
            None => Self { api_key: false, asks: Asks::Unsaid },
        };
        match operation.find("x-amazon-apigateway-auth") {
            Some(node) => listed.with_auth(scope, node),
            None => Ok(listed),
        }
    }

    /// `x-amazon-apigateway-auth: {type: NONE | AWS_IAM}`
    fn with_auth(self, scope: Scope<'_>, node: &Node) -> Result<Self, Problem> {
        let settings = scope.map(node)?.unwrap_or_default();
        let text = settings.find("type").map_or(Ok(None), |node| scope.known_text(node))?.unwrap_or_default();
        let asks = match text.to_ascii_uppercase().as_str() {
            "NONE" => Asks::Nothing,
            "AWS_IAM" => Asks::Iam,
            _ => {
                return Err(Problem::error(Code::OAS_001, format!("`{text}` is neither NONE nor AWS_IAM"))
                    .at(node.span, "here"));
            }
        };
        if matches!(self.asks, Asks::Authorizer(..)) {
            return Err(several(node.span));
        }
        Ok(Self { asks: if matches!(self.asks, Asks::Iam) { Asks::Iam } else { asks }, ..self })
    }

    /// The rule of the operation.
    pub(crate) fn rule(
        &self,
        scope: Scope<'_>,
        root: &Root,
        key: &RouteKey,
        span: Span,
    ) -> Result<Rule, Problem> {
        let confirmed = scope.session.allows_open(key);
        match &self.asks {
            Asks::Unsaid => match (root.asks.clone()?, root.span) {
                (asks @ (Asks::Iam | Asks::Authorizer(..)), Some(root)) => {
                    warn_of_root(scope, root);
                    Ok(asked(scope, asks, key, span))
                }
                (Asks::Anonymous, Some(root)) if !confirmed => Err(optional(root)),
                _ => Ok(Rule::Open(OpenReason::NoSecurity)),
            },
            Asks::Nothing | Asks::Anonymous if confirmed => Ok(Rule::Open(OpenReason::Allowed)),
            Asks::Nothing | Asks::Anonymous if root.protects() => Err(Problem::error(
                Code::OAS_003,
                "whether this opens the operation is not documented by AWS",
            )
            .at(span, "the document's `security` would protect it")
            .help(
                Help::from("give it its own `security`, or confirm that it may be open with ")
                    .input(ImportInput::AllowOpen(key.to_string())),
            )),
            Asks::Anonymous => Err(optional(span)),
            Asks::Nothing => Ok(Rule::Open(OpenReason::NoSecurity)),
            asks => Ok(asked(scope, asks.clone(), key, span)),
        }
    }
}

fn asked(scope: Scope<'_>, asks: Asks, key: &RouteKey, span: Span) -> Rule {
    match asks {
        Asks::Authorizer(authorizer, scopes) => routes::rule_of(scope, &authorizer, scopes, key, span),
        _ => routes::refused(scope, RefusedReason::Iam, key, span),
    }
}

/// AWS documents that the document's `security` is not used, and its import uses it.
fn warn_of_root(scope: Scope<'_>, span: Span) {
    scope.session.report(
        Problem::warning(
            Code::WARN_004,
            "operations without `security` are protected by that of the document",
        )
        .at(span, "here")
        .help("an API that was imported long ago may be open in AWS: import it again"),
    );
}

fn several(span: Span) -> Problem {
    Problem::error(Code::OAS_002, "several authorizers on one operation: API Gateway takes one")
        .at(span, "here")
        .help("keep one; an API key beside it is not an authorizer")
}

fn optional(span: Span) -> Problem {
    Problem::error(Code::OAS_002, "`{}` makes the authorizer optional, which API Gateway does not know")
        .at(span, "here")
        .help("drop it; write `security: []` if the operation is meant to be open")
}

/// What a list of requirements asks for. API Gateway asks for all that is in it, in one requirement or in several.
fn listed(scope: Scope<'_>, node: &Node, schemes: &Schemes) -> Result<Security, Problem> {
    let mut security = Security { api_key: false, asks: Asks::Nothing };
    let requirements = scope.list(node)?.unwrap_or_default();
    for requirement in &requirements {
        let map = scope.map(requirement)?.unwrap_or_default();
        if map.entries().is_empty() {
            if requirements.len() > 1 {
                return Err(optional(requirement.span));
            }
            security.asks = Asks::Anonymous;
        }
        for entry in map.entries() {
            security.add(scope, entry, schemes)?;
        }
    }
    Ok(security)
}

impl Security {
    fn add(&mut self, scope: Scope<'_>, entry: &Entry, schemes: &Schemes) -> Result<(), Problem> {
        let name = &*entry.key.text;
        let asks = match schemes.find(name) {
            // What SAM writes for `Authorizer: NONE`.
            None if name == "NONE" => return Ok(()),
            None => {
                return Err(Problem::error(Code::OAS_001, format!("there is no security scheme `{name}`"))
                    .at(entry.key.span, "it is named here"));
            }
            Some(scheme) => match scheme.clone()? {
                Scheme::ApiKey => {
                    self.api_key = true;
                    return Ok(());
                }
                Scheme::Iam => Asks::Iam,
                Scheme::Authorizer(authorizer) => {
                    Asks::Authorizer(authorizer, routes::scopes(scope, Some(&entry.value))?)
                }
            },
        };
        if !matches!(self.asks, Asks::Nothing) {
            return Err(several(entry.key.span));
        }
        self.asks = asks;
        Ok(())
    }
}
