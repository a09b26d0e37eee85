//! What comes into tokens: by a sign-in in the test process, by the trigger, and by additions.

use std::time::Duration;

use cognito_local_pool::{AppClient, LocalPool, SignInError, SignedIn, TokenAdditions, TriggerSource, User};
use serde_json::json;

use super::browser::parameter;
use super::{Browser, builder_with_login, query};
use crate::support::{Token, initiate_auth, token_request};

fn access(signed_in: &SignedIn) -> Token {
    Token::of(signed_in.access_token())
}

fn id(signed_in: &SignedIn) -> Token {
    Token::of(signed_in.id_token().unwrap())
}

#[test]
fn a_sign_in_in_the_process_is_that_of_managed_login() {
    let pool = builder_with_login().build().unwrap();
    let asked = pool.sign_in("ada").through("spa").scopes(["openid", "orders/read"]).nonce("n");
    let signed_in = asked.resource("https://orders.example").issue().unwrap();
    assert_eq!(access(&signed_in).claim("scope"), "openid orders/read");
    assert_eq!(access(&signed_in).claim("aud"), "https://orders.example");
    assert_eq!(access(&signed_in).claim("version"), 2);
    assert_eq!(id(&signed_in).claim("nonce"), "n");
    assert!(signed_in.refresh_token().is_some());
    assert_eq!(signed_in.expires_in(), Duration::from_secs(3600));
    // If no scope is requested, the client gets all of its scopes. Without `openid`, there is no ID token.
    let all = pool.sign_in("ada").through("site").issue().unwrap();
    assert_eq!(access(&all).claim("scope"), "openid email profile aws.cognito.signin.user.admin orders/read");
    let bare = pool.sign_in("ada").through("spa").scopes(["orders/read"]).issue().unwrap();
    assert!(bare.id_token().is_none());
    let implicit = pool.sign_in("ada").through("implicit").issue().unwrap();
    assert!(implicit.refresh_token().is_none() && implicit.id_token().is_some());
}

#[test]
fn a_sign_in_through_a_client_without_managed_login_is_that_of_the_api() {
    let pool = builder_with_login().build().unwrap();
    for signed_in in
        [pool.sign_in("ada").issue().unwrap(), pool.sign_in("ada").through("spa").by_api().issue().unwrap()]
    {
        let token = access(&signed_in);
        assert_eq!(token.claim("scope"), "aws.cognito.signin.user.admin");
        assert!(token.claims().get("version").is_none());
        assert!(id(&signed_in).claims().get("at_hash").is_none() && signed_in.refresh_token().is_some());
    }
}

#[test]
fn a_client_without_token_revocation_has_tokens_without_origin_jti() {
    let lasting = AppClient::public("lasting").without_token_revocation();
    let pool = builder_with_login().app_client(lasting).build().unwrap();
    for (client, expected) in [("web", true), ("lasting", false)] {
        let signed_in = pool.sign_in("ada").through(client).issue().unwrap();
        for token in [access(&signed_in), id(&signed_in)] {
            assert_eq!(token.claims().get("origin_jti").is_some(), expected, "{client}");
        }
    }
}

#[test]
fn what_keeps_a_user_from_signing_in_is_named_with_the_fix() {
    let pool = builder_with_login().on_token(|event| {
        if event.username() == Some("ada") && event.client_id() == "rotating" {
            event.fail("not today");
        }
    });
    let pool = pool.build().unwrap();
    let spa = |user: &str| pool.sign_in(user).through("spa");
    let cases = [
        (
            LocalPool::builder("a_b")
                .keys_of(&pool)
                .user(User::new("ada", "x"))
                .build()
                .unwrap()
                .sign_in("ada"),
            "no app client",
        ),
        (pool.sign_in("ada").through("none"), "no app client `none`"),
        (spa("nobody"), "no user `nobody`"),
        (spa("gone"), "User is disabled."),
        (spa("early"), "User is not confirmed."),
        (spa("new"), "choose a new password first"),
        (spa("ada").scopes(["orders/write"]), "add `.allow_scope(\"orders/write\")`"),
        (spa("ada").scopes(["email"]), "without `openid`; request both"),
        (spa("ada").resource("orders"), "`orders` is not a resource"),
        (spa("ada").by_api().nonce("n"), "remove `.by_api()`"),
        (pool.sign_in("ada").through("web").scopes(["openid"]), "add `.callback_url"),
        (pool.sign_in("ada").through("rotating"), "not today"),
    ];
    for (sign_in, expected) in cases {
        let message = sign_in.issue().unwrap_err().to_string();
        assert!(message.contains(expected), "{message:?} should say {expected:?}");
    }
    assert_eq!(
        pool.sign_in("ada").through("x").issue().unwrap_err(),
        SignInError::UnknownClient { client: "x".into() }
    );
}

#[test]
fn the_trigger_changes_what_cognito_lets_it_change() {
    let pool = builder_with_login()
        .on_token(|event| {
            assert_eq!(event.user_attribute("email"), Some("ada@example.com"));
            assert_eq!((event.user_attribute("sub").is_some(), event.scopes().len()), (true, 2));
            let access = event.access_token();
            access.add_scope("orders/admin").suppress_scope("orders/read");
            access.add_scope("aws.cognito.signin.user.admin").add_scope("two words");
            access
                .add_or_override_claim("tenant", json!({"id": 7}))
                .add_or_override_claim("aud", "https://evil.example");
            access.suppress_claim("sub").suppress_claim("cognito:groups");
            event
                .id_token()
                .add_or_override_claim("email", "other@example.com")
                .suppress_claim("custom:role");
            for reserved in
                ["iss", "sub", "aud", "exp", "nonce", "token_use", "cognito:username", "identities", "azp"]
            {
                event.id_token().add_or_override_claim(reserved, "evil").suppress_claim(reserved);
                event.access_token().add_or_override_claim(reserved, "evil").suppress_claim(reserved);
            }
            event.override_groups(["testers"]);
            event.override_iam_roles(["arn:aws:iam::123456789012:role/tester"]);
            event.override_preferred_role("arn:aws:iam::123456789012:role/tester");
        })
        .build()
        .unwrap();
    let signed_in = pool.sign_in("ada").through("spa").scopes(["openid", "orders/read"]).issue().unwrap();
    let (access, id) = (access(&signed_in), id(&signed_in));
    assert_eq!(access.claim("scope"), "openid orders/admin");
    assert_eq!((access.claim("tenant"), access.claim("aud")), (json!({"id": 7}), json!("spa")));
    assert!(access.claims().get("cognito:groups").is_none());
    assert!(!access.payload.contains("evil") && !id.payload.contains("evil"));
    assert!(access.claim("sub").is_string() && id.claim("exp").is_u64());
    assert_eq!(id.claim("email"), "other@example.com");
    assert!(id.claims().get("custom:role").is_none() && id.claims().get("tenant").is_none());
    assert_eq!(id.claim("cognito:groups"), json!(["testers"]));
    assert_eq!(id.claim("cognito:roles"), json!(["arn:aws:iam::123456789012:role/tester"]));
    assert_eq!(id.claim("cognito:preferred_role"), "arn:aws:iam::123456789012:role/tester");
    // Minted tokens are the test's own: the trigger does not run for them.
    assert!(Token::of(&pool.access_token("bob").sign()).claims().get("tenant").is_none());
}

#[tokio::test]
async fn each_way_to_tokens_has_its_trigger_source() {
    let pool = builder_with_login()
        .on_token(|event| {
            let source = event.trigger_source().name();
            let metadata = event.client_metadata("k").unwrap_or("none").to_owned();
            event.access_token().add_or_override_claim("source", format!("{source} {metadata}"));
        })
        .build()
        .unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let source = |body: &serde_json::Value| Token::of(body["access_token"].as_str().unwrap()).claim("source");
    let url = Browser::new(&server).sign_in(&query("spa", "")).await;
    let form = format!(
        "grant_type=authorization_code&client_id=spa&redirect_uri={}&code={}",
        super::CALLBACK,
        parameter(&url, "code")
    );
    let tokens = token_request(&server, None, &form).await.json();
    assert_eq!(source(&tokens), "TokenGeneration_HostedAuth none");
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let form = format!("grant_type=refresh_token&client_id=spa&refresh_token={refresh}");
    assert_eq!(
        source(&token_request(&server, None, &form).await.json()),
        "TokenGeneration_RefreshTokens none"
    );
    let form = "grant_type=client_credentials&aws_client_metadata=%7B%22k%22%3A%22v%22%7D";
    let machine = token_request(&server, Some("m2m:its%3Asecret%2B%25"), form).await.json();
    assert_eq!(source(&machine), "TokenGeneration_ClientCredentials v");
    let request = json!({
        "AuthFlow": "USER_PASSWORD_AUTH", "ClientId": "web",
        "AuthParameters": {"USERNAME": "ada", "PASSWORD": "her-password"},
    });
    let api = initiate_auth(&server, &request).await.json();
    let api = Token::of(api["AuthenticationResult"]["AccessToken"].as_str().unwrap());
    assert_eq!(api.claim("source"), "TokenGeneration_Authentication none");
    assert_eq!(TriggerSource::NewPasswordChallenge.name(), "TokenGeneration_NewPasswordChallenge");
}

#[tokio::test]
async fn a_trigger_that_fails_is_told_where_cognito_tells_it() {
    let pool = builder_with_login().on_token(|event| event.fail("no & never")).build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let text = "PreTokenGeneration failed with error no & never.";
    for query in [query("spa", "state=s"), query("implicit", "").replace("=code", "=token")] {
        let url = Browser::new(&server).sign_in(&query).await;
        assert_eq!(parameter(&url, "error"), "invalid_request");
        assert_eq!(parameter(&url, "error_description"), text);
    }
    let machine =
        token_request(&server, Some("m2m:its%3Asecret%2B%25"), "grant_type=client_credentials").await;
    assert_eq!(machine.status, 400);
    assert_eq!(machine.json(), json!({"error": "invalid_request", "error_description": text}));
}

#[test]
fn additions_go_to_the_tokens_of_their_user_or_client() {
    let pool = builder_with_login()
        .user(User::new("bob", "x"))
        .token_additions(
            TokenAdditions::for_user("ada").scope("orders/admin").claim("tenant", 7).group("ops"),
        )
        .token_additions(TokenAdditions::for_client("spa").group("testers").claim("stage", "test"))
        .on_token(|event| {
            if event.groups().contains(&"testers".to_owned()) {
                event.access_token().add_or_override_claim("stage", "later");
            }
        })
        .build()
        .unwrap();
    let sign_in =
        |user: &str, client: &str| pool.sign_in(user).through(client).scopes(["openid"]).issue().unwrap();
    let ada = sign_in("ada", "spa");
    assert_eq!(access(&ada).claim("scope"), "openid orders/admin");
    assert_eq!(access(&ada).claim("cognito:groups"), json!(["ops", "admins", "testers"]));
    assert_eq!((access(&ada).claim("tenant"), id(&ada).claim("tenant")), (json!(7), json!(7)));
    assert_eq!((access(&ada).claim("stage"), id(&ada).claim("stage")), (json!("later"), json!("test")));
    let bob = sign_in("bob", "site");
    assert_eq!(access(&bob).claim("scope"), "openid");
    assert!(
        access(&bob).claims().get("cognito:groups").is_none() && access(&bob).claims().get("stage").is_none()
    );
}
