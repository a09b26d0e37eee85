//! How to try the service with tokens of the local pool.

use std::io::{self, Write};

use crate::local_pool::ServedPool;

/// The status, why, the token's variable, the message and the method.
const TRIALS: [(&str, &str, Option<&str>, &str, &str); 9] = [
    ("OK", "the token has the scope", Some("READ"), r#"{"id": 1}"#, "Get"),
    ("Unauthenticated", "no token", None, r#"{"id": 1}"#, "Get"),
    ("Unauthenticated", "an ID token", Some("ID"), r#"{"id": 1}"#, "Get"),
    ("Unauthenticated", "the token has expired", Some("EXPIRED"), r#"{"id": 1}"#, "Get"),
    (
        "PermissionDenied",
        "the token has orders/read, not orders/write",
        Some("READ"),
        r#"{"item": "jam"}"#,
        "Create",
    ),
    ("OK", "the token has the scope", Some("WRITE"), r#"{"item": "jam"}"#, "Create"),
    ("OK", "a stream of three orders", Some("READ"), r#"{"most": 3}"#, "Watch"),
    (
        "PermissionDenied",
        "the token has orders/write, not orders/read",
        Some("WRITE"),
        r#"{"most": 3}"#,
        "Watch",
    ),
    ("NotFound", "the handler's own answer", Some("READ"), r#"{"id": 9}"#, "Get"),
];

/// Writes tokens as shell variables, and the `grpcurl` lines to try them on the service at `api`.
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
    let address = api.strip_prefix("http://").unwrap_or(api);
    writeln!(
        out,
        "export API={address}\n\n# Reflection is open:\ngrpcurl -plaintext $API list\n\n# Try the tokens:\n"
    )?;
    for (status, why, token, message, method) in TRIALS {
        let header = token.map(|name| format!("-H \"authorization: Bearer ${name}\" ")).unwrap_or_default();
        writeln!(
            out,
            "# {status}: {why}\ngrpcurl -plaintext {header}-d '{message}' $API orders.v1.Orders/{method}"
        )?;
    }
    writeln!(out)
}
