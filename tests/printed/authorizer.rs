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

use super::{Looked, PASSWORD, Scene};
use crate::{
    access::Strong,
    extractors::{Operators, ReadOrders, WriteOrders},
    support::{self, POOL, PoolSettings, bearer, request, served},
};

/// A list of revoked tokens with a password, and an error that says what it knows.
#[derive(Debug)]
struct List {
    _password: &'static str,
}

impl RevocationCheck for List {
    async fn check(&self, _: &Verified) -> Result<RevocationStatus, RevocationError> {
        Ok(RevocationStatus::InForce)
    }
}

/// A layer with all that may be set.
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

/// Responses that would send this variable back.
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
async fn no_type_of_the_middleware_tells_a_token_its_claims_or_a_secret() {
    let scene = Scene::new();
    let mut looked = scene.look_at("cognito-authorizer");
    let building = builder(&scene);
    looked.at(&building);
    let auth = building.with_keys([(POOL, scene.keys.clone())]).expect("a layer");
    layer(&mut looked, &auth).await;
    let fetching = builder(&scene).jwks_url("http://127.0.0.1:1/jwks.json").connect_lazy();
    looked.at(&fetching.expect("a layer"));
    extractors(&mut looked).await;
    backend(&mut looked);
    routes(&mut looked);
    mistakes(&mut looked).await;
    looked.at(&scene.clock);
    looked.at(&SystemClock::default());
    looked.at_each([Profile::Standard, Profile::RestApi, Profile::HttpApi]);
    looked.at(&Standard::new());
    looked.at(&RestApi::new().gateway_responses(echo("$method.request.header.Authorization")));
    looked.at(&HttpApi::new());
    let resource = ProtectedResource::new("https://api.example").name("Orders");
    let pool = UserPool::new(POOL).any_client().resource("https://api.example");
    let described = CognitoAuthLayer::builder(pool)
        .profile(Standard::new().protected_resource(resource.clone()))
        .with_keys([(POOL, scene.keys.clone())]);
    looked.at(&described.expect("a layer").protected_resource_metadata().expect("a resource"));
    looked.at(&resource);
    looked.at(&ProfileSettings::from(Profile::HttpApi));
    looked.at(&Limits::new());
    looked.at(&CallerFields::new().subject(SubjectField::Plain));
    looked.at_each([SubjectField::Plain, SubjectField::Hashed]);
    looked.at(&Revocation::check(List { _password: PASSWORD }));
    looked.at_each([RevocationStatus::InForce, RevocationStatus::Revoked]);
    looked.at_each([RevocationFailure::Refuse, RevocationFailure::LetIn]);
    keys(&mut looked).await;
    looked.at_all();
}

/// The layer, before and after it knows tokens, and what it answers.
async fn layer(looked: &mut Looked<'_>, auth: &CognitoAuthLayer) {
    let scene = looked.scene;
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
            looked.at(&answer);
            let answer = answer.await.expect("an answer");
            let_in += usize::from(answer.status().is_success());
            match answer.extensions().get() {
                Some(Refusal::Identity(error)) => looked.at::<IdentityError>(error),
                Some(Refusal::Route(error)) => looked.at(error),
                _ => {}
            }
            looked.at_each(answer.extensions().get::<Refusal>().cloned());
            looked.at(&answer.into_body());
        }
    }
    assert_eq!(let_in, 2, "the token, when it was new and when it was known");
    authorizer(looked, auth).await;
    looked.at(auth);
    looked.at(&service);
    looked.at(&auth.status());
    looked.at_each(auth.status().pools);
    looked.at(&auth.openapi());
    looked.at(&ApiGatewayError::AnyClient);
}

/// Where keys come from, and when.
async fn keys(looked: &mut Looked<'_>) {
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

    let scene = looked.scene;
    let with_password = Jwks::https().proxy(format!("http://admin:{PASSWORD}@127.0.0.1:1"));
    looked.at(&with_password.root_certificate(PASSWORD));
    looked.at(&Https::default());
    let pool = UserPool::new(POOL).any_client();
    let verifier = cognito_verify::Verifier::new([pool]).expect("it holds");
    let request = KeyRequest::new(&verifier.pools()[0], Duration::from_secs(1));
    looked.at(&request);
    looked.at(&Nothing.check(request).expect_err("it does not start"));
    looked.at(&Nothing.fetch(request).await.expect_err("there is nothing"));
    looked.at(&FetchedKeys::from_json(scene.pool.jwks()).expect("keys"));
    let timing = Timing {
        interval: Duration::from_secs(3600),
        max_stale: Duration::from_secs(7200),
        cool_down: Duration::from_secs(5),
        first_timeout: Duration::from_secs(3),
        timeout: Duration::from_secs(1),
    };
    looked.at(&timing);
    let now = scene.clock.now();
    let mut schedule = Schedule::new(timing, now);
    schedule.want(Demand { for_key: 1, refresh: 1 }, now);
    looked.at(&Demand::default());
    looked.at(&schedule.begin(now));
    looked.at(&schedule.await_key(now, Duration::ZERO, 0).expect("the attempt"));
    let outcome = Outcome::Fetched { max_age: None };
    looked.at(&outcome);
    schedule.end(outcome, now, 0.5);
    looked.at(&schedule);
}

/// What the engine returns without a Tower service.
async fn authorizer(looked: &mut Looked<'_>, auth: &CognitoAuthLayer) {
    let authorizer = auth.authorizer();
    for token in [&looked.scene.access, &looked.scene.id, ""] {
        for path in ["/orders/7", "/health", "/none"] {
            let (parts, _) = call(&Method::GET, path, &bearer(token)).into_parts();
            match authorizer.authorize(&parts).await {
                Ok(authorized) => looked.at::<Authorized>(&authorized),
                Err(refused) => looked.at::<Refused>(&refused),
            }
            let explanation = authorizer.explain(&parts).await;
            for step in explanation.steps() {
                looked.at::<StepName>(&step.name());
                looked.at::<StepOutcome>(&step.outcome());
                if let Some(fact) = step.fact() {
                    looked.at::<Fact>(fact);
                    if let Fact::IdentitySource { form, .. } = fact {
                        looked.at::<TokenForm>(form);
                    }
                }
                looked.at::<Step>(step);
            }
            looked.at::<Explanation>(&explanation);
        }
        if let Err(refusal) = authorizer.verify(token).await {
            looked.at::<Refusal>(&refusal);
        }
    }
    looked.at::<CognitoAuthorizer>(&authorizer);
}

/// What a handler is given, and what it refuses.
async fn extractors(looked: &mut Looked<'_>) {
    let scene = looked.scene;
    for token in [&scene.access, &scene.id] {
        let (mut parts, _) = request(&bearer(token)).into_parts();
        parts.extensions.insert(Arc::new(scene.verified(token)));
        macro_rules! ask {
            ($extractor:ty) => {
                match <$extractor>::from_request_parts(&mut parts, &()).await {
                    Ok(caller) => looked.at(&caller),
                    Err(rejection) => looked.at::<Rejection>(&rejection),
                }
            };
        }
        ask!(RequireScope<ReadOrders>);
        ask!(RequireScope<WriteOrders>);
        ask!(RequireGroup<Operators>);
        ask!(RequireAcr<Strong>);
        ask!(AccessClaims);
        ask!(IdClaims);
        ask!(Claims<Value>);
        ask!(Claims<String>);
    }
}

/// The claims in the words of API Gateway.
fn backend(looked: &mut Looked<'_>) {
    let scene = looked.scene;
    for token in [&scene.access, &scene.id] {
        let verified = scene.verified(token);
        let rest = RestApiClaims::of(&verified).expect("Unicode");
        looked.at(&rest);
        looked.at(&rest.authorizer());
        let http = HttpApiClaims::of(&verified, &Requirement::nothing()).expect("Unicode");
        looked.at(&http);
        looked.at_each([PayloadFormat::V1, PayloadFormat::V2].map(|format| http.authorizer(format)));
    }
    looked.at_each([PayloadFormat::V1, PayloadFormat::V2]);
}

fn routes(looked: &mut Looked<'_>) {
    let table = table();
    looked.at(&RouteTable::builder().require("GET /orders/{id}", scope("orders/read")));
    looked.at(&table);
    for path in ["/orders/7", "/none", "/orders//7"] {
        let found = table.rule(&Method::GET, path);
        looked.at::<RouteRule>(found.rule());
        looked.at_each(found.parameters().cloned());
        looked.at(&found);
    }
    looked.at_each([RouteRule::Preflight, RouteRule::Optional]);
    looked.at(&table.compare(["/orders/{id}", "GET /other"]));
    looked.at(&RouteTable::builder().open("GET orders").build().expect_err("no path"));
}

/// Settings that do not hold, and keys that do not come.
async fn mistakes(looked: &mut Looked<'_>) {
    let scene = looked.scene;
    let with_keys =
        |builder: CognitoAuthBuilder| builder.with_keys([(POOL, scene.keys.clone())]).expect_err("a mistake");
    let base = || support::builder(&scene.clock);
    for error in [
        with_keys(base().jwks_url(format!("https://admin:{PASSWORD}@keys.example/jwks.json"))),
        with_keys(base().profile(Standard::new().realm("\""))),
        with_keys(support::builder_remembering(&scene.clock, Duration::from_secs(7200))),
        with_keys(base().profile(Standard::new().identity_source("$context.identity.sourceIp"))),
        base().jwks_url("http://127.0.0.1:1/jwks.json").connect().await.expect_err("no server listens"),
    ] {
        if let ConfigError::Keys { error, .. } = &error {
            looked.at(error);
        }
        looked.at(&error);
    }
    let responses = echo("$context.identity.sourceIp");
    looked.at(&responses);
    looked.at(&GatewayResponse::new().header("x-echo", "'*'"));
    let error = with_keys(base().profile(Standard::new().gateway_responses(responses)));
    if let ConfigError::GatewayResponse(error) = &error {
        looked.at(error);
        if let GatewayResponseError::Response { problem, response_type, .. } = error {
            looked.at(problem);
            looked.at(response_type);
        }
    }
    looked.at(&base().connect());
    looked.at(&"NONE".parse::<ResponseType>().expect_err("no type"));
    looked.at(&IdentitySource::header("x-token").expect("a name"));
    looked.at(&IdentitySource::header("").expect_err("no name"));
    looked.at(&CognitoAuthLayer::builder_from(&ApiDefinition::default()).expect_err("no API"));
    // The trait is how a definition becomes a table.
    looked.at(&ApiDefinition::default().route_table().expect_err("no API"));
}
