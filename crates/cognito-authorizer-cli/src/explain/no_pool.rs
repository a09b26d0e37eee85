//! Keys that no token is signed with, for a layer that decides before the keys of its pools are fetched.

use cognito_authorizer::{KeySet, UserPoolId};

use crate::error::InputError;

/// The id of a user pool that does not exist, for a layer that trusts none.
pub(super) const NO_POOL: &str = "none_0";

/// A public key whose private key was deleted. No token is signed with it.
const UNUSED_KEY: &str = concat!(
    r#"{"keys":[{"kty":"RSA","alg":"RS256","use":"sig","kid":"","e":"AQAB","n":""#,
    "3GYv0LEpu89Q8EOvAYSVkbaWVKHhkqtm63amcFnmoLiy5DDgCXi_firBS2G9nr0gdxAmoY6EBtu1-zudvl8ty6MX7GbgHAHdZ2pXGGaVw8R8RYBTPw2",
    "D14cTDd0O62dcE5OsjT7jJh8i4RkF5yEYoJsXJyACnH24b9Dsr2SH49KpRgnWUUGNM6USsHd0P3nx7c0s9GjHl1f1XOZpNFTll888YpGdogLF8WOVlC",
    "YMZ1FwL7J500YgFOAozhN0qxu4znfTky1oyh3m9z_opfdHEAX8GFly6wyJcJ6mh_EZh8zv07SqKulFHr62b280bZkNoHDNEP6tVDgM0ROVQv2imQ",
    r#""}]}"#
);

/// A key set for each of these pools that no token is signed with.
pub(super) fn keys(pools: &[UserPoolId]) -> Result<Vec<(String, KeySet)>, InputError> {
    let kid = format!("no-key-{}", env!("CARGO_PKG_VERSION"));
    let text = UNUSED_KEY.replace(r#""kid":"""#, &format!(r#""kid":"{kid}""#));
    let set =
        KeySet::from_json(text.as_bytes()).map_err(|problem| InputError::Served(problem.to_string()))?;
    Ok(pools.iter().map(|pool| (pool.to_string(), set.clone())).collect())
}
