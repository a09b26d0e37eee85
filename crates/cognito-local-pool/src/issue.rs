//! The claims of each kind of token, and the compact JWS that is made from claims.
//!
//! The claim sets are those of [Understanding user pool JSON web tokens][aws].
//!
//! [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-with-identity-providers.html

use std::time::Duration;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::clock::seconds;
use crate::directory::Account;
use crate::grant::{Grant, GrantKind, Holder};
use crate::keys::SigningKey;
use crate::members::Members;
use crate::random;

/// The user that a token is about.
pub(crate) struct Person {
    pub(crate) holder: Holder,
    pub(crate) groups: Vec<String>,
    pub(crate) attributes: Vec<(String, Value)>,
}

impl Person {
    pub(crate) fn of(account: Account) -> Self {
        let (holder, attributes) = (Holder::of(&account), account.attribute_claims());
        Self { holder, attributes, groups: account.groups }
    }

    /// A user that the directory does not have.
    pub(crate) fn unknown(holder: Holder) -> Self {
        Self { holder, groups: Vec::new(), attributes: Vec::new() }
    }
}

/// When a token was made and when it ends, in seconds since 1970.
#[derive(Clone, Copy)]
pub(crate) struct Validity {
    pub(crate) issued: i64,
    pub(crate) expires: i64,
}

impl Validity {
    pub(crate) fn new(issued: i64, lifetime: Duration) -> Self {
        Self { issued, expires: issued.saturating_add(seconds(lifetime)) }
    }
}

/// The access token of a user.
pub(crate) fn access_claims(issuer: &str, person: &Person, grant: &Grant, valid: Validity) -> Members {
    let mut claims = Members::default();
    claims.set("sub", person.holder.subject.as_str());
    set_groups(&mut claims, &person.groups);
    claims.set("iss", issuer);
    if grant.sign_in == GrantKind::ManagedLogin {
        claims.set("version", 2);
    }
    claims.set("client_id", grant.client.as_str());
    claims.set("origin_jti", grant.origin_jti.as_str());
    claims.set("event_id", grant.event_id.as_str());
    claims.set("token_use", "access");
    if !grant.scopes.is_empty() {
        claims.set("scope", grant.scopes.join(" "));
    }
    set_times(&mut claims, grant.auth_time, valid);
    claims.set("username", person.holder.username.as_str());
    if let Some(resource) = &grant.resource {
        claims.set("aud", resource.as_str());
    }
    set_authentication(&mut claims, grant);
    claims
}

/// The ID token of a user, with the attributes.
pub(crate) fn id_claims(issuer: &str, person: &Person, grant: &Grant, valid: Validity) -> Members {
    let mut claims = Members::default();
    claims.set("sub", person.holder.subject.as_str());
    set_groups(&mut claims, &person.groups);
    claims.set("iss", issuer);
    claims.set("cognito:username", person.holder.username.as_str());
    claims.set("origin_jti", grant.origin_jti.as_str());
    claims.set("aud", grant.client.as_str());
    claims.set("event_id", grant.event_id.as_str());
    claims.set("token_use", "id");
    set_times(&mut claims, grant.auth_time, valid);
    set_authentication(&mut claims, grant);
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

/// `at_hash`: the left half of the SHA-256 of the access token (`OpenID` Connect Core §3.1.3.6).
pub(crate) fn at_hash(access_token: &str) -> String {
    let hash = digest::digest(&digest::SHA256, access_token.as_bytes());
    let (left, _) = hash.as_ref().split_at(hash.as_ref().len() / 2);
    URL_SAFE_NO_PAD.encode(left)
}

/// `cognito:groups` is always an array, and absent for a user in no group.
fn set_groups(claims: &mut Members, groups: &[String]) {
    if !groups.is_empty() {
        claims.set("cognito:groups", groups.to_vec());
    }
}

fn set_authentication(claims: &mut Members, grant: &Grant) {
    if let Some(authentication) = &grant.authentication {
        claims.set("acr", authentication.acr.as_str());
        claims.set("amr", authentication.amr.clone());
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

/// The JWS compact serialization (RFC 7515 §3.1), always signed with RS256.
pub(crate) fn compact(key: &SigningKey, header: &[u8], payload: &[u8]) -> String {
    let mut token = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = key.sign(token.as_bytes());
    token.push('.');
    token.push_str(&URL_SAFE_NO_PAD.encode(signature));
    token
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_hash_is_half_a_hash() {
        // printf 'token' | openssl dgst -sha256 -binary | head -c 16 | basenc --base64url
        assert_eq!(at_hash("token"), "PEaenWxYddN6Q_NT1PiOYQ");
    }
}
