//! Authorizers that no template declares. What they check must be bound.

use cognito_verify::{IssuerForm, UserPoolId};

use crate::{
    cloudformation::{scope::Scope, text::Text},
    code::Code,
    help::{Help, ImportInput},
    model::{CognitoAuthorizer, IdentitySource, JwtAuthorizer, PoolRef, Symbol, Value},
    problem::{Problem, error, warning},
};

/// A Cognito authorizer with this id, whose pool is the value that the id is bound to.
pub(crate) fn cognito(scope: Scope<'_>, id: &Text) -> Result<CognitoAuthorizer, Problem> {
    let name = name(
        scope,
        id,
        "its header is taken to be `Authorization`, and that it has no validation expression",
    );
    let pool = match scope.bound_elsewhere(&name) {
        Some(bound) => PoolRef::Id(bound.parse().map_err(|error: cognito_verify::PoolError| {
            Problem::error(Code::BIND_001, error.to_string()).at(id.span, "this authorizer is bound to it")
        })?),
        None => PoolRef::Symbol(symbol(&name)),
    };
    Ok(CognitoAuthorizer {
        pools: vec![pool],
        header: "Authorization".into(),
        result_ttl: None,
        validation_expression: None,
        source: scope.session.location(id.span),
        name,
    })
}

/// A JWT authorizer with this id. The id is bound to a user pool or an issuer, and `{id}.Audience` to the audiences, separated by
/// commas.
pub(crate) fn jwt(scope: Scope<'_>, id: &Text) -> Result<JwtAuthorizer, Problem> {
    let name = name(scope, id, "its identity source is taken to be the header `Authorization`");
    let bound = scope.bound_elsewhere(&name);
    let pool: Option<UserPoolId> = bound.and_then(|bound| bound.parse().ok());
    let issuer = match (bound, &pool) {
        (None, _) => Value::Symbol(symbol(&name)),
        (Some(_), Some(pool)) => Value::Known(pool.issuer(IssuerForm::Original).ok_or_else(|| {
            error!(BIND_001, "the issuer of `{pool}` is not known")
                .at(id.span, "this authorizer is bound to it")
                .help(Help::from("give the issuer with ").input(ImportInput::Binding(name.clone())))
        })?),
        (Some(issuer), None) if issuer.starts_with("https://") => Value::Known(issuer.into()),
        (Some(other), None) => {
            return Err(error!(BIND_001, "`{other}` is neither a user pool nor an issuer")
                .at(id.span, "this authorizer is bound to it"));
        }
    };
    let audience = format!("{name}.Audience");
    let audiences = match scope.bound_elsewhere(&audience) {
        Some(bound) => bound.split(',').map(|one| Value::Known(one.trim().into())).collect(),
        None => vec![Value::Symbol(symbol(&audience))],
    };
    Ok(JwtAuthorizer {
        issuer,
        pool: pool.map(PoolRef::Id),
        audiences,
        identity_source: IdentitySource::Header("Authorization".into()),
        source: scope.session.location(id.span),
        name,
    })
}

/// The id of the authorizer, after a warning that its settings are assumed.
fn name(scope: Scope<'_>, id: &Text, assumed: &str) -> String {
    let name = match id.only_reference() {
        Some(reference) => reference.name(),
        None => id.display(),
    };
    warning!(WARN_010, "the authorizer `{name}` is declared elsewhere: {assumed}")
        .at(id.span, "it is named here")
        .help(Help::from("give its user pool with ").input(ImportInput::Binding(name.clone())))
        .report(scope.session);
    name
}

fn symbol(name: &str) -> Symbol {
    Symbol { text: format!("${{{name}}}"), names: vec![name.into()] }
}
