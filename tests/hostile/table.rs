//! Runs the table against the verifier, and over a real socket against a router behind the layer.

use std::{collections::BTreeSet, sync::LazyLock, time::Duration};

use axum::{Router, routing::get};
use cognito_authorizer::{CognitoAuthLayer, Rejected, scope};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::{
    algorithms, authorization, base64_and_text,
    case::{Case, OTHER_ALGORITHM, Outcome, Setup},
    clients_and_uses, issuers_and_pools, json, key_ids, scopes, segments, times,
    world::World,
};
use crate::support::{self, Api, CLIENT, POOL, PoolSettings};

/// Shared, because creating keys takes longer than all cases.
pub(super) static WORLD: LazyLock<World> = LazyLock::new(World::new);

/// Every case except those that name a server.
pub(super) static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    [
        algorithms::cases,
        key_ids::cases,
        segments::cases,
        base64_and_text::cases,
        json::cases,
        times::cases,
        clients_and_uses::cases,
        issuers_and_pools::cases,
        scopes::cases,
    ]
    .into_iter()
    .flat_map(|cases| cases(&WORLD))
    .collect()
});

/// What the verifier, and then the requirement of the setup, make of a token.
pub(super) fn outcome(world: &World, setup: Setup, token: &str) -> Outcome {
    let (verifier, keys) = world.verifier(setup);
    let now = cognito_authorizer::clock::Clock::now(&world.clock);
    let verified = match verifier.verify(token, &keys, now) {
        Ok(verified) => verified,
        // The algorithm's name is only for the log and for the profile of HTTP APIs.
        Err(Rejected::Algorithm { .. }) => return Outcome::Rejected(OTHER_ALGORITHM),
        Err(rejected) => return Outcome::Rejected(rejected),
    };
    match scope("orders/read").check(&verified) {
        Err(_) if setup == Setup::Scope => Outcome::Denied,
        _ => Outcome::LetIn,
    }
}

#[test]
fn every_token_ends_as_the_table_says() {
    let mut wrong = Vec::new();
    for case in CASES.iter() {
        let found = outcome(&WORLD, case.setup, &case.token);
        if found != case.outcome {
            wrong.push(format!("{}: {found:?} and not {:?}", case.name, case.outcome));
        }
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_table_is_large_and_its_names_are_unique() {
    let cases = &*CASES;
    let names: BTreeSet<_> =
        cases.iter().map(|case| (case.name.as_str(), format!("{:?}", case.setup))).collect();
    assert_eq!(names.len(), cases.len());
    let refused = cases.iter().filter(|case| case.outcome != Outcome::LetIn).count();
    assert!(cases.len() >= 750 && refused >= 600, "{} cases, {refused} of them refused", cases.len());
}

#[test]
fn every_reason_to_reject_is_in_the_table() {
    let found: BTreeSet<_> = CASES
        .iter()
        .filter_map(|case| match &case.outcome {
            Outcome::Rejected(rejected) => Some(rejected.code()),
            _ => None,
        })
        .collect();
    let all = [
        "algorithm",
        "claims",
        "client",
        "critical",
        "encoding",
        "expired",
        "header",
        "issuer",
        "key_bound",
        "key_id_too_long",
        "missing_claim",
        "no_audience",
        "no_key_id",
        "not_yet_valid",
        "part_too_long",
        "resource",
        "segments",
        "signature",
        "token_use",
        "too_long",
        "too_old",
        "unknown_key",
        "unknown_use",
    ];
    assert_eq!(found, BTreeSet::from(all));
}

#[test]
fn no_reason_repeats_the_token() {
    for case in CASES.iter() {
        let Outcome::Rejected(rejected) = outcome(&WORLD, case.setup, &case.token) else { continue };
        let text = format!("{rejected} {rejected:?}");
        for part in case.token.split('.').filter(|part| part.len() > 12) {
            assert!(!text.contains(part), "{}: {text}", case.name);
        }
        assert!(text.len() < 400, "{}: {text}", case.name);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_token_is_answered_as_the_table_says() {
    let mut wrong = Vec::new();
    for setup in Setup::ALL {
        let api = Api::behind(WORLD.layer(setup)).await;
        for case in CASES.iter().filter(|case| case.setup == setup) {
            let lines = format!("Authorization: Bearer {}\r\n", case.token);
            let found = exchange(&api, lines.as_bytes()).await;
            if !is_expected(&found, case.expected_answer()) {
                wrong.push(format!(
                    "{} ({:?}): {found} and not {}",
                    case.name,
                    case.outcome,
                    case.expected_answer()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_authorization_header_is_answered_as_the_table_says() {
    let api = Api::behind(WORLD.layer(Setup::Access)).await;
    let rows = authorization::rows(&WORLD);
    assert!(rows.len() >= 60, "{} rows", rows.len());
    let mut wrong = Vec::new();
    for row in rows {
        let found = exchange(&api, &row.lines).await;
        if !is_expected(&found, row.answer) {
            wrong.push(format!("{}: {found} and not {}", row.name, row.answer));
        }
    }
    assert!(wrong.is_empty(), "{} rows:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn urls_in_a_token_are_never_requested() {
    let trap = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", trap.local_addr().expect("its address"));
    let server = WORLD.pool.serve("127.0.0.1:0").await.expect("a free port");
    let layer = CognitoAuthLayer::builder(POOL)
        .client(CLIENT)
        .jwks_url(server.jwks_url())
        .clock(WORLD.clock.clone())
        .connect()
        .await
        .expect("the pool is there");
    let app = Router::new().route("/", get(|| async { "let in" })).route_layer(layer);
    let api = Api::serve(app).await;
    for case in algorithms::injections(&WORLD, &url) {
        assert_eq!(outcome(&WORLD, case.setup, &case.token), case.outcome, "{}", case.name);
        let answer = api.get("/", &support::bearer(&case.token)).await.to_string();
        assert_eq!(answer, case.expected_answer(), "{}", case.name);
    }
    let called = tokio::time::timeout(Duration::from_millis(50), trap.accept()).await;
    assert!(called.is_err(), "a URL in a token was fetched");
    // At the start, and once for all the unknown key ids.
    assert!(server.jwks_fetches() <= 2, "{} fetches", server.jwks_fetches());
}

/// A request with these header lines, byte for byte; the answer as status and challenge or body.
async fn exchange(api: &Api, lines: &[u8]) -> String {
    let address = api.url().trim_start_matches("http://");
    let (mut from, mut to) = TcpStream::connect(address).await.expect("the server listens").into_split();
    let request = [b"GET / HTTP/1.1\r\nHost: api\r\nConnection: close\r\n", lines, b"\r\n"].concat();
    // The server may close the connection while the request is still being sent, so sending may fail.
    let sending = tokio::spawn(async move {
        let _ = to.write_all(&request).await;
        to
    });
    let mut response = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        response.extend_from_slice(&buffer[..length]);
    }
    drop(sending);
    let response = String::from_utf8(response).expect("an answer of text");
    let (head, body) = response.split_once("\r\n\r\n").unwrap_or_default();
    let status = head.split(' ').nth(1).unwrap_or("closed");
    let challenge = head.lines().find_map(|line| line.strip_prefix("www-authenticate: "));
    format!("{status} {}", challenge.unwrap_or(body))
}

/// A server whose limit is exceeded may close the connection before its 431 can be read.
fn is_expected(found: &str, expected: &str) -> bool {
    found == expected || (expected == "431 " && found == "closed ")
}

/// Without the limit on tokens, the parser itself must protect the stack from deep nesting.
#[test]
fn deep_nesting_is_harmless_even_without_a_token_limit() {
    let (verifier, keys) = WORLD.verifier(Setup::Access);
    let (verifier, now) =
        (verifier.token_limit(usize::MAX), cognito_authorizer::clock::Clock::now(&WORLD.clock));
    for levels in [100, 10_000, 1_000_000] {
        let deep = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        let token = WORLD.with_members(&format!("\"custom:deep\":{deep}"));
        let verified = verifier.verify(&token, &keys, now).unwrap();
        // Reading all claims is an error, not a crash.
        assert_eq!(verified.claims::<serde_json::Value>().is_ok(), levels == 100);
        for payload in
            [deep.clone(), "[".repeat(levels), "{\"a\":".repeat(levels), format!("{{\"aud\":{deep}}}")]
        {
            let rejected = verifier.verify(&WORLD.with_payload(payload), &keys, now).unwrap_err();
            assert_eq!(rejected, Rejected::Claims, "{levels}");
        }
    }
}

/// The reason for a rejection reveals nothing about a payload that is not signed.
#[test]
fn an_unsigned_payload_is_not_read() {
    let expired = WORLD.access().expired().issuer("https://evil.example").forged().sign();
    assert_eq!(outcome(&WORLD, Setup::Access, &expired), Outcome::Rejected(Rejected::Signature));
    let [header, _, signature] = segments::parts(&expired);
    for payload in ["", "*", "AA", "bm90IEpTT04"] {
        let token = format!("{header}.{payload}.{signature}");
        assert_eq!(
            outcome(&WORLD, Setup::Access, &token),
            Outcome::Rejected(Rejected::Signature),
            "{payload}"
        );
    }
}
