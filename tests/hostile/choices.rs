//! Where verifiers disagree: a test for each sentence about it in the front page of `cognito-verify`.

use std::time::Duration;

use cognito_authorizer::{KeySet, Rejected, UnixTime, UserPool, keys::KeySetError, token::Part};
use cognito_verify::{PoolKeys, Verifier};
use serde_json::{Value, json};

use super::{
    case::{Outcome, Setup, early, encoding, expired, missing},
    table::{WORLD, outcome},
    world::{NOW, World, base64url, payload_of, third_header},
};
use crate::support::{CLIENT, POOL};

fn result(token: &str) -> Outcome {
    outcome(&WORLD, Setup::Access, token)
}

/// A good token in which the value of a claim is this JSON.
fn with(world: &World, claim: &str, json: &str) -> String {
    let payload = payload_of(&world.access().without_claim(claim).sign());
    world.with_payload(format!("{{\"{claim}\":{json},{}", &payload[1..]))
}

#[test]
fn exp_and_iat_are_required() {
    for claim in ["exp", "iat"] {
        let token = WORLD.access().without_claim(claim).sign();
        assert_eq!(result(&token), missing(claim).into());
    }
    assert_eq!(result(&WORLD.access().without_claim("nbf").sign()), Outcome::LetIn);
}

#[test]
fn a_time_is_a_number_and_never_a_string() {
    for claim in ["exp", "nbf", "iat"] {
        assert_eq!(result(&with(&WORLD, claim, "\"4102444800\"")), Rejected::Claims.into(), "{claim}");
    }
}

#[test]
fn fractions_of_a_second_count_to_the_millisecond() {
    assert_eq!(result(&with(&WORLD, "exp", &format!("{NOW}.002"))), Outcome::LetIn);
    assert_eq!(result(&with(&WORLD, "exp", &format!("{NOW}.0"))), expired(NOW * 1000).into());
    assert_eq!(result(&with(&WORLD, "nbf", &format!("{NOW}.5"))), early("nbf", NOW * 1000 + 500).into());
}

#[test]
fn a_time_too_large_to_count_is_the_end_of_time() {
    for huge in ["18446744073709551616", "1e308"] {
        assert_eq!(result(&with(&WORLD, "exp", huge)), Outcome::LetIn);
        assert_eq!(result(&with(&WORLD, "nbf", huge)), early("nbf", i64::MAX).into());
    }
    assert_eq!(result(&with(&WORLD, "exp", "1e400")), Rejected::Claims.into());
}

#[test]
fn a_token_that_expires_now_has_expired() {
    assert_eq!(result(&with(&WORLD, "exp", &NOW.to_string())), expired(NOW * 1000).into());
}

#[test]
fn nbf_and_iat_must_not_be_in_the_future() {
    for claim in ["nbf", "iat"] {
        assert_eq!(result(&with(&WORLD, claim, &NOW.to_string())), Outcome::LetIn);
        let token = with(&WORLD, claim, &(NOW + 1).to_string());
        assert_eq!(result(&token), early(claim, (NOW + 1) * 1000).into());
    }
}

#[test]
fn clocks_must_agree_unless_a_leeway_is_set() {
    let (strict, keys) = WORLD.verifier(Setup::Access);
    let lenient = strict.clone().leeway(Duration::from_secs(60)).unwrap();
    let now = UnixTime::from_secs(NOW);
    for (claim, good, bad, reason) in [
        ("exp", NOW - 59, NOW - 60, "expired"),
        ("nbf", NOW + 60, NOW + 61, "not_yet_valid"),
        ("iat", NOW + 60, NOW + 61, "not_yet_valid"),
    ] {
        let (good, bad) = (with(&WORLD, claim, &good.to_string()), with(&WORLD, claim, &bad.to_string()));
        assert_eq!(strict.verify(&good, &keys, now).unwrap_err().code(), reason, "{claim}");
        assert!(lenient.verify(&good, &keys, now).is_ok(), "{claim}");
        assert_eq!(lenient.verify(&bad, &keys, now).unwrap_err().code(), reason, "{claim}");
    }
    assert!(strict.clone().leeway(Duration::from_secs(300)).is_ok());
    assert!(strict.leeway(Duration::from_secs(301)).is_err());
}

#[test]
fn crit_and_b64_are_refused_whatever_their_value() {
    for (member, value) in
        [("crit", json!(["exp"])), ("crit", json!([])), ("crit", Value::Null), ("b64", json!(true))]
    {
        let token = WORLD.access().header(member, value).sign();
        assert_eq!(result(&token), Rejected::Critical.into());
    }
}

#[test]
fn a_token_must_name_its_key() {
    assert_eq!(result(&WORLD.access().without_header("kid").sign()), Rejected::NoKeyId.into());
    // Even if the pool has only one key.
    let pool = cognito_local_pool::LocalPool::builder(POOL)
        .clock(crate::support::pool_clock(&WORLD.clock))
        .app_client(cognito_local_pool::AppClient::public(CLIENT))
        .key_id("only")
        .build()
        .unwrap();
    let keys = PoolKeys::from(&crate::support::keys(&pool));
    let verifier = Verifier::new([UserPool::new(POOL).client(CLIENT)]).unwrap();
    let now = UnixTime::from_secs(NOW);
    assert!(verifier.verify(&pool.access_token("ada").sign(), &keys, now).is_ok());
    let bare = pool.access_token("ada").without_header("kid").sign();
    assert_eq!(verifier.verify(&bare, &keys, now).unwrap_err(), Rejected::NoKeyId);
}

#[test]
fn base64url_has_one_form() {
    let (header, payload) = (third_header("RS256"), base64url(r#"{"a":1}"#));
    assert_eq!(payload, "eyJhIjoxfQ");
    for other in ["eyJhIjoxfR", "eyJhIjoxfQ=", "eyJhIjoxfQ==", "eyJhIjoxfQ%3D%3D", "eyJhIjox\nfQ"] {
        let token = WORLD.signed(&format!("{header}.{other}"));
        assert_eq!(result(&token), encoding(Part::Payload).into(), "{other}");
    }
}

#[test]
fn a_registered_member_must_not_be_repeated() {
    assert_eq!(result(&WORLD.with_members(r#""sub":"eve""#)), Rejected::Claims.into());
    assert_eq!(result(&WORLD.with_members(r#""s\u0075b":"eve""#)), Rejected::Claims.into());
    let header = r#"{"alg":"RS256","kid":"third","kid":"KID"}"#;
    assert_eq!(result(&WORLD.with_header(header)), Rejected::Header.into());
    // Claims that do not affect the decision are not parsed until they are requested.
    assert_eq!(result(&WORLD.with_members(r#""custom:a":1,"custom:a":2"#)), Outcome::LetIn);
}

#[test]
fn scope_is_a_string_and_never_an_array() {
    let token = WORLD.access().claim("scope", json!(["orders/read"])).sign();
    assert_eq!(result(&token), Rejected::Claims.into());
    assert_eq!(outcome(&WORLD, Setup::Scope, &token), Rejected::Claims.into());
}

#[test]
fn aud_of_an_id_token_may_be_an_array_with_the_client() {
    let token = WORLD.id().claim("aud", json!(["another", CLIENT])).sign();
    assert_eq!(outcome(&WORLD, Setup::Id, &token), Outcome::LetIn);
    let (verifier, keys) = WORLD.verifier(Setup::Id);
    let verified = verifier.verify(&token, &keys, UnixTime::from_secs(NOW)).unwrap();
    assert_eq!(verified.client_id(), CLIENT, "the client is the one that is let in");
}

#[test]
fn a_key_for_another_algorithm_is_not_used() {
    let mut jwks: Value = serde_json::from_str(&WORLD.pool.jwks()).unwrap();
    for (alg, usable) in
        [("RS256", true), ("RS384", false), ("RS512", false), ("PS256", false), ("none", false)]
    {
        for key in jwks["keys"].as_array_mut().unwrap() {
            key["alg"] = alg.into();
        }
        let set = KeySet::from_json(jwks.to_string().as_bytes());
        assert_eq!(set.is_ok(), usable, "{alg}");
        assert!(usable || matches!(set, Err(KeySetError::NoUsableKey { .. })));
    }
}
