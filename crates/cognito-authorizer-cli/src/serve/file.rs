//! Pools, clients and routes in TOML.

use std::{path::Path, time::Duration};

use cognito_authorizer::{
    Accept, CognitoAuthBuilder, CognitoAuthLayer, Profile, Requirement, RouteTable, Standard, UserPool,
    any_of,
    requirement::{
        COGNITO_ACR_LEVELS, acr_at_least, actor, any_group, any_scope, no_actor, signed_in_within,
    },
    routes::RouteTableBuilder,
};
use serde::Deserialize;

use crate::{
    error::ServeError,
    rules::{AcceptedUse, ProfileName},
};

/// The output of `--print-sample`.
pub(super) const SAMPLE: &str = include_str!("sample.toml");

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RoutesFile {
    profile: Option<ProfileName>,
    accept: Option<AcceptedUse>,
    realm: Option<String>,
    /// In seconds.
    result_ttl: Option<u64>,
    #[serde(default, rename = "pool")]
    pools: Vec<PoolEntry>,
    #[serde(default, rename = "route")]
    routes: Vec<RouteEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PoolEntry {
    id: String,
    #[serde(default)]
    clients: Vec<String>,
    #[serde(default)]
    any_client: bool,
    issuer: Option<String>,
    jwks_url: Option<String>,
    #[serde(default)]
    resources: Vec<String>,
    #[serde(default)]
    audiences: Vec<String>,
    #[serde(default)]
    accept_with_or_without_audience: bool,
    /// In seconds.
    max_token_age: Option<u64>,
    #[serde(default)]
    replica_regions: Vec<String>,
    #[serde(default)]
    allow_http: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the file; `add_to` allows one of them")]
struct RouteEntry {
    route: String,
    scopes: Option<Vec<String>>,
    groups: Option<Vec<String>>,
    /// The least authentication level.
    acr: Option<String>,
    /// All levels, lowest first; Cognito's if left out.
    acr_levels: Option<Vec<String>>,
    /// In seconds.
    signed_in_within: Option<u64>,
    actors: Option<Vec<String>>,
    #[serde(default)]
    no_actor: bool,
    #[serde(default)]
    open: bool,
    #[serde(default)]
    optional: bool,
    #[serde(default)]
    preflight: bool,
    #[serde(default)]
    refuse: bool,
}

impl RoutesFile {
    /// The layer's settings. `profile` comes from the command line.
    pub(super) fn builder(
        path: &Path,
        text: &str,
        profile: Option<Profile>,
    ) -> Result<CognitoAuthBuilder, ServeError> {
        let unusable = |problem: String| ServeError::File { file: path.display().to_string(), problem };
        let file: Self = toml::from_str(text).map_err(|error| unusable(error.to_string()))?;
        let mut pools = file.pools.into_iter();
        let no_pool =
            || unusable("there is no `[[pool]]`; name the user pool whose tokens are accepted".into());
        let first = pools.next().ok_or_else(no_pool)?;
        let table = table(file.routes).map_err(unusable)?;
        let mut builder = CognitoAuthLayer::builder(first.pool()).routes(table);
        builder = pools.fold(builder, |builder, pool| builder.user_pool(pool.pool()));
        let profile = profile.or(file.profile.map(Profile::from)).unwrap_or_default();
        builder = match (profile, file.realm) {
            (Profile::Standard, Some(realm)) => builder.profile(Standard::new().realm(realm)),
            (_, Some(_)) => {
                let problem =
                    "`realm` is a setting of the profile `standard`; remove it, or choose that profile";
                return Err(unusable(problem.to_owned()));
            }
            (profile, None) => builder.profile(profile),
        };
        if let Some(accept) = file.accept {
            builder = builder.accept(Accept::from(accept));
        }
        if let Some(seconds) = file.result_ttl {
            builder = builder.result_ttl(Duration::from_secs(seconds));
        }
        Ok(builder)
    }
}

impl PoolEntry {
    fn pool(self) -> UserPool {
        let mut pool = self.clients.into_iter().fold(UserPool::new(self.id), UserPool::client);
        if self.any_client {
            pool = pool.any_client();
        }
        pool = self.issuer.into_iter().fold(pool, UserPool::issuer);
        pool = self.jwks_url.into_iter().fold(pool, UserPool::jwks_url);
        pool = self.resources.into_iter().fold(pool, UserPool::resource);
        pool = self.audiences.into_iter().fold(pool, UserPool::audience);
        if self.accept_with_or_without_audience {
            pool = pool.accept_with_or_without_audience();
        }
        let age = self.max_token_age.map(Duration::from_secs);
        pool = age.into_iter().fold(pool, UserPool::max_token_age);
        pool = self.replica_regions.into_iter().fold(pool, UserPool::replica_region);
        self.allow_http.into_iter().fold(pool, UserPool::dangerous_allow_http)
    }
}

fn table(routes: Vec<RouteEntry>) -> Result<RouteTable, String> {
    if routes.is_empty() {
        return Err("there is no `[[route]]`, so every request would be refused".to_owned());
    }
    let rows = routes.into_iter().try_fold(RouteTable::builder(), |rows, route| route.add_to(rows))?;
    rows.build().map_err(|error| error.to_string())
}

impl RouteEntry {
    fn add_to(self, rows: RouteTableBuilder) -> Result<RouteTableBuilder, String> {
        let requirement = self.requirement()?;
        let Self { route, open, optional, preflight, refuse, .. } = self;
        let rules = [requirement.is_some(), open, optional, preflight, refuse];
        if rules.into_iter().filter(|given| *given).count() > 1 {
            return Err(format!(
                "route `{route}` has several of `open`, `optional`, `preflight`, `refuse`, and what a token needs (`scopes`, \
                 `groups`, `acr`, `signed_in_within`, `actors`, `no_actor`); give one"
            ));
        }
        Ok(match () {
            () if open => rows.open(route),
            () if optional => rows.optional(route),
            () if preflight => rows.preflight(route),
            () if refuse => rows.refuse(route),
            () => rows.require(route, requirement.unwrap_or_default()),
        })
    }

    /// What a token needs; `None` if the entry does not say it.
    fn requirement(&self) -> Result<Option<Requirement>, String> {
        let route = &self.route;
        if self.acr.is_none() && self.acr_levels.is_some() {
            return Err(format!(
                "route `{route}` has `acr_levels` without `acr`; give the level that it requires"
            ));
        }
        if self.actors.is_some() && self.no_actor {
            return Err(format!("route `{route}` has both `actors` and `no_actor`; give one"));
        }
        let acr = self.acr.as_ref().map(|level| match &self.acr_levels {
            Some(levels) => acr_at_least(level, levels),
            None => acr_at_least(level, COGNITO_ACR_LEVELS),
        });
        let parts = [
            self.scopes.as_ref().map(any_scope),
            self.groups.as_ref().map(any_group),
            acr,
            self.signed_in_within.map(|seconds| signed_in_within(Duration::from_secs(seconds))),
            self.actors.as_ref().map(|actors| any_of(actors.iter().map(actor))),
            self.no_actor.then(no_actor),
        ];
        Ok(parts.into_iter().flatten().reduce(Requirement::and))
    }
}
