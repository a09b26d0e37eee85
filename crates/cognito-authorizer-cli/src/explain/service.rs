//! The service that the token is for: the layer that its developer would build, from options or from a definition.

use std::time::Duration;

use apigateway_definition::{Api, IdentitySource, Route, Rule};
use cognito_authorizer::{
    CognitoAuthBuilder, CognitoAuthLayer, Profile, UnixTime, clock::ManualClock, routes::RouteKey,
};
use cognito_verify::{Accept, IssuerForm, Requirement, UserPool, UserPoolId};
use http::{HeaderName, HeaderValue, Method, Request, header::AUTHORIZATION, request::Parts};

use crate::{
    error::InputError,
    explain::{
        api::{pool_ids, pool_refs, profile_of, served},
        no_pool::NO_POOL,
        options::Explain,
        pasted::{Pasted, Wanted},
        request::DefinedRequest,
        required::required,
    },
    rules::AcceptedUse,
    secret::Secret,
};

/// The service, the request, and what the report says of them.
#[derive(Debug)]
pub(super) struct CheckedService {
    /// The builder of the layer.
    pub(super) builder: CognitoAuthBuilder,
    /// The user pools that the layer has.
    pub(super) layer_pools: Vec<UserPoolId>,
    /// The user pools that it trusts.
    pub(super) pools: Vec<UserPoolId>,
    /// The issuers of these pools that the configuration names, beside AWS's.
    pub(super) issuers: Vec<String>,
    pub(super) clients: Clients,
    /// Whose rules decide, if the answer to the client is to be reported.
    pub(super) profile: Option<Profile>,
    /// The route key of the definition.
    pub(super) route: Option<RouteKey>,
    /// The scopes that the options or the route name, for advice.
    pub(super) scopes: Vec<String>,
    /// Which token of several is the right one.
    pub(super) wanted: Wanted,
    pub(super) at: UnixTime,
    /// Whether both access tokens and ID tokens are accepted.
    pub(super) accepts_both: bool,
    method: Method,
    path: String,
    source: TokenSource,
}

/// The options that are about the one user pool.
#[derive(Clone, Debug, Default)]
pub(super) struct PoolOptions {
    issuer: Option<String>,
    jwks_url: Option<String>,
    allowed_http: Option<String>,
}

/// Which app clients are accepted.
#[derive(Clone, Debug)]
pub(super) enum Clients {
    /// No option says it: any is accepted, but the service may be stricter.
    Unsaid,
    /// Any.
    Any,
    /// These.
    These(Vec<String>),
}

/// Where the token is in the request.
#[derive(Debug)]
enum TokenSource {
    Header(HeaderName),
    Query(String),
}

impl CheckedService {
    /// The service that the options describe.
    pub(super) fn of_options(options: &Explain, at: UnixTime) -> Result<Self, InputError> {
        let pool = PoolOptions::of(options, options.pools.len())?;
        let clients = clients(options);
        let profile = options.profile.map(Profile::from);
        let accepts_both = options
            .accept
            .map_or(profile == Some(Profile::HttpApi), |accept| Accept::from(accept) == Accept::Either);
        let no_pool = || NO_POOL.parse().into_iter().collect();
        let builder = builder(options, &pool, &clients, required(options)?);
        Ok(Self {
            builder: of_report(builder, options, at),
            layer_pools: if options.pools.is_empty() { no_pool() } else { options.pools.clone() },
            pools: options.pools.clone(),
            issuers: pool.issuer.into_iter().collect(),
            clients,
            profile,
            route: None,
            scopes: options.scopes.clone(),
            wanted: if let Some(AcceptedUse::Id) = options.accept { Wanted::Id } else { Wanted::Access },
            at,
            accepts_both,
            method: Method::GET,
            path: "/".to_owned(),
            source: TokenSource::Header(AUTHORIZATION),
        })
    }

    /// The service that serves a definition, for a request whose route requires a token.
    pub(super) fn of_route(
        request: DefinedRequest,
        route: &Route,
        options: &Explain,
        at: UnixTime,
    ) -> Result<Self, InputError> {
        let refs = pool_refs(&route.rule);
        let pool = PoolOptions::of(options, refs.len())?;
        let (clients, issuer, source) = match &route.rule {
            Rule::Jwt { authorizer, .. } => {
                let audiences = authorizer.audiences.iter().filter_map(|audience| audience.known().ok());
                let issuer = authorizer.issuer.known().ok().map(str::to_owned);
                (
                    Clients::These(audiences.map(str::to_owned).collect()),
                    issuer,
                    authorizer.identity_source.clone(),
                )
            }
            Rule::RestJwt { authorizer, .. } => {
                let audiences = authorizer.issuers.iter().flat_map(|trusted| &trusted.audiences);
                let audiences = audiences.filter_map(|audience| audience.known().ok()).map(str::to_owned);
                let source = IdentitySource::Header(authorizer.header.clone());
                (Clients::These(audiences.collect()), None, source)
            }
            Rule::Cognito { authorizer, .. } => {
                (Clients::Any, None, IdentitySource::Header(authorizer.header.clone()))
            }
            _ => (Clients::Any, None, IdentitySource::Header("authorization".to_owned())),
        };
        let scopes = match &route.rule {
            Rule::Jwt { scopes, .. } | Rule::RestJwt { scopes, .. } | Rule::Cognito { scopes, .. } => {
                &scopes[..]
            }
            _ => &[],
        };
        let is_for_id_tokens = matches!(route.rule, Rule::Cognito { .. }) && scopes.is_empty();
        let DefinedRequest { api, method, path, .. } = request;
        let own = profile_of(&api);
        let profile = options.profile.map(Profile::from).filter(|profile| *profile != own);
        let pools = refs.iter().filter_map(|pool| pool.id().ok().cloned()).collect();
        let issuers = pool.issuer.clone().into_iter().chain(issuer).collect();
        let api = for_route(api, route);
        let builder = pool.apply(CognitoAuthLayer::builder_from_api(&api).map_err(served)?);
        let builder = profile.iter().fold(builder, |builder, profile| builder.profile(*profile));
        let profile = profile.unwrap_or(own);
        Ok(Self {
            builder: of_report(builder, options, at),
            layer_pools: pool_ids(&api),
            pools,
            issuers,
            clients,
            profile: Some(profile),
            route: Some(route.key.clone()),
            scopes: scopes.to_vec(),
            wanted: if is_for_id_tokens { Wanted::Id } else { Wanted::Access },
            at,
            accepts_both: profile == Profile::HttpApi,
            method,
            path,
            source: match source {
                IdentitySource::Query(name) => TokenSource::Query(name),
                IdentitySource::Header(name) => TokenSource::Header(name.parse().unwrap_or(AUTHORIZATION)),
                _ => TokenSource::Header(AUTHORIZATION),
            },
        })
    }

    /// Whether it trusts a user pool.
    pub(super) fn has_pools(&self) -> bool {
        !self.pools.is_empty()
    }

    /// Whether this may be the issuer of a trusted pool. Emulators have several names, so any issuer that ends with the id of
    /// a pool may be.
    pub(super) fn may_trust(&self, issuer: &str) -> bool {
        let ends_with_pool =
            |pool: &UserPoolId| issuer.trim_end_matches('/').rsplit('/').next() == Some(pool.as_str());
        self.issuers.iter().any(|known| known == issuer) || self.pools.iter().any(ends_with_pool)
    }

    /// The issuers that the tokens of the trusted pools have.
    pub(super) fn expected_issuers(&self) -> Vec<String> {
        if self.issuers.is_empty() {
            return self.pools.iter().filter_map(|pool| pool.issuer(IssuerForm::Original)).collect();
        }
        self.issuers.clone()
    }

    /// The request with what was pasted. `None` if no request can carry it.
    pub(super) fn request(&self, pasted: &Pasted) -> Option<Parts> {
        let request = Request::builder().method(self.method.clone());
        let request = match &self.source {
            TokenSource::Header(name) => {
                let value = HeaderValue::from_bytes(pasted.value.reveal().as_bytes()).ok()?;
                request.uri(&self.path).header(name, value)
            }
            TokenSource::Query(name) => {
                let token = pasted.token.as_ref().map_or_else(|| pasted.value.reveal(), Secret::reveal);
                let query = form_urlencoded::Serializer::new(String::new()).append_pair(name, token).finish();
                request.uri(format!("{}?{query}", self.path))
            }
        };
        Some(request.body(()).ok()?.into_parts().0)
    }

    /// The route in a sentence.
    pub(super) fn route_name(&self) -> String {
        self.route.as_ref().map_or_else(|| "the route".to_owned(), ToString::to_string)
    }
}

/// The builder with the time and the leeway of the report.
fn of_report(builder: CognitoAuthBuilder, options: &Explain, at: UnixTime) -> CognitoAuthBuilder {
    builder.leeway(Duration::from_secs(options.leeway)).clock(ManualClock::at(at))
}

/// The builder that the options describe.
fn builder(
    options: &Explain,
    pool: &PoolOptions,
    clients: &Clients,
    requirement: Requirement,
) -> CognitoAuthBuilder {
    let builder = match &*options.pools {
        [] => {
            CognitoAuthLayer::builder(UserPool::new(NO_POOL).issuer("https://no-pool.invalid").any_client())
        }
        // The builder starts with one pool. The options about one pool are not given with several.
        [first, others @ ..] => others.iter().fold(
            pool.apply(CognitoAuthLayer::builder(user_pool(options, clients, first))),
            |builder, id| builder.user_pool(user_pool(options, clients, id)),
        ),
    };
    let builder =
        options.profile.into_iter().fold(builder, |builder, profile| builder.profile(Profile::from(profile)));
    let builder =
        options.accept.into_iter().fold(builder, |builder, accept| builder.accept(Accept::from(accept)));
    if requirement == Requirement::nothing() { builder } else { builder.require(requirement) }
}

fn user_pool(options: &Explain, clients: &Clients, id: &UserPoolId) -> UserPool {
    let pool = UserPool::new(id.as_str());
    let pool = match clients {
        Clients::Unsaid | Clients::Any => pool.any_client(),
        Clients::These(ids) => ids.iter().fold(pool, UserPool::client),
    };
    let pool = options.resources.iter().fold(pool, UserPool::resource);
    let pool = options.audiences.iter().fold(pool, UserPool::audience);
    let pool = options.replica_regions.iter().fold(pool, UserPool::replica_region);
    options.max_token_age.map(Duration::from_secs).into_iter().fold(pool, UserPool::max_token_age)
}

impl PoolOptions {
    /// The options, which are for exactly one of `pools` user pools.
    fn of(options: &Explain, pools: usize) -> Result<Self, InputError> {
        for (option, given) in [
            ("--issuer", options.issuer.is_some()),
            ("--jwks-url", options.jwks_url.is_some()),
            ("--jwks", options.jwks.is_some()),
            ("--dangerous-allow-http", options.dangerous_allow_http.is_some()),
        ] {
            if given && pools > 1 {
                return Err(InputError::OnePool { option, pools });
            }
        }
        let text = |url: &crate::http::HttpUrl| url.as_str().to_owned();
        Ok(Self {
            issuer: options.issuer.as_ref().map(text),
            jwks_url: options.jwks_url.as_ref().map(text),
            allowed_http: options.dangerous_allow_http.clone(),
        })
    }

    fn apply(&self, builder: CognitoAuthBuilder) -> CognitoAuthBuilder {
        builder.map_user_pools(|pool| {
            let pool = self.issuer.iter().fold(pool, UserPool::issuer);
            let pool = self.jwks_url.iter().fold(pool, UserPool::jwks_url);
            self.allowed_http.iter().fold(pool, UserPool::dangerous_allow_http)
        })
    }
}

fn clients(options: &Explain) -> Clients {
    match (options.any_client, options.clients.is_empty()) {
        (true, _) => Clients::Any,
        (false, true) => Clients::Unsaid,
        (false, false) => Clients::These(options.clients.clone()),
    }
}

/// The API, if one layer can serve it and it has no other user pools than the route; else the API with only this route.
fn for_route(mut api: Api, route: &Route) -> Api {
    let is_whole = CognitoAuthLayer::builder_from_api(&api).is_ok()
        && pool_ids(&api).len() == pool_refs(&route.rule).len();
    if !is_whole {
        api.routes = vec![route.clone()];
    }
    api
}
