//! Where a `CorsLayer` can be placed, and the responses that browsers get.

use axum::{
    Router,
    body::Body,
    routing::{any, get},
};
use cognito_authorizer::{
    CognitoAuthBuilder, Profile, RequireScope, RouteTable, routes::RouteTableBuilder, scope, scopes,
};
use cognito_local_pool::LocalPool;
use http::{Method, Request, header};
use tower::ServiceExt;
use tower_http::cors::{Any, CorsLayer};

use crate::support::{bearer, builder, clock, keys, pool};

const PROFILES: [Profile; 3] = [Profile::Standard, Profile::RestApi, Profile::HttpApi];
const ORIGIN: &str = "https://app.example";

fn cors() -> CorsLayer {
    CorsLayer::new().allow_origin(Any).allow_methods([Method::GET]).allow_headers([header::AUTHORIZATION])
}

/// The handlers, without a layer.
fn orders() -> Router {
    Router::new().route("/orders", get(async || "let in").options(async || "options"))
}

fn auth(profile: Profile) -> CognitoAuthBuilder {
    builder(&clock()).profile(profile)
}

fn token(pool: &LocalPool) -> String {
    bearer(pool.access_token("ada").scope("orders/read").sign())
}

/// A request with these headers.
fn request(method: Method, path: &str, headers: &[(header::HeaderName, &str)]) -> Request<Body> {
    let request = Request::builder().method(method).uri(path);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(name, *value));
    request.body(Body::empty()).expect("a request")
}

fn preflight(path: &str) -> Request<Body> {
    let headers = [(header::ORIGIN, ORIGIN), (header::ACCESS_CONTROL_REQUEST_METHOD, "GET")];
    request(Method::OPTIONS, path, &headers)
}

fn cross_origin(path: &str, authorization: &str) -> Request<Body> {
    let headers = [(header::ORIGIN, ORIGIN), (header::AUTHORIZATION, authorization)];
    request(
        Method::GET,
        path,
        headers.get(..1 + usize::from(!authorization.is_empty())).expect("one or both"),
    )
}

/// The status, and whether a browser shows the answer to the page.
async fn answer(router: &Router, request: Request<Body>) -> (u16, bool) {
    let response = router.clone().oneshot(request).await.expect("an answer");
    let allowed = response.headers().get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
    (response.status().as_u16(), allowed.is_some_and(|origin| origin == "*"))
}

/// The recommended arrangement: preflights need no token, and the page learns that it was refused.
#[tokio::test]
async fn outside_the_layer_preflights_pass_and_refusals_can_be_read() {
    let pool = pool(&clock());
    for profile in PROFILES {
        let auth = auth(profile);
        let lacking = if profile == Profile::RestApi { 401 } else { 403 };
        let auth = auth.require(scope("orders/read")).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
        for router in [orders().layer(auth.clone()), orders().route_layer(auth)] {
            let router = router.layer(cors());
            assert_eq!(answer(&router, preflight("/orders")).await, (200, true), "{profile:?}");
            assert_eq!(answer(&router, cross_origin("/orders", "")).await, (401, true), "{profile:?}");
            let other = bearer(pool.access_token("ada").scope("orders/write").sign());
            assert_eq!(
                answer(&router, cross_origin("/orders", &other)).await,
                (lacking, true),
                "{profile:?}"
            );
            assert_eq!(
                answer(&router, cross_origin("/orders", &token(&pool))).await,
                (200, true),
                "{profile:?}"
            );
        }
    }
}

/// The same with a table: preflights do not reach it, and the page can read its refusals.
#[tokio::test]
async fn outside_a_layer_with_a_table_no_row_for_options_is_needed() {
    let pool = pool(&clock());
    for (profile, unmatched) in PROFILES.into_iter().zip([404, 403, 404]) {
        let auth = auth(profile);
        let table = RouteTable::builder().require("GET /orders", scope("orders/read"));
        let auth = auth.routes(table.build().expect("the rows hold"));
        let router =
            orders().layer(auth.with_keys([(pool.id(), keys(&pool))]).expect("a layer")).layer(cors());
        assert_eq!(answer(&router, preflight("/orders")).await, (200, true), "{profile:?}");
        assert_eq!(answer(&router, preflight("/nowhere")).await, (200, true), "{profile:?}");
        assert_eq!(answer(&router, cross_origin("/orders", "")).await, (401, true), "{profile:?}");
        assert_eq!(answer(&router, cross_origin("/nowhere", "")).await, (unmatched, true), "{profile:?}");
        assert_eq!(answer(&router, cross_origin("/orders", &token(&pool))).await, (200, true), "{profile:?}");
    }
}

/// As API Gateway does without gateway responses. Browsers report such an answer as a CORS error.
#[tokio::test]
async fn inside_the_layer_preflights_are_refused_and_refusals_cannot_be_read() {
    let pool = pool(&clock());
    for profile in PROFILES {
        let auth = auth(profile);
        let auth = auth.require(scope("orders/read")).with_keys([(pool.id(), keys(&pool))]).expect("a layer");
        let router = orders().layer(cors()).layer(auth);
        assert_eq!(answer(&router, preflight("/orders")).await, (401, false), "{profile:?}");
        assert_eq!(answer(&router, cross_origin("/orders", "")).await, (401, false), "{profile:?}");
        assert_eq!(answer(&router, cross_origin("/orders", &token(&pool))).await, (200, true), "{profile:?}");
    }
}

#[tokio::test]
async fn a_layer_may_pass_preflights_and_nothing_that_resembles_one() {
    let pool = pool(&clock());
    for profile in PROFILES {
        let auth = auth(profile);
        let auth = auth.require(scope("orders/read")).pass_cors_preflight();
        let router =
            orders().layer(cors()).layer(auth.with_keys([(pool.id(), keys(&pool))]).expect("a layer"));
        assert_eq!(answer(&router, preflight("/orders")).await, (200, true), "{profile:?}");
        let both = [(header::ORIGIN, ORIGIN), (header::ACCESS_CONTROL_REQUEST_METHOD, "GET")];
        for (name, method, headers) in [
            ("a real OPTIONS", Method::OPTIONS, &[][..]),
            ("an OPTIONS with `Origin` only", Method::OPTIONS, &both[..1]),
            ("an OPTIONS without `Origin`", Method::OPTIONS, &both[1..]),
            ("a GET", Method::GET, &both),
            ("a HEAD", Method::HEAD, &both),
            ("a POST", Method::POST, &both),
        ] {
            assert_eq!(
                answer(&router, request(method, "/orders", headers)).await,
                (401, false),
                "{profile:?}, {name}"
            );
        }
        let options = request(Method::OPTIONS, "/orders", &[(header::AUTHORIZATION, &token(&pool))]);
        let status = answer(&router, options).await.0;
        assert_eq!(status, 200, "{profile:?}: a real OPTIONS with a token");
        assert_eq!(answer(&router, cross_origin("/orders", &token(&pool))).await, (200, true), "{profile:?}");
    }
}

/// A passed preflight needs no row in the table, but ambiguous paths are refused all the same.
#[tokio::test]
async fn a_passed_preflight_must_have_an_unambiguous_path() {
    let pool = pool(&clock());
    for (profile, ambiguous) in PROFILES.into_iter().zip([400, 403, 404]) {
        let auth = auth(profile);
        let table = RouteTable::builder()
            .require("GET /orders", scope("orders/read"))
            .refuse("ANY /internal/{proxy+}")
            .build()
            .expect("the rows hold");
        let auth =
            auth.routes(table).pass_cors_preflight().with_keys([(pool.id(), keys(&pool))]).expect("a layer");
        let router = orders().layer(cors()).layer(auth);
        for path in ["/orders", "/nowhere", "/internal/a"] {
            assert_eq!(answer(&router, preflight(path)).await, (200, true), "{profile:?}, {path}");
        }
        for path in ["//orders", "/x/../orders", "/x/%2e%2e/orders", "/orders;a", "/orders%2F"] {
            assert_eq!(answer(&router, preflight(path)).await, (ambiguous, false), "{profile:?}, {path}");
        }
        assert_eq!(
            answer(&router, request(Method::OPTIONS, "/internal/a", &[])).await,
            (403, false),
            "{profile:?}"
        );
    }
}

scopes! { Read = "orders/read"; }

/// Without a `CorsLayer` that answers it, a passed preflight reaches the handler of OPTIONS, without a caller.
#[tokio::test]
async fn a_handler_that_extracts_its_caller_answers_no_preflight() {
    let (pool, auth) = (pool(&clock()), auth(Profile::Standard));
    let auth = auth.pass_cors_preflight().with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let handler = any(async |_: RequireScope<Read>| "let in");
    let router = Router::new().route("/orders", handler).layer(auth);
    assert_eq!(answer(&router, preflight("/orders")).await, (500, false));
    assert_eq!(answer(&router, cross_origin("/orders", &token(&pool))).await, (200, false));
}

/// Rows for OPTIONS, and a `CorsLayer` inside.
#[tokio::test]
async fn an_open_row_for_options_opens_it_for_preflights_and_all_else() {
    let pool = pool(&clock());
    let with = |table: RouteTableBuilder| {
        let auth = auth(Profile::HttpApi).routes(table.build().expect("the rows hold"));
        orders().layer(cors()).layer(auth.with_keys([(pool.id(), keys(&pool))]).expect("a layer"))
    };
    let rows = || RouteTable::builder().require("GET /orders", scope("orders/read"));
    let real = || request(Method::OPTIONS, "/orders", &[]);

    let router = with(rows().open("OPTIONS /orders"));
    assert_eq!(answer(&router, preflight("/orders")).await, (200, true));
    assert_eq!(answer(&router, real()).await.0, 200);
    assert_eq!(answer(&router, cross_origin("/orders", "")).await, (401, false));

    // `/orders` is the more specific path, and has no row for OPTIONS.
    for broader in [rows().open("OPTIONS /{proxy+}"), rows().preflight("OPTIONS /{proxy+}")] {
        assert_eq!(answer(&with(broader), preflight("/orders")).await, (404, false));
    }

    // SAM sets the authorizer on every method, OPTIONS included.
    let router = with(RouteTable::builder().require("ANY /orders", scope("orders/read")));
    assert_eq!(answer(&router, preflight("/orders")).await, (401, false));
    assert_eq!(answer(&router, real()).await, (401, false));
}

/// Requests that resemble a preflight, each with a name for failure messages.
fn not_preflights(path: &str) -> Vec<(&'static str, Request<Body>)> {
    let both = [(header::ORIGIN, ORIGIN), (header::ACCESS_CONTROL_REQUEST_METHOD, "GET")];
    vec![
        ("an OPTIONS", request(Method::OPTIONS, path, &[])),
        ("an OPTIONS with `Origin` only", request(Method::OPTIONS, path, &both[..1])),
        ("an OPTIONS without `Origin`", request(Method::OPTIONS, path, &both[1..])),
        ("a method in lower case", request("options".parse().expect("a token"), path, &both)),
        ("a POST", request(Method::POST, path, &both)),
    ]
}

/// A handler for every method, and nothing that answers preflights in front of it.
#[tokio::test]
async fn a_row_for_preflights_lets_in_nothing_that_resembles_one() {
    let pool = pool(&clock());
    for (profile, no_route) in PROFILES.into_iter().zip([404, 403, 404]) {
        let rows = || {
            RouteTable::builder().require("GET /orders", scope("orders/read")).preflight("OPTIONS /orders")
        };
        let with = |rows: RouteTableBuilder| {
            let auth = auth(profile).routes(rows.build().expect("the rows hold"));
            let router = Router::new().route("/orders", any(async || "let in"));
            router.layer(auth.with_keys([(pool.id(), keys(&pool))]).expect("a layer"))
        };
        let router = with(rows());
        assert_eq!(answer(&router, preflight("/orders")).await.0, 200, "{profile:?}");
        for (name, request) in not_preflights("/orders") {
            assert_eq!(answer(&router, request).await.0, no_route, "{profile:?}, {name}");
        }
        // A row for OPTIONS or for every method decides about requests that are not preflights, and may accept a token.
        for other in ["ANY /orders", "OPTIONS /orders"] {
            let router = with(rows().require(other, scope("orders/read")));
            assert_eq!(answer(&router, preflight("/orders")).await.0, 200, "{profile:?}");
            assert_eq!(answer(&router, request(Method::OPTIONS, "/orders", &[])).await.0, 401, "{profile:?}");
            let with_token = [(header::AUTHORIZATION, &*token(&pool))];
            let answer = answer(&router, request(Method::OPTIONS, "/orders", &with_token)).await;
            assert_eq!(answer.0, 200, "{profile:?}");
        }
    }
}
