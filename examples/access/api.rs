//! The routes, and what each requires of a token.

use std::time::Duration;

use axum::{
    Router,
    routing::{get, post},
};
use cognito_authorizer::{
    AccessClaims, CognitoAuthBuilder, CognitoAuthLayer, RouteTable, acr_levels,
    requirement::{actor, no_actor, signed_in_within},
    routes::RouteTableError,
    scope,
};

/// What clients send as `resource` when they sign in, so that their tokens are for this API (RFC 8707).
pub(crate) const RESOURCE: &str = "https://orders.example.com";
/// The service that may order for a user, with a token from a token exchange (RFC 8693).
pub(crate) const ASSISTANT: &str = "7assistant23456789";

acr_levels! {
    /// A second factor that is bound to a device.
    Strong = "urn:cognito:loa:3";
}

/// Adds the requirements: tokens of every route are for this API.
pub(crate) fn protect(builder: CognitoAuthBuilder) -> Result<CognitoAuthBuilder, RouteTableError> {
    let recent = signed_in_within(Duration::from_secs(300));
    let table = RouteTable::builder()
        .require("GET /orders", scope("orders/read"))
        // The user, or the assistant for the user, but no other service.
        .require("POST /orders", scope("orders/write").and(no_actor().or(actor(ASSISTANT))))
        // The user in person, who has just signed in with a second factor.
        .require("POST /payments", scope("orders/write").and(no_actor()).and(Strong).and(recent));
    Ok(builder.map_user_pools(|pool| pool.resource(RESOURCE)).routes(table.build()?))
}

/// The API. `auth` has the requirements of [`protect`].
pub(crate) fn router(auth: CognitoAuthLayer) -> Router {
    Router::new()
        .route("/orders", get(list).post(create))
        .route("/payments", post(async |caller: AccessClaims| format!("paid by {}\n", caller.subject())))
        .layer(auth)
}

async fn list(caller: AccessClaims) -> String {
    format!("the orders of {}\n", caller.subject())
}

async fn create(caller: AccessClaims) -> String {
    match caller.actor() {
        Some(actor) => format!("an order by {}, through {actor}\n", caller.subject()),
        None => format!("an order by {}\n", caller.subject()),
    }
}

/// Tests as a service has them: without a socket, with every kind of token, and with a clock that the test advances.
#[cfg(test)]
mod tests {
    use axum::{
        body::Body,
        http::{Request, Response, header::WWW_AUTHENTICATE},
    };
    use cognito_authorizer_testing::LocalPoolExt as _;
    use cognito_local_pool::{LocalPool, TokenBuilder};
    use tower::ServiceExt as _;

    use super::*;

    fn app(pool: &LocalPool) -> Router {
        router(protect(pool.authorizer()).unwrap().with_keys(pool.key_sets().unwrap()).unwrap())
    }

    async fn post(app: &Router, path: &str, token: &str) -> Response<Body> {
        let request = Request::post(path).header("Authorization", format!("Bearer {token}"));
        app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    fn challenge(response: &Response<Body>) -> &str {
        response.headers()[WWW_AUTHENTICATE].to_str().unwrap()
    }

    fn token(pool: &LocalPool) -> TokenBuilder {
        pool.access_token("ada").scope("orders/write").audience(RESOURCE)
    }

    #[tokio::test]
    async fn a_payment_needs_a_strong_sign_in_of_the_last_five_minutes() {
        let pool = LocalPool::builder("ap-south-1_abcdefghi").build().unwrap();
        let app = app(&pool);
        let strong = token(&pool).acr("urn:cognito:loa:4").sign();
        assert_eq!(post(&app, "/payments", &strong).await.status(), 200);
        pool.clock().advance(Duration::from_secs(301));
        let refused = post(&app, "/payments", &strong).await;
        assert_eq!(refused.status(), 401);
        assert!(challenge(&refused).contains(r#"max_age="300""#), "{}", challenge(&refused));

        let refused = post(&app, "/payments", &token(&pool).acr("urn:cognito:loa:2").sign()).await;
        assert_eq!(refused.status(), 401);
        let levels = r#"acr_values="urn:cognito:loa:3 urn:cognito:loa:4""#;
        assert!(challenge(&refused).contains(levels), "{}", challenge(&refused));
    }

    #[tokio::test]
    async fn only_the_user_and_the_assistant_order_and_only_the_user_pays() {
        let pool = LocalPool::builder("ap-south-1_abcdefghi").build().unwrap();
        let app = app(&pool);
        let strong = || token(&pool).acr("urn:cognito:loa:3");
        for (token, order, payment) in [
            (strong(), 200, 200),
            (strong().actor(ASSISTANT), 200, 403),
            (strong().actor("7another23456789"), 403, 403),
        ] {
            let token = token.sign();
            assert_eq!(post(&app, "/orders", &token).await.status(), order);
            assert_eq!(post(&app, "/payments", &token).await.status(), payment);
        }
    }

    #[tokio::test]
    async fn tokens_for_another_api_and_for_none_in_particular_are_refused() {
        let pool = LocalPool::builder("ap-south-1_abcdefghi").build().unwrap();
        let app = app(&pool);
        let token = || pool.access_token("ada").scope("orders/write");
        for (token, status) in [
            (token().audience(RESOURCE), 200),
            (token().audience("https://invoices.example.com"), 401),
            (token(), 401),
        ] {
            assert_eq!(post(&app, "/orders", &token.sign()).await.status(), status);
        }
    }
}
