//! What the client gets: the middleware itself is asked.

use std::{collections::HashSet, convert::Infallible, fmt, time::Duration};

use apigateway_definition::{IdentitySource, PoolRef, Rule};
use cognito_authorizer::{
    CognitoAuthBuilder, CognitoAuthLayer, KeySet, ManualClock, Profile, Refusal, RouteTable, UnixTime,
};
use cognito_local_pool::LocalPool;
use http::{HeaderValue, Request, Response, StatusCode, Uri, header::AUTHORIZATION};
use http_body_util::BodyExt;
use serde::Serialize;
use tower::{Layer, ServiceExt, service_fn};

use crate::{
    error::InputError,
    explain::{
        expected::Expected,
        judge::Case,
        pool::PoolSettings,
        route::{Outcome, Ruling, served},
    },
    secret::Secret,
    style::printable,
};

/// What the client gets.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) profile: Profile,
    /// Nothing where the request is let in: the service answers then.
    pub(super) refused: Option<Refused>,
}

/// The answer to a request that is not let in.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) body: String,
    pub(super) refusal: Refusal,
}

/// The answer to what was presented. `None` where no profile was asked for, or no request can carry what was presented.
pub(super) async fn to_token(
    expected: &Expected,
    case: &Case,
    leeway: Duration,
) -> Result<Option<Answer>, InputError> {
    let Some(profile) = expected.profile.filter(|_| !expected.user_pools.is_empty()) else { return Ok(None) };
    let unusable = |error: cognito_authorizer::ConfigError| InputError::Served(error.to_string());
    let own = expected.ruling.as_ref().filter(|ruling| ruling.profile() == profile);
    let (mut request, layer) = match own {
        Some(ruling) => {
            let mut layer = CognitoAuthLayer::builder_from_api(&ruling.api).map_err(served)?;
            if let [pool] = &*expected.user_pools {
                layer = pool.issuer.iter().fold(layer, CognitoAuthBuilder::issuer);
                layer = pool.jwks_url.iter().fold(layer, CognitoAuthBuilder::jwks_url);
            }
            (request(ruling), layer)
        }
        None => (Request::new(String::new()), by_expectations(expected, profile)),
    };
    let source = match &expected.source {
        Some(IdentitySource::Query(name)) => {
            let token = case.presented.token.as_ref().ok().map(Secret::reveal);
            let Some(uri) = with_query(request.uri(), name, token.unwrap_or_default()) else {
                return Ok(None);
            };
            *request.uri_mut() = uri;
            None
        }
        Some(IdentitySource::Header(name)) => name.parse().ok(),
        _ => Some(AUTHORIZATION),
    };
    if let Some(name) = source {
        let Ok(value) = HeaderValue::from_str(case.presented.header().reveal()) else { return Ok(None) };
        request.headers_mut().insert(name, value);
    }
    let layer = layer.leeway(leeway).clock(ManualClock::at(case.at));
    let keys: Vec<_> = match &*case.keys {
        // The token did not get as far as its key.
        [] => vec![nobodys_keys()?; expected.user_pools.len()],
        keys => keys.iter().map(|pool| pool.keys.clone()).collect(),
    };
    let keys = expected.user_pools.iter().map(|pool| pool.id.clone()).zip(keys);
    let layer = layer.with_keys(keys).map_err(unusable)?;
    Ok(Some(Answer { profile, refused: ask(&layer, request).await }))
}

/// The answer to a request for a route that asks for no token, or that is not there.
pub(super) async fn to_request(
    ruling: &Ruling,
    profile: Profile,
    at: UnixTime,
) -> Result<Answer, InputError> {
    let table = match ruling.outcome {
        Outcome::Open(_) | Outcome::Preflights(_) => return Ok(Answer { profile, refused: None }),
        Outcome::Refused(_) => RouteTable::builder().refuse("$default"),
        Outcome::Asked(_) | Outcome::Unmatched | Outcome::NoMethod => RouteTable::builder(),
    };
    let table = table.build().map_err(|error| InputError::Served(error.to_string()))?;
    // With the gateway responses of the API, where one layer can have all its authorizers.
    let own = CognitoAuthLayer::builder_from_api(&ruling.api).ok().filter(|_| ruling.profile() == profile);
    let (layer, pools) = if let Some(layer) = own {
        (layer, pools(ruling))
    } else {
        let layer = CognitoAuthLayer::builder("none_0").issuer("https://no-pool.invalid").any_client();
        (layer.profile(profile).routes(table), ["none_0".to_owned()].into())
    };
    let keys = nobodys_keys()?;
    let keys = pools.into_iter().map(|pool| (pool, keys.clone()));
    let layer = layer.clock(ManualClock::at(at)).with_keys(keys);
    let layer = layer.map_err(|error| InputError::Served(error.to_string()))?;
    Ok(Answer { profile, refused: ask(&layer, request(ruling)).await })
}

/// The same expectations without a definition.
fn by_expectations(expected: &Expected, profile: Profile) -> CognitoAuthBuilder {
    let mut pools = expected.user_pools.iter();
    let layer = pools.next().map_or_else(|| CognitoAuthLayer::builder(""), PoolSettings::layer);
    let layer = pools.fold(layer, |layer, pool| layer.user_pool(pool.user_pool()));
    layer.profile(profile).accept(expected.accept).require(expected.requirement.clone())
}

/// The ids of the API's user pools.
fn pools(ruling: &Ruling) -> HashSet<String> {
    let mut ids: Vec<&PoolRef> = Vec::new();
    for route in &ruling.api.routes {
        match &route.rule {
            Rule::Cognito { authorizer, .. } => ids.extend(&authorizer.pools),
            Rule::Jwt { authorizer, .. } => ids.extend(&authorizer.pool),
            _ => {}
        }
    }
    ids.into_iter().filter_map(|pool| Some(pool.id().ok()?.to_string())).collect()
}

/// Keys that are made here and thrown away: nobody has signed with them.
fn nobodys_keys() -> Result<KeySet, InputError> {
    KeySet::from_json(LocalPool::new().jwks().as_bytes())
        .map_err(|problem| InputError::Served(problem.to_string()))
}

fn request(ruling: &Ruling) -> Request<String> {
    let mut request = Request::new(String::new());
    *request.method_mut() = ruling.method.clone();
    if let Ok(uri) = ruling.path.parse() {
        *request.uri_mut() = uri;
    }
    request
}

fn with_query(uri: &Uri, name: &str, token: &str) -> Option<Uri> {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair(name, token).finish();
    format!("{}?{query}", uri.path()).parse().ok()
}

/// What the middleware answers; nothing if it lets the request through.
async fn ask(layer: &CognitoAuthLayer, request: Request<String>) -> Option<Refused> {
    let inner = service_fn(async |_: Request<String>| Ok::<_, Infallible>(Response::new(String::new())));
    let Ok(response) = layer.layer(inner).oneshot(request).await;
    let refusal = response.extensions().get::<Refusal>().cloned();
    let (status, body) = (response.status(), response.into_body());
    let Ok(body) = body.collect().await;
    refusal.map(|refusal| {
        let body = String::from_utf8_lossy(&body.to_bytes()).into_owned();
        Refused { status, body, refusal }
    })
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.profile {
            Profile::RestApi => "A REST API answers: ",
            Profile::HttpApi => "An HTTP API answers: ",
            _ => "The client gets: ",
        })?;
        match &self.refused {
            Some(Refused { status, body, .. }) => write!(f, "{} {}", status.as_u16(), printable(body)),
            None => f.write_str("what the service answers, for the request is let in"),
        }
    }
}

/// The answer for a program.
#[derive(Debug, Serialize)]
pub(super) struct JsonAnswer<'a> {
    profile: &'static str,
    /// Nothing where the service answers.
    status: Option<u16>,
    body: Option<&'a str>,
}

impl<'a> From<&'a Answer> for JsonAnswer<'a> {
    fn from(answer: &'a Answer) -> Self {
        let profile = match answer.profile {
            Profile::RestApi => "rest-api",
            Profile::HttpApi => "http-api",
            _ => "standard",
        };
        let refused = answer.refused.as_ref();
        Self {
            profile,
            status: refused.map(|refused| refused.status.as_u16()),
            body: refused.map(|refused| &*refused.body),
        }
    }
}
