//! JWT authorizers, from their settings.

use crate::{
    cloudformation::{pools, scope::Scope, text::Text},
    code::Code,
    model::{IdentitySource, JwtAuthorizer},
    problem::{Problem, error, warning},
    source::Span,
    tree::Node,
};

/// The settings of a JWT authorizer, unresolved.
pub(crate) struct Jwt {
    pub(crate) name: String,
    pub(crate) span: Span,
    pub(crate) issuer: Option<Node>,
    pub(crate) audience: Option<Node>,
    pub(crate) identity_source: Option<Node>,
}

impl Jwt {
    pub(crate) fn read(&self, scope: Scope<'_>) -> Result<JwtAuthorizer, Problem> {
        let without = |what: &str| {
            error!(CFN_006, "the JWT authorizer `{}` has no {what}", self.name)
                .at(self.span, "this authorizer")
                .help("a JWT authorizer needs an issuer and at least one audience")
        };
        let issuer = scope.text(&self.issuer).map_err(|problem| as_code(problem, Code::CFN_006))?;
        let issuer = issuer.filter(|text| text.known() != Some("")).ok_or_else(|| without("issuer"))?;
        let audiences = scope.texts(&self.audience).map_err(|problem| as_code(problem, Code::CFN_006))?;
        let audiences = audiences.unwrap_or_default();
        if audiences.is_empty() || audiences.iter().any(|audience| audience.known() == Some("")) {
            return Err(without("audience"));
        }
        if let Some(known) = issuer.known()
            && known.contains("cognito-idp.")
            && known.ends_with('/')
        {
            warning!(WARN_006, "the issuer of a user pool ends in a slash: no token has it")
                .at(issuer.span, "here")
                .help("drop the slash")
                .report(scope.session);
        }
        if let Some((issued_in, pool)) = issuer.known().and_then(pools::region_and_pool)
            && pool.region() != issued_in
        {
            warning!(
                WARN_013,
                "the issuer is of the Region {issued_in}, and the user pool {pool} of {}: no token has it",
                pool.region()
            )
            .at(issuer.span, "here")
            .help("write the Region that the pool id begins with")
            .report(scope.session);
        }
        Ok(JwtAuthorizer {
            name: self.name.clone(),
            pool: pools::from_issuer(scope, &issuer),
            issuer: issuer.value(),
            audiences: audiences.iter().map(Text::value).collect(),
            identity_source: self.identity_source(scope)?,
            source: scope.session.location(self.span),
        })
    }

    /// Exactly one text, as a list with one item or, in OpenAPI, without a list.
    fn identity_source(&self, scope: Scope<'_>) -> Result<IdentitySource, Problem> {
        let invalid = |found: &str| {
            error!(CFN_004, "expected exactly one identity source, found {found}")
                .at(self.identity_source.as_ref().map_or(self.span, |node| node.span), "here")
                .help(
                    "write `$request.header.Authorization`, another header, or `$request.querystring.{name}`",
                )
        };
        let Some(node) = &self.identity_source else { return Err(invalid("none")) };
        let texts = match node.items() {
            Some(_) => scope.texts(node),
            None => scope.text(node).map(|text| text.map(|text| vec![text])),
        };
        let texts = texts.map_err(|problem| as_code(problem, Code::CFN_004))?.unwrap_or_default();
        let [text] = texts.as_slice() else { return Err(invalid(&texts.len().to_string())) };
        let known = text.known().ok_or_else(|| invalid(&format!("`{}`", text.display())))?;
        let header = known.strip_prefix("$request.header.").filter(|name| is_header(name));
        let query = known.strip_prefix("$request.querystring.");
        let query = query.filter(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()));
        match (header, query) {
            (Some(name), _) => Ok(IdentitySource::Header(name.into())),
            (_, Some(name)) => Ok(IdentitySource::Query(name.into())),
            _ => Err(invalid(&format!("`{known}`"))),
        }
    }
}

/// The header that is the identity source of an authorizer of a REST API, whose declaration is at this span.
pub(super) fn header_of(scope: Scope<'_>, source: Option<&Node>, span: Span) -> Result<String, Problem> {
    let text = scope.known_text(source).map_err(|problem| problem.with_code(Code::CFN_004))?;
    let header = text.as_deref().and_then(|text| text.strip_prefix("method.request.header."));
    header.filter(|name| is_header(name)).map(String::from).ok_or_else(|| {
        let found = text.as_ref().map_or("nothing".into(), |text| format!("`{text}`"));
        error!(CFN_004, "expected one request header as the identity source, found {found}")
            .at(source.map_or(span, |node| node.span), "here")
            .help("write `method.request.header.Authorization`, or another header")
    })
}

/// The name of a header: a token of RFC 9110 §5.6.2.
pub(crate) fn is_header(name: &str) -> bool {
    let other = |byte| b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || other(byte))
}

/// Gives the problem the code of the property, unless a condition or a parameter could not be evaluated.
pub(super) fn as_code(problem: Problem, code: Code) -> Problem {
    if problem.code == Code::CFN_010 { problem.with_code(code) } else { problem }
}
