//! What a pool keeps across a restart.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cognito_local_pool::{AppClient, Clock, LocalPool, LocalPoolBuilder, PoolError, PoolServer, User};
use serde_json::{Value, json};

use crate::support::{ID, NOW, Response, Token, at, get, initiate_auth, key_ids, pool, send};

fn builder() -> LocalPoolBuilder {
    LocalPool::builder(ID)
        .clock(Clock::fixed(at(NOW)))
        .allow_self_sign_up()
        .app_client(AppClient::public("web"))
        .app_client(AppClient::public("rotating").refresh_token_rotation(Duration::from_secs(5)))
        .user(User::new("ada", "her-password"))
}

/// A pool with the keys of all tests, which a pool with a state does not take.
fn first() -> LocalPool {
    builder().keys_of(&pool()).build().unwrap()
}

fn restarted(pool: &LocalPool) -> LocalPool {
    builder().state(pool.export_state()).build().unwrap()
}

async fn call(server: &PoolServer, operation: &str, body: &Value) -> Response {
    let target = format!("X-Amz-Target: AWSCognitoIdentityProviderService.{operation}");
    let headers = ["Content-Type: application/x-amz-json-1.1", &target];
    send(server, "POST /", &headers, &body.to_string()).await
}

async fn sign_in(server: &PoolServer, client: &str, user: &str, password: &str) -> Response {
    let parameters = json!({ "USERNAME": user, "PASSWORD": password });
    let flow = "USER_PASSWORD_AUTH";
    initiate_auth(server, &json!({ "AuthFlow": flow, "ClientId": client, "AuthParameters": parameters }))
        .await
}

fn refresh_token(signed_in: &Response) -> String {
    signed_in.json()["AuthenticationResult"]["RefreshToken"].as_str().unwrap().to_owned()
}

async fn refresh(server: &PoolServer, client: &str, token: &str) -> Response {
    call(server, "GetTokensFromRefreshToken", &json!({ "ClientId": client, "RefreshToken": token })).await
}

#[tokio::test]
async fn a_restart_keeps_keys_users_and_refresh_tokens() {
    let before = first();
    let server = before.serve("127.0.0.1:0").await.unwrap();
    let kept = refresh_token(&sign_in(&server, "web", "ada", "her-password").await);
    let revoked = refresh_token(&sign_in(&server, "web", "ada", "her-password").await);
    call(&server, "RevokeToken", &json!({ "ClientId": "web", "Token": revoked })).await;
    let new = json!({ "ClientId": "web", "Username": "eve", "Password": "Eve-1815" });
    assert_eq!(call(&server, "SignUp", &new).await.status, 200);
    let password = json!({
        "UserPoolId": ID, "Username": "ada", "Password": "Ada-1815", "Permanent": true,
    });
    assert_eq!(call(&server, "AdminSetUserPassword", &password).await.status, 200);
    let code = before.sent_code("eve").unwrap();
    let token = Token::of(&before.access_token("ada").sign());

    let after = restarted(&before);
    assert_eq!(after.jwks(), before.jwks());
    assert!(token.signed_by(&after, &before.access_key_id()));
    assert_eq!(after.access_key_id(), before.access_key_id());
    let server = after.serve("127.0.0.1:0").await.unwrap();
    assert_eq!(refresh(&server, "web", &kept).await.status, 200);
    assert_eq!(refresh(&server, "web", &revoked).await.status, 400);
    assert_eq!(sign_in(&server, "web", "ada", "her-password").await.status, 400, "the password was changed");
    assert_eq!(sign_in(&server, "web", "ada", "Ada-1815").await.status, 200);
    let confirm = json!({ "ClientId": "web", "Username": "eve", "ConfirmationCode": code });
    assert_eq!(call(&server, "ConfirmSignUp", &confirm).await.status, 200);
    assert_eq!(sign_in(&server, "web", "eve", "Eve-1815").await.status, 200);
}

#[tokio::test]
async fn a_restart_keeps_rotations_of_keys_and_of_refresh_tokens() {
    let before = first();
    before.publish_next_keys();
    before.use_next_keys();
    before.publish_next_keys();
    let server = before.serve("127.0.0.1:0").await.unwrap();
    let used = refresh_token(&sign_in(&server, "rotating", "ada", "her-password").await);
    let next = refresh_token(&refresh(&server, "rotating", &used).await);

    let after = restarted(&before);
    assert_eq!((key_ids(&after).len(), key_ids(&after)), (6, key_ids(&before)));
    let server = after.serve("127.0.0.1:0").await.unwrap();
    assert_eq!(refresh(&server, "rotating", &used).await.status, 200, "within the grace");
    after.clock().advance(Duration::from_secs(6));
    assert_eq!(refresh(&server, "rotating", &used).await.json()["__type"], "RefreshTokenReuseException");
    assert_eq!(refresh(&server, "rotating", &next).await.status, 200);
    assert_eq!(restarted(&after).export_state(), after.export_state(), "nothing is lost on the way");
}

#[tokio::test]
async fn users_of_the_builder_that_the_state_does_not_have_are_added() {
    let state = first().export_state();
    let after = builder().user(User::new("bob", "his-password")).state(state).build().unwrap();
    let server = after.serve("127.0.0.1:0").await.unwrap();
    for (user, password) in [("ada", "her-password"), ("bob", "his-password")] {
        assert_eq!(sign_in(&server, "web", user, password).await.status, 200, "{user}");
    }
}

#[test]
fn a_single_key_stays_single() {
    let before = builder().key_id("dummy").build().unwrap();
    assert_eq!(key_ids(&restarted(&before)), ["dummy"]);
}

#[test]
fn a_damaged_state_is_an_error_that_says_what_to_do() {
    let state = first().export_state();
    let text = String::from_utf8(state.clone()).unwrap();
    let error = |state: &[u8]| builder().state(state).build().unwrap_err();
    // Wherever it is cut.
    for length in (0..state.len()).step_by(97) {
        let problem = error(&state[..length]);
        assert!(matches!(problem, PoolError::State { .. }), "{length}: {problem}");
    }
    for (from, to, expected) in [
        // Version 1 had no `sub` in its grants.
        ("\"version\":2", "\"version\":1", "it has version 1, and this release reads 2"),
        ("\"version\":2", "\"version\":3", "it has version 3, and this release reads 2"),
        ("\"users\":", "\"people\":", "it has a member that does not belong there, or lacks one"),
        ("\"her-password\"", "17", "it has a member that does not belong there, or lacks one"),
        ("\"private_key\":\"M", "\"private_key\":\"N", "a key cannot be used"),
        ("{", "swordfish", "it is not JSON, at line 1"),
    ] {
        let problem = error(text.replacen(from, to, 1).as_bytes()).to_string();
        assert!(
            problem.contains(expected) && problem.contains("restore it from a copy"),
            "{from}: {problem}"
        );
        assert!(!problem.contains("password\"") && !problem.contains("swordfish"), "{problem}");
    }
    let mut twice: Value = serde_json::from_slice(&state).unwrap();
    let ada = twice["users"][0].clone();
    twice["users"].as_array_mut().unwrap().push(ada);
    assert!(error(twice.to_string().as_bytes()).to_string().contains("a user is there twice"));
}

#[test]
fn a_state_belongs_to_one_pool_and_brings_its_keys() {
    let state = first().export_state();
    let other = LocalPool::builder("eu-west-1_other").state(state.clone()).build().unwrap_err();
    assert_eq!(
        other.to_string(),
        "the kept state is that of the pool `ap-south-1_abcdefghi`, and this pool is `eu-west-1_other`; give each pool \
         a state of its own"
    );
    let twice = builder().keys_of(&pool()).state(state).build().unwrap_err();
    assert_eq!(twice, PoolError::KeysAndState);
}

#[test]
fn debug_of_a_builder_does_not_show_the_state() {
    let builder = builder().state(first().export_state());
    assert!(!format!("{builder:?}").contains("her-password"), "{builder:?}");
    let withheld = format!("{:?}", LocalPool::builder(ID).state("swordfish"));
    assert!(!withheld.contains("swordfish") && !withheld.contains("115, 119"), "{withheld}");
}

#[tokio::test]
async fn the_state_is_told_before_the_answer_and_only_if_it_changed() {
    let told: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
    let states = Arc::clone(&told);
    let on_state = move |state: &[u8]| {
        states.lock().unwrap().push(state.to_vec());
        Ok(())
    };
    let watched = builder().keys_of(&pool()).on_state(on_state).build().unwrap();
    let server = watched.serve("127.0.0.1:0").await.unwrap();
    let token = refresh_token(&sign_in(&server, "web", "ada", "her-password").await);
    assert_eq!(told.lock().unwrap().len(), 1);
    let last = told.lock().unwrap()[0].clone();
    assert!(String::from_utf8(last.clone()).unwrap().contains(&token));
    assert_eq!(last, watched.export_state());
    sign_in(&server, "web", "ada", "wrong").await;
    get(&server, &format!("/{ID}/.well-known/jwks.json")).await;
    assert_eq!(told.lock().unwrap().len(), 1, "nothing changed");
    sign_in(&server, "web", "ada", "her-password").await;
    assert_eq!(told.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_state_that_was_not_kept_is_told_again() {
    let attempts: Arc<Mutex<Vec<bool>>> = Arc::default();
    let results = Arc::clone(&attempts);
    // The disk is full at the first two attempts.
    let on_state = move |_: &[u8]| {
        let mut results = results.lock().unwrap();
        let kept = results.len() >= 2;
        results.push(kept);
        if kept { Ok(()) } else { Err(std::io::Error::other("the disk is full")) }
    };
    let watched = builder().keys_of(&pool()).on_state(on_state).build().unwrap();
    let server = watched.serve("127.0.0.1:0").await.unwrap();
    assert_eq!(sign_in(&server, "web", "ada", "her-password").await.status, 200);
    for expected in [&[false, false][..], &[false, false, true], &[false, false, true]] {
        sign_in(&server, "web", "ada", "wrong").await; // Changes nothing.
        assert_eq!(*attempts.lock().unwrap(), expected);
    }
    let page = send(&server, "GET /", &["Accept: text/html"], "").await;
    assert!(page.body.contains("the disk is full"), "{}", page.body);
}
