//! The example `websocket`: each printed `websocat` line gets the printed status of the handshake.

use std::collections::HashMap;

use futures_util::StreamExt;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest, http::HeaderName},
};

use crate::{Program, words};

/// The status of the handshake that `websocat` makes for this line. With 101, the first message has arrived.
async fn websocat(line: &str, variables: &HashMap<&str, &str>) -> u16 {
    let words = words(line, variables);
    let mut request = words.last().expect("a URL").as_str().into_client_request().expect("a request");
    for header in words.iter().filter_map(|word| word.strip_prefix("-H=")) {
        let (name, value) = header.split_once(": ").expect("a header");
        let name: HeaderName = name.parse().expect("a name");
        request.headers_mut().insert(name, value.parse().expect("a value"));
    }
    let offered = words.windows(2).find(|pair| pair[0] == "--protocol").map(|pair| pair[1].as_str());
    if let Some(offered) = offered {
        request.headers_mut().insert("sec-websocket-protocol", offered.parse().expect("a value"));
    }
    match connect_async(request).await {
        Ok((mut socket, response)) => {
            let chosen = response.headers().get("sec-websocket-protocol");
            assert_eq!(chosen.is_some(), offered.is_some(), "{line}");
            assert!(chosen.is_none_or(|chosen| chosen == "orders.v1"), "the token is never sent back");
            let first = socket.next().await.expect("a message").expect("a good one");
            assert_eq!(first, Message::text("the orders of bob"));
            response.status().as_u16()
        }
        Err(Error::Http(response)) => response.status().as_u16(),
        Err(error) => panic!("{line}: {error}"),
    }
}

#[tokio::test]
async fn every_line_of_websocket_gets_its_status() {
    let program = Program::start("websocket", &[]);
    let (variables, lines) = (program.variables(), program.commands("websocat"));
    assert_eq!(lines.len(), 7);
    for (above, line) in lines {
        let expected = above.strip_prefix("# ").and_then(|text| text.split(':').next()).expect("a status");
        assert_eq!(websocat(line, &variables).await.to_string(), expected, "{line}");
    }
}
