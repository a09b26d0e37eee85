//! What is minted without a network.

use std::time::Duration;

use cognito_local_pool::{KeyUse, LocalPool};
use serde_json::json;

use crate::support::{NOW, Token, at, builder, pool};

#[test]
fn an_access_token_has_the_claims_of_managed_login() {
    let pool = pool();
    let token = Token::of(&pool.access_token("ada").scope("orders/read").scope("openid").sign());
    assert_eq!(
        token.names(),
        "auth_time client_id cognito:groups event_id exp iat iss jti origin_jti scope sub token_use username version"
    );
    let claims = token.claims();
    assert_eq!(claims["iss"], "https://cognito-idp.ap-south-1.amazonaws.com/ap-south-1_abcdefghi");
    assert_eq!(claims["token_use"], "access");
    assert_eq!(claims["scope"], "orders/read openid");
    assert_eq!(claims["client_id"], "web");
    assert_eq!(claims["username"], "ada");
    assert_eq!(claims["cognito:groups"], json!(["ops", "admins"]));
    assert_eq!(claims["version"], 2);
    assert_eq!((&claims["iat"], &claims["auth_time"]), (&json!(NOW), &json!(NOW)));
    assert_eq!(claims["exp"], NOW + 3600);
}

#[test]
fn an_id_token_has_the_attributes_and_no_scope() {
    let token = Token::of(&pool().id_token("ada").sign());
    assert_eq!(
        token.names(),
        "aud auth_time cognito:groups cognito:username custom:role email email_verified event_id exp iat iss jti \
         origin_jti sub token_use"
    );
    let claims = token.claims();
    assert_eq!((&claims["aud"], &claims["token_use"]), (&json!("web"), &json!("id")));
    assert_eq!((&claims["email_verified"], &claims["custom:role"]), (&json!(true), &json!("chief")));
}

#[test]
fn a_machine_token_has_no_user() {
    let token = Token::of(&pool().machine_token("m2m").sign());
    assert_eq!(token.names(), "auth_time client_id exp iat iss jti scope sub token_use version");
    let claims = token.claims();
    assert_eq!((&claims["sub"], &claims["client_id"]), (&json!("m2m"), &json!("m2m")));
    assert_eq!(claims["scope"], "orders/read orders/write", "all custom scopes of the client, and no other");
    assert_eq!(claims["exp"], NOW + 600, "the lifetime of the client");
}

#[test]
fn a_machine_that_the_pool_does_not_know_has_the_scopes_that_the_test_gives() {
    let pool = pool();
    assert!(Token::of(&pool.machine_token("other").sign()).claim("scope").is_null());
    assert_eq!(Token::of(&pool.machine_token("other").scope("a/b").sign()).claim("scope"), "a/b");
}

#[test]
fn a_header_is_kid_and_alg_and_nothing_else() {
    let pool = pool();
    for (compact, kid) in [
        (pool.access_token("ada").sign(), pool.access_key_id()),
        (pool.machine_token("m2m").sign(), pool.access_key_id()),
        (pool.id_token("ada").sign(), pool.id_key_id()),
    ] {
        let token = Token::of(&compact);
        assert_eq!(token.header, format!(r#"{{"kid":"{kid}","alg":"RS256"}}"#));
        assert!(token.signed_by(&pool, &kid));
    }
    assert_ne!(pool.access_key_id(), pool.id_key_id());
}

#[test]
fn a_user_without_scopes_has_the_one_of_an_api_sign_in() {
    assert_eq!(Token::of(&pool().access_token("ada").sign()).claim("scope"), "aws.cognito.signin.user.admin");
}

#[test]
fn a_user_has_one_subject_in_all_tokens_and_runs() {
    let (pool, again) = (pool(), pool());
    let subject = |pool: &LocalPool, name: &str| Token::of(&pool.access_token(name).sign()).claim("sub");
    assert_eq!(subject(&pool, "ada"), Token::of(&pool.id_token("ada").sign()).claim("sub"));
    assert_eq!(subject(&pool, "ada"), subject(&again, "ada"));
    assert_eq!(subject(&pool, "nobody"), subject(&again, "nobody"));
    assert_ne!(subject(&pool, "ada"), subject(&pool, "nobody"));
}

#[test]
fn someone_whom_the_pool_does_not_know_is_in_no_group() {
    let token = Token::of(&pool().access_token("nobody").sign());
    assert!(token.claim("cognito:groups").is_null());
    assert_eq!(
        Token::of(&pool().access_token("x").group("ops").sign()).claim("cognito:groups"),
        json!(["ops"])
    );
}

#[test]
fn each_token_has_its_own_jti() {
    let pool = pool();
    let jti = || Token::of(&pool.access_token("ada").sign()).claim("jti");
    assert_ne!(jti(), jti());
}

#[test]
fn the_client_is_client_id_or_aud_or_the_machine_itself() {
    let pool = pool();
    assert_eq!(Token::of(&pool.access_token("ada").client("x").sign()).claim("client_id"), "x");
    assert_eq!(Token::of(&pool.id_token("ada").client("x").sign()).claim("aud"), "x");
    let machine = Token::of(&pool.machine_token("m2m").client("x").sign());
    assert_eq!((machine.claim("client_id"), machine.claim("sub")), (json!("x"), json!("x")));
    let empty = LocalPool::builder("eu-west-1_x").keys_of(&pool).build().unwrap();
    assert_eq!(Token::of(&empty.access_token("ada").sign()).claim("client_id"), "local-client");
}

#[test]
fn any_claim_can_be_set_or_left_out_and_the_last_call_counts() {
    let token = pool()
        .id_token("ada")
        .claim("custom:role", json!({"nested": [1, null]}))
        .claim("exp", "soon")
        .claim("new", 1)
        .without_claim("new")
        .without_claim("iss")
        .sign();
    let claims = Token::of(&token).claims();
    assert_eq!(claims["custom:role"], json!({"nested": [1, null]}));
    assert_eq!(claims["exp"], "soon");
    assert!(claims.get("new").is_none() && claims.get("iss").is_none());
}

#[test]
fn any_header_member_can_be_set_or_left_out() {
    let pool = pool();
    let token =
        Token::of(&pool.access_token("ada").header("alg", "none").header("crit", json!(["x"])).sign());
    assert_eq!(token.header(), json!({"kid": pool.access_key_id(), "alg": "none", "crit": ["x"]}));
    assert!(token.signed_by(&pool, &pool.access_key_id()), "the signature is good for the header as it is");
    let token = Token::of(&pool.access_token("ada").without_header("kid").sign());
    assert_eq!(token.header, r#"{"alg":"RS256"}"#);
}

#[test]
fn an_expired_token_was_good_once() {
    let claims = Token::of(&pool().access_token("ada").expired().sign()).claims();
    assert_eq!((&claims["exp"], &claims["iat"]), (&json!(NOW - 3600), &json!(NOW - 7200)));
    assert_eq!(claims["auth_time"], claims["iat"]);
}

#[test]
fn times_can_be_chosen() {
    let pool = pool();
    let claims =
        Token::of(&pool.access_token("ada").issued_at(at(100)).expires_in(Duration::from_secs(5)).sign())
            .claims();
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(100), &json!(105)));
    let endless = pool.access_token("ada").expires_in(Duration::MAX).sign();
    assert_eq!(Token::of(&endless).claim("exp"), i64::MAX);
}

#[test]
fn tokens_age_with_the_clock_of_the_pool() {
    let pool = pool();
    pool.clock().advance(Duration::from_secs(60));
    assert_eq!(Token::of(&pool.access_token("ada").sign()).claim("iat"), NOW + 60);
}

#[test]
fn the_issuer_is_the_pools_or_the_tests() {
    let pool = builder().issuer("http://127.0.0.1:9229/ap-south-1_abcdefghi").build().unwrap();
    assert_eq!(
        Token::of(&pool.id_token("ada").sign()).claim("iss"),
        "http://127.0.0.1:9229/ap-south-1_abcdefghi"
    );
    assert_eq!(Token::of(&pool.id_token("ada").issuer("x").sign()).claim("iss"), "x");
}

#[test]
fn raw_bytes_are_signed_as_they_are() {
    let pool = pool();
    let token = Token::of(&pool.access_token("ada").claim("a", 1).raw_payload("not json").sign());
    assert_eq!(token.payload, "not json");
    assert!(token.signed_by(&pool, &pool.access_key_id()));
    let token = Token::of(&pool.access_token("ada").raw_header(r#"{"alg":1,"alg":2}"#).sign());
    assert_eq!(token.header, r#"{"alg":1,"alg":2}"#);
}

#[test]
fn the_other_key_signs_under_its_own_kid() {
    let pool = pool();
    let token = Token::of(&pool.access_token("ada").signed_by(KeyUse::Id).sign());
    assert_eq!(token.header()["kid"], pool.id_key_id());
    assert!(token.signed_by(&pool, &pool.id_key_id()));
}

#[test]
fn a_forgery_has_a_good_kid_and_a_bad_signature() {
    let pool = pool();
    for token in [pool.access_token("ada"), pool.id_token("ada")] {
        let honest = Token::of(&token.clone().sign());
        let forged = Token::of(&token.forged().sign());
        assert_eq!(honest.header, forged.header);
        assert!(
            !forged.signed_by(&pool, &pool.access_key_id()) && !forged.signed_by(&pool, &pool.id_key_id())
        );
    }
}

#[test]
fn debug_of_a_token_shows_no_value_of_a_claim() {
    let token = pool().access_token("ada").claim("custom:secret", "hush").header("x", "quiet");
    let shown = format!("{token:?}");
    assert!(shown.contains("custom:secret"), "{shown}");
    assert!(!shown.contains("hush") && !shown.contains("quiet"), "{shown}");
}
