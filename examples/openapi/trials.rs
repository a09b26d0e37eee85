//! How to try the API with tokens of the local pool.

use std::io::{self, Write};

use crate::local_pool::ServedPool;

/// The status, why, the method and path, and the token's variable.
const TRIALS: [(u16, &str, &str, &str, Option<&str>); 9] = [
    (200, "the token has the scope", "GET", "/orders", Some("READ")),
    (401, "no token", "GET", "/orders", None),
    (401, "the token has expired", "GET", "/orders", Some("EXPIRED")),
    (403, "the scope is missing", "POST", "/orders", Some("READ")),
    (201, "this token has it", "POST", "/orders", Some("WRITE")),
    (403, "the token has the scope, but bob is not in the group ops", "DELETE", "/orders/1", Some("WRITE")),
    (204, "ada is", "DELETE", "/orders/1", Some("OPS")),
    (200, "anonymous, as a token is optional", "GET", "/feed", None),
    (401, "a bad token is refused there too", "GET", "/feed", Some("EXPIRED")),
];

/// Writes what to open in a browser, tokens as shell variables, and the `curl` lines to try them on the API at `api`.
pub(crate) fn write(served: &ServedPool, api: &str, out: &mut impl Write) -> io::Result<()> {
    let pool = &served.pool;
    writeln!(
        out,
        "# Open {api}/docs/ in a browser, press Authorize, and sign in as ada with Ada-1815, or as bob with Bob-1815."
    )?;
    writeln!(out, "# The user pool on this machine: {}", pool.issuer())?;
    writeln!(out, "# Tokens of the pool, good for an hour. Paste them into a shell:\n")?;
    for (name, token) in [
        ("READ", pool.access_token("bob").scope("orders/read").sign()),
        ("WRITE", pool.access_token("bob").scope("orders/write").sign()),
        ("OPS", pool.access_token("ada").scope("orders/write").sign()),
        ("EXPIRED", pool.access_token("bob").scope("orders/read").expired().sign()),
    ] {
        writeln!(out, "export {name}={token}")?;
    }
    writeln!(out, "export API={api}\nexport POOL={}\n\n# Try them:\n", served.url)?;
    for (status, why, method, path, token) in TRIALS {
        write!(out, "# {status}: {why}\ncurl -X {method} ")?;
        if let Some(name) = token {
            write!(out, "-H \"Authorization: Bearer ${name}\" ")?;
        }
        if method == "POST" {
            write!(out, "-H 'Content-Type: application/json' -d '{{\"article\":\"tea\"}}' ")?;
        }
        writeln!(out, "$API{path}")?;
    }
    writeln!(out, "\n# 200: the document\ncurl $API/openapi.json\n# 200: Swagger UI\ncurl $API/docs/\n")?;
    writeln!(out, "listening on {api}")
}
