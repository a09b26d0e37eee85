//! Envoy's contract over gRPC.

use std::collections::HashMap;

use cognito_authorizer::{
    Profile, RestApi, Standard,
    gateway::{GatewayResponse, GatewayResponses, ResponseType},
    identity::IdentitySource,
};
use cognito_forward_auth::{ExtAuthz, IDENTITY_HEADERS, Metadata};
use envoy_types::pb::{
    envoy::{
        config::core::v3::{HeaderMap, HeaderValue},
        service::auth::v3::{
            AttributeContext, CheckRequest, CheckResponse, OkHttpResponse,
            attribute_context::{HttpRequest, Request},
            authorization_client::AuthorizationClient,
            check_response::HttpResponse,
        },
    },
    google::protobuf::value::Kind,
};

use super::support::{POOL, builder, clock, keys, layer, nginx, pool};

pub(super) fn message(http: HttpRequest) -> CheckRequest {
    let request = Some(Request { http: Some(http), ..Request::default() });
    CheckRequest { attributes: Some(AttributeContext { request, ..AttributeContext::default() }) }
}

pub(super) fn original(method: &str, path: &str, headers: &[(&str, &str)]) -> CheckRequest {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    message(HttpRequest { method: method.into(), path: path.into(), headers, ..HttpRequest::default() })
}

/// As Envoy sends it with `encode_raw_headers`.
pub(super) fn raw_original(method: &str, path: &str, headers: &[(&str, &str)]) -> CheckRequest {
    let raw = |(name, value): &(&str, &str)| HeaderValue {
        key: (*name).to_owned(),
        raw_value: value.as_bytes().to_vec(),
        ..HeaderValue::default()
    };
    let header_map = Some(HeaderMap { headers: headers.iter().map(raw).collect() });
    message(HttpRequest { method: method.into(), path: path.into(), header_map, ..HttpRequest::default() })
}

pub(super) async fn check(service: &ExtAuthz, message: CheckRequest) -> CheckResponse {
    let response = AuthorizationClient::new(service.clone()).check(message).await;
    response.expect("an answer is never an error of gRPC").into_inner()
}

pub(super) fn ok(response: CheckResponse) -> OkHttpResponse {
    assert_eq!(response.status.map(|status| status.code), Some(0));
    match response.http_response {
        Some(HttpResponse::OkResponse(ok)) => ok,
        other => panic!("not allowed: {other:?}"),
    }
}

/// Envoy removes after it has set, so a header is in one of the two lists.
#[tokio::test]
async fn an_allowed_request_sets_or_removes_every_identity_header() {
    let clock = clock();
    let pool = pool(POOL, &clock);
    let service = ExtAuthz::new(nginx(&layer(&pool, &clock)));
    let bearer = format!("Bearer {}", pool.access_token("ada").scope("orders/read").sign());
    let signed_in = ["subject", "client-id", "username", "scope", "groups", "token-use"];
    for (path, expected) in [("/orders?a", &signed_in[..]), ("/health", &[])] {
        let request = original("GET", path, &[("authorization", &bearer), (":path", path)]);
        let response = check(&service, request).await;
        assert_eq!(response.dynamic_metadata, None);
        let ok = ok(response);
        let headers: Vec<_> = ok.headers.iter().filter_map(|option| option.header.as_ref()).collect();
        let set: Vec<_> = headers.iter().map(|header| header.key.as_str()).collect();
        assert!(headers.iter().all(|header| !header.value.is_empty()));
        assert_eq!(
            set,
            expected.iter().map(|name| format!("x-cognito-{name}")).collect::<Vec<_>>(),
            "{path}"
        );
        let removed = ok.headers_to_remove.iter().map(String::as_str);
        let mut all: Vec<_> = set.into_iter().chain(removed).collect();
        all.sort_unstable();
        let mut every = IDENTITY_HEADERS;
        every.sort_unstable();
        assert_eq!(all, every, "{path}: each in one list");
    }
}

#[tokio::test]
async fn a_refused_request_has_the_status_headers_and_body_of_the_profile() {
    let clock = clock();
    let pool = pool(POOL, &clock);
    let rest = builder(&clock).profile(Profile::RestApi).with_keys([(POOL, keys(&pool))]).expect("a layer");
    let service = ExtAuthz::new(nginx(&rest));
    let response = check(&service, original("GET", "/orders", &[])).await;
    assert_eq!(response.status.map(|status| status.code), Some(16));
    let Some(HttpResponse::DeniedResponse(denied)) = response.http_response else { panic!("it is denied") };
    assert_eq!(denied.status.map(|status| status.code), Some(401));
    assert_eq!(denied.body, r#"{"message":"Unauthorized"}"#);
    let names: Vec<_> = denied
        .headers
        .iter()
        .filter_map(|option| option.header.as_ref().map(|header| &*header.key))
        .collect();
    assert!(names.contains(&"x-amzn-errortype") && names.contains(&"content-type"), "{names:?}");
}

/// Envoy decides by the status of gRPC, so the client can get the status of the gateway response.
#[tokio::test]
async fn a_gateway_response_with_a_status_of_success_is_a_denial() {
    let clock = clock();
    let pool = pool(POOL, &clock);
    let response = GatewayResponse::new().status(200);
    let profile = RestApi::new()
        .gateway_responses(GatewayResponses::new().response(ResponseType::Default4xx, response));
    let layer = builder(&clock).profile(profile).with_keys([(POOL, keys(&pool))]).expect("a layer");
    let response = check(&ExtAuthz::new(nginx(&layer)), original("GET", "/orders", &[])).await;
    assert_eq!(response.status.map(|status| status.code), Some(7));
    let Some(HttpResponse::DeniedResponse(denied)) = response.http_response else { panic!("it is denied") };
    assert_eq!(denied.status.map(|status| status.code), Some(403));
}

/// Envoy sends the client's `Host` as an attribute, and not among the headers.
#[tokio::test]
async fn a_cookie_counts_only_if_its_page_is_of_the_host_of_the_request() {
    let clock = clock();
    let pool = pool(POOL, &clock);
    let cookie = IdentitySource::cookie("token").expect("a name");
    let profile = Standard::new().identity_sources([cookie]);
    let layer = builder(&clock).profile(profile).with_keys([(POOL, keys(&pool))]).expect("a layer");
    let service = ExtAuthz::new(nginx(&layer));
    let cookie = format!("token={}", pool.access_token("ada").scope("orders/write").sign());
    let headers = [("cookie", &*cookie), ("origin", "https://api.example.com")];
    for (host, expected) in [("api.example.com", 0), ("other.example.com", 7), ("", 7)] {
        let mut request = original("POST", "/orders", &headers);
        let http =
            request.attributes.as_mut().and_then(|attributes| attributes.request.as_mut()?.http.as_mut());
        http.expect("a request").host = host.to_owned();
        let response = check(&service, request).await;
        assert_eq!(response.status.map(|status| status.code), Some(expected), "{host}");
    }
}

#[tokio::test]
async fn claims_are_dynamic_metadata_where_they_are_asked_for() {
    let clock = clock();
    let pool = pool(POOL, &clock);
    let service = ExtAuthz::with(nginx(&layer(&pool, &clock)), Metadata::Claims);
    let token = pool.access_token("ada").claim("tenant", "a").claim("level", 3).sign();
    let bearer = format!("Bearer {token}");
    let response = check(&service, original("GET", "/me", &[("authorization", &bearer)])).await;
    let metadata = response.dynamic_metadata.expect("metadata");
    let Some(Kind::StructValue(claims)) = &metadata.fields["claims"].kind else { panic!("a structure") };
    assert_eq!(claims.fields["tenant"].kind, Some(Kind::StringValue("a".into())));
    assert_eq!(claims.fields["level"].kind, Some(Kind::NumberValue(3.0)));
    let open = check(&service, original("GET", "/health", &[("authorization", &bearer)])).await;
    assert_eq!(open.dynamic_metadata, None, "the token of an open route is not looked at");
}

#[tokio::test]
async fn a_message_that_is_not_a_request_is_denied_with_400() {
    let clock = clock();
    let service = ExtAuthz::new(nginx(&layer(&pool(POOL, &clock), &clock)));
    let bad_name = HttpRequest {
        method: "GET".into(),
        path: "/health".into(),
        headers: HashMap::from([("a b".into(), "x".into())]),
        ..HttpRequest::default()
    };
    for message in [
        CheckRequest::default(),
        message(HttpRequest::default()),
        original("GET", "", &[]),
        original("GET", "*", &[]),
        original("GET", "http://host/health", &[]),
        original("GET", "/health#/../orders", &[]),
        original("G T", "/health", &[]),
        message(bad_name),
        original("GET", "/health", &[("x", "a\nb")]),
    ] {
        let response = check(&service, message.clone()).await;
        let Some(HttpResponse::DeniedResponse(denied)) = response.http_response else {
            panic!("{message:?} is denied")
        };
        assert_eq!(denied.status.map(|status| status.code), Some(400), "{message:?}");
    }
}

/// With `encode_raw_headers: true`, Envoy sends a list.
#[tokio::test]
async fn headers_may_come_as_a_list_of_raw_values() {
    let clock = clock();
    let pool = pool(POOL, &clock);
    let service = ExtAuthz::new(nginx(&layer(&pool, &clock)));
    let bearer = format!("Bearer {}", pool.access_token("ada").sign());
    let header = |value: &str| HeaderValue {
        key: "authorization".into(),
        raw_value: value.as_bytes().to_vec(),
        ..HeaderValue::default()
    };
    let request = |headers| {
        message(HttpRequest {
            method: "GET".into(),
            path: "/me".into(),
            header_map: Some(HeaderMap { headers }),
            ..HttpRequest::default()
        })
    };
    ok(check(&service, request(vec![header(&bearer)])).await);
    let twice = check(&service, request(vec![header(&bearer), header(&bearer)])).await;
    assert!(matches!(twice.http_response, Some(HttpResponse::DeniedResponse(_))));
}

/// A message can say the same thing in several places.
#[tokio::test]
async fn attributes_that_contradict_each_other_open_nothing() {
    let clock = clock();
    let pool = pool(POOL, &clock);
    let service = ExtAuthz::new(nginx(&layer(&pool, &clock)));
    let bearer = format!("Bearer {}", pool.access_token("ada").scope("orders/read").sign());
    let raw = |key: &str, value: &str| HeaderValue {
        key: key.into(),
        raw_value: value.as_bytes().to_vec(),
        ..HeaderValue::default()
    };
    let http = |headers: &[(&str, &str)], list: Vec<HeaderValue>| HttpRequest {
        method: "GET".into(),
        path: "/orders".into(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        header_map: Some(HeaderMap { headers: list }),
        ..HttpRequest::default()
    };
    let open = [(":path", "/health"), (":method", "OPTIONS"), ("x-original-uri", "/health")];
    for (what, request, status) in [
        (
            "a token in both forms",
            http(&[("authorization", &bearer)], vec![raw("authorization", &bearer)]),
            401,
        ),
        ("another path among the headers", http(&open, vec![raw(":path", "/health")]), 401),
        ("a query that is a path", HttpRequest { query: "/health".into(), ..http(&[], vec![]) }, 401),
        ("a fragment", HttpRequest { fragment: "/health".into(), ..http(&[], vec![]) }, 401),
        ("a path with a fragment", HttpRequest { path: "/health#/orders".into(), ..http(&[], vec![]) }, 400),
        (
            "a path with an authority",
            HttpRequest { path: "//api.example/health".into(), ..http(&[], vec![]) },
            400,
        ),
        ("a method in small letters", HttpRequest { method: "get".into(), ..http(&[], vec![]) }, 404),
        ("no method", HttpRequest { method: String::new(), ..http(&[], vec![]) }, 400),
        ("a body", HttpRequest { body: "/health".into(), size: -1, ..http(&[], vec![]) }, 401),
    ] {
        let response = check(&service, message(request)).await;
        let Some(HttpResponse::DeniedResponse(denied)) = response.http_response else { panic!("{what}") };
        assert_eq!(denied.status.map(|status| status.code), Some(status), "{what}");
    }
    ok(check(&service, message(http(&[("authorization", &bearer)], vec![]))).await);
}
