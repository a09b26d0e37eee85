//! The routes of a definition as JSON.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use apigateway_definition::{
    AdditionalClaim, Api, ApiKey, ApiKind, Authorizer, Diagnostic, Imported, NotCarriedOver, Origin, PoolRef,
    Route, TrustedIssuer,
};
use serde::Serialize;

use crate::{
    definition::JsonProblem,
    routes::{
        check::Check,
        row::{self, AcceptedToken},
    },
};

/// What was read, and the result of `--check`.
#[derive(Serialize)]
struct JsonDefinition<'d> {
    apis: Vec<JsonApi<'d>>,
    open_routes: Vec<String>,
    unbound: Vec<&'d str>,
    not_carried_over: Vec<JsonLeftOut<'d>>,
    problems: Vec<JsonProblem<'d>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<JsonCheck<'d>>,
}

#[derive(Serialize)]
struct JsonUnread<'d> {
    problems: Vec<JsonProblem<'d>>,
}

#[derive(Serialize)]
struct JsonApi<'d> {
    id: &'d str,
    name: Option<&'d str>,
    kind: &'static str,
    stage: Option<&'d str>,
    routes: Vec<JsonRoute<'d>>,
    authorizers: Vec<JsonAuthorizer<'d>>,
    answers_preflights: bool,
}

#[derive(Serialize)]
struct JsonRoute<'d> {
    method: &'static str,
    path: &'d str,
    authorizer: Option<&'d str>,
    token: &'static str,
    scopes: &'d [String],
    preflight: bool,
    api_key: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    decided_by: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    displaced: Vec<&'d str>,
    notes: Vec<String>,
    source: String,
}

#[derive(Serialize)]
struct JsonTrustedIssuer {
    issuer: String,
    user_pool: Option<String>,
    audiences: Vec<String>,
    /// The name of each claim, and the strings of which it must be one.
    additional_claims: BTreeMap<String, Vec<String>>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum JsonAuthorizer<'d> {
    Cognito {
        name: &'d str,
        user_pools: Vec<String>,
        header: &'d str,
        result_ttl: Option<u16>,
        validation_expression: Option<&'d str>,
    },
    Jwt {
        name: &'d str,
        issuer: String,
        user_pool: Option<String>,
        audiences: Vec<String>,
        identity_source: String,
    },
    RestJwt {
        name: &'d str,
        header: &'d str,
        issuers: Vec<JsonTrustedIssuer>,
    },
    Lambda {
        name: &'d str,
    },
}

#[derive(Serialize)]
struct JsonLeftOut<'d> {
    what: &'d str,
    why: &'d str,
    source: String,
}

#[derive(Serialize)]
struct JsonCheck<'d> {
    passed: bool,
    failures: Vec<JsonFailure<'d>>,
}

#[derive(Serialize)]
struct JsonFailure<'d> {
    route: &'d str,
    why: &'static str,
}

/// Writes what was read.
pub(super) fn write(imported: &Imported, check: Option<&Check>, out: &mut dyn Write) -> io::Result<()> {
    let definition = &imported.definition;
    let report = JsonDefinition {
        apis: definition.apis.iter().map(api).collect(),
        open_routes: definition.open_routes().map(|route| route.key.to_string()).collect(),
        unbound: row::unbound(definition),
        not_carried_over: definition.not_carried_over.iter().map(left_out).collect(),
        problems: imported.diagnostics.iter().map(JsonProblem::from).collect(),
        check: check.map(|check| JsonCheck {
            passed: check.failures.is_empty(),
            failures: check
                .failures
                .iter()
                .map(|failure| JsonFailure { route: &failure.route, why: failure.why.code() })
                .collect(),
        }),
    };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}

/// Writes why nothing was read. The object has no member `apis`.
pub(super) fn write_problems(problems: &[Diagnostic], out: &mut dyn Write) -> io::Result<()> {
    let report = JsonUnread { problems: problems.iter().map(JsonProblem::from).collect() };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    writeln!(out)
}

fn api(api: &Api) -> JsonApi<'_> {
    JsonApi {
        id: &api.id,
        name: api.name.as_deref(),
        kind: if api.kind == ApiKind::Http { "http" } else { "rest" },
        stage: api.stage.as_deref(),
        routes: api.routes.iter().map(route).collect(),
        authorizers: api.authorizers.iter().filter_map(authorizer).collect(),
        answers_preflights: api.cors.is_some(),
    }
}

fn route(route: &Route) -> JsonRoute<'_> {
    let (authorizer, scopes) = row::authorizer(&route.rule).unzip();
    JsonRoute {
        method: route.key.method().as_str(),
        path: route.key.path().as_str(),
        authorizer,
        token: AcceptedToken::of(&route.rule).code(),
        scopes: scopes.unwrap_or_default(),
        preflight: route.origin == Origin::Preflight,
        api_key: route.api_key == ApiKey::Required,
        decided_by: route.decided_by.iter().map(ToString::to_string).collect(),
        displaced: route.displaced.iter().map(|displaced| &*displaced.key).collect(),
        notes: row::notes(route),
        source: route.source.to_string(),
    }
}

fn authorizer(authorizer: &Authorizer) -> Option<JsonAuthorizer<'_>> {
    let texts = |pools: &[PoolRef]| pools.iter().map(ToString::to_string).collect();
    Some(match authorizer {
        Authorizer::Cognito(of) => JsonAuthorizer::Cognito {
            name: &of.name,
            user_pools: texts(&of.pools),
            header: &of.header,
            result_ttl: of.result_ttl,
            validation_expression: of.validation_expression.as_deref(),
        },
        Authorizer::Jwt(of) => JsonAuthorizer::Jwt {
            name: &of.name,
            issuer: of.issuer.to_string(),
            user_pool: of.pool.as_ref().map(ToString::to_string),
            audiences: of.audiences.iter().map(ToString::to_string).collect(),
            identity_source: of.identity_source.to_string(),
        },
        Authorizer::RestJwt(of) => JsonAuthorizer::RestJwt {
            name: &of.name,
            header: &of.header,
            issuers: of.issuers.iter().map(trusted_issuer).collect(),
        },
        Authorizer::Lambda { name, .. } => JsonAuthorizer::Lambda { name },
        _ => return None,
    })
}

fn trusted_issuer(of: &TrustedIssuer) -> JsonTrustedIssuer {
    let claim = |claim: &AdditionalClaim| (claim.name.clone(), claim.values.clone());
    JsonTrustedIssuer {
        issuer: of.issuer.to_string(),
        user_pool: of.pool.as_ref().map(ToString::to_string),
        audiences: of.audiences.iter().map(ToString::to_string).collect(),
        additional_claims: of.additional_claims.iter().map(claim).collect(),
    }
}

fn left_out(of: &NotCarriedOver) -> JsonLeftOut<'_> {
    JsonLeftOut { what: &of.what, why: &of.why, source: of.source.to_string() }
}
