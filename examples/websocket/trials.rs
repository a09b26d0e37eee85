//! How to try the feed with tokens of the local pool.

use std::io::{self, Write};

use crate::local_pool::ServedPool;

/// The status of the handshake, why, and the token's variable. 101 is a WebSocket.
const TRIALS: [(u16, &str, Option<&str>); 5] = [
    (101, "the token has the scope", Some("READ")),
    (401, "no token", None),
    (401, "an ID token", Some("ID")),
    (401, "the token has expired", Some("EXPIRED")),
    (403, "the token has orders/write, not orders/read", Some("WRITE")),
];

/// Writes tokens as shell variables, and the `websocat` lines to try them on the feed at `api`.
pub(crate) fn write(served: &ServedPool, api: &str, out: &mut impl Write) -> io::Result<()> {
    let pool = &served.pool;
    writeln!(out, "# The user pool on this machine: {}", pool.issuer())?;
    writeln!(out, "# Tokens of the pool, good for an hour. Paste them into a shell:\n")?;
    for (name, token) in [
        ("READ", pool.access_token("bob").scope("orders/read").sign()),
        ("WRITE", pool.access_token("bob").scope("orders/write").sign()),
        ("ID", pool.id_token("bob").sign()),
        ("EXPIRED", pool.access_token("bob").scope("orders/read").expired().sign()),
    ] {
        writeln!(out, "export {name}={token}")?;
    }
    writeln!(
        out,
        "export FEED={}/feed\n\n# Try them; 101 opens the feed, which closes when the token expires:\n",
        api.replacen("http", "ws", 1)
    )?;
    for (status, why, token) in TRIALS {
        let header = token.map(|name| format!("-H=\"Authorization: Bearer ${name}\" ")).unwrap_or_default();
        writeln!(out, "# {status}: {why}\nwebsocat {header}$FEED")?;
    }
    writeln!(
        out,
        "\n# A page sends the token as a subprotocol: new WebSocket(url, [\"orders.v1\", \"bearer.\" + token])\n\
         # 101: the feed answers with orders.v1\nwebsocat --protocol \"orders.v1, bearer.$READ\" $FEED\n\
         # 401: the token has expired\nwebsocat --protocol \"orders.v1, bearer.$EXPIRED\" $FEED"
    )?;
    writeln!(
        out,
        "\n# Or it opens ws://…/browser-feed and sends the token as its first message:\n\
         # const socket = new WebSocket(\"{}/browser-feed\"); socket.onopen = () => socket.send(token)\n",
        api.replacen("http", "ws", 1)
    )
}
