//! An MCP server that a user pool protects, with one scope for each tool.
//!
//! `cargo run --bin mcp` starts a user pool on this machine and the MCP server in one process. An MCP client that gets the URL of the
//! server finds the pool by the challenge and the metadata (RFC 9728, RFC 8414), and signs in there by authorization code and PKCE.
//! Cognito registers no clients at run time, so the client needs the id of the app client that the program prints.
//!
//! | variable | default | |
//! |---|---|---|
//! | `LISTEN` | `127.0.0.1:3000` | address of the MCP server; port 0 picks a free port |
//! | `POOL_LISTEN` | `127.0.0.1:9229` | address of the local pool; loopback only |
//! | `MCP_CALLBACK` | `http://localhost:3334/callback` | the URL to which the pool sends the browser back, for the client |
//! | `RUST_LOG` | `info` | log filter, as `tracing-subscriber` reads it |
//!
//! Standard output has what a client needs, and one line `listening on http://…`; the log goes to standard error and contains no
//! token.
//!
//! - `mcp/server.rs`: the endpoint behind the layer, and the metadata beside it
//! - `mcp/tools.rs`: the tools, and the scope of each
//! - `mcp/tool_scopes.rs`: refuses calls of tools with 403 if the scope is missing
//! - `mcp/local_pool.rs`: the user pool

#[path = "mcp/local_pool.rs"]
mod local_pool;
#[path = "orders/program.rs"]
mod program;
#[path = "mcp/server.rs"]
mod server;
#[path = "orders/settings.rs"]
#[expect(dead_code, reason = "only addresses and the log are set here")]
mod settings;
#[path = "mcp/tool_scopes.rs"]
mod tool_scopes;
#[path = "mcp/tools.rs"]
mod tools;

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use crate::settings::{Pool, Settings};

const CALLBACK: &str = "MCP_CALLBACK";

#[tokio::main]
async fn main() -> ExitCode {
    program::ended(run().await)
}

async fn run() -> Result<(), Box<dyn Error>> {
    let Settings { listen, pool, log, .. } = Settings::from_environment()?;
    let Pool::Local { listen: pool } = pool else {
        return Err("this example has a user pool of its own; unset the variables `COGNITO_…`".into());
    };
    let callback = settings::text(CALLBACK, std::env::var_os(CALLBACK))?;
    let callback = callback.unwrap_or_else(|| "http://localhost:3334/callback".to_owned());
    program::log_to_stderr(log);
    let stop = program::stop_signal()?;
    let listener = listen.bind().await?;
    let server = format!("http://{}", listener.local_addr()?);
    let pool = local_pool::start(&pool, &callback).await?;

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
