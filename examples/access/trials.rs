//! How to try the API with tokens of the local pool.

use std::io::{self, Write};

use crate::{
    api::{ASSISTANT, RESOURCE},
    local_pool::ServedPool,
};

/// The status, why, the method and path, and the token's variable.
const TRIALS: [(u16, &str, &str, &str, &str); 10] = [
    (200, "the token is for this API", "GET", "/orders", "READ"),
    (401, "it is for another API", "GET", "/orders", "ELSEWHERE"),
    (401, "it is for no API in particular", "GET", "/orders", "ANYWHERE"),
    (200, "the assistant orders for bob", "POST", "/orders", "ASSISTANT"),
    (403, "another service may not", "POST", "/orders", "SERVICE"),
    (403, "the assistant may not pay", "POST", "/payments", "ASSISTANT"),
    (
        401,
        "bob may, but has signed in by password alone; the challenge asks for more",
        "POST",
        "/payments",
        "WEAK",
    ),
    (200, "with a second factor", "POST", "/payments", "STRONG"),
    (401, "that was long ago; the challenge asks for a recent sign-in", "POST", "/payments", "OLD"),
    (200, "which an order does not need", "POST", "/orders", "OLD"),
];

/// Writes tokens as shell variables, and the `curl` lines to try them on the API at `api`.
pub(crate) fn write(served: &ServedPool, api: &str, out: &mut impl Write) -> io::Result<()> {
    let pool = &served.pool;
    let read = || pool.access_token("bob").scope("orders/read");
    let write = || pool.access_token("bob").scope("orders/write").audience(RESOURCE);
    writeln!(out, "# The user pool on this machine: {}", pool.issuer())?;
    writeln!(out, "# Tokens of bob, good for an hour. Paste them into a shell:\n")?;
    for (name, what, token) in [
        ("READ", "for this API", read().audience(RESOURCE)),
        ("ELSEWHERE", "for another API", read().audience("https://invoices.example.com")),
        ("ANYWHERE", "without `aud`", read()),
        ("ASSISTANT", "delegated to the assistant", write().actor(ASSISTANT)),
        ("SERVICE", "delegated to another service", write().actor("7service23456789")),
        ("WEAK", "after a sign-in by password", write().acr("urn:cognito:loa:1")),
        ("STRONG", "after a sign-in with a second factor", write().acr("urn:cognito:loa:3")),
        (
            "OLD",
            "refreshed since such a sign-in in 2023",
            write().acr("urn:cognito:loa:3").claim("auth_time", 1_700_000_000),
        ),
    ] {
        writeln!(out, "# {what}\nexport {name}={}", token.sign())?;
    }
    writeln!(out, "export API={api}\n\n# Try them:\n")?;
    for (status, why, method, path, token) in TRIALS {
        writeln!(
            out,
            "# {status}: {why}\ncurl -i -X {method} -H \"Authorization: Bearer ${token}\" $API{path}"
        )?;
    }
    writeln!(out)
}
