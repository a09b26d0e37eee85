//! `openidconnect`, the client of Rust programs: discovery, code flow with PKCE, ID token, userinfo, refresh.

use std::convert::Infallible;
use std::net::TcpListener;

use cognito_local_pool::{AppClient, Clock, PoolServer};
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreErrorResponseType, CoreProviderMetadata, CoreUserInfoClaims,
};
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse,
    IssuerUrl, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, RedirectUrl, RequestTokenError, Scope,
    TokenResponse as _, http,
};

use super::{Browser, CALLBACK, parameter};
use crate::support::{ID, Token, builder, send};

/// A pool whose issuer is its own address, which the client compares, and whose time is that of the client.
fn served() -> (PoolServer, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let issuer = format!("http://{}/{ID}", listener.local_addr().unwrap());
    let with_scopes = |client: AppClient| {
        let scopes = ["openid", "email", "orders/read"];
        scopes.into_iter().fold(client.callback_url(CALLBACK), AppClient::allow_scope)
    };
    let pool = builder()
        .issuer(&issuer)
        .clock(Clock::system())
        .app_client(with_scopes(AppClient::public("page")))
        .app_client(with_scopes(AppClient::confidential("server", "its-secret")))
        .build()
        .unwrap();
    (pool.serve_on(listener).unwrap(), issuer)
}

/// Sends what the client asks for.
async fn ask(server: &PoolServer, request: HttpRequest) -> Result<HttpResponse, Infallible> {
    let (parts, body) = request.into_parts();
    assert_eq!(parts.uri.authority().unwrap().as_str(), server.address().to_string());
    let mut lines: Vec<String> =
        parts.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    lines.push(format!("Host: {}", server.address()));
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let start = format!("{} {}", parts.method, parts.uri.path_and_query().unwrap());
    let response = send(server, &start, &lines, std::str::from_utf8(&body).unwrap()).await;
    let content_type = response.header("content-type").unwrap_or_default();
    let answer = http::Response::builder().status(response.status).header("content-type", content_type);
    Ok(answer.body(response.body.into_bytes()).unwrap())
}

#[tokio::test]
async fn openidconnect_signs_in_by_code_and_pkce() {
    for (id, secret) in [("page", None), ("server", Some("its-secret"))] {
        let (server, issuer) = served();
        let http = |request| ask(&server, request);
        let metadata =
            CoreProviderMetadata::discover_async(IssuerUrl::new(issuer).unwrap(), &http).await.unwrap();
        let secret = secret.map(|secret| ClientSecret::new(secret.to_owned()));
        let client = CoreClient::from_provider_metadata(metadata, ClientId::new(id.to_owned()), secret)
            .set_redirect_uri(RedirectUrl::new(CALLBACK.to_owned()).unwrap());

        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let (url, state, nonce) = client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(["email", "orders/read"].map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge)
            .url();
        let back = Browser::new(&server).sign_in(url.query().unwrap()).await;
        assert_eq!(&parameter(&back, "state"), state.secret());
        let code = parameter(&back, "code");
        let exchange = client.exchange_code(AuthorizationCode::new(code.clone())).unwrap();
        let tokens = exchange.set_pkce_verifier(verifier).request_async(&http).await.unwrap();

        let (id_token, access) = (tokens.id_token().unwrap(), tokens.access_token());
        let checks = client.id_token_verifier();
        let claims = id_token.claims(&checks, &nonce).unwrap();
        let hash = AccessTokenHash::from_token(
            access,
            id_token.signing_alg().unwrap(),
            id_token.signing_key(&checks).unwrap(),
        );
        assert_eq!(claims.access_token_hash(), Some(&hash.unwrap()));
        assert!(id_token.claims(&checks, &Nonce::new("another".to_owned())).is_err());
        let user: CoreUserInfoClaims = client
            .user_info(access.clone(), Some(claims.subject().clone()))
            .unwrap()
            .request_async(&http)
            .await
            .unwrap();
        assert_eq!(user.email().map(|email| email.as_str()), Some("ada@example.com"));
        assert_eq!(user.email_verified(), Some(true));
        assert_eq!(Token::of(access.secret()).claim("scope"), "openid email orders/read");

        let refresh = client.exchange_refresh_token(tokens.refresh_token().unwrap()).unwrap();
        let again = refresh.request_async(&http).await.unwrap();
        let origin = |token: &str| Token::of(token).claim("origin_jti");
        assert_eq!(origin(again.access_token().secret()), origin(access.secret()));

        let twice = client.exchange_code(AuthorizationCode::new(code)).unwrap().request_async(&http).await;
        let Err(RequestTokenError::ServerResponse(refusal)) = twice else { panic!("{twice:?}") };
        assert_eq!(refusal.error(), &CoreErrorResponseType::InvalidGrant);
    }
}
