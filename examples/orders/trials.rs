//! How to try the API with tokens of the local pool.

use std::io::{self, Write};

use cognito_local_pool::LocalPool;

use crate::local_pool::{MACHINE, MACHINE_SECRET, ServedPool};

/// Writes what to open in a browser, and how to print tokens.
pub(crate) fn write_summary(served: &ServedPool, api: &str, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "# Open {api}/ in a browser and sign in as ada with Ada-1815 or as bob with Bob-1815.")?;
    writeln!(out, "# The user pool on this machine: {}", served.pool.issuer())?;
    writeln!(out, "# Tokens and `curl` lines for a shell: cargo run --bin orders -- --tokens")
}

/// Writes tokens as shell variables, and the `curl` lines to try them on the API at `api`.
pub(crate) fn write_tokens(served: &ServedPool, api: &str, out: &mut impl Write) -> io::Result<()> {
    let ServedPool { pool, url, .. } = served;
    writeln!(out, "\n# Tokens of the pool, good for an hour. Paste them into a shell:\n")?;
    for (name, what, token) in tokens(pool) {
        writeln!(out, "# {what}\nexport {name}={token}")?;
    }
    writeln!(out, "export API={api}\nexport POOL={url}\n\n# Try them:\n")?;
    for trial in TRIALS {
        writeln!(out, "# {}: {}\n{}", trial.status, trial.why, trial.command())?;
    }
    writeln!(out, "\n# Get tokens from the pool, as a machine and as a user:\n")?;
    writeln!(
        out,
        "curl -u {MACHINE}:{MACHINE_SECRET} -d grant_type=client_credentials $POOL/oauth2/token\n{}\n",
        served.sign_in_of_ada()
    )
}

/// A token of each kind: variable, what it is, token.
fn tokens(pool: &LocalPool) -> [(&'static str, &'static str, String); 7] {
    let access = |user, scope| pool.access_token(user).scope(scope);
    [
        ("READ", "access token of bob, scope orders/read", access("bob", "orders/read").sign()),
        ("WRITE", "access token of bob, scope orders/write", access("bob", "orders/write").sign()),
        (
            "MANAGE",
            "access token of bob, scope user_management_lambdas/api",
            access("bob", "user_management_lambdas/api").sign(),
        ),
        ("OPS", "access token of ada, who is in the group ops", pool.access_token("ada").sign()),
        ("ID", "ID token of ada", pool.id_token("ada").sign()),
        (
            "MACHINE",
            "access token of a machine, scope user_management_lambdas/api",
            pool.machine_token(MACHINE).sign(),
        ),
        (
            "EXPIRED",
            "access token of bob, scope orders/read, expired an hour ago",
            access("bob", "orders/read").expired().sign(),
        ),
    ]
}

/// A request, and the status that it gets.
struct Trial {
    status: u16,
    why: &'static str,
    method: &'static str,
    path: &'static str,
    token: Option<&'static str>,
}

impl Trial {
    const fn new(
        status: u16,
        why: &'static str,
        method: &'static str,
        path: &'static str,
        token: Option<&'static str>,
    ) -> Self {
        Self { status, why, method, path, token }
    }

    fn command(&self) -> String {
        let mut command = String::from("curl -i");
        if self.method != "GET" {
            command.extend([" -X ", self.method]);
        }
        if let Some(token) = self.token {
            command.extend([" -H \"Authorization: Bearer $", token, "\""]);
        }
        command.extend([" $API", self.path]);
        command
    }
}

const TRIALS: [Trial; 16] = [
    Trial::new(200, "open", "GET", "/health", None),
    Trial::new(200, "open: says whether the keys are there", "GET", "/readyz", None),
    Trial::new(200, "the token has the scope", "GET", "/orders", Some("READ")),
    Trial::new(200, "the token has the scope", "POST", "/orders", Some("WRITE")),
    Trial::new(200, "the token has the scope", "POST", "/my_path", Some("MANAGE")),
    Trial::new(200, "a machine can have the scope too", "POST", "/my_path", Some("MACHINE")),
    Trial::new(200, "ada is in the group", "GET", "/ops", Some("OPS")),
    Trial::new(200, "an ID token, as this route requires", "GET", "/me", Some("ID")),
    Trial::new(401, "no token", "GET", "/orders", None),
    Trial::new(401, "the token has expired", "GET", "/orders", Some("EXPIRED")),
    Trial::new(401, "an ID token instead of an access token", "GET", "/orders", Some("ID")),
    Trial::new(401, "an access token instead of an ID token", "GET", "/me", Some("READ")),
    Trial::new(403, "the token has orders/read, not orders/write", "POST", "/orders", Some("READ")),
    Trial::new(403, "the token has another scope", "POST", "/my_path", Some("READ")),
    Trial::new(403, "the token does not have orders/read", "GET", "/orders", Some("MACHINE")),
    Trial::new(403, "bob is in no group", "GET", "/ops", Some("READ")),
];

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use axum::{
        body::Body,
        http::{Request, header::AUTHORIZATION},
    };
    use tower::ServiceExt;

    use super::*;
    use crate::{api, local_pool, settings};

    /// Reads the printed text as a shell would.
    #[tokio::test]
    async fn every_printed_line_gets_the_printed_status() {
        let pool = local_pool::start(&settings::Address::for_test("127.0.0.1:0"), "http://127.0.0.1:3000")
            .await
            .unwrap();
        let auth = pool.authorizer().connect().await.unwrap();
        let app = api::router(auth).unwrap();
        let mut text = Vec::new();
        write_tokens(&pool, "http://api.test", &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();

        let variables: HashMap<&str, &str> =
            text.lines().filter_map(|line| line.strip_prefix("export ")?.split_once('=')).collect();
        let lines: Vec<&str> = text.lines().collect();
        let mut tried = 0;
        for (above, command) in lines.iter().zip(lines.iter().skip(1)) {
            let Some(arguments) = command.strip_prefix("curl -i") else { continue };
            let status: u16 = above.trim_start_matches("# ").split(':').next().unwrap().parse().unwrap();
            let method =
                arguments.split_once("-X ").map_or("GET", |(_, rest)| rest.split(' ').next().unwrap());
            let uri = arguments.split(' ').next_back().unwrap().replace("$API", variables["API"]);
            let mut request = Request::builder().method(method).uri(uri);
            if let Some((_, rest)) = arguments.split_once("Bearer $") {
                let token = variables[rest.split('"').next().unwrap()];
                request = request.header(AUTHORIZATION, format!("Bearer {token}"));
            }
            let response = app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            assert_eq!(response.status().as_u16(), status, "{above}\n{command}");
            tried += 1;
        }
        assert_eq!(tried, TRIALS.len());
    }
}
