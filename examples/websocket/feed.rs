//! The feed, at two paths.
//!
//! - `/feed`: the token comes with the handshake, so the layer refuses a bad one before there is a WebSocket. A program sends it in
//!   `Authorization`. A page cannot set that header, and sends it as a subprotocol.
//! - `/browser-feed`: for pages behind proxies that log subprotocols. The page opens the WebSocket and sends the token as its first
//!   message. It gets nothing before the token is verified.

use std::time::Duration;

use axum::{
    Router,
    extract::{
        State,
        ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code},
    },
    response::Response,
    routing::get,
};
use cognito_authorizer::{
    AccessClaims, CognitoAuthLayer, CognitoAuthorizer, ConfigError, Standard, Verified,
    identity::{IdentitySource, IdentitySourceError},
    scope,
};
use tokio::time::{sleep, timeout};

use crate::until_expiry::until_expiry;

/// The largest message that a client may send; a token is smaller. Nothing larger is kept in memory.
const MOST_BYTES: usize = 16 * 1024;
/// How long a browser may take to send its token.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The subprotocol of the feed. A page offers it beside the one with its token.
const SUBPROTOCOL: &str = "orders.v1";

/// The token of a handshake is in `Authorization`, or in the subprotocol `bearer.TOKEN`.
pub(crate) fn profile() -> Result<Standard, IdentitySourceError> {
    let sources = [IdentitySource::default(), IdentitySource::subprotocol("bearer")?];
    Ok(Standard::new().identity_sources(sources))
}

pub(crate) fn router(auth: CognitoAuthLayer) -> Result<Router, ConfigError> {
    let auth = auth.require(scope("orders/read"))?;
    let authorizer = auth.authorizer();
    Ok(Router::new()
        .route("/feed", get(feed))
        .route_layer(auth)
        .route("/browser-feed", get(browser_feed))
        .with_state(authorizer))
}

/// Runs only with a verified token that has the scope. All others get a 401 or 403 instead of a WebSocket.
async fn feed(caller: AccessClaims, handshake: WebSocketUpgrade) -> Response {
    let caller = (*caller).clone();
    let handshake = handshake.protocols([SUBPROTOCOL]);
    handshake.max_message_size(MOST_BYTES).on_upgrade(async move |socket| serve(socket, &caller).await)
}

/// Opens for everyone, and closes unless the first message is a token that `feed` would accept.
async fn browser_feed(State(authorizer): State<CognitoAuthorizer>, handshake: WebSocketUpgrade) -> Response {
    handshake.max_message_size(MOST_BYTES).on_upgrade(async move |mut socket| {
        let first = timeout(TIMEOUT, socket.recv()).await;
        let Ok(Some(Ok(Message::Text(token)))) = first else {
            return close(socket, "send an access token as the first message").await;
        };
        match authorizer.verify(token.trim()).await {
            Ok(caller) => serve(socket, &caller).await,
            // The reason is in the log. The client learns no more than from a 401.
            Err(_) => close(socket, "the token is not accepted").await,
        }
    })
}

/// Serves until the client ends it or the token expires. The layer checked the token once; the feed must notice its expiry.
async fn serve(mut socket: WebSocket, caller: &Verified) {
    let reason = tokio::select! {
        reason = exchange(&mut socket, caller) => reason,
        () = sleep(until_expiry(caller)) => Some("the token has expired"),
    };
    if let Some(reason) = reason {
        close(socket, reason).await;
    }
}

async fn close(mut socket: WebSocket, reason: &'static str) {
    let frame = CloseFrame { code: close_code::POLICY, reason: reason.into() };
    // The client may be gone by now.
    let _ = socket.send(Message::Close(Some(frame))).await;
}

/// Sends a greeting, and then echoes each message. Ends when the client does, or with the reason to close.
async fn exchange(socket: &mut WebSocket, caller: &Verified) -> Option<&'static str> {
    let name = caller.username().unwrap_or_else(|| caller.client_id());
    socket.send(Message::text(format!("the orders of {name}"))).await.ok()?;
    loop {
        match socket.recv().await?.ok()? {
            Message::Text(text) => socket.send(Message::text(format!("noted: {text}"))).await.ok()?,
            Message::Binary(_) => return Some("this feed is text"),
            Message::Close(_) => return None,
            // axum answers these itself.
            Message::Ping(_) | Message::Pong(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use cognito_authorizer::KeySet;
    use cognito_local_pool::{AppClient, LocalPool};
    use futures_util::{SinkExt, StreamExt};
    use tokio::net::TcpListener;
    use tokio_tungstenite::{
        MaybeTlsStream, WebSocketStream, connect_async,
        tungstenite::{
            Error, Message as Sent, client::IntoClientRequest, protocol::frame::coding::CloseCode,
        },
    };

    use super::*;

    type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

    struct Served {
        url: String,
        pool: LocalPool,
    }

    async fn served() -> Served {
        let pool =
            LocalPool::builder("ap-south-1_abcdefghi").app_client(AppClient::public("web")).build().unwrap();
        let keys = KeySet::from_json(pool.jwks().as_bytes()).unwrap();
        let auth = CognitoAuthLayer::builder(pool.id()).client("web").profile(profile().unwrap());
        let auth = auth.with_keys([(pool.id(), keys)]).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let app = router(auth).unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Served { url, pool }
    }

    impl Served {
        async fn connect(&self, token: &str) -> Result<Socket, Error> {
            let mut request = format!("{}/feed", self.url).into_client_request().unwrap();
            request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
            connect_async(request).await.map(|(socket, _)| socket)
        }

        /// Offers these subprotocols as a page does. Returns the one that the feed chose, or the status of a refusal.
        async fn offer(&self, subprotocols: &str) -> Result<(Socket, String), u16> {
            let mut request = format!("{}/feed", self.url).into_client_request().unwrap();
            request.headers_mut().insert("sec-websocket-protocol", subprotocols.parse().unwrap());
            match connect_async(request).await {
                Ok((socket, response)) => {
                    let chosen = response.headers()["sec-websocket-protocol"].to_str().unwrap().to_owned();
                    Ok((socket, chosen))
                }
                Err(Error::Http(response)) => Err(response.status().as_u16()),
                Err(error) => panic!("{error}"),
            }
        }

        /// The answer to this first message of a page.
        async fn first_answer(&self, first: Sent) -> Sent {
            let (mut socket, _) = connect_async(format!("{}/browser-feed", self.url)).await.unwrap();
            socket.send(first).await.unwrap();
            socket.next().await.unwrap().unwrap()
        }

        fn token(&self, scope: &str) -> String {
            self.pool.access_token("ada").scope(scope).sign()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_feed_closes_when_the_token_expires() {
        let served = served().await;
        let mut socket = served.connect(&served.token("orders/read")).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), Sent::text("the orders of ada"));
        socket.send(Sent::text("more tea")).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), Sent::text("noted: more tea"));
        // All tasks are idle, so the paused clock advances to the expiry.
        let Sent::Close(Some(frame)) = socket.next().await.unwrap().unwrap() else {
            panic!("no close frame")
        };
        assert_eq!((frame.code, frame.reason.as_str()), (CloseCode::Policy, "the token has expired"));
    }

    #[tokio::test]
    async fn without_the_scope_there_is_no_socket() {
        let served = served().await;
        for (token, status) in [(served.token("orders/write"), 403), ("no token".to_owned(), 401)] {
            let Err(Error::Http(response)) = served.connect(&token).await else {
                panic!("{status}: a socket")
            };
            assert_eq!(response.status().as_u16(), status);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_sends_its_token_as_a_subprotocol_and_does_not_get_it_back() {
        let served = served().await;
        let good = served.token("orders/read");
        for offered in [format!("bearer.{good}, orders.v1"), format!("orders.v1, bearer.{good}")] {
            let (mut socket, chosen) = served.offer(&offered).await.unwrap();
            assert_eq!(chosen, "orders.v1");
            assert_eq!(socket.next().await.unwrap().unwrap(), Sent::text("the orders of ada"));
            // It closes when the token expires.
            assert!(matches!(socket.next().await, Some(Ok(Sent::Close(Some(_))))));
        }
        for (offered, status) in [
            (format!("orders.v1, bearer.{}", served.token("orders/write")), 403),
            (format!("orders.v1, bearer.{good}x"), 401),
            (format!("orders.v1, bearer.{good}, bearer.{good}"), 401),
            ("orders.v1".to_owned(), 401),
        ] {
            assert_eq!(served.offer(&offered).await.err(), Some(status), "{offered}");
        }
    }

    #[tokio::test]
    async fn a_browser_is_served_only_after_a_good_token() {
        let served = served().await;
        let good = Sent::text(served.token("orders/read"));
        assert_eq!(served.first_answer(good).await, Sent::text("the orders of ada"));
        for (first, reason) in [
            (Sent::text(served.token("orders/write")), "the token is not accepted"),
            (Sent::text(served.pool.id_token("ada").sign()), "the token is not accepted"),
            (Sent::text("no token"), "the token is not accepted"),
            (Sent::binary("no text"), "send an access token as the first message"),
        ] {
            let Sent::Close(Some(frame)) = served.first_answer(first).await else { panic!("{reason}") };
            assert_eq!((frame.code, frame.reason.as_str()), (CloseCode::Policy, reason));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_browser_that_sends_no_token_is_disconnected() {
        let (mut socket, _) = connect_async(format!("{}/browser-feed", served().await.url)).await.unwrap();
        assert!(matches!(socket.next().await, Some(Ok(Sent::Close(Some(_))))));
    }

    #[tokio::test]
    async fn a_message_that_is_too_large_ends_the_socket() {
        let served = served().await;
        let mut socket = served.connect(&served.token("orders/read")).await.unwrap();
        socket.next().await.unwrap().unwrap();
        socket.send(Sent::text("x".repeat(MOST_BYTES + 1))).await.unwrap();
        assert!(!matches!(socket.next().await, Some(Ok(Sent::Text(_)))));
    }
}
