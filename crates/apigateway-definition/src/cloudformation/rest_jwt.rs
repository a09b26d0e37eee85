//! `JWT` authorizers of REST APIs, from a resource or a security scheme.

use std::sync::Arc;

use crate::{
    casing::uncapitalized,
    cloudformation::{
        jwt::{Jwt, header_of},
        properties::only_known,
        scope::Scope,
    },
    code::Code,
    model::{AdditionalClaim, RestJwtAuthorizer, TrustedIssuer},
    problem::{Problem, error, warning},
    source::Span,
    tree::{Map, Node},
};

/// The settings of the authorizer, unresolved.
pub(super) struct RestJwt {
    pub(super) name: String,
    pub(super) span: Span,
    pub(super) configuration: Option<Node>,
    pub(super) identity_source: Option<Node>,
}

/// Claims that have rules of their own ("`JwtAdditionalClaim`", API Gateway API reference).
const RESERVED: [&str; 7] = ["aud", "exp", "iat", "iss", "nbf", "scope", "scp"];

impl RestJwt {
    pub(super) fn read(&self, scope: Scope<'_>) -> Result<RestJwtAuthorizer, Problem> {
        let configuration = scope.map(&self.configuration)?;
        let configuration = configuration.ok_or_else(|| self.without("`JwtConfiguration`"))?;
        known(&configuration, &["DefaultAlgorithms", "Issuers"], "the `JwtConfiguration` of a REST API")?;
        self.check_algorithms(scope, &configuration)?;
        let issuers = scope.list(find(&configuration, "Issuers"))?.unwrap_or_default();
        if issuers.is_empty() {
            return Err(self.without("issuers"));
        }
        let issuers =
            issuers.iter().map(|issuer| self.issuer(scope, issuer)).collect::<Result<Vec<_>, _>>()?;
        let header = header_of(scope, self.identity_source.as_ref(), self.span)?;
        let what = format!("the responses of the JWT authorizer `{}`", self.name);
        let why = "how API Gateway refuses requests with it is not documented, so responses follow RFC 6750";
        scope.session.leave_out(what, why, self.span);
        Ok(RestJwtAuthorizer {
            name: self.name.clone(),
            issuers,
            header,
            source: scope.session.location(self.span),
        })
    }

    fn without(&self, what: &str) -> Problem {
        error!(CFN_006, "the JWT authorizer `{}` has no {what}", self.name)
            .at(self.span, "this authorizer")
            .help("a JWT authorizer needs at least one issuer with at least one audience")
    }

    /// User pools sign with RS256. Tokens with other algorithms are refused here, whatever the authorizer allows.
    fn check_algorithms(&self, scope: Scope<'_>, configuration: &Map) -> Result<(), Problem> {
        let Some(node) = find(configuration, "DefaultAlgorithms") else { return Ok(()) };
        let algorithms = scope.known_texts(node)?;
        if algorithms.iter().any(|algorithm| algorithm == "RS256") {
            return Ok(());
        }
        Err(error!(
            CFN_006,
            "the JWT authorizer `{}` does not allow RS256, with which user pools sign", self.name
        )
        .at(node.span, "here")
        .help("add RS256 to the algorithms"))
    }

    fn issuer(&self, scope: Scope<'_>, node: &Node) -> Result<TrustedIssuer, Problem> {
        let settings = scope.map(node)?.unwrap_or_default();
        known(&settings, &["AdditionalClaims", "Audiences", "Issuer"], "an issuer")?;
        // The authorizers of HTTP APIs have the same rules for these.
        let same = Jwt {
            name: self.name.clone(),
            span: node.span,
            issuer: find(&settings, "Issuer").cloned(),
            audience: find(&settings, "Audiences").cloned(),
            identity_source: Some(Node::string("$request.header.Authorization", self.span)),
        };
        let same = same.read(scope)?;
        let claims = scope.list(find(&settings, "AdditionalClaims"))?.unwrap_or_default();
        let additional_claims =
            claims.iter().map(|claim| additional_claim(scope, claim)).collect::<Result<Vec<_>, _>>()?;
        Ok(TrustedIssuer {
            issuer: same.issuer,
            pool: same.pool,
            audiences: same.audiences,
            additional_claims,
        })
    }
}

fn additional_claim(scope: Scope<'_>, node: &Node) -> Result<AdditionalClaim, Problem> {
    let settings: Arc<Map> = scope.map(node)?.unwrap_or_default();
    known(&settings, &["ClaimName", "ExpectedValues", "Format", "Required"], "an additional claim")?;
    let invalid = |message: String| Problem::error(Code::CFN_006, message).at(node.span, "this claim");
    let text = |key: &str| scope.known_text(find(&settings, key));
    let name = text("ClaimName")?.filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| invalid("an additional claim without `ClaimName`".into()))?;
    if RESERVED.contains(&&*name) {
        return Err(invalid(format!("`{name}` cannot be an additional claim")));
    }
    if text("Format")?.as_deref() != Some("SINGLE_STRING") {
        return Err(invalid(format!("the format of the claim `{name}` is not `SINGLE_STRING`")));
    }
    let values = scope.known_texts(find(&settings, "ExpectedValues"))?;
    let is_required = scope.truth(find(&settings, "Required"))?;
    if is_required != Some(true) {
        warning!(
            WARN_017,
            "the claim `{name}` is not required by the authorizer; here, tokens without it are refused"
        )
        .at(node.span, "this claim")
        .help("set `Required` to true, so that both do the same")
        .report(scope.session);
    }
    Ok(AdditionalClaim { name, values })
}

/// The setting, as templates write it (`Issuers`) or as documents and the AWS CLI do (`issuers`).
fn find<'m>(map: &'m Map, name: &str) -> Option<&'m Node> {
    map.find(name).or_else(|| map.find(&uncapitalized(name))).filter(|node| !node.is_null())
}

/// An error for an unknown setting, in either spelling.
fn known(map: &Map, names: &[&str], what: &str) -> Result<(), Problem> {
    let small: Vec<String> = names.iter().map(|name| uncapitalized(name)).collect();
    let both: Vec<&str> = names.iter().copied().chain(small.iter().map(String::as_str)).collect();
    only_known(map, &both, what)
}
