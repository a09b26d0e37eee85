//! An MCP server that a user pool protects, with one scope for each tool.
//!
//! `cargo run --bin mcp` starts a user pool on this machine and the MCP server in one process. An MCP client that gets the URL of the
//! server finds the pool by the challenge and the metadata (RFC 9728, RFC 8414), and signs in there by authorization code and PKCE.
//! Cognito registers no clients at run time, so the client needs the id of the app client that the program prints.
//!
//! | variable | default | |
//! |---|---|---|
//! | `LISTEN` | `127.0.0.1:3000` | where the MCP server listens; port 0 takes a free one |
//! | `POOL_LISTEN` | `127.0.0.1:9229` | where the local pool listens; loopback only |
//! | `MCP_CALLBACK` | `http://localhost:3334/callback` | the URL to which the client has the browser sent back |
//! | `RUST_LOG` | `info` | what is logged, as `tracing-subscriber` reads it |
//!
//! Standard output has what a client needs, and one line `listening on http://…`; the log goes to standard error and has no token
//! in it. `SIGINT` and `SIGTERM` let requests end and then the program, with exit code 0.

#[path = "mcp/local_pool.rs"]
mod local_pool;
#[path = "orders/program.rs"]
mod program;
#[path = "mcp/server.rs"]
mod server;
#[path = "mcp/tool_scopes.rs"]
mod tool_scopes;
#[path = "mcp/tools.rs"]
mod tools;

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> ExitCode {
    program::ended(run().await)
}

async fn run() -> Result<(), Box<dyn Error>> {
    let setting = |name: &str, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
    let log = setting("RUST_LOG", "info");
    program::log_to_stderr(if log.is_empty() { "info".parse()? } else { log.parse()? });
    let stop = program::stop_signal()?;
    let listener = TcpListener::bind(setting("LISTEN", "127.0.0.1:3000")).await?;
    let server = format!("http://{}", listener.local_addr()?);
    let callback = setting("MCP_CALLBACK", "http://localhost:3334/callback");
    let pool = local_pool::start(&setting("POOL_LISTEN", "127.0.0.1:9229"), &callback)?;

    let resource = format!("{server}/mcp");
    let app = server::router(&pool, &resource).await?;
    let mut out = io::stdout();
    writeln!(
        out,
        "An MCP server with the tools `list_orders` (orders/read) and `create_order` (orders/write)."
    )?;
    writeln!(
        out,
        "Give an MCP client this URL and app client, and sign in as ada with Ada-1815, or as bob with Bob-1815:"
    )?;
    writeln!(out, "export MCP_URL={resource}")?;
    writeln!(out, "export MCP_CLIENT_ID={}", local_pool::CLIENT)?;
    writeln!(out, "export MCP_CALLBACK={callback}")?;
    writeln!(out, "export POOL_ISSUER={}", pool.pool.issuer())?;
    writeln!(out, "# 401: no token; the challenge says where the metadata is")?;
    writeln!(out, "curl -i -X POST $MCP_URL")?;
    writeln!(out, "# 200: the metadata, which names the user pool")?;
    writeln!(out, "curl {server}/.well-known/oauth-protected-resource/mcp")?;
    writeln!(out, "# 200: the metadata of the user pool")?;
    writeln!(out, "curl $POOL_ISSUER/.well-known/openid-configuration")?;
    writeln!(out, "listening on {server}")?;
    program::serve(listener, app, stop).await?;
    Ok(())
}
