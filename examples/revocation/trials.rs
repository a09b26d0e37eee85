//! How to try the API with tokens of the local pool.

use std::io::{self, Write};

use crate::local_pool::{MACHINE, ServedPool, WEB_APP};

/// Writes tokens as shell variables, and the `curl` lines to try them on the API at `api`.
pub(crate) fn write(served: &ServedPool, api: &str, out: &mut impl Write) -> io::Result<()> {
    let pool = &served.pool;
    let (id, issuer) = (pool.id(), pool.issuer());
    writeln!(
        out,
        "# A user pool on this machine: {issuer}\n# Its tokens, good for an hour. Paste them into a shell:\n"
    )?;
    for (name, token) in [
        ("ADA", pool.access_token("ada").sign()),
        ("BOB", pool.access_token("bob").sign()),
        ("MACHINE", pool.machine_token(MACHINE).sign()),
    ] {
        writeln!(out, "export {name}={token}")?;
    }
    writeln!(
        out,
        "export API={api}\n\n\
         # A second instance, with the same pool and the same list. In another terminal:\n\
         LISTEN=127.0.0.1:3001 COGNITO_USER_POOL_ID={id} COGNITO_CLIENT_IDS={WEB_APP},{MACHINE} COGNITO_ISSUER={issuer} \
         cargo run --bin revocation\n\n\
         # Sign ada out at one instance: both refuse ada, and both let in bob.\n"
    )?;
    for (status, method, token, url) in [
        (200, "GET", "ADA", "$API/me"),
        (200, "GET", "ADA", "http://127.0.0.1:3001/me"),
        (204, "POST", "ADA", "$API/sign-out"),
        (401, "GET", "ADA", "$API/me"),
        (401, "GET", "ADA", "http://127.0.0.1:3001/me"),
        (200, "GET", "BOB", "http://127.0.0.1:3001/me"),
        (204, "POST", "MACHINE", "$API/sign-out"),
        (401, "GET", "MACHINE", "http://127.0.0.1:3001/me"),
    ] {
        writeln!(out, "# {status}\ncurl -i -X {method} -H \"Authorization: Bearer ${token}\" {url}")?;
    }
    writeln!(out, "\n# A new sign-in, whose tokens are accepted:\n{}\n", served.sign_in_of_ada())
}
