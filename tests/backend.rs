//! The authorizer context that handlers behind API Gateway read: the claims of a token as REST APIs and HTTP APIs write them.

use std::sync::Arc;

use axum::{Extension, Json, Router, routing::get};
use cognito_authorizer::{
    Accept, Profile, Requirement, RouteTable, UserPool, Verified,
    backend::{AuthorizerContext, HttpApiClaims, PayloadFormat, RestApiClaims},
    clock::Clock,
    group,
    requirement::any_scope,
    scope,
};
use cognito_local_pool::{LocalPool, TokenBuilder};
use cognito_verify::{PoolKeys, Verifier};
use expect_test::expect;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{Api, CLIENT, POOL, any_json::any_json, bearer, builder, clock, keys, pool};

fn verified(pool: &LocalPool, token: TokenBuilder) -> Verified {
    let verifier =
        Verifier::new([UserPool::new(POOL).client(CLIENT)]).expect("it holds").accept(Accept::Either);
    verifier.verify(&token.sign(), &PoolKeys::from(&keys(pool)), clock().now()).expect("a good token")
}

/// Fixed values for the claims that Cognito draws at random.
fn fixed(token: TokenBuilder) -> TokenBuilder {
    token
        .claim("sub", "aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb")
        .claim("jti", "cccccccc-1111-4222-8333-dddddddddddd")
        .claim("origin_jti", "eeeeeeee-1111-4222-8333-ffffffffffff")
        .claim("event_id", "99999999-1111-4222-8333-888888888888")
}

/// An ID token with every kind of claim.
fn rich(pool: &LocalPool) -> Verified {
    let identity = |provider: &str, issuer: Value| {
        json!({
            "dateCreated": "1718636404000",
            "issuer": issuer,
            "primary": "true",
            "providerName": provider,
            "userId": "1234",
        })
    };
    let token = fixed(pool.id_token("ada"))
        .group("staging-manager")
        .group("größe")
        .claim("email_verified", true)
        .claim("phone_number_verified", false)
        .claim("name", "Ada \"Löve\" Lace\\\n😀")
        .claim("custom:tenant", "a,b c")
        .claim("custom:limit", 9_007_199_254_740_993_u64)
        .claim("custom:none", Value::Null)
        .claim("address", json!({ "formatted": "1 Main Street" }))
        .claim("nbf", 1_767_225_599)
        .claim(
            "identities",
            json!([identity("Google", Value::Null), identity("SAML", json!("https://idp.example"))]),
        );
    verified(pool, token)
}

/// The context as JSON, one line for each member, sorted by name.
fn pretty(context: AuthorizerContext<'_>) -> String {
    let json = context.to_json();
    assert_eq!(json, serde_json::to_string(&context).expect("JSON"));
    serde_json::to_string_pretty(&serde_json::from_str::<Value>(&json).expect("JSON")).expect("JSON")
}

#[test]
fn a_rest_api_has_dates_and_comma_lists() {
    let verified = rich(&pool(&clock()));
    let claims = RestApiClaims::of(&verified).expect("Unicode");
    expect![[r#"
        {
          "claims": {
            "address": "{\"formatted\":\"1 Main Street\"}",
            "aud": "4example23456789",
            "auth_time": "1767225600",
            "cognito:groups": "ops,staging-manager,größe",
            "cognito:username": "ada",
            "custom:limit": "9007199254740993",
            "custom:tenant": "a,b c",
            "email_verified": "true",
            "event_id": "99999999-1111-4222-8333-888888888888",
            "exp": "Thu Jan 01 01:00:00 UTC 2026",
            "iat": "Thu Jan 01 00:00:00 UTC 2026",
            "identities": "{\"dateCreated\":\"1718636404000\",\"issuer\":null,\"primary\":\"true\",\"providerName\":\"Google\",\"userId\":\"1234\"},{\"dateCreated\":\"1718636404000\",\"issuer\":\"https://idp.example\",\"primary\":\"true\",\"providerName\":\"SAML\",\"userId\":\"1234\"}",
            "iss": "https://cognito-idp.ap-south-1.amazonaws.com/ap-south-1_abcdefghi",
            "jti": "cccccccc-1111-4222-8333-dddddddddddd",
            "name": "Ada \"Löve\" Lace\\\n😀",
            "nbf": "Wed Dec 31 23:59:59 UTC 2025",
            "origin_jti": "eeeeeeee-1111-4222-8333-ffffffffffff",
            "phone_number_verified": "false",
            "sub": "aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb",
            "token_use": "id"
          }
        }"#]].assert_eq(&pretty(claims.authorizer()));
    assert_eq!(claims.get("cognito:groups"), Some("ops,staging-manager,größe"));
    assert_eq!(claims.get("custom:none"), None);
    assert!(claims.iter().map(|(name, _)| name).is_sorted());
}

#[test]
fn an_http_api_has_numbers_and_bracket_lists() {
    let verified = rich(&pool(&clock()));
    let claims = HttpApiClaims::of(&verified, &Requirement::nothing()).expect("Unicode");
    expect![[r#"
        {
          "jwt": {
            "claims": {
              "address": "{\"formatted\":\"1 Main Street\"}",
              "aud": "4example23456789",
              "auth_time": "1767225600",
              "cognito:groups": "[ops staging-manager größe]",
              "cognito:username": "ada",
              "custom:limit": "9007199254740993",
              "custom:tenant": "a,b c",
              "email_verified": "true",
              "event_id": "99999999-1111-4222-8333-888888888888",
              "exp": "1767229200",
              "iat": "1767225600",
              "identities": "[{\"dateCreated\":\"1718636404000\",\"issuer\":null,\"primary\":\"true\",\"providerName\":\"Google\",\"userId\":\"1234\"} {\"dateCreated\":\"1718636404000\",\"issuer\":\"https://idp.example\",\"primary\":\"true\",\"providerName\":\"SAML\",\"userId\":\"1234\"}]",
              "iss": "https://cognito-idp.ap-south-1.amazonaws.com/ap-south-1_abcdefghi",
              "jti": "cccccccc-1111-4222-8333-dddddddddddd",
              "name": "Ada \"Löve\" Lace\\\n😀",
              "nbf": "1767225599",
              "origin_jti": "eeeeeeee-1111-4222-8333-ffffffffffff",
              "phone_number_verified": "false",
              "sub": "aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb",
              "token_use": "id"
            },
            "scopes": null
          }
        }"#]].assert_eq(&pretty(claims.authorizer(PayloadFormat::V2)));
    assert_eq!(claims.get("cognito:groups"), Some("[ops staging-manager größe]"));
}

#[test]
fn scopes_are_passed_on_if_the_route_requires_one() {
    let pool = pool(&clock());
    let with_scopes = verified(&pool, fixed(pool.access_token("ada").scope("orders/read").scope("openid")));
    let without = verified(&pool, pool.machine_token(CLIENT).without_claim("scope"));
    for (verified, route, scopes) in [
        (&with_scopes, Requirement::nothing(), None),
        (&with_scopes, group("ops"), None),
        (&with_scopes, scope("orders/read"), Some(json!(["orders/read", "openid"]))),
        (
            &with_scopes,
            group("ops").and(any_scope(["a/b", "openid"])),
            Some(json!(["orders/read", "openid"])),
        ),
        (&without, scope("orders/read").or(group("ops")), None),
    ] {
        let claims = HttpApiClaims::of(verified, &route).expect("Unicode");
        assert_eq!(claims.scopes().map(|scopes| json!(scopes)), scopes, "{route}");
        let context: Value =
            serde_json::from_str(&claims.authorizer(PayloadFormat::V1).to_json()).expect("JSON");
        let expected = json!({ "claims": serde_json::to_value(&claims).expect("JSON"), "scopes": scopes });
        assert_eq!(context, expected, "{route}");
        let context: Value =
            serde_json::from_str(&claims.authorizer(PayloadFormat::V2).to_json()).expect("JSON");
        assert_eq!(context, json!({ "jwt": expected }), "{route}");
    }
    let claims = RestApiClaims::of(&with_scopes).expect("Unicode");
    assert_eq!(claims.get("scope"), Some("orders/read openid"));
    assert!(!claims.authorizer().to_json().contains("\"scopes\""));
}

#[test]
fn a_claim_that_is_not_unicode_is_an_error_without_its_text() {
    let pool = pool(&clock());
    let payload = |claim: &str| {
        format!(
            r#"{{"sub":"s","client_id":"{CLIENT}","token_use":"access","exp":1767229200,"iat":1767225600,
                 "iss":"https://cognito-idp.ap-south-1.amazonaws.com/{POOL}","custom:secret":"{claim}"}}"#
        )
    };
    let good = verified(&pool, pool.access_token("ada").raw_payload(payload(r"half\ud83d\ude00")));
    assert_eq!(RestApiClaims::of(&good).expect("Unicode").get("custom:secret"), Some("half😀"));
    let bad = verified(&pool, pool.access_token("ada").raw_payload(payload(r"half\ud800")));
    for error in [
        RestApiClaims::of(&bad).expect_err("half a character"),
        HttpApiClaims::of(&bad, &Requirement::nothing()).expect_err("half a character"),
    ] {
        assert!(!format!("{error} {error:?}").contains("half"), "{error}");
    }
}

#[test]
fn any_claim_has_a_text_unless_it_is_null() {
    let pool = pool(&clock());
    proptest!(|(claim in any_json(), not_before in any::<i32>())| {
        let token = pool.access_token("ada").scope("orders/read").claim("custom:any", claim.clone());
        let verified = verified(&pool, token.claim("nbf", i64::from(not_before).min(0)));
        let rest = RestApiClaims::of(&verified).expect("Unicode");
        let http = HttpApiClaims::of(&verified, &scope("orders/read")).expect("Unicode");
        for (text, json) in [
            (rest.get("custom:any"), rest.authorizer().to_json()),
            (http.get("custom:any"), http.authorizer(PayloadFormat::V2).to_json()),
        ] {
            prop_assert_eq!(text.is_none(), claim.is_null());
            if let (Some(text), Value::Object(_) | Value::Number(_) | Value::Bool(_)) = (text, &claim) {
                prop_assert_eq!(text, serde_json::to_string(&claim).expect("JSON"));
            }
            prop_assert!(serde_json::from_str::<Value>(&json).is_ok(), "{}", json);
        }
    });
}

/// Handlers as they were behind API Gateway: they read events, and use neither tokens nor this crate.
mod lambda {
    use serde_json::{Value, json};

    /// Behind a REST API, groups are text with commas, and `exp` is a date.
    pub(super) fn behind_rest_api(event: &Value) -> Value {
        let claims = &event["requestContext"]["authorizer"]["claims"];
        let groups = claims["cognito:groups"].as_str().unwrap_or_default();
        json!({
            "user": claims["cognito:username"],
            "is operator": groups.split(',').any(|group| group == "ops"),
            "expires": claims["exp"],
            "verified": claims["email_verified"] == "true",
        })
    }

    /// Behind an HTTP API, with payload format 2.0, groups are text in brackets, and scopes a list.
    pub(super) fn behind_http_api(event: &Value) -> Value {
        let jwt = &event["requestContext"]["authorizer"]["jwt"];
        let groups = jwt["claims"]["cognito:groups"].as_str().unwrap_or_default();
        json!({
            "user": jwt["claims"]["username"],
            "is operator": groups.trim_matches(['[', ']']).split(' ').any(|group| group == "ops"),
            "expires": jwt["claims"]["exp"],
            "scopes": jwt["scopes"],
        })
    }
}

/// The adapter around such a handler, which converts the verified token to the event that the handler expects.
fn event(authorizer: AuthorizerContext<'_>) -> Value {
    json!({ "requestContext": { "authorizer": authorizer } })
}

#[tokio::test]
async fn a_handler_that_moved_from_a_rest_api_gets_the_same_event() {
    async fn me(Extension(caller): Extension<Arc<Verified>>) -> Json<Value> {
        let claims = RestApiClaims::of(&caller).expect("Unicode");
        Json(lambda::behind_rest_api(&event(claims.authorizer())))
    }
    let pool = pool(&clock());
    let table = RouteTable::builder().require("GET /me", Requirement::nothing()).build().expect("it holds");
    let auth = builder(&clock()).profile(Profile::RestApi).routes(table);
    let auth = auth.with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let api = Api::serve(Router::new().route("/me", get(me)).layer(auth)).await;
    let token = pool.id_token("ada").group("staff").claim("email_verified", true);
    let answer = api.get("/me", &bearer(token.sign())).await;
    expect![[
        r#"200 {"expires":"Thu Jan 01 01:00:00 UTC 2026","is operator":true,"user":"ada","verified":true}"#
    ]]
    .assert_eq(&answer.to_string());
    assert_eq!(api.get("/me", &bearer(pool.access_token("ada").sign())).await.status, 401);
}

#[tokio::test]
async fn a_handler_that_moved_from_an_http_api_gets_the_same_event() {
    async fn orders(Extension(caller): Extension<Arc<Verified>>) -> Json<Value> {
        let claims = HttpApiClaims::of(&caller, &scope("orders/read")).expect("Unicode");
        Json(lambda::behind_http_api(&event(claims.authorizer(PayloadFormat::V2))))
    }
    let pool = pool(&clock());
    let table = RouteTable::builder().require("GET /orders", scope("orders/read")).build().expect("it holds");
    let auth = builder(&clock()).profile(Profile::HttpApi).routes(table);
    let auth = auth.with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let api = Api::serve(Router::new().route("/orders", get(orders)).layer(auth)).await;
    let token = pool.access_token("ada").group("staff").scope("openid").scope("orders/read");
    let answer = api.get("/orders", &bearer(token.sign())).await;
    expect![[
        r#"200 {"expires":"1767229200","is operator":true,"scopes":["openid","orders/read"],"user":"ada"}"#
    ]]
    .assert_eq(&answer.to_string());
    assert_eq!(api.get("/orders", &bearer(pool.access_token("ada").sign())).await.status, 403);
}
