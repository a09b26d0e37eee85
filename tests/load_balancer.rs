//! Behind an Application Load Balancer whose listener rule signs users in (`authenticate-cognito`), the access token arrives in a
//! header of its own ("Authenticate users using an Application Load Balancer", Elastic Load Balancing user guide).

use axum::{Router, routing::get};
use base64::{Engine as _, engine::general_purpose::URL_SAFE};
use cognito_authorizer::{RequireScope, Standard, scopes};
use http::{HeaderName, header};

use crate::support::{Api, POOL, builder, clock, keys, pool};

scopes! { pub(crate) ReadOrders = "orders/read"; }

const ACCESS_TOKEN: HeaderName = HeaderName::from_static("x-amzn-oidc-accesstoken");
const DATA: HeaderName = HeaderName::from_static("x-amzn-oidc-data");
const IDENTITY: HeaderName = HeaderName::from_static("x-amzn-oidc-identity");

/// The load balancer's own token about the user: signed with ES256 and a key of its own, in base64 with padding.
fn data() -> String {
    let part = |json: &str| URL_SAFE.encode(json);
    let header = part(
        r#"{"alg":"ES256","kid":"12345678-1234-1234-1234-123456789012","signer":"arn:aws:elasticloadbalancing:ap-south-1:123456789012:loadbalancer/app/orders/1","iss":"https://cognito-idp.ap-south-1.amazonaws.com/ap-south-1_abcdefghi","client":"4example23456789","exp":4102444800}"#,
    );
    let payload = part(r#"{"sub":"11111111-2222-3333-4444-555555555555","exp":4102444800}"#);
    format!("{header}.{payload}.{}", URL_SAFE.encode([7; 64]))
}

#[tokio::test]
async fn the_access_token_of_a_load_balancer_is_verified_like_any_other() {
    let clock = clock();
    let pool = pool(&clock);
    let profile = Standard::new().identity_source("method.request.header.x-amzn-oidc-accesstoken");
    let auth = builder(&clock).profile(profile).with_keys([(POOL, keys(&pool))]).expect("a layer");
    let list = async |_: RequireScope<ReadOrders>| "the orders";
    let api = Api::serve(Router::new().route("/orders", get(list)).route_layer(auth)).await;

    let token = || pool.access_token("ada").scope("orders/read");
    let (good, write) = (token().sign(), pool.access_token("ada").scope("orders/write").sign());
    let (expired, forged, data) = (token().expired().sign(), token().forged().sign(), data());
    let bearer = format!("Bearer {good}");
    for (headers, expected) in [
        (&[(ACCESS_TOKEN, &good), (DATA, &data), (IDENTITY, &data)][..], "200 the orders"),
        (&[], "401 Bearer realm=\"api\""),
        // The load balancer's own token is not one of the pool, whichever header it is in.
        (&[(DATA, &data), (IDENTITY, &data)], "401 Bearer realm=\"api\""),
        (
            &[(ACCESS_TOKEN, &data)],
            "401 Bearer error=\"invalid_token\", error_description=\"the token is malformed\"",
        ),
        // The usual header is not read in addition.
        (&[(header::AUTHORIZATION, &bearer)], "401 Bearer realm=\"api\""),
        (&[(ACCESS_TOKEN, &write)], "403 Bearer error=\"insufficient_scope\", scope=\"orders/read\""),
        (
            &[(ACCESS_TOKEN, &expired)],
            "401 Bearer error=\"invalid_token\", error_description=\"the token has expired\"",
        ),
        (
            &[(ACCESS_TOKEN, &forged)],
            "401 Bearer error=\"invalid_token\", error_description=\"the token is not signed by an accepted key\"",
        ),
        (
            &[(ACCESS_TOKEN, &good), (ACCESS_TOKEN, &good)],
            "401 Bearer error=\"invalid_token\", error_description=\"the request must carry exactly one token\"",
        ),
    ] {
        let headers = headers.iter().map(|(name, value)| (name.clone(), value.as_bytes()));
        assert_eq!(api.get_with("/orders", headers).await.to_string(), expected);
    }
}
