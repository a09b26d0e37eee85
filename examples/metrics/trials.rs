//! How to try the API with tokens of the local pool, and to scrape the metrics.

use std::io::{self, Write};

use crate::local_pool::ServedPool;

/// The status, why, the path, and the token's variable.
const TRIALS: [(u16, &str, &str, Option<&str>); 7] = [
    (200, "the token has the scope", "/orders", Some("READ")),
    (200, "the token is cached now", "/orders", Some("READ")),
    (401, "no token", "/orders", None),
    (401, "the token has expired", "/orders", Some("EXPIRED")),
    (403, "the scope is missing", "/orders", Some("WRITE")),
    (200, "anonymous, as a token is optional", "/feed", None),
    (401, "a bad token is refused there too", "/feed", Some("EXPIRED")),
];

/// Writes tokens as shell variables, and the `curl` lines to try them on the API at `api` and to scrape `metrics`.
pub(crate) fn write(served: &ServedPool, api: &str, metrics: &str, out: &mut impl Write) -> io::Result<()> {
    let pool = &served.pool;
    writeln!(out, "# The user pool on this machine: {}", pool.issuer())?;
    writeln!(out, "# Tokens of the pool, good for an hour. Paste them into a shell:\n")?;
    for (name, token) in [
        ("READ", pool.access_token("bob").scope("orders/read").sign()),
        ("WRITE", pool.access_token("bob").scope("orders/write").sign()),
        ("EXPIRED", pool.access_token("bob").scope("orders/read").expired().sign()),
    ] {
        writeln!(out, "export {name}={token}")?;
    }
    writeln!(out, "export API={api}\nexport METRICS={metrics}\n\n# Try them:\n")?;
    for (status, why, path, token) in TRIALS {
        let header = token.map(|name| format!("-H \"Authorization: Bearer ${name}\" ")).unwrap_or_default();
        writeln!(out, "# {status}: {why}\ncurl {header}$API{path}")?;
    }
    writeln!(out, "\n# 200: what Prometheus scrapes\ncurl $METRICS/metrics\n")
}
