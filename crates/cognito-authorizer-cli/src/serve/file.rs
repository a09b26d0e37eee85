//! Pools, clients and routes in TOML.

use std::{path::Path, time::Duration};

use cognito_authorizer::{
    Accept, CognitoAuthBuilder, CognitoAuthLayer, Profile, Requirement, RouteTable, Standard, TokenUse,
    UserPool,
    requirement::{any_group, any_scope},
    routes::RouteTableBuilder,
};
use serde::Deserialize;

use crate::error::ServeError;

/// What `--print-sample` prints.
pub(super) const SAMPLE: &str = include_str!("sample.toml");

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RoutesFile {
    profile: Option<ProfileText>,
    accept: Option<AcceptText>,
    realm: Option<String>,
    /// In seconds.
    result_ttl: Option<u64>,
    #[serde(default, rename = "pool")]
    pools: Vec<PoolEntry>,
    #[serde(default, rename = "route")]
    routes: Vec<RouteEntry>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ProfileText {
    Standard,
    RestApi,
    HttpApi,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum AcceptText {
    Access,
    Id,
    Either,
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
    allow_http: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the file; `add_to` allows one of them")]
struct RouteEntry {
    route: String,
    scopes: Option<Vec<String>>,
    groups: Option<Vec<String>>,
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
    /// The layer's settings. `profile` is that of the command line.
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
        let Self { route, scopes, groups, open, optional, preflight, refuse } = self;
        let requires = scopes.is_some() || groups.is_some();
        let rules = [requires, open, optional, preflight, refuse].into_iter().filter(|given| *given).count();
        if rules > 1 {
            return Err(format!(
                "route `{route}` has several of `scopes`/`groups`, `open`, `optional`, `preflight` and `refuse`; give one"
            ));
        }
        Ok(match () {
            () if open => rows.open(route),
            () if optional => rows.optional(route),
            () if preflight => rows.preflight(route),
            () if refuse => rows.refuse(route),
            () => {
                let scopes = scopes.map_or_else(Requirement::nothing, any_scope);
                let groups = groups.map_or_else(Requirement::nothing, any_group);
                rows.require(route, scopes.and(groups))
            }
        })
    }
}

impl From<ProfileText> for Profile {
    fn from(text: ProfileText) -> Self {
        match text {
            ProfileText::Standard => Self::Standard,
            ProfileText::RestApi => Self::RestApi,
            ProfileText::HttpApi => Self::HttpApi,
        }
    }
}

impl From<AcceptText> for Accept {
    fn from(text: AcceptText) -> Self {
        match text {
            AcceptText::Access => TokenUse::Access.into(),
            AcceptText::Id => TokenUse::Id.into(),
            AcceptText::Either => Self::Either,
        }
    }
}
