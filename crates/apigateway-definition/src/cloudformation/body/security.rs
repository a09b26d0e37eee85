//! The `security` of an operation and of the document.

use apigateway_routes::RouteKey;

use crate::{
    cloudformation::{
        body::schemes::{Scheme, Schemes},
        routes,
        scope::Scope,
    },
    help::{Help, ImportInput},
    model::{Authorizer, OpenReason, RefusedReason, Rule},
    problem::{Problem, error, warning},
    source::Span,
    tree::{Entry, Map, Node},
};

/// The security of an operation.
pub(crate) struct Security {
    pub(crate) api_key: bool,
    needs: Needs,
}

/// The requirement of a route, apart from an API key.
#[derive(Clone)]
enum Needs {
    /// The operation has no `security`: that of the document applies.
    Unspecified,
    /// Nothing: `[]`, or a marker such as `NONE`.
    Nothing,
    /// Nothing: `{}`, which other tools treat as optional.
    Anonymous,
    Iam,
    Authorizer(Authorizer, Vec<String>),
}

impl Needs {
    /// Whether both require the same authorizer with the same scopes. The name of an authorizer is unique in its document.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Iam, Self::Iam) => true,
            (Self::Authorizer(one, scopes), Self::Authorizer(other, other_scopes)) => {
                one.name() == other.name() && scopes == other_scopes
            }
            _ => false,
        }
    }
}

/// The `security` of the document, which applies to operations that have none.
pub(crate) struct Root {
    needs: Result<Needs, Problem>,
    span: Option<Span>,
}

impl Root {
    pub(crate) fn read(scope: Scope<'_>, node: Option<&Node>, schemes: &Schemes) -> Self {
        let Some(node) = node else { return Self { needs: Ok(Needs::Unspecified), span: None } };
        let listed = listed(scope, node, schemes);
        if listed.as_ref().is_ok_and(|security| security.api_key) {
            let why = "API Gateway requires a key only if the operation itself does";
            scope.session.leave_out("the API key of the whole document", why, node.span);
        }
        Self { needs: listed.map(|security| security.needs), span: Some(node.span) }
    }

    fn protects(&self) -> bool {
        !matches!(self.needs, Ok(Needs::Unspecified | Needs::Nothing | Needs::Anonymous))
    }
}

impl Security {
    pub(crate) fn read(scope: Scope<'_>, operation: &Map, schemes: &Schemes) -> Result<Self, Problem> {
        let listed = match operation.find("security") {
            Some(node) => listed(scope, node, schemes)?,
            None => Self { api_key: false, needs: Needs::Unspecified },
        };
        match operation.find("x-amazon-apigateway-auth") {
            Some(node) => listed.with_auth(scope, node),
            None => Ok(listed),
        }
    }

    /// `x-amazon-apigateway-auth: {type: NONE | AWS_IAM}`
    fn with_auth(self, scope: Scope<'_>, node: &Node) -> Result<Self, Problem> {
        let settings = scope.map(node)?.unwrap_or_default();
        let text = scope.known_text(settings.find("type"))?.unwrap_or_default();
        let needs = match text.to_ascii_uppercase().as_str() {
            "NONE" => Needs::Nothing,
            "AWS_IAM" => Needs::Iam,
            _ => {
                return Err(error!(OAS_001, "`{text}` is neither NONE nor AWS_IAM").at(node.span, "here"));
            }
        };
        if matches!(self.needs, Needs::Authorizer(..)) {
            return Err(several(node.span));
        }
        Ok(Self { needs: if matches!(self.needs, Needs::Iam) { Needs::Iam } else { needs }, ..self })
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
        match &self.needs {
            Needs::Unspecified => match (root.needs.clone()?, root.span) {
                (needs @ (Needs::Iam | Needs::Authorizer(..)), Some(root)) => {
                    warn_of_root(scope, root);
                    Ok(rule_of(scope, needs, key, span))
                }
                (Needs::Anonymous, Some(root)) if !confirmed => Err(optional(root)),
                _ => Ok(Rule::Open(OpenReason::NoSecurity)),
            },
            Needs::Nothing | Needs::Anonymous if confirmed => Ok(Rule::Open(OpenReason::Allowed)),
            Needs::Nothing | Needs::Anonymous if root.protects() => {
                Err(error!(OAS_003, "whether this opens the operation is not documented by AWS")
                    .at(span, "the document's `security` would protect it")
                    .help(
                        Help::from("give it its own `security`, or confirm that it may be open with ")
                            .input(ImportInput::AllowOpen(key.to_string())),
                    ))
            }
            Needs::Anonymous => Err(optional(span)),
            Needs::Nothing => Ok(Rule::Open(OpenReason::NoSecurity)),
            needs => Ok(rule_of(scope, needs.clone(), key, span)),
        }
    }
}

fn rule_of(scope: Scope<'_>, needs: Needs, key: &RouteKey, span: Span) -> Rule {
    match needs {
        Needs::Authorizer(authorizer, scopes) => routes::rule_of(scope, &authorizer, scopes, key, span),
        _ => routes::refused(scope, RefusedReason::Iam, key, span),
    }
}

/// AWS's documentation says that the `security` of the document is not used, but its import uses it.
fn warn_of_root(scope: Scope<'_>, span: Span) {
    warning!(WARN_004, "operations without `security` are protected by that of the document")
        .at(span, "here")
        .help("an API that was imported long ago may be open in AWS: import it again")
        .report(scope.session);
}

fn several(span: Span) -> Problem {
    error!(OAS_002, "several authorizers on one operation: API Gateway takes one")
        .at(span, "here")
        .help("keep one; an API key next to it is not an authorizer")
}

fn optional(span: Span) -> Problem {
    error!(OAS_002, "`{{}}` makes the authorizer optional, which API Gateway does not support")
        .at(span, "here")
        .help("drop it; write `security: []` if the operation is meant to be open")
}

/// What a list of requirements requires. API Gateway requires everything in the list, whether in one requirement or in several.
fn listed(scope: Scope<'_>, node: &Node, schemes: &Schemes) -> Result<Security, Problem> {
    let mut security = Security { api_key: false, needs: Needs::Nothing };
    let requirements = scope.list(node)?.unwrap_or_default();
    for requirement in &requirements {
        let map = scope.map(requirement)?.unwrap_or_default();
        if map.entries().is_empty() {
            if requirements.len() > 1 {
                return Err(optional(requirement.span));
            }
            security.needs = Needs::Anonymous;
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
        let needs = match schemes.find(name) {
            // What SAM writes for `Authorizer: NONE`.
            None if name == "NONE" => return Ok(()),
            None => {
                return Err(error!(OAS_001, "there is no security scheme `{name}`")
                    .at(entry.key.span, "it is named here"));
            }
            Some(scheme) => match scheme.clone()? {
                Scheme::ApiKey => {
                    self.api_key = true;
                    return Ok(());
                }
                Scheme::Iam => Needs::Iam,
                Scheme::Authorizer(authorizer) => {
                    Needs::Authorizer(authorizer, routes::scopes(scope, Some(&entry.value))?)
                }
            },
        };
        match &self.needs {
            Needs::Nothing => self.needs = needs,
            // SAM names the authorizer twice for an event with `OverrideApiAuth` on an API that it writes.
            known if known.is_same(&needs) => {}
            _ => return Err(several(entry.key.span)),
        }
        Ok(())
    }
}
