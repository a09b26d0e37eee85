//! The extractors in the signatures of handlers.

use axum::{Router, middleware::from_extractor, routing::get};
use cognito_authorizer::{
    Accept, AccessClaims, Claims, IdClaims, Refusal, RequireGroup, RequireScope, Standard, groups, scopes,
};
use tower::ServiceExt;

use crate::support::{Api, CLIENT, bearer, builder, clock, events::Events, keys, pool, request};

scopes! {
    /// Doc comments in the macro are kept.
    pub ReadOrders = "orders/read";
    pub WriteOrders = "orders/write" | "orders/admin";
}
groups! { pub Operators = "ops" | "admins"; }

#[derive(serde::Deserialize)]
struct Tenant {
    #[serde(rename = "custom:tenant")]
    tenant: String,
}

fn router() -> Router {
    Router::new()
        .route("/scope", get(async |caller: RequireScope<ReadOrders>| caller.subject().to_owned()))
        .route("/any", get(async |_: RequireScope<WriteOrders>| "any"))
        .route("/group", get(async |_: RequireGroup<Operators>| "group"))
        .route("/access", get(async |caller: AccessClaims| caller.client_id().to_owned()))
        .route("/id", get(async |caller: IdClaims| caller.username().unwrap_or("nobody").to_owned()))
        .route("/claims", get(async |Claims(Tenant { tenant })| tenant))
        .route(
            "/maybe",
            get(async |access: Option<AccessClaims>, id: Option<IdClaims>| {
                format!("{} {}", access.is_some(), id.is_some())
            }),
        )
        .route("/maybe-claims", get(async |claims: Option<Claims<Tenant>>| format!("{}", claims.is_some())))
        .route(
            "/guarded",
            get(|| async { "guarded" }).route_layer(from_extractor::<RequireScope<ReadOrders>>()),
        )
}

#[tokio::test]
async fn each_extractor_lets_in_what_it_names() {
    let clock = clock();
    let pool = pool(&clock);
    let auth = builder(&clock).accept(Accept::Either).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let api = Api::serve(router().route_layer(auth)).await;
    let access = pool.access_token("ada").claim("sub", "the-subject");
    let forbidden = r#"403 Bearer error="insufficient_scope""#;
    let wrong_use = r#"401 Bearer error="invalid_token", error_description="the token is not for this use""#;
    for (path, token, expected) in [
        ("/scope", access.clone().scope("orders/read"), "200 the-subject"),
        (
            "/scope",
            access.clone().scope("orders/write"),
            r#"403 Bearer error="insufficient_scope", scope="orders/read""#,
        ),
        ("/scope", access.clone(), r#"403 Bearer error="insufficient_scope", scope="orders/read""#),
        ("/scope", pool.id_token("ada"), r#"403 Bearer error="insufficient_scope", scope="orders/read""#),
        ("/any", access.clone().scope("orders/write"), "200 any"),
        ("/any", access.clone().scope("orders/admin"), "200 any"),
        (
            "/any",
            access.clone().scope("orders/adm"),
            r#"403 Bearer error="insufficient_scope", scope="orders/write orders/admin""#,
        ),
        ("/group", access.clone(), "200 group"),
        ("/group", pool.access_token("bob"), forbidden),
        ("/group", pool.access_token("bob").group("Ops").group("op"), forbidden),
        ("/group", pool.access_token("bob").group("x").group("admins"), "200 group"),
        ("/access", access.clone(), &format!("200 {CLIENT}")),
        ("/access", pool.id_token("ada"), wrong_use),
        ("/id", pool.id_token("ada"), "200 ada"),
        ("/id", access.clone(), wrong_use),
        ("/claims", access.clone().claim("custom:tenant", "acme"), "200 acme"),
        ("/claims", access.clone().claim("custom:tenant", 7), forbidden),
        ("/claims", access.clone(), forbidden),
        ("/maybe", access.clone(), "200 true false"),
        ("/maybe", pool.id_token("ada"), "200 false true"),
        ("/maybe-claims", access.clone().claim("custom:tenant", "acme"), "200 true"),
        ("/maybe-claims", access.clone(), forbidden),
        ("/guarded", access.clone().scope("orders/read"), "200 guarded"),
        ("/guarded", access, r#"403 Bearer error="insufficient_scope", scope="orders/read""#),
    ] {
        assert_eq!(api.get(path, &bearer(token.sign())).await.to_string(), expected, "{path}");
    }
}

#[tokio::test]
async fn a_missing_layer_is_a_server_error_and_the_log_says_which_line_to_add() {
    let events = Events::listen();
    for (path, extractor) in [
        ("/scope", "RequireScope"),
        ("/group", "RequireGroup"),
        ("/access", "AccessClaims"),
        ("/id", "IdClaims"),
        ("/claims", "Claims"),
        ("/maybe", "Option<AccessClaims>"),
        ("/maybe-claims", "Option<Claims>"),
    ] {
        let response = router().oneshot({
            let mut request = request("Bearer whatever");
            *request.uri_mut() = path.parse().expect("a path");
            request
        });
        let response = response.await.expect("an answer");
        assert_eq!(response.status(), 500, "{path}");
        assert_eq!(response.extensions().get(), Some(&Refusal::NoLayer { extractor }));
        let text = events.text();
        let line = text.lines().last().expect("a line");
        let (add, row) = match extractor {
            "Option<AccessClaims>" | "Option<Claims>" => ("auth.allow_anonymous()?", "optional"),
            _ => ("auth", "require"),
        };
        let advice = format!(
            "`{extractor}` found no verified token: this route is outside the layer; add `.route_layer({add})` after the route, \
             where `auth` is a `CognitoAuthLayer`. If the route table opens the route, write `.{row}(…)` for its row"
        );
        assert!(line.contains("ERROR") && line.contains(&advice), "{line}");
    }
}

#[tokio::test]
async fn the_refusal_of_an_extractor_is_in_the_response_too() {
    let clock = clock();
    let pool = pool(&clock);
    let auth = builder(&clock)
        .profile(Standard::new().realm("orders"))
        .with_keys([(pool.id(), keys(&pool))])
        .expect("a layer");
    let router = Router::new().route("/", get(async |_: RequireScope<ReadOrders>| ())).route_layer(auth);
    let response =
        router.oneshot(request(&bearer(pool.access_token("ada").sign()))).await.expect("an answer");
    assert_eq!(
        response.headers()["www-authenticate"],
        r#"Bearer realm="orders", error="insufficient_scope", scope="orders/read""#
    );
    let refusal = response.extensions().get::<Refusal>().expect("the reason");
    assert_eq!(refusal.code(), "scope");
    assert!(refusal.to_string().contains("pre-token-generation"), "{refusal}");
}

#[test]
fn the_markers_are_requirements_too() {
    assert_eq!(WriteOrders::requirement().to_string(), "scope orders/write or orders/admin");
    assert_eq!(Operators::requirement().to_string(), "group ops or admins");
}
