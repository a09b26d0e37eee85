//! The server itself: where it listens, what it publishes, and how it ends.

use cognito_local_pool::{LocalPool, ServeError};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{ID, get, pool, send};

#[tokio::test]
async fn the_jwk_set_is_served_and_counted() {
    let pool = pool();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    assert_eq!(server.jwks_url(), format!("{}/{ID}/.well-known/jwks.json", server.url()));
    for fetches in 1..=2 {
        let response = get(&server, &format!("/{ID}/.well-known/jwks.json")).await;
        assert_eq!((response.status, response.header("content-type")), (200, Some("application/json")));
        assert_eq!(response.body, pool.jwks());
        assert_eq!(server.jwks_fetches(), fetches);
        pool.rotate();
    }
}

#[tokio::test]
async fn discovery_leads_back_to_this_server() {
    let server = pool().serve("127.0.0.1:0").await.unwrap();
    let path = format!("/{ID}/.well-known/openid-configuration");
    assert_eq!(
        get(&server, &path).await.json(),
        json!({
            "acr_values_supported":
                ["urn:cognito:loa:1", "urn:cognito:loa:2", "urn:cognito:loa:3", "urn:cognito:loa:4"],
            "authorization_endpoint": "http://localhost:9229/oauth2/authorize",
            "code_challenge_methods_supported": ["S256"],
            "end_session_endpoint": "http://localhost:9229/logout",
            "grant_types_supported": [
                "authorization_code",
                "implicit",
                "refresh_token",
                "client_credentials",
                "urn:ietf:params:oauth:grant-type:token-exchange",
            ],
            "id_token_signing_alg_values_supported": ["RS256"],
            "issuer": "https://cognito-idp.ap-south-1.amazonaws.com/ap-south-1_abcdefghi",
            "jwks_uri": "http://localhost:9229/ap-south-1_abcdefghi/.well-known/jwks.json",
            "response_types_supported": ["code", "token"],
            "revocation_endpoint": "http://localhost:9229/oauth2/revoke",
            "scopes_supported":
                ["openid", "profile", "email", "phone", "orders/read", "orders/write", "orders/admin"],
            "subject_types_supported": ["public"],
            "token_endpoint": "http://localhost:9229/oauth2/token",
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
            "userinfo_endpoint": "http://localhost:9229/oauth2/userInfo",
        })
    );
    let response = send(&server, &format!("GET {path}"), &["Host: 127.0.0.1:9229"], "").await;
    assert_eq!(response.json()["token_endpoint"], "http://127.0.0.1:9229/oauth2/token");
}

#[tokio::test]
async fn a_foreign_host_is_refused_on_every_path() {
    let server = pool().serve("127.0.0.1:0").await.unwrap();
    for request in ["GET /login", "GET /oauth2/authorize", "POST /oauth2/token", "POST /", "GET /nothing"] {
        for host in ["evil.example", "evil.example/x", "localhost.evil.example:9229", ""] {
            let response = send(&server, request, &[&format!("Host: {host}")], "").await;
            assert!(matches!(response.status, 400 | 421), "{request} {host}: {}", response.status);
            assert!(
                !response.body.contains("evil") && response.header("location").is_none(),
                "{request} {host}"
            );
        }
    }
}

#[tokio::test]
async fn other_paths_and_methods_are_refused_in_json() {
    let server = pool().serve("127.0.0.1:0").await.unwrap();
    for (request, status) in [
        ("GET /", 405),
        ("GET /oauth2/token", 405),
        ("GET /nothing", 404),
        ("GET /eu-west-1_other/.well-known/jwks.json", 404),
        ("DELETE /nothing", 404),
    ] {
        let response = send(&server, request, &[], "").await;
        assert_eq!(response.status, status, "{request}");
        assert!(response.json()["message"].is_string(), "{request}");
    }
    assert_eq!(send(&server, "HEAD /nothing", &[], "").await.status, 404);
    assert_eq!(server.jwks_fetches(), 0);
}

#[tokio::test]
async fn other_machines_are_let_in_only_by_an_ugly_word() {
    let pool = pool();
    for address in ["0.0.0.0:0", "[::]:0"] {
        let refused = pool.serve(address).await.expect_err("is refused");
        assert!(matches!(refused, ServeError::NotLoopback { .. }), "{refused}");
        assert!(refused.to_string().contains("dangerous_serve_anywhere"), "{refused}");
    }
    assert!(pool.dangerous_serve_anywhere("0.0.0.0:0").await.is_ok());
}

#[tokio::test]
async fn an_address_that_cannot_be_had_is_named() {
    let pool = pool();
    let server = pool.serve("localhost:0").await.unwrap();
    let taken = server.address().to_string();
    let refused = pool.serve(&taken).await.expect_err("is refused");
    assert!(matches!(&refused, ServeError::Listen { address, .. } if *address == taken), "{refused}");
    let refused = pool.serve("127.0.0.1").await.expect_err("is refused");
    assert!(matches!(refused, ServeError::Resolve { .. }), "{refused}");
}

/// `localhost` is `127.0.0.1` to some clients and `::1` to others, and some try only the first address.
#[tokio::test]
async fn a_pool_is_reached_at_each_address_that_localhost_may_mean() {
    let pool = pool();
    let has_both = std::net::TcpListener::bind("[::1]:0").is_ok();
    for (host, other) in [("127.0.0.1", "[::1]"), ("[::1]", "127.0.0.1")] {
        if host == "[::1]" && !has_both {
            // A machine may lack IPv6, and nothing else.
            continue;
        }
        let port = if has_both { port_of_both() } else { 0 };
        let server = pool.serve(format!("{host}:{port}")).await.unwrap();
        let other = format!("{other}:{}", server.address().port());
        let mut fetches = 0;
        for reached_at in [server.address().to_string()].into_iter().chain(has_both.then_some(other)) {
            let mut stream = TcpStream::connect(&reached_at).await.unwrap();
            let request = format!(
                "GET /{ID}/.well-known/jwks.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            );
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut response = String::new();
            stream.read_to_string(&mut response).await.unwrap();
            assert!(response.starts_with("HTTP/1.1 200 ") && response.ends_with(&pool.jwks()), "{response}");
            fetches += 1;
            assert_eq!(server.jwks_fetches(), fetches, "{reached_at}");
        }
        server.stop().await;
    }
}

/// A port that is free at both addresses. Other tests have ports of their own there.
fn port_of_both() -> u16 {
    loop {
        let one = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = one.local_addr().unwrap().port();
        if std::net::TcpListener::bind(("::1", port)).is_ok() {
            return port;
        }
    }
}

/// OpenID Connect Discovery has clients compare the issuer; it is that of the tokens, by whatever name the pool is asked.
#[tokio::test]
async fn discovery_under_localhost_names_the_issuer_of_the_tokens() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let issuer = format!("http://{address}/{ID}");
    let server = LocalPool::builder(ID).issuer(&issuer).build().unwrap().serve_on(listener).unwrap();
    for host in [address.to_string(), format!("localhost:{}", address.port())] {
        let path = format!("GET /{ID}/.well-known/openid-configuration");
        let document = send(&server, &path, &[&format!("Host: {host}")], "").await.json();
        assert_eq!(document["issuer"], issuer, "{host}");
        assert_eq!(document["jwks_uri"], format!("http://{host}/{ID}/.well-known/jwks.json"));
    }
}

#[tokio::test]
async fn a_dropped_server_does_not_answer() {
    let server = pool().serve("127.0.0.1:0").await.unwrap();
    let address = server.address();
    let mut kept_alive = TcpStream::connect(address).await.unwrap();
    let request = format!("GET /{ID}/.well-known/jwks.json HTTP/1.1\r\nHost: a\r\n\r\n");
    kept_alive.write_all(request.as_bytes()).await.unwrap();
    assert!(kept_alive.read(&mut [0; 4096]).await.unwrap() > 0);

    drop(server);
    let mut rest = Vec::new();
    kept_alive.read_to_end(&mut rest).await.unwrap(); // Ends, because the server closes the connection.
    assert!(TcpStream::connect(address).await.is_err());
    assert!(TcpStream::connect(format!("[::1]:{}", address.port())).await.is_err());
}

#[tokio::test]
async fn a_stopped_server_has_freed_its_port() {
    let pool = pool();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let address = server.address();
    let _silent = TcpStream::connect(address).await.unwrap(); // A client that never asks must not hold it up.
    get(&server, "/").await;
    server.stop().await;
    assert!(pool.serve(address.to_string()).await.is_ok());
}

#[tokio::test]
async fn debug_of_a_server_shows_where_it_is() {
    let server = pool().serve("127.0.0.1:0").await.unwrap();
    assert!(format!("{server:?}").contains(&server.url()));
}

#[tokio::test]
async fn a_pool_is_served_on_a_socket_that_its_issuer_names() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let issuer = format!("http://{}/{ID}", listener.local_addr().unwrap());
    let pool = LocalPool::builder(ID).issuer(&issuer).build().unwrap();
    let server = pool.serve_on(listener).unwrap();
    assert_eq!(server.jwks_url(), format!("{issuer}/.well-known/jwks.json"));
    assert_eq!(get(&server, &format!("/{ID}/.well-known/jwks.json")).await.body, pool.jwks());

    let open = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
    assert!(matches!(pool.serve_on(open), Err(ServeError::NotLoopback { .. })));
}
