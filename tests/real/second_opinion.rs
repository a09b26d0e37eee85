//! Tokens of the local pool are checked by aws-jwt-verify, AWS's own verifier, and by ours.

use std::{fs, path::PathBuf, process::Output};

use cognito_local_pool::{AppClient, Clock, LocalPool, LocalPoolBuilder, TokenBuilder, User};
use cognito_verify::{IssuerForm, KeySet, PoolKeys, Rejected, TokenUse, UnixTime, UserPool, Verifier};
use serde_json::{Value, json};
use tokio::process::Command;

use super::{
    outcome::{other_payload, other_signature, signed_as},
    setting,
};
use crate::support::{CLIENT, POOL};

/// A token and the expected results of both verifiers.
struct Case {
    name: &'static str,
    token: String,
    token_use: TokenUse,
    /// Ours: the code of the rejection, empty if it accepts.
    ours: &'static str,
    aws: Aws,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Aws {
    Accepts,
    Rejects,
}

fn case(name: &'static str, token: String, token_use: TokenUse, ours: &'static str) -> Case {
    let aws = if ours.is_empty() { Aws::Accepts } else { Aws::Rejects };
    Case { name, token, token_use, ours, aws }
}

impl Case {
    /// AWS accepts it all the same.
    fn accepted_by_aws(mut self) -> Self {
        self.aws = Aws::Accepts;
        self
    }
}

/// With the system's clock, because aws-jwt-verify has no other.
fn pool() -> LocalPoolBuilder {
    LocalPool::builder(POOL)
        .app_client(AppClient::public(CLIENT))
        .user(User::new("ada", "Correct-horse-1").group("ops").attribute("email", "ada@example.com"))
}

fn access(pool: &LocalPool) -> TokenBuilder {
    pool.access_token("ada").scope("orders/read")
}

fn our_result(case: &Case, pool: &LocalPool, form: IssuerForm) -> Result<(), Rejected> {
    let trusted = UserPool::new(POOL).client(CLIENT).issuer_form(form);
    let verifier = Verifier::new([trusted]).expect("a pool").accept(case.token_use);
    let keys = KeySet::from_json(pool.jwks().as_bytes()).expect("keys");
    let now = UnixTime::from(Clock::system().now());
    verifier.verify(&case.token, &PoolKeys::from(&keys), now).map(|_| ())
}

/// Checks the results of both verifiers for all cases. `name` is unique for each test.
async fn check(name: &str, pool: &LocalPool, form: IssuerForm, cases: &[Case]) {
    for case in cases {
        let code = our_result(case, pool, form).map_or_else(|rejected| rejected.code(), |()| "");
        assert_eq!(code, case.ours, "our result for: {}", case.name);
    }
    let tokens = cases.iter().map(|case| {
        let (token_use, expect) = (
            match case.token_use {
                TokenUse::Id => "id",
                _ => "access",
            },
            match case.aws {
                Aws::Accepts => "accept",
                Aws::Rejects => "reject",
            },
        );
        json!({"name": case.name, "token": case.token, "tokenUse": token_use, "expect": expect})
    });
    let question = json!({
        "userPoolId": POOL,
        "clientId": CLIENT,
        "issuer": pool.issuer(),
        "jwks": serde_json::from_str::<Value>(&pool.jwks()).expect("JSON"),
        "tokens": tokens.collect::<Vec<_>>(),
    });
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}.json", std::process::id()));
    fs::write(&file, question.to_string()).expect("a file can be written");
    let script = PathBuf::from(setting("SECOND_OPINION_DIR")).join("verify.mjs");
    let run = Command::new("node").arg(script).arg(&file).kill_on_drop(true).output().await;
    fs::remove_file(&file).expect("the file is there");
    let Output { status, stdout, stderr } = run.expect("`node` can be run");
    let output = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert_eq!(status.code(), Some(0), "aws-jwt-verify has another result:\n{output}");
    assert!(output.contains(&format!("{0} of {0} agree", cases.len())), "{output}");
}

#[tokio::test]
async fn aws_accepts_the_tokens_of_the_local_pool() {
    use TokenUse::{Access, Id};
    let updated = format!("https://issuer-cognito-idp.ap-south-1.amazonaws.com/{POOL}");
    for (form, pool) in [(IssuerForm::Original, pool()), (IssuerForm::Updated, pool().issuer(updated))] {
        let pool = pool.build().expect("a pool");
        let cases = [
            case("access token", access(&pool).sign(), Access, ""),
            case("access token of the API sign-in", pool.access_token("ada").sign(), Access, ""),
            case("ID token", pool.id_token("ada").sign(), Id, ""),
            case("machine's token", pool.machine_token(CLIENT).scope("orders/read").sign(), Access, ""),
            case("machine's token without scope", pool.machine_token(CLIENT).sign(), Access, ""),
        ];
        check("accepts", &pool, form, &cases).await;
    }
}

#[tokio::test]
async fn aws_rejects_every_faulty_token_that_we_reject() {
    use TokenUse::{Access, Id};
    let pool = pool().build().expect("a pool");
    let other = LocalPool::builder("ap-south-1_other0000").build().expect("a pool");
    let (good, id) = (access(&pool).sign(), pool.id_token("ada").sign());
    let in_an_hour = Clock::system().now() + std::time::Duration::from_secs(3600);
    let in_an_hour = UnixTime::from(in_an_hour).as_millis() / 1000;
    let cases = [
        case("good access token", good.clone(), Access, ""),
        case("good ID token", id.clone(), Id, ""),
        case("expired access token", access(&pool).expired().sign(), Access, "expired"),
        case("expired ID token", pool.id_token("ada").expired().sign(), Id, "expired"),
        case("expired machine's token", pool.machine_token(CLIENT).expired().sign(), Access, "expired"),
        case("not valid yet", access(&pool).claim("nbf", in_an_hour).sign(), Access, "not_yet_valid"),
        case("access token of another app client", access(&pool).client("4other").sign(), Access, "client"),
        case("ID token of another app client", pool.id_token("ada").client("4other").sign(), Id, "client"),
        case("machine of another app client", pool.machine_token("4other").sign(), Access, "client"),
        case("no app client", access(&pool).without_claim("client_id").sign(), Access, "missing_claim"),
        case("a forged signature", access(&pool).forged().sign(), Access, "signature"),
        case("another pool's token", access(&other).client(CLIENT).sign(), Access, "unknown_key"),
        case("ID token for an API", id.clone(), Access, "token_use"),
        case("access token for a person", good.clone(), Id, "token_use"),
        case("refresh for an API", access(&pool).claim("token_use", "refresh").sign(), Access, "unknown_use"),
        case("no use", access(&pool).without_claim("token_use").sign(), Access, "missing_claim"),
        case("another issuer", access(&pool).issuer(other.issuer()).sign(), Access, "issuer"),
        case("no issuer", access(&pool).without_claim("iss").sign(), Access, "missing_claim"),
        case("alg none", access(&pool).header("alg", "none").sign(), Access, "algorithm"),
        case("alg HS256", access(&pool).header("alg", "HS256").sign(), Access, "algorithm"),
        case("alg RS512", access(&pool).header("alg", "RS512").sign(), Access, "algorithm"),
        case("no kid", access(&pool).without_header("kid").sign(), Access, "no_key_id"),
        case("unknown kid", access(&pool).header("kid", "unknown").sign(), Access, "unknown_key"),
        case("the ID token's kid", access(&pool).header("kid", pool.id_key_id()).sign(), Access, "signature"),
        case("changed payload", other_payload(&good), Access, "signature"),
        case("changed signature", other_signature(&good), Access, "signature"),
        case("another token's signature", signed_as(&good, &access(&pool).sign()), Access, "signature"),
        case("no signature", signed_as(&good, ".."), Access, "signature"),
        case("four parts", format!("{good}.x"), Access, "segments"),
    ];
    check("refuses", &pool, IssuerForm::Original, &cases).await;
}

/// Where the two differ, ours is stricter. Cognito signs no such token.
#[tokio::test]
async fn we_reject_some_tokens_that_aws_accepts() {
    let pool = pool().build().expect("a pool");
    let in_an_hour = Clock::system().now() + std::time::Duration::from_secs(3600);
    let access = || access(&pool);
    let cases = [
        ("no expiry", access().without_claim("exp").sign(), "missing_claim"),
        ("issued in an hour", access().issued_at(in_an_hour).sign(), "not_yet_valid"),
        ("crit", access().header("crit", json!(["exp"])).sign(), "critical"),
    ];
    let cases = cases.map(|(name, token, ours)| case(name, token, TokenUse::Access, ours).accepted_by_aws());
    check("stricter", &pool, IssuerForm::Original, &cases).await;
}
