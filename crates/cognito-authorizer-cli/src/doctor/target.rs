//! The user pool to examine.

use cognito_verify::{UnixTime, UserPoolId};

use crate::http::{HttpClient, HttpError, HttpResponse, HttpUrl, SecureUrl};

/// The path of a pool's keys below its issuer.
pub(super) const KEYS_PATH: &str = "/.well-known/jwks.json";
/// The path of the discovery document below the issuer (OpenID Connect Discovery §4).
const DISCOVERY_PATH: &str = "/.well-known/openid-configuration";

/// The user pool as services would be configured with it.
#[derive(Debug)]
pub(super) struct ExaminedPool {
    pub(super) pool: UserPoolId,
    /// The issuer that services compare with the tokens' `iss`. It may not be a URL that can be requested.
    pub(super) issuer: HttpUrl,
    /// The issuer for requests, if it can be requested.
    pub(super) issuer_url: Option<SecureUrl>,
    pub(super) keys: KeysUrl,
    /// The host of `--dangerous-allow-http`.
    pub(super) allowed_http: Option<String>,
}

/// Where services fetch the keys.
#[derive(Debug)]
pub(super) enum KeysUrl {
    /// Below the issuer.
    BelowIssuer(SecureUrl),
    /// At a URL of its own: an emulator, or a VPC endpoint (AWS PrivateLink).
    Apart(SecureUrl),
}

/// A response or an error, and when it came.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) response: Result<HttpResponse, HttpError>,
    pub(super) before: UnixTime,
    pub(super) after: UnixTime,
}

impl ExaminedPool {
    /// Where the discovery document of the issuer is.
    pub(super) fn issuer_document(&self) -> Option<SecureUrl> {
        Some(document(self.issuer_url.as_ref()?))
    }

    /// Where the server of the keys has its discovery document, if that is not the issuer's.
    pub(super) fn keys_document(&self) -> Option<SecureUrl> {
        let KeysUrl::Apart(keys) = &self.keys else { return None };
        let url = document(&keys.without(KEYS_PATH)?);
        (Some(&url) != self.issuer_document().as_ref()).then_some(url)
    }
}

impl KeysUrl {
    pub(super) fn url(&self) -> &SecureUrl {
        match self {
            Self::BelowIssuer(url) | Self::Apart(url) => url,
        }
    }

    /// The base URL of the user pool, if the URL of the keys has the usual path.
    pub(super) fn base(&self) -> Option<SecureUrl> {
        self.url().without(KEYS_PATH)
    }
}

/// The user pool that a URL names in its last segment.
pub(super) fn named_pool(url: &str) -> Option<UserPoolId> {
    url.trim_end_matches('/').rsplit('/').next()?.parse().ok()
}

pub(super) fn document(base: &SecureUrl) -> SecureUrl {
    base.join(DISCOVERY_PATH)
}

/// Requests `url`, and notes the time before and after.
pub(super) async fn fetch(url: &SecureUrl, http: HttpClient, now: &dyn Fn() -> UnixTime) -> Fetched {
    let before = now();
    let response = http.get(url).await;
    Fetched { response, before, after: now() }
}
