//! What is minted, and what is refused.

use cognito_local_pool::{AppClient, LocalPool, ResourceServer, User};
use serde_json::json;

use super::{mint, submit, token_on};
use crate::login::Browser;
use crate::support::{ID, NOW, Token, pool, send};

#[tokio::test]
async fn a_program_mints_the_token_of_a_user() {
    let pool = pool();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let order = json!({
        "as": "ada", "client": "m2m", "scopes": ["orders/read", "openid"], "groups": ["night-shift"],
        "claims": { "tenant": { "id": 7 }, "sub": "another" },
    });
    let response = mint(&server, &order).await;
    assert_eq!(response.status, 200, "{}", response.body);
    assert_eq!(response.header("cache-control"), Some("no-store"));
    assert_eq!(response.header("access-control-allow-origin"), None);
    assert_eq!((&response.json()["token_use"], &response.json()["warnings"]), (&json!("access"), &json!([])));
    let token = Token::of(response.json()["token"].as_str().unwrap());
    assert!(token.signed_by(&pool, &pool.access_key_id()));
    for (name, value) in [
        ("username", json!("ada")),
        ("client_id", json!("m2m")),
        ("scope", json!("orders/read openid")),
        ("cognito:groups", json!(["ops", "admins", "night-shift"])),
        ("tenant", json!({ "id": 7 })),
        ("sub", json!("another")),
        ("exp", json!(NOW + 600)),
    ] {
        assert_eq!(token.claim(name), value, "{name}");
    }
}

#[tokio::test]
async fn a_program_mints_id_expired_and_machine_tokens() {
    let pool = pool();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let minted = async |order| Token::of(mint(&server, &order).await.json()["token"].as_str().unwrap());
    let id = minted(json!({ "as": "ada", "id": true })).await;
    assert_eq!((id.claim("token_use"), id.claim("email")), (json!("id"), json!("ada@example.com")));
    let expired = minted(json!({ "as": "ada", "expired": true })).await;
    assert!(expired.claim("exp").as_u64().unwrap() < NOW);
    let machine = minted(json!({ "client": "m2m" })).await;
    assert_eq!(
        (machine.claim("sub"), machine.claim("scope")),
        (json!("m2m"), json!("orders/read orders/write"))
    );
}

#[tokio::test]
async fn a_token_of_a_user_is_not_for_a_client_of_machines_unless_that_is_named() {
    let builder = LocalPool::builder(ID).keys_of(&pool()).user(User::new("ada", "x"));
    let builder = builder.resource_server(ResourceServer::new("orders").scope("read"));
    let machine = AppClient::confidential("m2m", "secret").allow_scope("orders/read");
    let pools = [
        (builder.clone().app_client(machine.clone()).app_client(AppClient::public("web")), "web"),
        (builder.clone().app_client(machine), "m2m"),
        (builder, "local-client"),
    ];
    for (pool, client) in pools {
        let server = pool.build().unwrap().serve("127.0.0.1:0").await.unwrap();
        let answer = mint(&server, &json!({ "as": "ada" })).await.json();
        assert_eq!(Token::of(answer["token"].as_str().unwrap()).claim("client_id"), json!(client));
        if client == "web" {
            let page = Browser::new(&server).open("/").await.body;
            assert!(page.contains("<option value=\"web\" selected>"), "{page}");
        }
    }
}

#[tokio::test]
async fn an_unknown_scope_is_minted_with_a_warning() {
    let server = pool().serve("127.0.0.1:0").await.unwrap();
    let answer = mint(&server, &json!({ "as": "ada", "scopes": ["orders/raed"] })).await.json();
    assert!(answer["warnings"][0].as_str().unwrap().contains("`orders/raed`"), "{answer}");
    assert_eq!(Token::of(answer["token"].as_str().unwrap()).claim("scope"), json!("orders/raed"));
}

#[tokio::test]
async fn what_cannot_be_minted_is_told() {
    let server = pool().serve("127.0.0.1:0").await.unwrap();
    for (order, code, message) in [
        (json!({ "as": "eve" }), "unknown_user", "the pool has no user `eve`; it has ada"),
        (
            json!({ "as": "ada", "client": "x" }),
            "unknown_client",
            "the pool has no app client `x`; it has web, m2m",
        ),
        (json!({ "client": "m2m", "id": true }), "user_needed", "a machine has no ID token"),
        (json!({}), "user_needed", "name a user with `as`"),
        (json!({ "as": "ada", "scopes": ["a b"] }), "invalid_scope", "`a b` is not a scope"),
        (json!({ "as": "ada", "scopes": "openid" }), "invalid_request", "the body cannot be read: line 1"),
        (json!({ "as": "ada", "swordfish": 1 }), "invalid_request", "the body cannot be read: line 1"),
        (json!(["ada"]), "invalid_request", "the body cannot be read: line 1"),
    ] {
        let response = mint(&server, &order).await;
        let answer = response.json();
        assert_eq!((response.status, answer["error"].as_str()), (400, Some(code)), "{order}: {answer}");
        assert!(answer["message"].as_str().unwrap().starts_with(message), "{order}: {answer}");
        assert!(!response.body.contains("swordfish"), "{answer}");
    }
    let long = json!({ "as": "a".repeat(70_000) });
    assert_eq!(mint(&server, &long).await.status, 413);
    let get = send(&server, "GET /console/token", &[], "").await;
    assert_eq!(get.status, 405);
}

#[tokio::test]
async fn a_person_mints_by_the_form_and_sees_the_token_decoded() {
    let pool = pool();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let mut browser = Browser::new(&server);
    let fields = [
        ("as", " ada "),
        ("client", "web"),
        ("scopes", "orders/read  openid"),
        ("groups", "night-shift"),
        ("claims", "{\"tenant\":\"a<b>\"}"),
        ("use", "access"),
    ];
    let page = submit(&mut browser, "/console/token", &fields).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let token = Token::of(&token_on(&page));
    assert!(token.signed_by(&pool, &pool.access_key_id()));
    assert_eq!((token.claim("scope"), token.claim("tenant")), (json!("orders/read openid"), json!("a<b>")));
    assert!(page.body.contains("Signed by this pool, and not expired."), "{}", page.body);
    assert!(page.body.contains("&quot;tenant&quot;: &quot;a&lt;b&gt;&quot;"), "{}", page.body);
    assert!(page.body.contains("2026-01-01T01:00:00Z"), "{}", page.body);
    assert!(page.body.contains("value=\"orders/read  openid\""), "the form is filled in again");

    let expired = [("as", "ada"), ("client", "web"), ("use", "id"), ("expired", "yes")];
    let page = submit(&mut browser, "/console/token", &expired).await;
    assert_eq!(Token::of(&token_on(&page)).claim("token_use"), json!("id"));
    assert!(page.body.contains("Signed by this pool, and expired."), "{}", page.body);

    let bad = [("as", "ada"), ("client", "web"), ("claims", "[1]")];
    let page = submit(&mut browser, "/console/token", &bad).await;
    assert_eq!(page.status, 400);
    assert!(
        page.body.contains("role=\"alert\" id=\"problem\">the claims are not a JSON object"),
        "{}",
        page.body
    );
}
