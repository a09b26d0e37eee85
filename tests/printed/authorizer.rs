//! The types of `cognito-authorizer`, with all its features.

use std::{sync::Arc, time::Duration};

use apigateway_definition::ApiDefinition;
use axum::{body::Body, extract::FromRequestParts};
use cognito_authorizer::{
    AccessClaims, Authorized, Claims, CognitoAuthBuilder, CognitoAuthLayer, CognitoAuthorizer, ConfigError,
    DefinesRoutes, HttpApi, IdClaims, Limits, Profile, ProfileSettings, Refusal, Refused, Rejection,
    RequireAcr, RequireGroup, RequireScope, Requirement, RestApi, Revocation, RevocationCheck, RouteRule,
    RouteTable, Standard, UserPool, Verified,
    backend::{HttpApiClaims, PayloadFormat, RestApiClaims},
    clock::{Clock, SystemClock},
    explain::{Explanation, Fact, Step, StepName, StepOutcome, TokenForm},
    gateway::{GatewayResponse, GatewayResponseError, GatewayResponses, ResponseType},
    identity::{CallerFields, IdentityError, IdentitySource, SubjectField},
    keys::{
        FetchError, FetchedKeys, Https, Jwks, KeyRequest, KeySource, KeySourceError,
        schedule::{Demand, Outcome, Schedule, Timing},
    },
    openapi::ApiGatewayError,
    protected_resource::ProtectedResource,
    revocation::{RevocationError, RevocationFailure, RevocationStatus},
    scope,
};
use http::{Method, Request};
use serde_json::Value;
use tower::{Layer, Service};

use super::{PASSWORD, Printer, Scene};
use crate::{
    access::Strong,
    extractors::{Operators, ReadOrders, WriteOrders},
    support::{self, POOL, PoolSettings, bearer, request, served},
};

/// A list of revoked tokens that has a password.
#[derive(Debug)]
struct List {
    _password: &'static str,
}

impl RevocationCheck for List {
    async fn check(&self, _: &Verified) -> Result<RevocationStatus, RevocationError> {
        Ok(RevocationStatus::InForce)
    }
}

/// A layer with every kind of setting.
fn builder(scene: &Scene) -> CognitoAuthBuilder {
    let keys = Jwks::https().proxy(format!("http://admin:{PASSWORD}@127.0.0.1:1"));
    support::builder(&scene.clock)
        .profile(RestApi::new().gateway_responses(echo("$method.request.header.Authorization")))
        .keys(keys)
        .limits(Limits::new())
        .revocation(Revocation::check(List { _password: PASSWORD }))
        .routes(table())
}

fn table() -> RouteTable {
    let table =
        RouteTable::builder().require("GET /orders/{id}", scope("orders/read")).refuse("POST /orders");
    table.open("GET /health").build().expect("a table")
}

/// Gateway responses that echo this variable.
fn echo(variable: &str) -> GatewayResponses {
    let response = GatewayResponse::new()
        .template("text/plain", variable)
        .header("x-echo", variable.trim_start_matches('$'));
    GatewayResponses::new().response(ResponseType::Default4xx, response)
}

fn call(method: &Method, path: &str, authorization: &str) -> Request<Body> {
    let mut request = request(authorization);
    *request.method_mut() = method.clone();
    *request.uri_mut() = path.parse().expect("a path");
    request
}

#[tokio::test]
async fn no_type_of_the_authorizer_prints_a_token_its_claims_or_a_secret() {
    let scene = Scene::new();
    let mut printer = scene.print_types_of("cognito-authorizer");
    let building = builder(&scene);
    printer.print(&building);
    let auth = building.with_keys([(POOL, scene.keys.clone())]).expect("a layer");
    layer(&mut printer, &auth).await;
    let fetching = builder(&scene).jwks_url("http://127.0.0.1:1/jwks.json").connect_lazy();
    printer.print(&fetching.expect("a layer"));
    extractors(&mut printer).await;
    backend(&mut printer);
    routes(&mut printer);
    mistakes(&mut printer).await;
    printer.print(&scene.clock);
    printer.print(&SystemClock::default());
    printer.print_each([Profile::Standard, Profile::RestApi, Profile::HttpApi]);
    printer.print(&Standard::new());
    printer.print(&RestApi::new().gateway_responses(echo("$method.request.header.Authorization")));
    printer.print(&HttpApi::new());
    let resource = ProtectedResource::new("https://api.example").name("Orders");
    let pool = UserPool::new(POOL).any_client().resource("https://api.example");
    let described = CognitoAuthLayer::builder(pool)
        .profile(Standard::new().protected_resource(resource.clone()))
        .with_keys([(POOL, scene.keys.clone())]);
    printer.print(&described.expect("a layer").protected_resource_metadata().expect("a resource"));
    printer.print(&resource);
    printer.print(&ProfileSettings::from(Profile::HttpApi));
    printer.print(&Limits::new());
    printer.print(&CallerFields::new().subject(SubjectField::Plain));
    printer.print_each([SubjectField::Plain, SubjectField::Hashed]);
    printer.print(&Revocation::check(List { _password: PASSWORD }));
    printer.print_each([RevocationStatus::InForce, RevocationStatus::Revoked]);
    printer.print_each([RevocationFailure::Refuse, RevocationFailure::LetIn]);
    keys(&mut printer).await;
    printer.assert_all_printed();
}

/// The layer, before and after it has cached tokens, and its answers.
async fn layer(printer: &mut Printer<'_>, auth: &CognitoAuthLayer) {
    let scene = printer.scene;
    let mut service = auth.layer(served());
    let forged = super::access_token(&scene.pool).forged().sign();
    let expired = super::access_token(&scene.pool).expired().sign();
    let too_weak = scene.pool.access_token(super::USER).scope("partners/swordfish").sign();
    let mut let_in = 0;
    for token in [&scene.access, &scene.access, &scene.id, &too_weak, &forged, &expired, ""] {
        for (method, path) in
            [(Method::GET, "/orders/7"), (Method::POST, "/orders"), (Method::GET, "/orders//7")]
        {
            let answer = service.call(call(&method, path, &bearer(token)));
            printer.print(&answer);
            let answer = answer.await.expect("an answer");
            let_in += usize::from(answer.status().is_success());
            match answer.extensions().get() {
                Some(Refusal::Identity(error)) => printer.print::<IdentityError>(error),
                Some(Refusal::Route(error)) => printer.print(error),
                _ => {}
            }
            printer.print_each(answer.extensions().get::<Refusal>().cloned());
            printer.print(&answer.into_body());
        }
    }
    assert_eq!(let_in, 2, "the token, when it was new and when it was cached");
    authorizer(printer, auth).await;
    printer.print(auth);
    printer.print(&service);
    printer.print(&auth.status());
    printer.print_each(auth.status().pools);
    printer.print(&auth.openapi());
    printer.print(&ApiGatewayError::AnyClient);
}

/// The sources of keys, and the schedule of fetches.
async fn keys(printer: &mut Printer<'_>) {
    /// Fails to start and to fetch.
    #[derive(Debug)]
    struct Nothing;

    impl KeySource for Nothing {
        async fn fetch(&self, request: KeyRequest<'_>) -> Result<FetchedKeys, FetchError> {
            Err(FetchError::Source { problem: format!("{request:?}") })
        }

        fn check(&self, request: KeyRequest<'_>) -> Result<(), KeySourceError> {
            Err(KeySourceError::Start { problem: format!("{request:?}") })
        }
    }

    let scene = printer.scene;
    let with_password = Jwks::https().proxy(format!("http://admin:{PASSWORD}@127.0.0.1:1"));
    printer.print(&with_password.root_certificate(PASSWORD));
    printer.print(&Https::default());
    let pool = UserPool::new(POOL).any_client();
    let verifier = cognito_verify::Verifier::new([pool]).expect("it holds");
    let request = KeyRequest::new(&verifier.pools()[0], Duration::from_secs(1));
    printer.print(&request);
    printer.print(&Nothing.check(request).expect_err("it does not start"));
    printer.print(&Nothing.fetch(request).await.expect_err("there is nothing"));
    printer.print(&FetchedKeys::from_json(scene.pool.jwks()).expect("keys"));
    let timing = Timing {
        interval: Duration::from_secs(3600),
        max_stale: Duration::from_secs(7200),
        cool_down: Duration::from_secs(5),
        first_timeout: Duration::from_secs(3),
        timeout: Duration::from_secs(1),
    };
    printer.print(&timing);
    let now = scene.clock.now();
    let mut schedule = Schedule::new(timing, now);
    schedule.want(Demand { for_key: 1, refresh: 1 }, now);
    printer.print(&Demand::default());
    printer.print(&schedule.begin(now));
    printer.print(&schedule.await_key(now, Duration::ZERO, 0).expect("the attempt"));
    let outcome = Outcome::Fetched { max_age: None };
    printer.print(&outcome);
    schedule.end(outcome, now, 0.5);
    printer.print(&schedule);
}

/// What the engine returns without a Tower service.
async fn authorizer(printer: &mut Printer<'_>, auth: &CognitoAuthLayer) {
    let authorizer = auth.authorizer();
    for token in [&printer.scene.access, &printer.scene.id, ""] {
        for path in ["/orders/7", "/health", "/none"] {
            let (parts, _) = call(&Method::GET, path, &bearer(token)).into_parts();
            match authorizer.authorize(&parts).await {
                Ok(authorized) => printer.print::<Authorized>(&authorized),
                Err(refused) => printer.print::<Refused>(&refused),
            }
            let explanation = authorizer.explain(&parts).await;
            for step in explanation.steps() {
                printer.print::<StepName>(&step.name());
                printer.print::<StepOutcome>(&step.outcome());
                if let Some(fact) = step.fact() {
                    printer.print::<Fact>(fact);
                    if let Fact::IdentitySource { form, .. } = fact {
                        printer.print::<TokenForm>(form);
                    }
                }
                printer.print::<Step>(step);
            }
            printer.print::<Explanation>(&explanation);
        }
        if let Err(refusal) = authorizer.verify(token).await {
            printer.print::<Refusal>(&refusal);
        }
    }
    printer.print::<CognitoAuthorizer>(&authorizer);
}

/// The extractors, and their rejections.
async fn extractors(printer: &mut Printer<'_>) {
    let scene = printer.scene;
    for token in [&scene.access, &scene.id] {
        let (mut parts, _) = request(&bearer(token)).into_parts();
        parts.extensions.insert(Arc::new(scene.verified(token)));
        macro_rules! print_extracted {
            ($extractor:ty) => {
                match <$extractor>::from_request_parts(&mut parts, &()).await {
                    Ok(caller) => printer.print(&caller),
                    Err(rejection) => printer.print::<Rejection>(&rejection),
                }
            };
        }
        print_extracted!(RequireScope<ReadOrders>);
        print_extracted!(RequireScope<WriteOrders>);
        print_extracted!(RequireGroup<Operators>);
        print_extracted!(RequireAcr<Strong>);
        print_extracted!(AccessClaims);
        print_extracted!(IdClaims);
        print_extracted!(Claims<Value>);
        print_extracted!(Claims<String>);
    }
}

/// The claims as API Gateway passes them on.
fn backend(printer: &mut Printer<'_>) {
    let scene = printer.scene;
    for token in [&scene.access, &scene.id] {
        let verified = scene.verified(token);
        let rest = RestApiClaims::of(&verified).expect("Unicode");
        printer.print(&rest);
        printer.print(&rest.authorizer());
        let http = HttpApiClaims::of(&verified, &Requirement::nothing()).expect("Unicode");
        printer.print(&http);
        printer.print_each([PayloadFormat::V1, PayloadFormat::V2].map(|format| http.authorizer(format)));
    }
    printer.print_each([PayloadFormat::V1, PayloadFormat::V2]);
}

fn routes(printer: &mut Printer<'_>) {
    let table = table();
    printer.print(&RouteTable::builder().require("GET /orders/{id}", scope("orders/read")));
    printer.print(&table);
    for path in ["/orders/7", "/none", "/orders//7"] {
        let found = table.rule(&Method::GET, path);
        printer.print::<RouteRule>(found.rule());
        printer.print_each(found.parameters().cloned());
        printer.print(&found);
    }
    printer.print_each([RouteRule::Preflight, RouteRule::Optional]);
    printer.print(&table.compare(["/orders/{id}", "GET /other"]));
    printer.print(&RouteTable::builder().open("GET orders").build().expect_err("no path"));
}

/// Errors of the configuration and of fetching keys.
async fn mistakes(printer: &mut Printer<'_>) {
    let scene = printer.scene;
    let with_keys =
        |builder: CognitoAuthBuilder| builder.with_keys([(POOL, scene.keys.clone())]).expect_err("a mistake");
    let base = || support::builder(&scene.clock);
    for error in [
        with_keys(base().jwks_url(format!("https://admin:{PASSWORD}@keys.example/jwks.json"))),
        with_keys(base().profile(Standard::new().realm("\""))),
        with_keys(support::builder_with_result_ttl(&scene.clock, Duration::from_secs(7200))),
        with_keys(base().profile(Standard::new().identity_source("$context.identity.sourceIp"))),
        base().jwks_url("http://127.0.0.1:1/jwks.json").connect().await.expect_err("no server listens"),
    ] {
        if let ConfigError::Keys { error, .. } = &error {
            printer.print(error);
        }
        printer.print(&error);
    }
    let responses = echo("$context.identity.sourceIp");
    printer.print(&responses);
    printer.print(&GatewayResponse::new().header("x-echo", "'*'"));
    let error = with_keys(base().profile(Standard::new().gateway_responses(responses)));
    if let ConfigError::GatewayResponse(error) = &error {
        printer.print(error);
        if let GatewayResponseError::Response { problem, response_type, .. } = error {
            printer.print(problem);
            printer.print(response_type);
        }
    }
    printer.print(&base().connect());
    printer.print(&"NONE".parse::<ResponseType>().expect_err("no type"));
    printer.print(&IdentitySource::header("x-token").expect("a name"));
    printer.print(&IdentitySource::header("").expect_err("no name"));
    printer.print(&CognitoAuthLayer::builder_from(&ApiDefinition::default()).expect_err("no API"));
    // The trait is how a definition becomes a table.
    printer.print(&ApiDefinition::default().route_table().expect_err("no API"));
}
