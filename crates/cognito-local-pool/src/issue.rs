//! From who signed in to the claims of each kind of token, and from claims to a compact JWS.
//!
//! The claim sets are those of [Understanding user pool JSON web tokens][aws].
//!
//! [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-with-identity-providers.html

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::clock::seconds;
use crate::keys::SigningKey;
use crate::members::Members;
use crate::random;

/// Whom a token is about.
pub(crate) struct Person {
    pub(crate) username: String,
    pub(crate) subject: String,
    pub(crate) groups: Vec<String>,
    pub(crate) attributes: Vec<(String, Value)>,
}

/// How a user signed in, which shows in the access token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignIn {
    /// `InitiateAuth`: one fixed scope, no `version`.
    Api,
    /// Managed login and OAuth: the scopes that were asked for, `version` 2.
    ManagedLogin,
}

/// A sign-in, which every token made from it and from its refresh token shares.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) username: String,
    pub(crate) client: String,
    pub(crate) scopes: Vec<String>,
    sign_in: SignIn,
    auth_time: i64,
    origin_jti: String,
    event_id: String,
}

impl Session {
    /// A sign-in at `auth_time`, in seconds since 1970.
    pub(crate) fn new(
        username: String,
        client: String,
        scopes: Vec<String>,
        sign_in: SignIn,
        auth_time: i64,
    ) -> Self {
        let (origin_jti, event_id) = (random::uuid(), random::uuid());
        Self { username, client, scopes, sign_in, auth_time, origin_jti, event_id }
    }
}

/// When a token was made and when it ends, in seconds since 1970.
#[derive(Clone, Copy)]
pub(crate) struct Validity {
    pub(crate) issued: i64,
    expires: i64,
}

impl Validity {
    pub(crate) fn new(issued: i64, lifetime: Duration) -> Self {
        Self { issued, expires: issued.saturating_add(seconds(lifetime)) }
    }
}

/// The access token of a user.
pub(crate) fn access_claims(issuer: &str, person: &Person, session: &Session, valid: Validity) -> Members {
    let mut claims = Members::default();
    claims.set("sub", person.subject.as_str());
    set_groups(&mut claims, &person.groups);
    claims.set("iss", issuer);
    if session.sign_in == SignIn::ManagedLogin {
        claims.set("version", 2);
    }
    claims.set("client_id", session.client.as_str());
    claims.set("origin_jti", session.origin_jti.as_str());
    claims.set("event_id", session.event_id.as_str());
    claims.set("token_use", "access");
    claims.set("scope", session.scopes.join(" "));
    set_times(&mut claims, session.auth_time, valid);
    claims.set("username", person.username.as_str());
    claims
}

/// The ID token of a user, with the attributes.
pub(crate) fn id_claims(issuer: &str, person: &Person, session: &Session, valid: Validity) -> Members {
    let mut claims = Members::default();
    claims.set("sub", person.subject.as_str());
    set_groups(&mut claims, &person.groups);
    claims.set("iss", issuer);
    claims.set("cognito:username", person.username.as_str());
    claims.set("origin_jti", session.origin_jti.as_str());
    claims.set("aud", session.client.as_str());
    claims.set("event_id", session.event_id.as_str());
    claims.set("token_use", "id");
    set_times(&mut claims, session.auth_time, valid);
    for (name, value) in &person.attributes {
        claims.set(name.as_str(), value.clone());
    }
    claims
}

/// The access token of a machine: no user, no groups, no `origin_jti`.
pub(crate) fn machine_claims(issuer: &str, client: &str, scopes: &[String], valid: Validity) -> Members {
    let mut claims = Members::default();
    claims.set("sub", client);
    claims.set("token_use", "access");
    if !scopes.is_empty() {
        claims.set("scope", scopes.join(" "));
    }
    claims.set("iss", issuer);
    claims.set("version", 2);
    claims.set("client_id", client);
    set_times(&mut claims, valid.issued, valid);
    claims
}

/// `cognito:groups` is always an array, and absent for a user in no group.
fn set_groups(claims: &mut Members, groups: &[String]) {
    if !groups.is_empty() {
        claims.set("cognito:groups", groups.to_vec());
    }
}

fn set_times(claims: &mut Members, auth_time: i64, valid: Validity) {
    claims.set("auth_time", auth_time);
    claims.set("exp", valid.expires);
    claims.set("iat", valid.issued);
    claims.set("jti", random::uuid());
}

/// The header that Cognito writes: `kid` and `alg`, and no `typ`.
pub(crate) fn header(key_id: &str) -> Members {
    let mut header = Members::default();
    header.set("kid", key_id);
    header.set("alg", "RS256");
    header
}

/// The JWS compact serialization (RFC 7515 §3.1), signed with RS256 whatever the header says.
pub(crate) fn compact(key: &SigningKey, header: &[u8], payload: &[u8]) -> String {
    let mut token = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = key.sign(token.as_bytes());
    token.push('.');
    token.push_str(&URL_SAFE_NO_PAD.encode(signature));
    token
}
