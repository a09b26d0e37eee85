//! Token exchange, by the token endpoint and by `GetDerivedToken`.

use cognito_local_pool::{AppClient, AuthFlow, LocalPool, PoolServer};
use serde_json::{Value, json};

use crate::support::{ID, Response, Token, builder, send, token_request};

const ACCESS: &str = "urn:ietf:params:oauth:token-type:access_token";

/// The pool with `gateway`, which may exchange tokens with an actor token and without, and `delegate`, with one only.
async fn serve() -> (LocalPool, PoolServer) {
    let gateway = AppClient::confidential("gateway", "its-secret")
        .allow_auth_flow(AuthFlow::TokenExchangeImpersonation)
        .allow_auth_flow(AuthFlow::TokenExchangeDelegation)
        .allow_scope("orders/read")
        .allow_scope("orders/write");
    let delegate =
        AppClient::confidential("delegate", "its-secret").allow_auth_flow(AuthFlow::TokenExchangeDelegation);
    let pool = builder().app_client(gateway).app_client(delegate).build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    (pool, server)
}

async fn exchange(server: &PoolServer, client: &str, more: &[(&str, &str)]) -> Response {
    let mut pairs = vec![("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange")];
    pairs.extend_from_slice(more);
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    token_request(server, Some(&format!("{client}:its-secret")), &form).await
}

async fn derive(server: &PoolServer, body: &Value) -> Response {
    let headers = [
        "Content-Type: application/x-amz-json-1.1",
        "X-Amz-Target: AWSCognitoIdentityProviderService.GetDerivedToken",
    ];
    send(server, "POST /", &headers, &body.to_string()).await
}

#[tokio::test]
async fn a_service_gets_a_narrower_token_for_another_service() {
    let (pool, server) = serve().await;
    let mine = pool.access_token("ada").scope("orders/read").scope("orders/admin").sign();
    let request = [
        ("subject_token", mine.as_str()),
        ("subject_token_type", ACCESS),
        ("audience", "billing"),
        ("scope", "orders/read orders/write orders/admin"),
    ];
    let answer = exchange(&server, "gateway", &request).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")), "{}", answer.body);
    let answer = answer.json();
    assert_eq!(answer["issued_token_type"], ACCESS);
    assert_eq!((&answer["token_type"], &answer["scope"]), (&json!("Bearer"), &json!("orders/read")));
    assert!(answer.get("refresh_token").is_none() && answer.get("id_token").is_none());
    let (subject, token) = (Token::of(&mine), Token::of(answer["access_token"].as_str().unwrap()));
    assert!(token.signed_by(&pool, &pool.access_key_id()));
    for (claim, expected) in [
        ("aud", json!("billing")),
        ("client_id", json!("gateway")),
        ("scope", json!("orders/read")),
        ("token_use", json!("access")),
        ("sub", subject.claim("sub")),
        ("username", json!("ada")),
        ("origin_jti", subject.claim("origin_jti")),
        ("auth_time", subject.claim("auth_time")),
        ("cognito:groups", json!(["ops", "admins"])),
    ] {
        assert_eq!(token.claim(claim), expected, "{claim}");
    }
    assert!(token.claims().get("act").is_none(), "it looks as if the user called");
    assert_ne!(token.claim("jti"), subject.claim("jti"));

    // Without a request for scopes, those of the subject token; the resource is a resource server.
    let request = [("subject_token", mine.as_str()), ("subject_token_type", ACCESS), ("resource", "orders")];
    let answer = exchange(&server, "gateway", &request).await.json();
    let token = Token::of(answer["access_token"].as_str().unwrap());
    assert_eq!(
        (token.claim("aud"), token.claim("scope")),
        (json!("orders"), json!("orders/read orders/admin"))
    );
}

#[tokio::test]
async fn the_actor_is_named_and_a_chain_of_them_is_kept() {
    let (pool, server) = serve().await;
    let (mine, machine) =
        (pool.access_token("ada").scope("orders/read").sign(), pool.machine_token("m2m").sign());
    let request = |subject: &str| {
        json!({
            "ClientId": "delegate", "ClientSecret": "its-secret", "SubjectToken": subject, "SubjectTokenType": "ACCESS_TOKEN",
            "ActorToken": machine, "ActorTokenType": "ACCESS_TOKEN", "Audiences": ["billing"],
        })
    };
    let first = derive(&server, &request(&mine)).await;
    assert_eq!(first.status, 200, "{}", first.body);
    let first = first.json();
    assert_eq!((&first["IssuedTokenType"], &first["TokenType"]), (&json!("ACCESS_TOKEN"), &json!("Bearer")));
    assert_eq!((&first["ExpiresIn"], &first["Scopes"]), (&json!(3600), &json!(["orders/read"])));
    let issued = first["IssuedToken"].as_str().unwrap();
    assert_eq!(Token::of(issued).claim("act"), json!({"sub": "m2m"}));
    let second = derive(&server, &request(issued)).await.json();
    let second = Token::of(second["IssuedToken"].as_str().unwrap());
    assert_eq!(second.claim("act"), json!({"sub": "m2m", "act": {"sub": "m2m"}}));

    // Exchanged without an actor, it stays delegated.
    let request = [("subject_token", issued), ("subject_token_type", ACCESS)];
    let third = exchange(&server, "gateway", &request).await.json();
    assert_eq!(Token::of(third["access_token"].as_str().unwrap()).claim("act"), json!({"sub": "m2m"}));
    let by_user = pool.id_token("ada").sign();
    let request = [
        ("subject_token", mine.as_str()),
        ("subject_token_type", ACCESS),
        ("actor_token", by_user.as_str()),
        ("actor_token_type", "urn:ietf:params:oauth:token-type:id_token"),
    ];
    let fourth = exchange(&server, "gateway", &request).await.json();
    let fourth = Token::of(fourth["access_token"].as_str().unwrap());
    assert_eq!(fourth.claim("act"), json!({"sub": Token::of(&mine).claim("sub")}));
}

#[tokio::test]
async fn a_derived_token_ends_with_the_sign_in_that_it_came_from() {
    let (pool, server) = serve().await;
    let signed_in = pool.sign_in("ada").issue().unwrap();
    let request = [("subject_token", signed_in.access_token()), ("subject_token_type", ACCESS)];
    let derived = exchange(&server, "gateway", &request).await.json();
    let derived = derived["access_token"].as_str().unwrap();
    let call = async |operation: &str, body: Value| {
        let target = format!("X-Amz-Target: AWSCognitoIdentityProviderService.{operation}");
        send(&server, "POST /", &["Content-Type: application/x-amz-json-1.1", &target], &body.to_string())
            .await
            .status
    };
    assert_eq!(call("GetUser", json!({"AccessToken": derived})).await, 200);
    let revoke = json!({"ClientId": "web", "Token": signed_in.refresh_token()});
    assert_eq!(call("RevokeToken", revoke).await, 200);
    assert_eq!(call("GetUser", json!({"AccessToken": derived})).await, 400);
    assert_eq!(exchange(&server, "gateway", &request).await.json()["error"], "invalid_request");
}

#[tokio::test]
async fn what_cannot_be_exchanged_is_refused() {
    let (pool, server) = serve().await;
    let (mine, machine) =
        (pool.access_token("ada").scope("orders/read").sign(), pool.machine_token("m2m").sign());
    let good = [("subject_token", mine.as_str()), ("subject_token_type", ACCESS)];
    let with = |more: &[(&'static str, &'static str)]| [&good[..], more].concat();
    let expired = pool.access_token("ada").expired().sign();
    let forged = pool.access_token("ada").forged().sign();
    let id = pool.id_token("ada").sign();
    let subject = |token| vec![("subject_token", token), ("subject_token_type", ACCESS)];
    let cases = [
        ("gateway", good.to_vec(), "ok"),
        ("delegate", good.to_vec(), "unauthorized_client"),
        ("gateway", vec![good[0]], "invalid_request"),
        ("gateway", vec![good[1]], "invalid_request"),
        ("gateway", subject(&expired), "invalid_request"),
        ("gateway", subject(&forged), "invalid_request"),
        ("gateway", subject(&id), "invalid_request"),
        ("gateway", subject(&machine), "invalid_request"),
        ("gateway", with(&[("audience", "a"), ("resource", "orders")]), "invalid_request"),
        ("gateway", with(&[("audience", "a b")]), "invalid_target"),
        ("gateway", with(&[("resource", "unknown")]), "invalid_target"),
        ("gateway", with(&[("scope", "orders/admin orders/write")]), "invalid_scope"),
        ("gateway", with(&[("actor_token", "x")]), "invalid_request"),
        ("gateway", with(&[("actor_token", "x"), ("actor_token_type", ACCESS)]), "invalid_request"),
        (
            "gateway",
            with(&[("requested_token_type", "urn:ietf:params:oauth:token-type:id_token")]),
            "invalid_request",
        ),
        ("gateway", with(&[("subject_token_type", ACCESS)]), "invalid_request"),
    ];
    for (client, request, expected) in cases {
        let answer = exchange(&server, client, &request).await;
        let error = answer.json()["error"].as_str().unwrap_or("ok").to_owned();
        assert_eq!(error, expected, "{client}: {request:?}");
    }
    let secretless = token_request(
        &server,
        None,
        "grant_type=urn:ietf:params:oauth:grant-type:token-exchange&client_id=gateway",
    );
    assert_eq!(secretless.await.json()["error"], "invalid_client");

    let body = |more: Value| {
        let mut body = json!({
            "ClientId": "gateway", "ClientSecret": "its-secret", "SubjectToken": mine, "SubjectTokenType": "ACCESS_TOKEN",
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    for (more, expected) in [
        (json!({"ClientId": "delegate"}), "OperationNotEnabledException"),
        (json!({"ClientSecret": "guess"}), "NotAuthorizedException"),
        (json!({"SubjectToken": forged}), "NotAuthorizedException"),
        (json!({"SubjectTokenType": "SAML2"}), "InvalidParameterException"),
        (json!({"SubjectTokenType": "JWT"}), "InvalidParameterException"),
        (json!({"SubjectTokenProviderName": "corp"}), "InvalidParameterException"),
        (json!({"ActorToken": machine}), "InvalidParameterException"),
        (json!({"ActorToken": forged, "ActorTokenType": "ACCESS_TOKEN"}), "NotAuthorizedException"),
        (json!({"Audiences": ["a", "b"]}), "InvalidParameterException"),
        (json!({"Audiences": ["a"], "Resources": ["orders"]}), "InvalidParameterException"),
        (json!({"Resources": ["unknown"]}), "ResourceNotFoundException"),
        (json!({"Scopes": ["orders/write"]}), "InvalidParameterException"),
        (json!({"RequestedTokenType": "ID_TOKEN"}), "InvalidParameterException"),
    ] {
        let answer = derive(&server, &body(more.clone())).await;
        assert_eq!((answer.status, &answer.json()["__type"]), (400, &json!(expected)), "{more}");
    }
    assert_eq!(derive(&server, &body(json!({}))).await.status, 200);
}

#[tokio::test]
async fn an_mcp_client_finds_what_it_needs_by_rfc_8414() {
    let (pool, server) = serve().await;
    let oauth = send(&server, &format!("GET /.well-known/oauth-authorization-server/{ID}"), &[], "").await;
    let openid = send(&server, &format!("GET /{ID}/.well-known/openid-configuration"), &[], "").await;
    assert_eq!((oauth.status, oauth.json()), (200, openid.json()));
    let document = oauth.json();
    assert_eq!(document["issuer"], pool.issuer());
    assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
    assert!(document["token_endpoint_auth_methods_supported"].as_array().unwrap().contains(&json!("none")));
    assert!(document["grant_types_supported"].as_array().unwrap().contains(&json!("authorization_code")));
    assert_eq!(document["acr_values_supported"][3], "urn:cognito:loa:4");
    assert!(document.get("registration_endpoint").is_none(), "clients are registered before");
}
