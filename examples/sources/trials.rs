//! How to try the API with tokens of the local pool.

use std::io::{self, Write};

use crate::{api::WEB_APP, local_pool::ServedPool};

/// Writes tokens as shell variables, and the `curl` lines to try them on the API at `api`.
pub(crate) fn write(served: &ServedPool, api: &str, out: &mut impl Write) -> io::Result<()> {
    let pool = &served.pool;
    writeln!(out, "# The user pool on this machine: {}", pool.issuer())?;
    writeln!(out, "# A token of the pool, good for an hour. Paste it into a shell:\n")?;
    let token = pool.access_token("bob").scope("orders/read").scope("orders/write").sign();
    writeln!(out, "export TOKEN={token}\nexport API={api}\n\n# Try it:\n")?;
    let (bearer, cookie) = ("Authorization: Bearer $TOKEN", "Cookie: theme=dark; __Host-token=$TOKEN");
    let (balancer, trusted) = ("x-amzn-oidc-accesstoken: $TOKEN", format!("Origin: {WEB_APP}"));
    for (status, why, method, headers) in [
        (200, "a program", "GET", &[bearer][..]),
        (200, "a page of the web app, with the cookie", "GET", &[cookie]),
        (200, "the load balancer, after it has signed the user in", "GET", &[balancer]),
        (401, "two tokens, and nothing says which counts", "GET", &[bearer, cookie]),
        (200, "the web app orders", "POST", &[cookie, &trusted]),
        (200, "a page of the API itself orders", "POST", &[cookie, "Sec-Fetch-Site: same-origin"]),
        (403, "another site makes the browser order", "POST", &[cookie, "Sec-Fetch-Site: cross-site"]),
        (403, "an origin that is not trusted", "POST", &[cookie, "Origin: https://evil.example"]),
        (403, "the browser does not name the site", "POST", &[cookie]),
        (200, "a program is not a browser", "POST", &[bearer]),
    ] {
        write!(out, "# {status}: {why}\ncurl -X {method} ")?;
        for header in headers {
            write!(out, "-H \"{header}\" ")?;
        }
        writeln!(out, "$API/orders")?;
    }
    writeln!(out)
}
