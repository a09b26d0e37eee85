//! Tokens, and the `curl` lines to try them.

use std::io::{self, Write};

use cognito_local_pool::{LocalPool, PoolServer};

use super::pool::SECRET;

/// The status that a request gets, why, and the request.
pub(crate) const TRIALS: [(u16, &str, &str); 8] = [
    (200, "the token has the scope", "-X POST -H \"Authorization: Bearer $MACHINE\" $API/my_path"),
    (200, "a user who has the scope", "-X POST -H \"Authorization: Bearer $USER_TOKEN\" $API/my_path"),
    (200, "without `Bearer`, as in API Gateway", "-X POST -H \"Authorization: $MACHINE\" $API/my_path"),
    (401, "no token", "-X POST $API/my_path"),
    (
        401,
        "no scope; 401 and not 403, as from a REST API",
        "-X POST -H \"Authorization: Bearer $NO_SCOPE\" $API/my_path",
    ),
    (401, "an ID token on a route with scopes", "-X POST -H \"Authorization: Bearer $ID\" $API/my_path"),
    (
        200,
        "a browser's preflight",
        "-X OPTIONS -H \"Origin: http://localhost:8080\" -H \"Access-Control-Request-Method: POST\" $API/my_path",
    ),
    (403, "no such route", "-H \"Authorization: Bearer $MACHINE\" $API/my_path"),
];

/// Writes tokens as shell variables, and the lines to try them on the API at `api`.
pub(crate) fn write(
    pool: &LocalPool,
    server: &PoolServer,
    api: &str,
    out: &mut impl Write,
) -> io::Result<()> {
    writeln!(out, "# The user pool of serverless.yml, on this machine: {}", pool.issuer())?;
    writeln!(out, "# Its tokens, good for an hour. Paste them into a shell:\n")?;
    let scope = "user_management_lambdas/api";
    for (name, what, token) in [
        (
            "MACHINE",
            "access token of MachineClient, with the scope",
            pool.machine_token("MachineClient").sign(),
        ),
        (
            "USER_TOKEN",
            "access token of ada, with the scope",
            pool.access_token("ada").client("BrowserClient").scope(scope).sign(),
        ),
        (
            "NO_SCOPE",
            "access token of ada, without the scope",
            pool.access_token("ada").client("BrowserClient").sign(),
        ),
        ("ID", "ID token of ada", pool.id_token("ada").client("BrowserClient").sign()),
    ] {
        writeln!(out, "# {what}\nexport {name}={token}")?;
    }
    writeln!(out, "export API={api}\n\n# Try them:\n")?;
    for (status, why, arguments) in TRIALS {
        writeln!(out, "# {status}: {why}\ncurl -i {arguments}")?;
    }
    writeln!(
        out,
        "\n# Get a token from the pool:\n\ncurl -u MachineClient:{SECRET} -d grant_type=client_credentials {}/oauth2/token\n",
        server.url()
    )
}
