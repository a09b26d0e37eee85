//! Authorizers of both kinds of API, from their properties.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    cloudformation::{
        draft::{ApiDraft, ApiId},
        jwt::{Jwt, as_code, header_of},
        pools,
        properties::{missing, only_known, only_listed},
        rest_jwt::RestJwt,
        scope::Scope,
        template::Resource,
        text::{Reference, Text},
    },
    code::Code,
    model::{Authorizer, CognitoAuthorizer},
    problem::{Problem, error},
    session::Session,
    source::Span,
    tree::Node,
};

/// The authorizers of the templates, each read once, by template and logical id.
#[derive(Debug, Default)]
pub(crate) struct Authorizers {
    by_id: BTreeMap<(usize, String), DeclaredAuthorizer>,
}

#[derive(Debug)]
struct DeclaredAuthorizer {
    /// The API it belongs to.
    api: Result<ApiId, Problem>,
    /// The authorizer, or why it cannot be read.
    authorizer: Result<Authorizer, Problem>,
    span: Span,
}

impl Authorizers {
    /// Reads the authorizers of this resource type with these functions.
    pub(crate) fn read(
        scopes: &[Scope<'_>],
        kind: &str,
        api: fn(Scope<'_>, &Resource) -> Result<ApiId, Problem>,
        read: fn(Scope<'_>, &Resource) -> Result<Authorizer, Problem>,
    ) -> Self {
        let mut by_id = BTreeMap::new();
        for (scope, resource) in scopes.iter().flat_map(|scope| scope.of_kind(kind)) {
            let authorizer = match scope.exists(resource) {
                Ok(true) => read(scope, resource),
                Ok(false) => continue,
                Err(problem) => Err(problem),
            };
            let declared = DeclaredAuthorizer { api: api(scope, resource), authorizer, span: resource.span };
            by_id.insert((scope.stack, resource.id.clone()), declared);
        }
        Self { by_id }
    }

    /// The authorizer that a route of the API names; `None` where it is declared in none of the templates.
    pub(crate) fn used(&self, text: &Text, api: &ApiId) -> Result<Option<&Authorizer>, Problem> {
        let problem =
            |message: String| Problem::error(Code::CFN_002, message).at(text.span, "it is named here");
        let (stack, id) = match text.only_reference() {
            Some(Reference::Resource { stack, id, .. }) => (*stack, id),
            Some(Reference::Attribute { stack, id, name, .. }) if name == "AuthorizerId" => (*stack, id),
            Some(Reference::Import(_)) => return Ok(None),
            None if text.known().is_some() => return Ok(None),
            _ => return Err(problem(format!("`{}` is not an authorizer", text.display()))),
        };
        let Some(declared) = self.by_id.get(&(stack, id.clone())) else {
            return Err(problem(format!("`{id}` is not an authorizer, or its condition does not hold")));
        };
        if declared.api.clone()? != *api {
            return Err(
                problem(format!("`{id}` is an authorizer of another API")).at(declared.span, "declared here")
            );
        }
        declared.authorizer.as_ref().map(Some).map_err(Clone::clone)
    }

    /// Reports authorizers that could not be read, even if no route uses them. A route that uses one is refused.
    pub(crate) fn leave_out_unreadable(&self, session: &Session<'_>) {
        for ((_, id), declared) in &self.by_id {
            if let Some(problem) = declared.authorizer.as_ref().err().or(declared.api.as_ref().err()) {
                session.leave_out(format!("the authorizer `{id}`"), problem.message.clone(), declared.span);
            }
        }
    }

    /// Adds each readable authorizer to its API.
    pub(crate) fn add_to(&self, drafts: &mut [ApiDraft]) {
        for draft in drafts {
            draft.authorizers.extend(self.of_api(&draft.id));
        }
    }

    fn of_api(&self, api: &ApiId) -> Vec<(Authorizer, Span)> {
        let belongs =
            |declared: &&DeclaredAuthorizer| declared.api.as_ref().is_ok_and(|declared| declared == api);
        let readable =
            |declared: &DeclaredAuthorizer| Some((declared.authorizer.clone().ok()?, declared.span));
        self.by_id.values().filter(belongs).filter_map(readable).collect()
    }
}

/// `AWS::ApiGateway::Authorizer` (CloudFormation user guide).
pub(crate) fn rest(scope: Scope<'_>, resource: &Resource) -> Result<Authorizer, Problem> {
    only_listed(&resource.properties, "an authorizer of a REST API")?;
    match &*kind_of(scope, resource, "Type")? {
        "TOKEN" | "REQUEST" => Ok(lambda(scope, resource)),
        "COGNITO_USER_POOLS" => {
            let settings = Cognito {
                name: resource.id.clone(),
                span: resource.span,
                arns: resource.property("ProviderARNs").cloned(),
                identity_source: resource.property("IdentitySource").cloned(),
                result_ttl: resource.property("AuthorizerResultTtlInSeconds").cloned(),
                validation_expression: resource.property("IdentityValidationExpression").cloned(),
            };
            settings.read(scope).map(|authorizer| Authorizer::Cognito(Arc::new(authorizer)))
        }
        "JWT" => {
            let settings = RestJwt {
                name: resource.id.clone(),
                span: resource.span,
                configuration: resource.property("JwtConfiguration").cloned(),
                identity_source: resource.property("IdentitySource").cloned(),
            };
            settings.read(scope).map(|authorizer| Authorizer::RestJwt(Arc::new(authorizer)))
        }
        other => Err(error!(CFN_002, "`{other}` is not a type of authorizer known here")
            .at(resource.span, "this authorizer")),
    }
}

/// The settings of a Cognito authorizer, unresolved; a template and an OpenAPI document have the same.
pub(crate) struct Cognito {
    pub(crate) name: String,
    pub(crate) span: Span,
    pub(crate) arns: Option<Node>,
    pub(crate) identity_source: Option<Node>,
    pub(crate) result_ttl: Option<Node>,
    pub(crate) validation_expression: Option<Node>,
}

impl Cognito {
    pub(crate) fn read(&self, scope: Scope<'_>) -> Result<CognitoAuthorizer, Problem> {
        let arns = scope.texts(&self.arns).map_err(|problem| as_code(problem, Code::CFN_003))?;
        let pools = arns
            .unwrap_or_default()
            .iter()
            .map(|arn| pools::from_arn(scope, arn))
            .collect::<Result<Vec<_>, _>>()?;
        if pools.is_empty() {
            return Err(error!(CFN_003, "the authorizer `{}` has no user pool", self.name)
                .at(self.arns.as_ref().map_or(self.span, |node| node.span), "here")
                .help("a Cognito authorizer needs at least one ARN in `ProviderARNs`"));
        }
        let header = header_of(scope, self.identity_source.as_ref(), self.span)?;
        let setting = |scope: Scope<'_>, node| {
            scope.known_text(node).map_err(|problem| problem.with_code(Code::CFN_005))
        };
        // The result TTL does not affect decisions.
        let ttl = setting(scope.informing(), &self.result_ttl)?;
        let result_ttl = match ttl.as_deref().map(|text| (text, text.parse::<u16>())) {
            None => None,
            Some((_, Ok(seconds))) if seconds <= 3600 => Some(seconds),
            Some((text, _)) => {
                let place = self.result_ttl.as_ref().map_or(self.span, |node| node.span);
                return Err(
                    error!(CFN_005, "`{text}` is not a number of seconds from 0 to 3600").at(place, "here")
                );
            }
        };
        Ok(CognitoAuthorizer {
            name: self.name.clone(),
            pools,
            header,
            result_ttl,
            validation_expression: setting(scope, &self.validation_expression)?,
            source: scope.session.location(self.span),
        })
    }
}

/// `AWS::ApiGatewayV2::Authorizer`
pub(crate) fn http(scope: Scope<'_>, resource: &Resource) -> Result<Authorizer, Problem> {
    only_listed(&resource.properties, "an authorizer of an HTTP API")?;
    match &*kind_of(scope, resource, "AuthorizerType")? {
        "REQUEST" => Ok(lambda(scope, resource)),
        "JWT" => {
            let configuration = scope.map(resource.property("JwtConfiguration"))?.unwrap_or_default();
            only_known(&configuration, &["Audience", "Issuer"], "`JwtConfiguration`")?;
            let settings = Jwt {
                name: resource.id.clone(),
                span: resource.span,
                issuer: configuration.find("Issuer").cloned(),
                audience: configuration.find("Audience").cloned(),
                identity_source: resource.property("IdentitySource").cloned(),
            };
            settings.read(scope).map(|authorizer| Authorizer::Jwt(Arc::new(authorizer)))
        }
        other => Err(error!(CFN_002, "`{other}` is not a type of authorizer known here")
            .at(resource.span, "this authorizer")),
    }
}

/// The type of the authorizer, in capitals.
fn kind_of(scope: Scope<'_>, resource: &Resource, property: &str) -> Result<String, Problem> {
    let kind = scope.known_text(resource.property(property));
    let kind = kind.map_err(|problem| problem.with_code(Code::CFN_002))?;
    Ok(kind.ok_or_else(|| missing(Code::CFN_002, property, resource))?.to_ascii_uppercase())
}

fn lambda(scope: Scope<'_>, resource: &Resource) -> Authorizer {
    Authorizer::Lambda { name: resource.id.clone(), source: scope.session.location(resource.span) }
}
