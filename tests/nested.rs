//! A layer inside another one: a handler sees only what the innermost layer has checked.

use axum::{
    Router,
    extract::Request,
    middleware::{Next, from_fn},
    response::Response,
    routing::get,
};
use cognito_authorizer::{
    AccessClaims, CognitoAuthLayer, Profile, Refusal, RequireScope, RouteTable, Standard, UserPool, Verified,
    gateway::{GatewayResponse, GatewayResponses, ResponseType},
    scopes,
};
use cognito_local_pool::LocalPool;
use http::{HeaderName, header};

use crate::support::{Answer, Api, bearer, builder, clock, keys, pool, pool_clock};

scopes! { ReadOrders = "orders/read" }

const GUESTS: &str = "eu-west-1_Zz98Yy76X";
const GUEST_TOKEN: HeaderName = HeaderName::from_static("x-guest-token");

/// Two pools, each with a layer: `staff` takes its token from `Authorization`, `guests` from a header of its own.
struct Scene {
    staff: LocalPool,
    guests: LocalPool,
}

impl Scene {
    fn new() -> Self {
        let clock = clock();
        let guests = LocalPool::builder(GUESTS).clock(pool_clock(&clock)).build().expect("a pool");
        Self { staff: pool(&clock), guests }
    }

    fn staff_layer(&self) -> CognitoAuthLayer {
        builder(&clock()).with_keys([(self.staff.id(), keys(&self.staff))]).expect("a layer")
    }

    fn guest_layer(&self, table: RouteTable) -> CognitoAuthLayer {
        let builder =
            CognitoAuthLayer::builder(UserPool::new(GUESTS).any_client()).clock(clock()).routes(table);
        let builder = builder.profile(Standard::new().identity_source("method.request.header.X-Guest-Token"));
        let builder = builder.pass_cors_preflight();
        builder.with_keys([(self.guests.id(), keys(&self.guests))]).expect("a layer")
    }

    async fn get(&self, api: &Api, path: &str, with: (bool, bool)) -> Answer {
        let staff = bearer(self.staff.access_token("ada").sign());
        let guest = bearer(self.guests.access_token("eve").sign());
        let headers = [(with.0, header::AUTHORIZATION, &staff), (with.1, GUEST_TOKEN, &guest)];
        let headers = headers.into_iter().filter(|(sent, ..)| *sent);
        api.get_with(path, headers.map(|(_, name, value)| (name, value.as_bytes()))).await
    }
}

/// Copies the reason of a refusal into a header, with ASCII dots. It may be missing in the log, where extractors share a limit.
async fn tell(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let reason =
        response.extensions().get::<Refusal>().map(|refusal| refusal.to_string().replace('…', "..."));
    if let Some(reason) = reason {
        response.headers_mut().insert("x-reason", reason.parse().expect("a value"));
    }
    response
}

/// The pool of the caller.
async fn whose(caller: Option<AccessClaims>) -> String {
    caller.map_or("no pool".into(), |caller| caller.pool().to_string())
}

fn table() -> RouteTable {
    let table = RouteTable::builder().open("GET /open").open("GET /needed").open("GET /raw");
    table.require("GET /guests", cognito_authorizer::Requirement::nothing()).build().expect("the rows hold")
}

fn router() -> Router {
    let has_claims = |request: Request| {
        let found = request.extensions().get::<std::sync::Arc<Verified>>().is_some();
        std::future::ready(found.to_string())
    };
    Router::new()
        .route("/open", get(whose))
        .route("/guests", get(whose))
        .route("/needed", get(async |_: AccessClaims| "given"))
        .route("/raw", get(has_claims))
}

#[tokio::test]
async fn an_open_row_inside_another_layer_gives_the_handler_no_claims_of_that_layer() {
    let scene = Scene::new();
    let inner = router().layer(scene.guest_layer(table()));
    let api = Api::serve(inner.layer(scene.staff_layer()).layer(from_fn(tell))).await;
    for (path, with, expected) in [
        ("/open", (true, false), "200 no pool".to_owned()),
        ("/open", (true, true), "200 no pool".to_owned()),
        ("/raw", (true, true), "200 false".to_owned()),
        ("/guests", (true, true), format!("200 {GUESTS}")),
    ] {
        assert_eq!(scene.get(&api, path, with).await.to_string(), expected, "{path}");
    }
    // The outer layer still refuses, and a handler that needs claims is not called without them.
    assert_eq!(scene.get(&api, "/open", (false, true)).await.status, 401);
    assert_eq!(scene.get(&api, "/guests", (true, false)).await.status, 401);
    let answer = scene.get(&api, "/needed", (true, true)).await;
    assert_eq!(answer.status, 500);
    let reason = answer.headers["x-reason"].to_str().expect("text");
    assert!(reason.contains("AccessClaims") && reason.contains("instead of `.open(...)`"), "{reason}");
}

#[tokio::test]
async fn a_layer_inside_an_open_row_of_another_gives_the_handler_its_own_claims() {
    let scene = Scene::new();
    let inner = router().route_layer(scene.staff_layer());
    let api = Api::serve(inner.layer(scene.guest_layer(table()))).await;
    for (path, with, expected) in [
        ("/open", (true, false), format!("200 {}", scene.staff.id())),
        ("/open", (true, true), format!("200 {}", scene.staff.id())),
        ("/needed", (true, false), "200 given".to_owned()),
        ("/raw", (true, false), "200 true".to_owned()),
        ("/guests", (true, true), format!("200 {}", scene.staff.id())),
    ] {
        assert_eq!(scene.get(&api, path, with).await.to_string(), expected, "{path}");
    }
    assert_eq!(scene.get(&api, "/open", (false, true)).await.status, 401);
    assert_eq!(scene.get(&api, "/guests", (true, false)).await.status, 401);
}

#[tokio::test]
async fn a_preflight_gives_the_handler_no_claims_of_an_outer_layer() {
    use tower::{Layer, ServiceExt};

    let scene = Scene::new();
    let inner = router().fallback(whose).layer(scene.guest_layer(table()));
    let service = scene.staff_layer().layer(inner);
    let mut request = crate::support::request(&bearer(scene.staff.access_token("ada").sign()));
    *request.method_mut() = http::Method::OPTIONS;
    *request.uri_mut() = "/guests-or-not".parse().expect("a path");
    request.headers_mut().insert(header::ORIGIN, "https://app.example".parse().expect("a value"));
    request.headers_mut().insert(header::ACCESS_CONTROL_REQUEST_METHOD, "GET".parse().expect("a value"));
    let response = service.oneshot(request).await.expect("an answer");
    let body = axum::body::to_bytes(axum::body::Body::new(response.into_body()), 64).await.expect("a body");
    assert_eq!(body, "no pool");
}

#[tokio::test]
async fn an_extractor_answers_by_the_profile_of_the_innermost_layer() {
    let scene = Scene::new();
    let custom = GatewayResponse::new().status(418);
    let custom = GatewayResponses::new().response(ResponseType::AccessDenied, custom);
    let outer = builder(&clock())
        .profile(Standard::new().realm("outer").gateway_responses(custom))
        .with_keys([(scene.staff.id(), keys(&scene.staff))]);
    let inner = builder(&clock()).with_keys([(scene.staff.id(), keys(&scene.staff))]).expect("a layer");
    let handler = Router::new().route("/", get(async |_: RequireScope<ReadOrders>| "let in"));
    let api = Api::serve(handler.route_layer(inner).layer(outer.expect("a layer"))).await;
    let answer = scene.get(&api, "/", (true, false)).await;
    assert_eq!(answer.to_string(), r#"403 Bearer error="insufficient_scope", scope="orders/read""#);
    assert_eq!(answer.status, 403);

    let rest = builder(&clock()).profile(Profile::RestApi).accept(cognito_authorizer::TokenUse::Access);
    let rest = rest.with_keys([(scene.staff.id(), keys(&scene.staff))]).expect("a layer");
    let handler = Router::new().route("/", get(async |_: RequireScope<ReadOrders>| "let in"));
    let plain = builder(&clock()).with_keys([(scene.staff.id(), keys(&scene.staff))]).expect("a layer");
    let api = Api::serve(handler.route_layer(rest).layer(plain)).await;
    assert_eq!(
        scene.get(&api, "/", (true, false)).await.status,
        401,
        "the answer of a REST API to a missing scope"
    );
}

/// The outer layer lets the request in as anonymous, because its own token is in another header.
#[tokio::test]
async fn an_extractor_answers_by_the_innermost_layer_inside_one_where_the_request_is_anonymous() {
    let scene = Scene::new();
    let profile = Standard::new().realm("outer").identity_source("method.request.header.X-Guest-Token");
    let outer = CognitoAuthLayer::builder(UserPool::new(GUESTS).any_client()).clock(clock()).profile(profile);
    let outer = outer.with_keys([(scene.guests.id(), keys(&scene.guests))]).expect("a layer");
    let outer = outer.allow_anonymous().expect("a token is optional");
    let handler = Router::new().route("/", get(async |_: RequireScope<ReadOrders>| "let in"));
    let api = Api::serve(handler.route_layer(scene.staff_layer()).layer(outer)).await;
    let answer = scene.get(&api, "/", (true, false)).await;
    assert_eq!(answer.to_string(), r#"403 Bearer error="insufficient_scope", scope="orders/read""#);
}
