//! Two instances of the example `revocation` with one list of revoked tokens in Redis.

use std::collections::HashMap;

use expect_test::expect;
use http::Method;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::Command,
    sync::{Mutex, MutexGuard},
};

use super::{
    outcome::{answers, parts},
    program::Program,
    setting, until,
};

/// The tests share one Redis, and one of them stops it.
static REDIS: Mutex<()> = Mutex::const_new(());

/// Two instances. The first runs the pool; the second is started with the settings that the first prints.
struct Pair {
    one: Program,
    other: Program,
    /// The variables that the first printed for a shell.
    printed: HashMap<String, String>,
    _redis: MutexGuard<'static, ()>,
}

impl Pair {
    async fn start() -> Self {
        let redis = REDIS.lock().await;
        let redis_url = setting("REDIS_URL");
        let shared = [("REDIS_URL", redis_url.as_str()), ("POOL_LISTEN", "127.0.0.1:0")];
        let one = Program::start("REVOCATION_BIN", &shared).await;
        let printed = one.printed();
        let words = printed.split_ascii_whitespace().filter_map(|word| word.split_once('='));
        let printed: HashMap<_, _> = words.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let pool = ["COGNITO_USER_POOL_ID", "COGNITO_CLIENT_IDS", "COGNITO_ISSUER"];
        let settings: Vec<_> =
            pool.iter().map(|name| (*name, printed[*name].as_str())).chain(shared).collect();
        let other = Program::start("REVOCATION_BIN", &settings).await;
        Self { one, other, printed, _redis: redis }
    }

    fn token(&self, whose: &str) -> &str {
        &self.printed[whose]
    }

    /// The answers of both instances to the two users and the machine, while Redis runs.
    async fn answers_of_the_list(&self) -> String {
        in_time(async || self.answers().await).await
    }

    /// The answers of both instances to the two users and the machine.
    async fn answers(&self) -> String {
        let sent = |who, token| (who, Method::GET, "/me", Some(token));
        let requests = [
            sent("ada", self.token("ADA")),
            sent("bob", self.token("BOB")),
            sent("machine", self.token("MACHINE")),
        ];
        let (one, other) =
            tokio::join!(answers(self.one.url(), &requests), answers(self.other.url(), &requests));
        format!("{one}---\n{other}")
    }

    /// Signs out at one of the instances.
    async fn sign_out(&self, instance: &Program, whose: &str) {
        let sent = [("caller", Method::POST, "/sign-out", Some(self.token(whose)))];
        let answer = in_time(async || answers(instance.url(), &sent).await).await;
        assert_eq!(answer, "caller · POST /sign-out · 204\n");
    }
}

/// Asks again while there is a 503, because on a busy machine Redis may answer later than a check waits.
async fn in_time(ask: impl AsyncFn() -> String) -> String {
    for _ in 0..20 {
        let answer = ask().await;
        if !answer.contains("503") {
            return answer;
        }
    }
    ask().await
}

/// Suspends, resumes, stops or starts Redis.
async fn redis(what: &str) {
    let done = Command::new(setting("REDIS_OUTAGE")).arg(what).status().await;
    assert!(done.expect("`REDIS_OUTAGE` can be run").success(), "{what}");
}

/// Sends Redis an inline command, and returns the answer as it was sent.
async fn ask_redis(command: &str) -> String {
    let url = setting("REDIS_URL");
    let address = url.strip_prefix("redis://").expect("a URL");
    let mut stream = TcpStream::connect(address).await.expect("Redis listens");
    stream.write_all(format!("{command}\r\nQUIT\r\n").as_bytes()).await.expect("a question");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    answer
}

/// As soon as the sign-out is answered.
#[tokio::test]
async fn a_caller_who_signed_out_at_one_instance_is_refused_by_both() {
    let mut pair = Pair::start().await;
    expect![[r#"
        ada · GET /me · 200
        bob · GET /me · 200
        machine · GET /me · 200
        ---
        ada · GET /me · 200
        bob · GET /me · 200
        machine · GET /me · 200
    "#]]
    .assert_eq(&pair.answers_of_the_list().await);
    pair.sign_out(&pair.one, "ADA").await;
    expect![[r#"
        ada · GET /me · 401 Bearer error="invalid_token"
        bob · GET /me · 200
        machine · GET /me · 200
        ---
        ada · GET /me · 401 Bearer error="invalid_token"
        bob · GET /me · 200
        machine · GET /me · 200
    "#]]
    .assert_eq(&pair.answers_of_the_list().await);
    pair.sign_out(&pair.other, "MACHINE").await;
    expect![[r#"
        ada · GET /me · 401 Bearer error="invalid_token"
        bob · GET /me · 200
        machine · GET /me · 401 Bearer error="invalid_token"
        ---
        ada · GET /me · 401 Bearer error="invalid_token"
        bob · GET /me · 200
        machine · GET /me · 401 Bearer error="invalid_token"
    "#]]
    .assert_eq(&pair.answers_of_the_list().await);

    // The log, at every level, contains no part of a token.
    for instance in [&mut pair.one, &mut pair.other] {
        assert_eq!(instance.stop("TERM").await.code(), Some(0));
    }
    let log = pair.other.output();
    assert!(log.contains("revoked"), "the log has every level:\n{log}");
    for whose in ["ADA", "BOB", "MACHINE"] {
        let [_, payload, signature] = parts(pair.token(whose));
        assert!(!log.contains(payload) && !log.contains(signature), "a part of {whose}'s token was written");
    }
}

/// A sign-in is listed for a day, because it may have younger tokens; a machine's token until it expires.
#[tokio::test]
async fn an_entry_is_removed_once_no_token_needs_it() {
    let pair = Pair::start().await;
    for (whose, kind, longest) in [("ADA", "sign-in", 24 * 3600 + 1), ("MACHINE", "token", 3600 + 1)] {
        assert!(ask_redis("FLUSHALL").await.starts_with("+OK"));
        pair.sign_out(&pair.one, whose).await;
        let keys = ask_redis("KEYS *").await;
        let key = keys.lines().find(|line| line.starts_with("revoked:")).expect("an entry");
        assert!(keys.starts_with("*1\r\n") && key.contains(&format!(":{kind}:")), "{keys}");
        let answer = ask_redis(&format!("TTL {key}")).await;
        let seconds = answer.strip_prefix(':').and_then(|rest| rest.lines().next()).map(str::parse::<u64>);
        let seconds = seconds.expect("a number").expect("a number");
        assert!((longest - 60..=longest).contains(&seconds), "{whose}: {seconds} s");
    }
}

/// No request is let in without the check, and no restart is needed.
#[tokio::test]
async fn without_the_list_requests_are_refused_until_it_is_back() {
    const UNAVAILABLE: &str = "ada · GET /me · 503\nbob · GET /me · 503\nmachine · GET /me · 503\n";
    const SIGNED_OUT: &str =
        "ada · GET /me · 401 Bearer error=\"invalid_token\"\nbob · GET /me · 200\nmachine · GET /me · 200\n";
    let at_both = |answer: &str| format!("{answer}---\n{answer}");
    let pair = Pair::start().await;
    pair.sign_out(&pair.one, "ADA").await;
    assert_eq!(pair.answers_of_the_list().await, at_both(SIGNED_OUT));

    // Redis does not answer, but keeps its connections and its data.
    redis("suspend").await;
    assert_eq!(pair.answers().await, at_both(UNAVAILABLE));
    redis("resume").await;
    until("an answer from the list", async || pair.answers().await == at_both(SIGNED_OUT)).await;

    // Redis stops, and comes back without its data, because this one does not write to disk.
    redis("stop").await;
    assert_eq!(pair.answers().await, at_both(UNAVAILABLE));
    redis("start").await;
    until("a new connection to the list", async || !pair.answers().await.contains("503")).await;
    pair.sign_out(&pair.other, "ADA").await;
    assert_eq!(pair.answers_of_the_list().await, at_both(SIGNED_OUT));
}
