//! A served user pool with app clients and users of every kind, for clients in other languages.
//!
//! ```text
//! cargo run -p cognito-local-pool --example served --features tls -- http://localhost:8400/callback
//! ```
//!
//! The arguments are the URLs that managed login may send the browser back to, after a sign-in and after a sign-out. Standard
//! output has one `NAME=value` line for each thing that a client must know, in a form that a shell can read, and then `READY=1`.
//! The program runs until it is ended, and prints `SENT_CODE=…` for each code that Cognito would send by mail.
//!
//! Two pools are served, with the same id, keys, clients and users. The issuer of the first is its own address, as OpenID
//! Connect libraries require: they compare it with the URL that they got the metadata from. The issuer of the second is AWS's, as
//! `aws-jwt-verify` requires.
//!
//! With the environment variable `CERTIFICATE`, a third one is served by https at `TLS_URL`, as Amplify's redirect sign-in
//! requires. Its certificate is made anew and written to the file that `CERTIFICATE` names, in PEM. The key stays in memory.

use std::error::Error;
use std::io::{self, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use cognito_local_pool::{
    AppClient, Clock, LocalPool, LocalPoolBuilder, OAuthFlow, PoolServer, ResourceServer, SignInAttribute,
    TlsIdentity, User,
};

const POOL: &str = "ap-south-1_LocalPool";
const STANDARD_SCOPES: [&str; 5] = ["openid", "email", "phone", "profile", "aws.cognito.signin.user.admin"];

/// Printed beside the URLs. The passwords and secrets protect only these pools.
const SETTINGS: [(&str, &str); 13] = [
    ("POOL_ID", POOL),
    ("CLIENT_ID", "1webapp23456789"),
    ("ROTATING_CLIENT_ID", "2rotating3456789"),
    ("CONFIDENTIAL_CLIENT_ID", "3server23456789"),
    ("CONFIDENTIAL_CLIENT_SECRET", "server-secret"),
    ("MACHINE_CLIENT_ID", "4machine23456789"),
    ("MACHINE_CLIENT_SECRET", "machine-secret"),
    ("POOL_USER", "ada"),
    ("POOL_PASSWORD", "Ada-1815"),
    ("POOL_EMAIL", "ada@example.com"),
    ("TEMPORARY_USER", "guest"),
    ("INVITED_USER", "invited"),
    ("TEMPORARY_PASSWORD", "Temp0rary!"),
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let redirects: Vec<String> = std::env::args().skip(1).collect();
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let issuer = format!("http://{}/{POOL}", listener.local_addr()?);
    let pool = pool(&redirects).issuer(issuer).build()?;
    let mut server = pool.serve_on(listener)?;
    let aws_issuer = pool_like(&pool, &redirects)?.serve("127.0.0.1:0").await?;
    let secure = match std::env::var_os("CERTIFICATE") {
        Some(file) => Some(serve_tls(&pool, &redirects, Path::new(&file))?),
        None => None,
    };

    let mut out = io::stdout();
    for (name, value) in SETTINGS {
        writeln!(out, "{name}={value}")?;
    }
    writeln!(out, "POOL_URL={}\nAWS_ISSUER_URL={}", server.url(), aws_issuer.url())?;
    if let Some(secure) = &secure {
        writeln!(out, "TLS_URL={}", secure.url())?;
    }
    writeln!(out, "READY=1")?;
    server.stopped().await;
    Ok(())
}

/// The second pool, whose issuer is the default.
fn pool_like(first: &LocalPool, redirects: &[String]) -> Result<LocalPool, Box<dyn Error>> {
    Ok(pool(redirects).keys_of(first).build()?)
}

/// The third pool, whose issuer is its own address. The certificate is in the file when the pool can be reached.
fn serve_tls(first: &LocalPool, redirects: &[String], file: &Path) -> Result<PoolServer, Box<dyn Error>> {
    let identity = TlsIdentity::generate(Clock::system().now())?;
    std::fs::write(file, identity.certificate_pem())?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let issuer = format!("https://{}/{POOL}", listener.local_addr()?);
    let pool = pool(redirects).keys_of(first).issuer(issuer).build()?;
    Ok(pool.serve_tls_on(listener, &identity)?)
}

fn pool(redirects: &[String]) -> LocalPoolBuilder {
    LocalPool::builder(POOL)
        .resource_server(ResourceServer::new("orders").scope("read").scope("write"))
        .app_client(for_users(AppClient::public(setting("CLIENT_ID")), redirects))
        .app_client(
            for_users(AppClient::public(setting("ROTATING_CLIENT_ID")), redirects)
                .refresh_token_rotation(Duration::ZERO),
        )
        .app_client(for_users(confidential("CONFIDENTIAL"), redirects))
        .app_client(confidential("MACHINE").allow_scope("orders/read").allow_scope("orders/write"))
        .alias_attribute(SignInAttribute::Email)
        .allow_self_sign_up()
        .on_code(|code| {
            let _ = writeln!(io::stdout(), "SENT_CODE={}", code.code()); // Ignore a closed output.
        })
        .user(
            User::new(setting("POOL_USER"), setting("POOL_PASSWORD"))
                .group("ops")
                .attribute("name", "Ada")
                .attribute("email", setting("POOL_EMAIL"))
                .attribute("email_verified", "true"),
        )
        .user(invited("TEMPORARY_USER"))
        .user(invited("INVITED_USER"))
}

/// A user with a temporary password.
fn invited(name: &str) -> User {
    User::new(setting(name), setting("TEMPORARY_PASSWORD")).must_change_password()
}

/// The client, by which users sign in.
fn for_users(client: AppClient, redirects: &[String]) -> AppClient {
    let client =
        client.allow_oauth_flow(OAuthFlow::Code).allow_scope("orders/read").allow_scope("orders/write");
    let client = STANDARD_SCOPES.into_iter().fold(client, AppClient::allow_scope);
    redirects.iter().fold(client, |client, url| client.callback_url(url).logout_url(url))
}

fn confidential(name: &str) -> AppClient {
    AppClient::confidential(setting(&format!("{name}_CLIENT_ID")), setting(&format!("{name}_CLIENT_SECRET")))
}

/// A value that is also printed.
fn setting(name: &str) -> &'static str {
    SETTINGS.iter().find(|(found, _)| *found == name).map_or("", |(_, value)| value)
}
