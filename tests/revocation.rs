//! The revocation check runs after all others, with a time-out, and a failure is handled as configured.

use std::{
    collections::HashSet,
    error::Error,
    fmt,
    future::pending,
    time::{Duration, UNIX_EPOCH},
};

use axum::body::Body;
use cognito_authorizer::{
    Accept, CognitoAuthLayer, ConfigError, Profile, ProfileSettings, Refusal, RestApi, Revocation,
    RevocationCheck, RouteTable, Standard, TokenUse, UnixTime, UserPool, Verified,
    clock::{Clock, ManualClock},
    gateway::{GatewayResponse, GatewayResponses, ResponseType},
    response::ResponseBody,
    revocation::{RevocationError, RevocationFailure, RevocationStatus},
    scope,
};
use cognito_local_pool::TokenBuilder;
use http::{
    Request, Response, StatusCode,
    header::{RETRY_AFTER, WWW_AUTHENTICATE},
};
use tokio::sync::watch;
use tower::{Layer, ServiceExt, limit::ConcurrencyLimit};

use crate::support::{
    Api, CLIENT, POOL, PoolSettings, bearer, builder, clock, events::Events, executor, keys, pool, request,
    served,
};

const REVOKED: &str = r#"401 Bearer error="invalid_token", error_description="the token was revoked""#;
const UNAVAILABLE: &str = r#"503 {"message":"Service Unavailable"}"#;
/// The default.
const TIMEOUT: Duration = Duration::from_millis(500);

/// A list that gives the same answer for every token, and counts the checks.
#[derive(Clone, Debug)]
struct List {
    says: Says,
    asked: watch::Sender<usize>,
}

#[derive(Clone, Copy, Debug)]
enum Says {
    InForce,
    Revoked,
    Fails,
    Panics,
    Nothing,
}

impl List {
    fn that(says: Says) -> Self {
        Self { says, asked: watch::Sender::new(0) }
    }

    fn asked(&self) -> usize {
        *self.asked.borrow()
    }

    async fn is_asked(&self, times: usize) {
        self.asked.subscribe().wait_for(|asked| *asked >= times).await.expect("the list is there");
    }
}

impl RevocationCheck for List {
    async fn check(&self, _: &Verified) -> Result<RevocationStatus, RevocationError> {
        self.asked.send_modify(|asked| *asked += 1);
        match self.says {
            Says::InForce => Ok(RevocationStatus::InForce),
            Says::Revoked => Ok(RevocationStatus::Revoked),
            Says::Fails => Err(Unreachable(Refused).into()),
            Says::Panics => panic!("the list is broken"),
            Says::Nothing => pending().await,
        }
    }
}

/// An error whose source says why.
#[derive(Debug)]
struct Unreachable(Refused);

#[derive(Debug)]
struct Refused;

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the list cannot be reached")
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("connection refused")
    }
}

impl Error for Refused {}

impl Error for Unreachable {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

/// A list whose answer depends on the token.
struct Lookup<L>(L);

impl<L: Fn(&Verified) -> bool + Send + Sync + 'static> RevocationCheck for Lookup<L> {
    async fn check(&self, token: &Verified) -> Result<RevocationStatus, RevocationError> {
        Ok(if (self.0)(token) { RevocationStatus::Revoked } else { RevocationStatus::InForce })
    }
}

/// A list whose answer takes this long.
#[derive(Debug)]
struct Slow(ManualClock, Duration);

impl RevocationCheck for Slow {
    async fn check(&self, _: &Verified) -> Result<RevocationStatus, RevocationError> {
        self.0.advance(self.1);
        Ok(RevocationStatus::InForce)
    }
}

/// The response of a service behind the layer.
async fn answer(auth: &CognitoAuthLayer, authorization: &str) -> Response<ResponseBody<Body>> {
    auth.layer(served()).oneshot(request(authorization)).await.expect("an answer")
}

async fn status(auth: &CognitoAuthLayer, token: TokenBuilder) -> u16 {
    answer(auth, &bearer(token.sign())).await.status().as_u16()
}

#[tokio::test]
async fn only_a_good_token_that_meets_the_requirement_is_checked() {
    let clock = clock();
    let pool = pool(&clock);
    let list = List::that(Says::Revoked);
    let auth = builder(&clock)
        .accept(TokenUse::Access)
        .require(scope("orders/read"))
        .revocation(Revocation::check(list.clone()))
        .with_keys([(pool.id(), keys(&pool))])
        .expect("a layer");
    let good = || pool.access_token("ada").scope("orders/read");
    for (name, authorization, expected) in [
        ("no token", String::new(), 401),
        ("not a token", "Bearer garbage".to_owned(), 401),
        ("a forged one", bearer(good().forged().sign()), 401),
        ("an expired one", bearer(good().expired().sign()), 401),
        ("another app client's", bearer(good().client("other-client").sign()), 401),
        ("an ID token", bearer(pool.id_token("ada").sign()), 401),
        ("one without the scope", bearer(pool.access_token("ada").scope("orders/write").sign()), 403),
    ] {
        let answer = answer(&auth, &authorization).await;
        assert_eq!(answer.status().as_u16(), expected, "{name}");
        assert_ne!(answer.extensions().get(), Some(&Refusal::Revoked), "{name}");
        assert_eq!(list.asked(), 0, "{name}");
    }
    // Every request is checked, also with a cached token.
    let good = bearer(good().sign());
    for times in 1..=3 {
        let answer = answer(&auth, &good).await;
        assert_eq!(answer.extensions().get(), Some(&Refusal::Revoked));
        assert_eq!(list.asked(), times);
    }
}

#[tokio::test]
async fn a_token_that_expires_during_the_check_is_refused() {
    for (takes, expected) in [(59, 200), (60, 401)] {
        let clock = clock();
        let pool = pool(&clock);
        let auth = builder(&clock)
            .revocation(Revocation::check(Slow(clock.clone(), Duration::from_secs(takes))))
            .with_keys([(pool.id(), keys(&pool))])
            .expect("a layer");
        let token = pool.access_token("ada").expires_in(Duration::from_secs(60));
        assert_eq!(status(&auth, token).await, expected, "{takes} s");
    }
}

#[tokio::test]
async fn without_need_for_a_token_nothing_is_checked() {
    let clock = clock();
    let pool = pool(&clock);
    let list = List::that(Says::Revoked);
    let table = RouteTable::builder().open("GET /open").refuse("GET /closed").build().expect("the rows hold");
    let auth = builder(&clock)
        .routes(table)
        .pass_cors_preflight()
        .revocation(Revocation::check(list.clone()))
        .with_keys([(pool.id(), keys(&pool))])
        .expect("a layer");
    let good = bearer(pool.access_token("ada").sign());
    let to = |method: &str, path: &str| {
        let request = Request::builder().method(method).uri(path).header("authorization", &good);
        let request =
            request.header("origin", "https://app.example").header("access-control-request-method", "GET");
        auth.layer(served()).oneshot(request.body(Body::empty()).expect("a request"))
    };
    for (method, path, status) in
        [("GET", "/open", 200), ("OPTIONS", "/closed", 200), ("GET", "/closed", 403), ("GET", "/", 404)]
    {
        assert_eq!(to(method, path).await.expect("an answer").status(), status, "{method} {path}");
    }
    assert_eq!(list.asked(), 0);
}

#[tokio::test]
async fn a_token_that_waited_for_its_key_is_checked_too() {
    let clock = clock();
    let pool = pool(&clock);
    let server = pool.serve("127.0.0.1:0").await.expect("a free port");
    for (says, code) in [(Says::InForce, 200), (Says::Revoked, 401)] {
        let list = List::that(says);
        let auth = builder(&clock).jwks_url(server.jwks_url()).revocation(Revocation::check(list.clone()));
        let auth = auth.connect().await.expect("keys");
        clock.advance(Duration::from_secs(10));
        assert_eq!(status(&auth, pool.access_token("ada").header("kid", "unknown")).await, 401);
        assert_eq!(list.asked(), 0, "no pool has its key");
        pool.rotate();
        clock.advance(Duration::from_secs(10));
        assert_eq!(status(&auth, pool.access_token("ada")).await, code, "{says:?}");
        assert_eq!(list.asked(), 1);
    }
}

#[tokio::test]
async fn a_revoked_token_is_refused_by_the_profile() {
    let clock = clock();
    let pool = pool(&clock);
    let good = bearer(pool.access_token("ada").scope("orders/read").sign());
    for (profile, expected) in [
        (Profile::Standard, REVOKED),
        (Profile::RestApi, r#"401 {"message":"Unauthorized"}"#),
        (
            Profile::HttpApi,
            r#"401 Bearer scope="orders/read" error="invalid_token" error_description="the token was revoked""#,
        ),
    ] {
        let auth = builder(&clock).profile(profile).require(scope("orders/read"));
        let auth = auth
            .revocation(Revocation::check(List::that(Says::Revoked)))
            .with_keys([(pool.id(), keys(&pool))]);
        let auth = auth.expect("a layer");
        let api = Api::behind(auth.clone()).await;
        let answer = api.get("/", &good).await;
        assert_eq!(answer.to_string(), expected);
        assert_eq!(answer.body, r#"{"message":"Unauthorized"}"#);
        let response = auth.layer(served()).oneshot(request(&good)).await.expect("an answer");
        let refusal = response.extensions().get::<Refusal>().expect("the reason");
        assert_eq!((refusal, refusal.code()), (&Refusal::Revoked, "revoked"));
    }
}

/// The customised status shows which response type was used.
#[tokio::test]
async fn a_revoked_token_and_a_failed_check_have_different_gateway_responses() {
    let clock = clock();
    let pool = pool(&clock);
    let responses = GatewayResponses::new()
        .response(ResponseType::Unauthorized, GatewayResponse::new().status(419))
        .response(ResponseType::AuthorizerFailure, GatewayResponse::new().status(520));
    for profile in [Profile::RestApi, Profile::Standard] {
        for (says, code) in [(Says::Revoked, 419), (Says::Fails, 520)] {
            let auth = builder(&clock)
                .profile(match profile {
                    Profile::RestApi => RestApi::new().gateway_responses(responses.clone()).into(),
                    _ => ProfileSettings::from(Standard::new().gateway_responses(responses.clone())),
                })
                .require(scope("orders/read"))
                .revocation(Revocation::check(List::that(says)))
                .with_keys([(pool.id(), keys(&pool))])
                .expect("a layer");
            assert_eq!(
                status(&auth, pool.access_token("ada").scope("orders/read")).await,
                code,
                "{profile:?}"
            );
        }
    }
}

#[tokio::test]
async fn one_token_is_revoked_by_its_id() {
    let clock = clock();
    let pool = pool(&clock);
    let revoked = HashSet::from(["7f1c"]);
    let list = Lookup(move |token: &Verified| token.token_id().is_some_and(|id| revoked.contains(id)));
    let auth = builder(&clock)
        .revocation(Revocation::check(list))
        .with_keys([(pool.id(), keys(&pool))])
        .expect("a layer");
    let token = |id: &str| pool.access_token("ada").claim("jti", id).claim("origin_jti", "one sign-in");
    assert_eq!(status(&auth, token("7f1c")).await, 401);
    assert_eq!(status(&auth, token("7f1d")).await, 200);
    assert_eq!(status(&auth, pool.access_token("ada").without_claim("jti")).await, 200);
}

#[tokio::test]
async fn all_tokens_of_a_sign_in_are_revoked_at_once() {
    let clock = clock();
    let pool = pool(&clock);
    let list = Lookup(|token: &Verified| token.origin_token_id() == Some("a1b2"));
    let auth = builder(&clock).accept(Accept::Either).revocation(Revocation::check(list));
    let auth = auth.with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    for (name, token, code) in [
        ("its access token", pool.access_token("ada").claim("origin_jti", "a1b2"), 401),
        ("its ID token", pool.id_token("ada").claim("origin_jti", "a1b2"), 401),
        ("another sign-in of the same user", pool.access_token("ada").claim("origin_jti", "c3d4"), 200),
        ("a machine, which has no sign-in", pool.machine_token(CLIENT), 200),
    ] {
        assert_eq!(status(&auth, token).await, code, "{name}");
    }
}

/// As after `GlobalSignOut`: older tokens of the user are revoked, and those of a new sign-in are not.
#[tokio::test]
async fn all_tokens_of_a_user_from_before_a_moment_are_revoked() {
    let clock = clock();
    let pool = pool(&clock);
    let moment = clock.now();
    let ada = pool.access_token("ada").claim("sub", "ada's subject");
    let list =
        Lookup(move |token: &Verified| token.subject() == "ada's subject" && token.issued_at() < moment);
    let auth = builder(&clock)
        .revocation(Revocation::check(list))
        .with_keys([(pool.id(), keys(&pool))])
        .expect("a layer");
    let seconds = |unix: UnixTime| UNIX_EPOCH + Duration::from_secs(unix.as_secs().unsigned_abs());
    let before = seconds(moment) - Duration::from_secs(1);
    assert_eq!(status(&auth, ada.clone().issued_at(before)).await, 401);
    assert_eq!(status(&auth, ada.issued_at(seconds(moment))).await, 200);
    assert_eq!(status(&auth, pool.access_token("bob").issued_at(before)).await, 200);
}

/// A check may fail, panic or hang; each with both settings for failures, and in each profile.
#[tokio::test]
async fn a_check_without_a_result_refuses_or_lets_in_as_configured() {
    let clock = clock();
    let pool = pool(&clock);
    let good = bearer(pool.access_token("ada").scope("orders/read").sign());
    for says in [Says::Fails, Says::Panics, Says::Nothing] {
        for (profile, failure, expected) in [
            (Profile::Standard, RevocationFailure::Refuse, UNAVAILABLE),
            (Profile::RestApi, RevocationFailure::Refuse, r#"500 {"message":null}"#),
            (Profile::HttpApi, RevocationFailure::Refuse, r#"500 {"message":"Internal Server Error"}"#),
            (Profile::Standard, RevocationFailure::LetIn, "200 let in"),
            (Profile::RestApi, RevocationFailure::LetIn, "200 let in"),
            (Profile::HttpApi, RevocationFailure::LetIn, "200 let in"),
        ] {
            let list = List::that(says);
            let auth = builder(&clock).profile(profile).require(scope("orders/read"));
            let auth = auth.revocation(Revocation::check(list.clone()).on_failure(failure));
            let api = Api::behind(auth.with_keys([(pool.id(), keys(&pool))]).expect("a layer")).await;
            let time = async {
                list.is_asked(1).await;
                if matches!(says, Says::Nothing) {
                    clock.advance(TIMEOUT);
                }
            };
            let (answer, ()) = tokio::join!(api.get("/", &good), time);
            assert_eq!(answer.to_string(), expected, "{says:?}, {profile:?}, {failure:?}");
            // It is unknown when the list will be available, and another token would not help.
            assert_eq!((answer.header(RETRY_AFTER), answer.header(WWW_AUTHENTICATE)), ("", ""));
        }
    }
}

#[tokio::test]
async fn a_failed_check_refuses_by_default_with_a_reason_of_its_own() {
    let clock = clock();
    let pool = pool(&clock);
    let auth = builder(&clock)
        .revocation(Revocation::check(List::that(Says::Fails)))
        .with_keys([(pool.id(), keys(&pool))]);
    let answer = answer(&auth.expect("a layer"), &bearer(pool.access_token("ada").sign())).await;
    let refusal = answer.extensions().get::<Refusal>().expect("the reason");
    assert_eq!((refusal, refusal.code()), (&Refusal::RevocationUnknown, "revocation_unknown"));
}

/// By the injected clock, to the millisecond; half a second by default.
#[tokio::test]
async fn a_check_ends_at_its_timeout() {
    let clock = clock();
    let pool = pool(&clock);
    let good = bearer(pool.access_token("ada").sign());
    let longer = Duration::from_secs(3);
    for set in [None, Some(longer)] {
        let list = List::that(Says::Nothing);
        let check = set.into_iter().fold(Revocation::check(list.clone()), Revocation::timeout);
        let auth = builder(&clock).revocation(check);
        let auth = auth.with_keys([(pool.id(), keys(&pool))]).expect("a layer");
        let waiting = tokio::spawn(auth.layer(served()).oneshot(request(&good)));
        list.is_asked(1).await;
        clock.advance(set.unwrap_or(TIMEOUT).saturating_sub(Duration::from_millis(1)));
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert!(!waiting.is_finished());
        clock.advance(Duration::from_millis(1));
        assert_eq!(waiting.await.expect("no panic").expect("an answer").status(), 503);
    }
}

#[tokio::test]
async fn a_timeout_out_of_bounds_is_an_error_at_the_start() {
    let clock = clock();
    let pool = pool(&clock);
    for (timeout, holds) in [(9, false), (10, true), (30_000, true), (30_001, false)] {
        let auth = builder(&clock)
            .revocation(Revocation::check(List::that(Says::InForce)).timeout(Duration::from_millis(timeout)))
            .with_keys([(pool.id(), keys(&pool))]);
        assert_eq!(auth.is_ok(), holds, "{timeout} ms");
    }
}

/// The time-out needs a runtime, and its absence is better reported at the start than at a request.
#[test]
fn a_revocation_check_needs_a_runtime() {
    let clock = clock();
    let pool = pool(&clock);
    let auth = builder(&clock)
        .revocation(Revocation::check(List::that(Says::InForce)))
        .with_keys([(pool.id(), keys(&pool))]);
    assert!(matches!(auth, Err(ConfigError::NoRuntime)));
}

/// A request that waits for the check releases what the inner service reserved in `poll_ready`.
#[tokio::test]
async fn a_waiting_check_holds_no_permit_of_the_inner_service() {
    /// Hangs for ada, and answers for others.
    struct Slow(List);

    impl RevocationCheck for Slow {
        async fn check(&self, token: &Verified) -> Result<RevocationStatus, RevocationError> {
            if token.username() == Some("ada") {
                self.0.check(token).await
            } else {
                Ok(RevocationStatus::InForce)
            }
        }
    }

    let clock = clock();
    let pool = pool(&clock);
    let list = List::that(Says::Nothing);
    let auth = builder(&clock)
        .revocation(Revocation::check(Slow(list.clone())).on_failure(RevocationFailure::LetIn));
    let auth = auth.with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let service = auth.layer(ConcurrencyLimit::new(served(), 1));
    let token = |user: &str| request(&bearer(pool.access_token(user).sign()));
    let waiting = tokio::spawn(service.clone().oneshot(token("ada")));
    list.is_asked(1).await;
    for _ in 0..3 {
        let answer = service.clone().oneshot(token("bob")).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
    }
    // After the wait, the inner service must be ready before it is called.
    clock.advance(TIMEOUT);
    assert_eq!(waiting.await.expect("no panic").expect("an answer").status(), StatusCode::OK);
}

#[tokio::test]
async fn a_check_is_dropped_if_its_client_disconnects() {
    struct Gone(watch::Sender<bool>);

    impl Drop for Gone {
        fn drop(&mut self) {
            self.0.send_replace(true);
        }
    }

    struct Watched(List, watch::Sender<bool>);

    impl RevocationCheck for Watched {
        async fn check(&self, token: &Verified) -> Result<RevocationStatus, RevocationError> {
            let _gone = Gone(self.1.clone());
            self.0.check(token).await
        }
    }

    let clock = clock();
    let pool = pool(&clock);
    let (list, gone) = (List::that(Says::Nothing), watch::Sender::new(false));
    let auth = builder(&clock).revocation(Revocation::check(Watched(list.clone(), gone.clone())));
    let auth = auth.with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let waiting =
        tokio::spawn(auth.layer(served()).oneshot(request(&bearer(pool.access_token("ada").sign()))));
    list.is_asked(1).await;
    assert!(!*gone.borrow());
    waiting.abort();
    gone.subscribe().wait_for(|gone| *gone).await.expect("it is there");
}

/// The client of the list may need tokio to spawn or to sleep, although another executor serves the request.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_runs_on_tokio_for_a_request_outside_of_it() {
    /// Like a client that passes its requests to the task of a connection.
    struct OfTokio;

    impl RevocationCheck for OfTokio {
        async fn check(&self, token: &Verified) -> Result<RevocationStatus, RevocationError> {
            let is_ada = token.username() == Some("ada");
            tokio::time::sleep(Duration::ZERO).await;
            let is_revoked = tokio::spawn(async move { is_ada }).await?;
            Ok(if is_revoked { RevocationStatus::Revoked } else { RevocationStatus::InForce })
        }
    }

    // The system's clock, whose sleep is tokio's.
    let pool = cognito_local_pool::LocalPool::builder(POOL).build().expect("the settings hold");
    let auth =
        CognitoAuthLayer::builder(UserPool::new(POOL).any_client()).revocation(Revocation::check(OfTokio));
    let auth = auth.with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    for (user, status) in [("ada", 401), ("bob", 200)] {
        let answer = auth.layer(served()).oneshot(request(&bearer(pool.access_token(user).sign())));
        let answer = std::thread::spawn(|| executor::block_on(answer)).join().expect("no panic");
        assert_eq!(answer.expect("an answer").status(), status, "{user}");
    }
}

/// While the list is unavailable, every check fails: a warning comes once a minute with their number, and each is logged at a
/// lower level. Clones of the layer share the limit.
#[tokio::test]
async fn the_warning_about_failed_checks_is_limited() {
    let clock = clock();
    let pool = pool(&clock);
    let list = List::that(Says::Fails);
    let auth = builder(&clock).revocation(Revocation::check(list).on_failure(RevocationFailure::LetIn));
    let auth = auth.with_keys([(pool.id(), keys(&pool))]).expect("a layer");
    let scoped = auth.clone().require(scope("orders/read")).expect("it holds");
    let events = Events::listen();
    for _ in 0..10 {
        assert_eq!(status(&auth, pool.access_token("ada")).await, 200);
        assert_eq!(status(&scoped, pool.access_token("ada").scope("orders/read")).await, 200);
    }
    let lines = |level: &str| {
        let failures = "looked up among the revoked ones";
        let text = events.text();
        let lines = text.lines().filter(|line| line.contains(level) && line.contains(failures));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!((lines("WARN").len(), lines("DEBUG").len()), (1, 19), "{}", events.text());
    clock.advance(Duration::from_secs(60));
    status(&auth, pool.access_token("ada")).await;
    let warned = lines("WARN").pop().expect("a warning");
    for part in [
        "requests=20",
        "failure=LetIn",
        "problem=\"the list cannot be reached: connection refused\"",
        "revocation::List",
    ] {
        assert!(warned.contains(part), "{warned}");
    }
}

#[tokio::test]
async fn the_reason_for_a_failed_check_is_in_the_log() {
    let clock = clock();
    let pool = pool(&clock);
    for (says, problem) in [(Says::Panics, "the check panicked"), (Says::Nothing, "no answer within 500 ms")]
    {
        let list = List::that(says);
        let auth =
            builder(&clock).revocation(Revocation::check(list.clone())).with_keys([(pool.id(), keys(&pool))]);
        let auth = auth.expect("a layer");
        let events = Events::listen();
        let time = async {
            list.is_asked(1).await;
            clock.advance(TIMEOUT);
        };
        let (code, ()) = tokio::join!(status(&auth, pool.access_token("ada")), time);
        assert_eq!(code, 503);
        let text = events.text();
        assert!(text.contains(problem) && text.contains("reason=\"revocation_unknown\""), "{text}");
    }
}

/// Neither in the log, at any level, nor in the layer's `Debug`.
#[tokio::test]
async fn nothing_of_the_token_or_of_the_list_is_printed() {
    /// A list that has a password, and would print it.
    #[derive(Clone, Debug)]
    struct Guarded {
        list: List,
        password: &'static str,
    }

    impl RevocationCheck for Guarded {
        async fn check(&self, token: &Verified) -> Result<RevocationStatus, RevocationError> {
            assert!(!self.password.is_empty());
            self.list.check(token).await
        }
    }

    let clock = clock();
    let pool = pool(&clock);
    let events = Events::listen();
    let (mut printed, mut secrets) = (String::new(), vec!["swordfish".to_owned()]);
    for says in [Says::InForce, Says::Revoked, Says::Fails, Says::Panics] {
        for failure in [RevocationFailure::Refuse, RevocationFailure::LetIn] {
            let list = Guarded { list: List::that(says), password: "swordfish" };
            let building = builder(&clock).revocation(Revocation::check(list.clone()).on_failure(failure));
            printed += &format!("{building:?}");
            let auth = building.with_keys([(pool.id(), keys(&pool))]).expect("a layer");
            let token = pool.access_token("swordfish").claim("jti", "7f-1c").claim("origin_jti", "a1-b2");
            let token = token.claim("sub", "5-ub").sign();
            // The header has only the key id, which is not a secret.
            secrets.extend(token.split('.').skip(1).map(str::to_owned));
            let service = auth.layer(served());
            let answer = service.clone().oneshot(request(&bearer(&token)));
            printed += &format!("{auth:?} {service:?} {:?}", answer.await.expect("an answer"));
            assert_eq!(list.list.asked(), 1);
        }
    }
    assert!(printed.contains("Guarded") && printed.contains("500ms"), "{printed}");
    let logged = events.text();
    assert!(logged.contains("Guarded") && logged.contains("reason=\"revoked\""), "{logged}");
    for text in [printed, logged] {
        // A key id is random, and has no `-`.
        for claim in ["7f-1c", "a1-b2", "5-ub"].into_iter().chain(secrets.iter().map(String::as_str)) {
            assert!(!text.contains(claim), "{claim} is logged");
        }
    }
}
