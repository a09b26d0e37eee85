//! The request to an API of a definition, and what its route table says of it before a token is read.

use apigateway_definition::{Api, PathPattern, Route};
use cognito_authorizer::{
    CognitoAuthBuilder, CognitoAuthLayer, DefinesRoutes, Profile, Refusal, RouteRule, RouteTable, UnixTime,
    UserPool,
    clock::ManualClock,
    explain::{Explanation, Fact, StepName},
    routes::{RouteError, RouteKey},
};
use http::{
    Method, Request,
    header::{ACCESS_CONTROL_REQUEST_METHOD, ORIGIN},
    request::Parts,
};

use crate::{
    error::InputError,
    explain::{
        answer::Answer,
        api::{api, pool_ids, profile_of, served},
        no_pool::{self, NO_POOL},
        options::Explain,
    },
};

/// A request to the API of a definition.
#[derive(Debug)]
pub(super) struct DefinedRequest {
    pub(super) api: Api,
    pub(super) method: Method,
    pub(super) path: String,
}

/// What the route table decides before a token is read.
#[derive(Debug)]
pub(super) enum Routed {
    /// This route requires a token.
    Token(Box<Route>),
    /// Only the route decides.
    Decided { decision: RouteDecision, answer: Answer },
}

/// A decision that no token changes.
#[derive(Debug)]
pub(super) enum RouteDecision {
    /// The route is open.
    Open(String),
    /// The route is open to CORS preflights, and handles no other request.
    Preflight(String),
    /// The route refuses every request.
    Refused(String),
    /// No route matches the path.
    Unmatched,
    /// The routes of the path have other methods.
    NoMethod,
    /// The path could be read in two ways.
    Ambiguous,
}

impl DefinedRequest {
    /// Reads the definition and the request of the options.
    pub(super) fn read(options: &Explain) -> Result<Self, InputError> {
        let api = api(options.facts.inputs(), &options.definitions)?;
        let (method, path) = request(options)?;
        // A route key represents any request that it matches.
        let key = format!("{method} {path}");
        let named = api.routes.iter().find(|route| [&key, &path].contains(&&route.key.to_string()));
        let path = named.map_or(path, |route| example(route.key.path()));
        Ok(Self { api, method, path })
    }

    /// What the layer's route table says of the request. An `OPTIONS` request that no other route handles is a preflight.
    pub(super) async fn route(&self, profile: Option<Profile>, at: UnixTime) -> Result<Routed, InputError> {
        let profile = profile.unwrap_or(profile_of(&self.api));
        let table = self.api.route_table().map_err(served)?;
        let whole =
            CognitoAuthLayer::builder_from_api(&self.api).ok().filter(|_| profile == profile_of(&self.api));
        let (builder, pools) = match whole {
            Some(builder) => (builder, pool_ids(&self.api)),
            None => (without_authorizers(&table, profile)?, NO_POOL.parse().into_iter().collect()),
        };
        let layer = builder.clock(ManualClock::at(at)).with_keys(no_pool::keys(&pools)?);
        let authorizer = layer.map_err(|error| InputError::Served(error.to_string()))?.authorizer();
        let mut explanation = authorizer.explain(&self.parts(RequestKind::Plain)?).await;
        let is_unhandled =
            matches!(route_error(&explanation), Some(RouteError::Unmatched | RouteError::Method));
        if self.method == Method::OPTIONS && is_unhandled {
            explanation = authorizer.explain(&self.parts(RequestKind::Preflight)?).await;
        }
        let key = key(&explanation);
        let route = self.api.routes.iter().find(|route| Some(&route.key) == key);
        let requires_token =
            table.rows().any(|(row, rule)| Some(row) == key && matches!(rule, RouteRule::Require(_)));
        if let Some(route) = route.filter(|_| requires_token) {
            return Ok(Routed::Token(Box::new(route.clone())));
        }
        let name = || key.map_or_else(|| format!("OPTIONS {}", self.path), ToString::to_string);
        let decision = match (explanation.outcome(), rule(&explanation)) {
            (Ok(_), Some(RouteRule::Preflight)) => {
                RouteDecision::Preflight(self.name_of_preflight(route, &name()))
            }
            (Ok(_), _) => RouteDecision::Open(name()),
            (Err(_), _) => match route_error(&explanation) {
                Some(RouteError::Unmatched) => RouteDecision::Unmatched,
                Some(RouteError::Method) => RouteDecision::NoMethod,
                Some(RouteError::Ambiguous(_)) => RouteDecision::Ambiguous,
                _ => RouteDecision::Refused(name()),
            },
        };
        Ok(Routed::Decided { decision, answer: Answer::of(&explanation, profile) })
    }

    /// The table opens more preflights than the definition has routes for: those that the gateway answers itself.
    fn name_of_preflight(&self, route: Option<&Route>, key: &str) -> String {
        if route.is_some() { key.to_owned() } else { format!("OPTIONS {}", self.path) }
    }

    fn parts(&self, kind: RequestKind) -> Result<Parts, InputError> {
        let request = Request::builder().method(self.method.clone()).uri(&self.path);
        let request = match kind {
            RequestKind::Plain => request,
            RequestKind::Preflight => {
                request.header(ORIGIN, "https://app.example").header(ACCESS_CONTROL_REQUEST_METHOD, "GET")
            }
        };
        let unusable = |_| InputError::Path { path: self.path.clone() };
        Ok(request.body(()).map_err(unusable)?.into_parts().0)
    }
}

#[derive(Clone, Copy)]
enum RequestKind {
    Plain,
    Preflight,
}

/// A layer with the routes of the table, for an API whose authorizers cannot be in one layer or that has none. Its routes that
/// require a token refuse, so that only the row that is found matters.
fn without_authorizers(table: &RouteTable, profile: Profile) -> Result<CognitoAuthBuilder, InputError> {
    let rows = table.rows().fold(RouteTable::builder(), |rows, (key, rule)| {
        let rule = if let RouteRule::Require(_) = rule { RouteRule::Refuse } else { rule.clone() };
        rows.row(key.clone(), rule)
    });
    let table = rows.build().map_err(|error| InputError::Served(error.to_string()))?;
    let builder =
        CognitoAuthLayer::builder(UserPool::new(NO_POOL).issuer("https://no-pool.invalid").any_client());
    Ok(builder.profile(profile).routes(table))
}

fn key(explanation: &Explanation) -> Option<&RouteKey> {
    match explanation.step(StepName::Route)?.fact()? {
        Fact::Route { key, .. } => key.as_ref(),
        _ => None,
    }
}

fn rule(explanation: &Explanation) -> Option<&RouteRule> {
    match explanation.step(StepName::Route)?.fact()? {
        Fact::Route { rule, .. } => rule.as_ref(),
        _ => None,
    }
}

fn route_error(explanation: &Explanation) -> Option<RouteError> {
    match explanation.outcome().err()?.refusal() {
        Refusal::Route(error) => Some(*error),
        _ => None,
    }
}

/// A path that the pattern matches. `~` replaces a variable: literals of API Gateway cannot contain it.
fn example(pattern: &PathPattern) -> String {
    if pattern.is_default() {
        return "/~/~".to_owned();
    }
    apigateway_routes::PathShape::from(pattern).example()
}

fn request(options: &Explain) -> Result<(Method, String), InputError> {
    let (given, path) = match (&options.route, &options.path) {
        (Some(route), _) => route.split_once(' ').unwrap_or(("GET", route)),
        (None, path) => (options.method.as_deref().unwrap_or("GET"), path.as_deref().unwrap_or("/")),
    };
    let method = given.to_ascii_uppercase();
    // No request has the method `ANY`. A route with it handles every method.
    let method = if method == "ANY" { Ok(Method::GET) } else { method.parse() };
    Ok((method.map_err(|_| InputError::Request { method: given.to_owned() })?, path.to_owned()))
}
