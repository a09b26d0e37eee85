//! OpenAPI documents by `aide` describe what the extractors of handlers require.

use std::convert::Infallible;

use aide::{
    OperationInput,
    axum::{
        ApiRouter,
        routing::{ApiMethodRouter, get as described_get},
    },
    generate::GenContext,
    openapi::Operation,
};
use axum::{Router, extract::FromRequestParts};
use cognito_authorizer::{
    AccessClaims, Claims, CognitoAuthLayer, IdClaims, Profile, RequireAcr, RequireGroup, RequireScope,
    RouteTable, acr_levels, groups, scopes,
};
use expect_test::expect;
use http::request::Parts;
use serde_json::{Value, json};

use crate::openapi::{auth, summary};

scopes! {
    ReadOrders = "orders/read";
    WriteOrders = "orders/write" | "orders/admin";
}
groups! {
    Operators = "ops";
    Admins = "admins";
}
acr_levels! { Strong = "urn:cognito:loa:3" }

/// The document of these handlers, each at its path, before the layer describes it.
fn document(routes: impl IntoIterator<Item = (&'static str, ApiMethodRouter)>) -> aide::openapi::OpenApi {
    let mut document = aide::openapi::OpenApi::default();
    let router =
        routes.into_iter().fold(ApiRouter::new(), |router, (path, handler)| router.api_route(path, handler));
    let router: Router = router.finish_api(&mut document);
    drop(router);
    document
}

/// The document of a handler under this layer.
fn described(auth: &CognitoAuthLayer, handler: ApiMethodRouter) -> Value {
    let mut document = document([("/", handler)]);
    auth.openapi().describe(&mut document);
    let once = serde_json::to_value(&document).expect("JSON");
    auth.openapi().describe(&mut document);
    assert_eq!(
        serde_json::to_value(&document).expect("JSON"),
        once,
        "describing a document twice changes nothing"
    );
    once
}

fn anonymous() -> CognitoAuthLayer {
    auth(|builder| builder).allow_anonymous().expect("no requirement")
}

#[test]
fn a_token_is_optional_in_a_document_where_the_layer_lets_in_anonymous_requests() {
    async fn maybe(_: Option<AccessClaims>) {}
    async fn scoped(_: RequireScope<ReadOrders>) {}
    async fn grouped(_: AccessClaims, _: RequireGroup<Operators>) {}
    let summary_of = |auth: &CognitoAuthLayer| {
        let mut document = aide::openapi::OpenApi::default();
        let router: Router = ApiRouter::new()
            .api_route("/feed/{id}", described_get(maybe))
            .api_route("/scoped", described_get(scoped))
            .api_route("/grouped", described_get(grouped))
            .finish_api(&mut document);
        drop(router);
        auth.openapi().describe(&mut document);
        let summary = summary(&serde_json::to_value(&document).expect("JSON"));
        let security = |line: &str| {
            line.split(" null ").next().map(|line| line.split(r#" [""#).next().map(str::to_owned))
        };
        summary.lines().map(|line| security(line).flatten().unwrap_or_default()).collect::<Vec<_>>()
    };
    let table = RouteTable::builder().optional("GET /feed/{name}").optional("GET /scoped").build();
    let by_table = auth(|builder| builder.routes(table.expect("a table")));
    let by_layer = auth(|builder| builder).allow_anonymous().expect("no requirement");
    for (auth, security) in [(by_table, "[{},{\"cognito\":[]}]"), (by_layer, "[{},{\"cognito\":[]}]")] {
        let lines = summary_of(&auth);
        assert_eq!(lines[0], format!("get /feed/{{id}}: {security}"));
        assert_eq!(lines[2], r#"get /scoped: [{"cognito":["orders/read"]}]"#);
        assert_eq!(lines[1], r#"get /grouped: [{"cognito":[]}]"#);
    }
    assert_eq!(summary_of(&auth(|builder| builder))[0], r#"get /feed/{id}: [{"cognito":[]}]"#);
}

#[test]
fn extractors_describe_themselves_in_a_document_of_aide() {
    async fn read(_: RequireScope<ReadOrders>) {}
    async fn write(_: RequireScope<WriteOrders>, _: RequireGroup<Operators>) {}
    async fn both(_: RequireScope<ReadOrders>, _: RequireScope<WriteOrders>) {}
    async fn access(_: AccessClaims) {}
    async fn id(_: IdClaims) {}
    async fn open() {}
    let mut document = aide::openapi::OpenApi::default();
    let router: Router = ApiRouter::new()
        .api_route("/read", described_get(read))
        .api_route("/write", described_get(write))
        .api_route("/both", described_get(both))
        .api_route("/access", described_get(access))
        .api_route("/id", described_get(id))
        .api_route("/open", described_get(open))
        .finish_api(&mut document);
    drop(router);
    auth(|builder| builder).openapi().managed_login("https://auth.example.com").describe(&mut document);
    let document = serde_json::to_value(&document).expect("JSON");
    expect![[r#"
        get /access: [{"cognito":[]}] null "Requires access token." ["200", "401", "403", "503"]
        get /both: [{"cognito":["orders/read","orders/admin"]},{"cognito":["orders/read","orders/write"]}] null "Requires scope orders/read.\n\nRequires scope orders/write or orders/admin." ["200", "401", "403", "503"]
        get /id: [{"cognito":[]}] null "Requires ID token." ["200", "401", "403", "503"]
        get /open: null null null ["200"]
        get /read: [{"cognito":["orders/read"]}] null "Requires scope orders/read." ["200", "401", "403", "503"]
        get /write: [{"cognito":["orders/admin"]},{"cognito":["orders/write"]}] ["ops"] "Requires scope orders/write or orders/admin.\n\nRequires group ops." ["200", "401", "403", "503"]
    "#]]
    .assert_eq(&summary(&document));
    let scopes =
        &document["components"]["securitySchemes"]["cognito"]["flows"]["authorizationCode"]["scopes"];
    assert_eq!(*scopes, json!({"orders/admin": "", "orders/read": "", "orders/write": ""}));
}

/// Combinations of extractors: all optional, and at least one required.
#[test]
fn a_token_is_optional_only_if_every_extractor_is() {
    type OfAny = Claims<Value>;
    type Strongly = RequireAcr<Strong>;
    type Reader = RequireScope<ReadOrders>;
    type Operator = RequireGroup<Operators>;
    macro_rules! handlers {
        ($($argument:ty),+ $(; $($rest:tt)*)?) => {{
            let name = stringify!($($argument),+).to_owned();
            let mut all = vec![(name, described_get(async |$(_: $argument),+| {}))];
            $(all.extend(handlers!($($rest)*));)?
            all
        }};
        () => { Vec::<(String, ApiMethodRouter)>::new() };
    }
    let optional = handlers![
        Option<AccessClaims>; Option<IdClaims>; Option<OfAny>; Option<AccessClaims>, Option<IdClaims>;
        Option<AccessClaims>, Option<AccessClaims>; Option<IdClaims>, Option<OfAny>, Option<AccessClaims>;
    ];
    let required = handlers![
        AccessClaims; IdClaims; OfAny; Reader; Operator; Strongly;
        Option<AccessClaims>, AccessClaims; AccessClaims, Option<AccessClaims>; IdClaims, Option<AccessClaims>;
        Option<OfAny>, IdClaims; OfAny, Option<OfAny>, Option<AccessClaims>; Option<AccessClaims>, OfAny, Option<IdClaims>;
        Option<AccessClaims>, Reader; Reader, Option<AccessClaims>; Option<AccessClaims>, Operator;
        Operator, Option<AccessClaims>; Option<AccessClaims>, Strongly; Strongly, Option<AccessClaims>;
        Strongly, AccessClaims; AccessClaims, Strongly, Option<AccessClaims>;
    ];
    let (closed, anonymous) = (auth(|builder| builder), anonymous());
    let statuses = json!(["200", "401", "403", "503"]);
    for (handlers, is_optional) in [(optional, true), (required, false)] {
        for (arguments, handler) in handlers {
            for (auth, lets_in_anonymous) in [(&closed, false), (&anonymous, true)] {
                let document = described(auth, handler.clone());
                let operation = &document["paths"]["/"]["get"];
                let alternatives = operation["security"].as_array().expect("a list");
                let has_empty = alternatives.contains(&json!({}));
                assert_eq!(has_empty, is_optional && lets_in_anonymous, "{arguments}: {alternatives:?}");
                assert_eq!(
                    alternatives.len(),
                    if has_empty { 2 } else { 1 },
                    "{arguments}: {alternatives:?}"
                );
                assert!(operation.get("parameters").is_none(), "{arguments} leave a marker: {operation}");
                let text = operation["description"].as_str().unwrap_or_default();
                assert_eq!(text.contains("A token is optional."), has_empty, "{arguments}: {text}");
                let states_more = arguments
                    .split(", ")
                    .any(|argument| !argument.starts_with("Option") && argument != "OfAny");
                assert_eq!(text.contains("Requires "), states_more, "{arguments}: {text}");
                let responses: Vec<&String> =
                    operation["responses"].as_object().expect("responses").keys().collect();
                assert_eq!(json!(responses), statuses, "{arguments}");
            }
        }
    }
}

#[test]
fn all_requirements_of_several_extractors_are_in_the_document() {
    async fn all(
        _: AccessClaims,
        _: RequireAcr<Strong>,
        _: RequireGroup<Operators>,
        _: RequireGroup<Admins>,
        _: RequireScope<ReadOrders>,
    ) {
    }
    let document = described(&auth(|builder| builder), described_get(all));
    let operation = &document["paths"]["/"]["get"];
    let requirement =
        "access token, and acr urn:cognito:loa:3 or urn:cognito:loa:4, and group ops, and group admins";
    assert_eq!(operation["x-cognito-requirement"], requirement);
    assert_eq!(operation["x-cognito-groups"], json!(["ops", "admins"]));
    assert_eq!(operation["security"], json!([{"cognito": ["orders/read"]}]));
}

/// An API key that a handler requires in addition to the token.
#[test]
fn security_schemes_of_other_extractors_stay_in_the_document() {
    struct ApiKey;

    impl<S: Sync> FromRequestParts<S> for ApiKey {
        type Rejection = Infallible;

        async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Infallible> {
            Ok(Self)
        }
    }

    impl OperationInput for ApiKey {
        fn operation_input(_: &mut GenContext, operation: &mut Operation) {
            operation.security.push([("key".to_owned(), Vec::new())].into_iter().collect());
        }
    }

    async fn both(_: ApiKey, _: RequireScope<ReadOrders>) {}
    async fn optional(_: ApiKey, _: Option<AccessClaims>) {}
    let security = |handler| described(&anonymous(), handler)["paths"]["/"]["get"]["security"].clone();
    assert_eq!(security(described_get(both)), json!([{"key": [], "cognito": ["orders/read"]}]));
    assert_eq!(security(described_get(optional)), json!([{"key": []}, {"key": [], "cognito": []}]));
}

/// It still has the marker that `describe` removes: a parameter that readers must ignore by the OpenAPI Specification.
#[test]
fn a_document_that_no_layer_has_described_is_still_valid() {
    async fn maybe(_: Option<AccessClaims>) {}
    let document = serde_json::to_value(document([("/", described_get(maybe))])).expect("JSON");
    let parameter = &document["paths"]["/"]["get"]["parameters"][0];
    assert_eq!(parameter["in"], "header");
    assert!(
        parameter["name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case("authorization")),
        "{parameter}"
    );
    assert_eq!(parameter["schema"], json!({"type": "string"}));
}

/// `aide` leaves out the responses of an `Option`, so those of its operations come from the layer.
#[test]
fn the_responses_to_an_optional_token_are_those_of_the_profile() {
    async fn maybe(_: Option<AccessClaims>) {}
    let auth = auth(|builder| builder.profile(Profile::HttpApi));
    let document = described(&auth, described_get(maybe));
    let responses = document["paths"]["/"]["get"]["responses"].as_object().expect("responses");
    assert_eq!(responses.keys().collect::<Vec<_>>(), ["200", "401", "403"]);
}
