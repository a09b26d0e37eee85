//! The checks of the builder's settings. Each adds the problems that it finds.

use std::{collections::HashMap, ops::RangeInclusive, sync::Arc, time::Duration};

use cognito_verify::{KeySet, Pool};

use super::{CognitoAuthBuilder, Limits, ProfileSettings};
#[cfg(feature = "api-gateway")]
use crate::{
    authorizer::AudiencePattern,
    gateway::{PreparedResponses, TokenPlaces},
};
use crate::{
    authorizer::{IdentitySource, IdentitySources},
    config::ConfigError,
    keys::{KeySettings, Timing},
    problems::Problems,
    profile::Profile,
    protected_resource::check_metadata_url,
    respond::{Responder, is_realm},
    revocation::Revocation,
};

const MINUTE: Duration = Duration::from_secs(60);
pub(super) const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// The header and the signature of a token are already longer than this.
const LEAST_TOKEN_BYTES: usize = 512;

/// Settings with one value that were called several times.
pub(super) fn repeated(builder: &CognitoAuthBuilder, problems: &mut Problems) {
    let revocation = builder.revocation.as_ref().map(|revocation| &*revocation.given);
    for given in [
        &*builder.given,
        &*builder.profile.given,
        &*builder.key_settings.given,
        &*builder.limits.given,
        revocation.unwrap_or_default(),
    ] {
        for (index, setting) in given.iter().enumerate() {
            // At the second call, so that each is named once.
            if given.iter().take(index).filter(|earlier| *earlier == setting).count() == 1 {
                problems.add(ConfigError::Repeated { setting });
            }
        }
    }
}

/// The duration, whose problem is added if it is out of bounds.
pub(super) fn within(
    setting: &'static str,
    given: Duration,
    bounds: RangeInclusive<Duration>,
    problems: &mut Problems,
) -> Duration {
    if !bounds.contains(&given) {
        let (least, most) = bounds.into_inner();
        problems.add(ConfigError::Duration { setting, given, least, most });
    }
    given
}

pub(super) fn timing(
    settings: &KeySettings,
    first_timeout: Duration,
    timeout: Duration,
    problems: &mut Problems,
) -> Timing {
    if let Some(timeout) = settings.fetch_timeout {
        within("fetch_timeout", timeout, Duration::from_millis(100)..=MINUTE / 2, problems);
    }
    let cool_down = within("cool_down", settings.cool_down, MINUTE / 60..=MINUTE, problems);
    let interval = within("refresh_every", settings.refresh_every, MINUTE..=DAY, problems);
    let max_stale = within("max_stale", settings.max_stale, 2 * MINUTE..=7 * DAY, problems);
    Timing {
        // Keys must not grow too old between two fetches that succeed.
        interval: interval.min(max_stale / 2),
        max_stale,
        cool_down,
        first_timeout: settings.fetch_timeout.unwrap_or(first_timeout),
        timeout: settings.fetch_timeout.unwrap_or(timeout),
    }
}

pub(super) fn revocation(revocation: Option<&Revocation>, problems: &mut Problems) {
    if let Some(revocation) = revocation {
        within("timeout", revocation.timeout, MINUTE / 6000..=MINUTE / 2, problems);
    }
}

pub(super) fn limits(limits: &Limits, problems: &mut Problems) {
    if limits.token_bytes < LEAST_TOKEN_BYTES {
        problems.add(ConfigError::TokenLimit { given: limits.token_bytes, least: LEAST_TOKEN_BYTES });
    }
}

pub(super) fn identity(settings: &ProfileSettings) -> Result<IdentitySources, ConfigError> {
    let sources = match (&settings.identity_source, &settings.identity_sources) {
        (Some(_), Some(_)) => {
            return Err(ConfigError::Exclusive { setting: "identity_source", other: "identity_sources" });
        }
        (Some(expression), None) => vec![expression.parse()?],
        (None, Some(sources)) => sources.clone(),
        (None, None) => vec![IdentitySource::default()],
    };
    for (index, source) in sources.iter().enumerate() {
        let profile = settings.profile;
        let is_known =
            source.is_header() || profile.takes_any_source() || source.is_query() && profile.takes_queries();
        if !is_known {
            let fix = if profile.takes_queries() {
                "name a header or a query parameter, as `$request.header.X-Token`"
            } else {
                "name a header, as `method.request.header.X-Token`"
            };
            return Err(not_in_profile(settings, "identity_source", fix));
        }
        if sources.iter().take(index).any(|earlier| earlier.is_same_place(source)) {
            return Err(ConfigError::IdentitySourceTwice { place: source.to_string() });
        }
    }
    if sources.is_empty() {
        return Err(ConfigError::NoIdentitySource);
    }
    Ok(IdentitySources::new(sources))
}

#[cfg(feature = "api-gateway")]
pub(super) fn audience(settings: &ProfileSettings) -> Result<Option<AudiencePattern>, ConfigError> {
    let Some(expression) = &settings.identity_validation_expression else { return Ok(None) };
    // A definition can set this together with another profile.
    if settings.profile != Profile::RestApi {
        let fix = "name the app clients with `.client(…)`";
        return Err(not_in_profile(settings, "identity_validation_expression", fix));
    }
    AudiencePattern::new(expression)
        .map(Some)
        .map_err(|problem| ConfigError::IdentityValidationExpression { problem })
}

/// The responder, without gateway responses.
pub(super) fn responder(settings: &ProfileSettings, problems: &mut Problems) -> Responder {
    if let Some(realm) = settings.realm.as_deref().filter(|realm| !is_realm(realm)) {
        problems.add(ConfigError::Realm { given: realm.to_owned() });
    }
    Responder {
        profile: settings.profile,
        realm: settings.realm.as_deref().map(Into::into),
        resource_metadata: problems.check(resource_metadata(settings)).flatten(),
        #[cfg(feature = "api-gateway")]
        gateway: None,
    }
}

/// The gateway responses. They are checked against the identity source, unless that has a problem.
#[cfg(feature = "api-gateway")]
pub(super) fn gateway_responses(
    settings: &ProfileSettings,
    identity: Option<&IdentitySources>,
    problems: &mut Problems,
) -> Option<Arc<PreparedResponses>> {
    let responses = settings.gateway_responses.as_ref()?;
    // A definition can set this together with another profile.
    if settings.profile == Profile::HttpApi {
        let fix = "leave them out, as HTTP APIs have none";
        problems.add(not_in_profile(settings, "gateway_responses", fix));
        return None;
    }
    let prepared = responses.clone().prepare(token_places(identity?));
    problems.check(prepared).map(Arc::new)
}

#[cfg(feature = "api-gateway")]
fn token_places(identity: &IdentitySources) -> TokenPlaces<'_> {
    let parameters = identity.iter().filter_map(IdentitySource::query_name).collect();
    TokenPlaces { headers: identity.header_names().collect(), parameters }
}

/// The URL for `resource_metadata` of challenges.
fn resource_metadata(settings: &ProfileSettings) -> Result<Option<Arc<str>>, ConfigError> {
    let is_given = settings.resource.is_some() || settings.resource_metadata.is_some();
    if is_given && settings.profile != Profile::Standard {
        let fix = "leave it out, as API Gateway sends no such challenge";
        return Err(not_in_profile(settings, "protected_resource", fix));
    }
    match (&settings.resource, &settings.resource_metadata) {
        (Some(_), Some(_)) => Err(ConfigError::ProtectedResource {
            setting: ".resource_metadata",
            given: settings.resource_metadata.clone().unwrap_or_default(),
            problem: "is given beside `.protected_resource(…)`, whose metadata has a URL of its own",
            fix: "keep one of the two",
        }),
        (Some(resource), None) => resource.metadata_url().map(|url| Some(url.into())),
        (None, Some(url)) => check_metadata_url(url).map(|()| Some(url.as_str().into())),
        (None, None) => Ok(None),
    }
}

fn not_in_profile(settings: &ProfileSettings, setting: &'static str, fix: &'static str) -> ConfigError {
    ConfigError::NotInProfile { setting, profile: settings.profile, fix }
}

/// The key set of each pool, in the order of the pools.
pub(super) fn by_pool(
    sets: Vec<(String, KeySet)>,
    pools: &[Arc<Pool>],
    problems: &mut Problems,
) -> Option<Vec<KeySet>> {
    let mut by_id = HashMap::with_capacity(sets.len());
    for (pool, set) in sets {
        if by_id.insert(pool.clone(), set).is_some() {
            problems.add(ConfigError::KeysTwice { pool });
        }
    }
    let mut sets = Vec::with_capacity(pools.len());
    for pool in pools {
        match by_id.remove(pool.id().as_str()) {
            Some(set) => sets.push(set),
            None => problems.add(ConfigError::NoKeys { pool: pool.id().clone() }),
        }
    }
    let mut left: Vec<_> = by_id.into_keys().collect();
    left.sort();
    for pool in left {
        problems.add(ConfigError::KeysOfOtherPool { pool });
    }
    (sets.len() == pools.len()).then_some(sets)
}
