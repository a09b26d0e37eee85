//! The first second opinion: `jsonwebtoken`, used as its documentation recommends, on thousands of generated tokens.

use std::{collections::BTreeMap, sync::LazyLock};

use cognito_authorizer::{Accept, Rejected, UnixTime, UserPool, token::RequiredClaim};
use cognito_verify::{PoolKeys, Verifier};
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation, decode_header,
    jwk::{Jwk, JwkSet},
};
use serde_json::Value;

use super::{generated::tokens, reading::Reading, table::WORLD, world::World};
use crate::support::{CLIENT, POOL};

const COUNT: usize = 6_000;

/// The reasons for which we and `jsonwebtoken` may disagree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Intended {
    // We refuse, it accepts.
    /// An extension that is not understood (RFC 7515 §4.1.11); the other verifier ignores `crit`.
    Extension,
    /// A claim that affects the decision occurs twice; the other verifier uses the last one.
    Repeated,
    /// A claim that affects the decision has another type; the other verifier checks only `exp` and `nbf`.
    WrongType,
    /// `iat` is missing.
    NoIssuedAt,
    /// `iat` is in the future.
    IssuedLater,
    /// An ID token without a user.
    NoSubject,
    /// `aud` of an access token names another API; the other verifier checks only `client_id`.
    OtherAudience,
    /// The header is larger than any that Cognito writes.
    LargeHeader,
    // We accept, it refuses.
    /// A time beyond 64 bits, which we treat as the end of time; the other verifier cannot represent it.
    HugeTime,
    /// A time before 1970; the other verifier cannot represent it.
    NegativeTime,
    /// A malformed claim that does not affect the decision; the other verifier parses the whole payload.
    UnreadClaim,
    /// The same in the header; the other verifier checks the types of known members.
    UnreadHeader,
}

const ALL: [Intended; 12] = [
    Intended::Extension,
    Intended::Repeated,
    Intended::WrongType,
    Intended::NoIssuedAt,
    Intended::IssuedLater,
    Intended::NoSubject,
    Intended::OtherAudience,
    Intended::LargeHeader,
    Intended::HugeTime,
    Intended::NegativeTime,
    Intended::UnreadClaim,
    Intended::UnreadHeader,
];

/// The reason for which we refuse and it accepts. The token must really have what we refused it for.
fn why_refused(rejected: &Rejected, token: &str, now: i64) -> Option<Intended> {
    let reading = Reading::of(token);
    let (reason, holds) = match rejected {
        Rejected::Critical => {
            (Intended::Extension, reading.header.names().any(|name| name == "crit" || name == "b64"))
        }
        Rejected::Claims if reading.repeats_a_claim() => (Intended::Repeated, true),
        Rejected::Claims => (Intended::WrongType, reading.has_a_wrong_type()),
        Rejected::Missing { claim: RequiredClaim::IssuedAt } => {
            (Intended::NoIssuedAt, reading.payload.count("iat") == 0)
        }
        Rejected::Missing { claim: RequiredClaim::Subject } => {
            (Intended::NoSubject, reading.payload.count("sub") == 0)
        }
        Rejected::Resource => (Intended::OtherAudience, reading.payload.count("aud") == 1),
        Rejected::NotYetValid { claim: "iat", .. } => {
            #[expect(clippy::cast_precision_loss, reason = "seconds of this century")]
            let now = now as f64;
            (Intended::IssuedLater, reading.time("iat").is_some_and(|iat| iat > now))
        }
        Rejected::PartTooLong { .. } => (Intended::LargeHeader, reading.segments[0].len() > 1024),
        _ => return None,
    };
    holds.then_some(reason)
}

/// The reason for which we accept and it refuses.
fn why_accepted(token: &str) -> Option<Intended> {
    let reading = Reading::of(token);
    let times = || ["exp", "nbf"].into_iter().filter_map(|claim| reading.time(claim));
    if times().any(|time| time >= 18_446_744_073_709_551_615.0) {
        return Some(Intended::HugeTime);
    }
    if times().any(|time| time < 0.0) {
        return Some(Intended::NegativeTime);
    }
    if serde_json::from_slice::<Value>(&reading.segments[1]).is_err() {
        return Some(Intended::UnreadClaim);
    }
    reading.header.get("typ").is_some_and(|typ| !typ.starts_with('"')).then_some(Intended::UnreadHeader)
}

/// `jsonwebtoken` with a careful caller.
struct Oracle {
    keys: BTreeMap<String, DecodingKey>,
    validation: Validation,
}

impl Oracle {
    fn new(world: &World) -> Self {
        let mut jwks: Value = serde_json::from_str(&world.jwks()).expect("JSON");
        jwks["keys"].as_array_mut().expect("keys").retain(|key| key["kty"] == "RSA");
        let set: JwkSet = serde_json::from_value(jwks).expect("a JWK Set");
        let key = |jwk: &Jwk| Some((jwk.common.key_id.clone()?, DecodingKey::from_jwk(jwk).ok()?));
        let mut validation = Validation::new(Algorithm::RS256);
        validation.leeway = 0;
        validation.validate_nbf = true;
        validation.validate_aud = false;
        validation.set_issuer(&[world.pool.issuer()]);
        validation.set_required_spec_claims(&["exp", "iss"]);
        Self { keys: set.keys.iter().filter_map(key).collect(), validation }
    }

    fn accepts(&self, token: &str) -> bool {
        let Some(key) = decode_header(token).ok().and_then(|header| self.keys.get(&header.kid?)) else {
            return false;
        };
        #[expect(clippy::disallowed_methods, reason = "the oracle")]
        let Ok(decoded) = jsonwebtoken::decode::<Value>(token, key, &self.validation) else { return false };
        // The caller's part: the library does not know Cognito's claims.
        let claims = decoded.claims;
        match claims["token_use"].as_str() {
            Some("access") => claims["client_id"] == CLIENT,
            Some("id") => match &claims["aud"] {
                Value::Array(all) => all.iter().any(|aud| aud == CLIENT),
                aud => aud == CLIENT,
            },
            _ => false,
        }
    }
}

#[test]
fn every_disagreement_with_jsonwebtoken_is_intended() {
    // The oracle reads the system's clock, so both use that time. The times in the tokens are at least 20 minutes away from it.
    LazyLock::force(&WORLD);
    let now = i64::try_from(jsonwebtoken::get_current_timestamp()).expect("this century");
    let tokens = tokens(&WORLD, 0xC061_1170, now, COUNT);
    let oracle = Oracle::new(&WORLD);
    let verifier =
        Verifier::new([UserPool::new(POOL).client(CLIENT)]).expect("sound settings").accept(Accept::Either);
    let keys =
        PoolKeys::from(&cognito_authorizer::KeySet::from_json(WORLD.jwks().as_bytes()).expect("usable keys"));

    let (mut both, mut seen, mut wrong) = (0, BTreeMap::<Intended, usize>::new(), Vec::new());
    for token in &tokens {
        let ours = verifier.verify(token, &keys, UnixTime::from_secs(now));
        let theirs = oracle.accepts(token);
        let reason = match &ours {
            Ok(_) if theirs => {
                both += 1;
                continue;
            }
            Err(_) if !theirs => continue,
            Ok(_) => why_accepted(token),
            Err(rejected) => why_refused(rejected, token, now),
        };
        match reason {
            Some(reason) => *seen.entry(reason).or_default() += 1,
            None => wrong.push(format!("{:?} here, {theirs} there: {}", ours.err(), described(token))),
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), tokens.len(), wrong.join("\n"));
    assert!(both > 300, "only {both} tokens are accepted by both");
    assert_eq!(seen.keys().copied().collect::<Vec<_>>(), ALL, "a reason without a token: {seen:?}");
}

/// The header and payload for a failing test. They are not secret.
pub(super) fn described(token: &str) -> String {
    let reading = Reading::of(token);
    let text: Vec<_> = reading.segments.iter().take(2).map(|bytes| String::from_utf8_lossy(bytes)).collect();
    text.join(" ")
}
