//! What the pool prints when it runs: where it is, how to get a token, and how to point a service at it.

use std::io::{self, Write};

use cognito_local_pool::{LocalPool, PoolServer};
use serde_json::json;

use crate::{
    pool::settings::{AppClientTable, Settings, UserTable},
    quoted::quoted,
    style::{COMMAND, FAINT, HEADING},
    token::secret_hash,
};

/// For a person.
pub(super) fn write(
    settings: &Settings,
    pool: &LocalPool,
    server: &PoolServer,
    out: &mut dyn Write,
) -> io::Result<()> {
    let url = server.url();
    writeln!(out, "{HEADING}A user pool on this machine: {}{HEADING:#}", pool.id())?;
    writeln!(out, "  {FAINT}issuer{FAINT:#} {}", pool.issuer())?;
    writeln!(out, "  {FAINT}keys{FAINT:#}   {}", server.jwks_url())?;
    writeln!(out, "  {FAINT}page{FAINT:#}   {url}/ mints and explains tokens, and shows codes and refusals")?;

    writeln!(out, "\n{HEADING}Get a token{HEADING:#}")?;
    for client in settings.app_client.iter().filter(|client| client.custom_scopes().next().is_some()) {
        if let Some(command) = machine_command(client, &url) {
            let scopes: Vec<&str> = client.custom_scopes().collect();
            writeln!(
                out,
                "  As a machine, with {}:\n    {COMMAND}{command}{COMMAND:#}",
                scopes.join(" and ")
            )?;
        }
    }
    // A public client needs no hash, so its line is shorter.
    let mut clients = settings.app_client.iter();
    let client = clients.clone().find(|client| client.secret.is_none()).or(clients.next());
    if let (Some(client), Some(user)) = (client, settings.user.first()) {
        let command = user_command(client, user, &url);
        writeln!(
            out,
            "  As the user {}{}; as in Cognito, this sign-in gives no custom scopes:\n    {COMMAND}{command}{COMMAND:#}",
            user.name,
            others(settings)
        )?;
    }
    if let Some(user) = settings.user.first() {
        let command = mint_command(user, &settings.app_client, &url);
        writeln!(out, "  Any token, without a password:\n    {COMMAND}{command}{COMMAND:#}")?;
    }
    if settings.app_client.is_empty() {
        writeln!(out, "  Nobody can: the pool has no app client. Add an `[[app_client]]` to its file.")?;
    }

    writeln!(out, "\n{HEADING}Point a service at it{HEADING:#}")?;
    for line in layer(settings, pool, server) {
        writeln!(out, "    {COMMAND}{line}{COMMAND:#}")?;
    }
    writeln!(out, "\n{HEADING}Ask why a token is refused{HEADING:#}")?;
    let explain = format!(
        "cognito-authorizer explain --pool {} --issuer {}{}",
        pool.id(),
        pool.issuer(),
        keys_option(pool, server)
    );
    writeln!(out, "    {COMMAND}{explain}{COMMAND:#}")
}

/// What an import of the template is to be told to mean this pool.
pub(super) fn write_bindings(bindings: &[(String, String)], out: &mut dyn Write) -> io::Result<()> {
    if bindings.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{HEADING}Say that the definition means it{HEADING:#}")?;
    let options: Vec<String> =
        bindings.iter().map(|(name, id)| format!("--bind {}", quoted(&format!("{name}={id}")))).collect();
    writeln!(out, "    {COMMAND}{}{COMMAND:#}", options.join(" "))
}

/// For a program: one line, without secrets.
pub(super) fn write_json(
    settings: &Settings,
    pool: &LocalPool,
    server: &PoolServer,
    out: &mut dyn Write,
) -> io::Result<()> {
    let url = server.url();
    let clients: Vec<_> = settings
        .app_client
        .iter()
        .map(|client| json!({ "id": client.id, "confidential": client.secret.is_some(), "scopes": client.scopes }))
        .collect();
    let users: Vec<&str> = settings.user.iter().map(|user| user.name.as_str()).collect();
    let line = json!({
        "user_pool_id": pool.id(),
        "issuer": pool.issuer(),
        "jwks_url": server.jwks_url(),
        "endpoint": url,
        "token_endpoint": format!("{url}/oauth2/token"),
        "app_clients": clients,
        "users": users,
    });
    writeln!(out, "{line}")
}

/// Whether the keys are where a verifier looks for them by the issuer alone.
fn is_its_own_issuer(pool: &LocalPool, server: &PoolServer) -> bool {
    server.jwks_url() == format!("{}/.well-known/jwks.json", pool.issuer())
}

fn keys_option(pool: &LocalPool, server: &PoolServer) -> String {
    if is_its_own_issuer(pool, server) { String::new() } else { format!(" --jwks-url {}", server.jwks_url()) }
}

fn machine_command(client: &AppClientTable, url: &str) -> Option<String> {
    // RFC 6749 §2.3.1: the secret is form-encoded before it goes into a Basic header.
    let secret: String =
        form_urlencoded::byte_serialize(client.secret.as_ref()?.reveal().as_bytes()).collect();
    let credentials = quoted(&format!("{}:{secret}", client.id));
    Some(format!("curl -s -u {credentials} -d grant_type=client_credentials {url}/oauth2/token"))
}

fn user_command(client: &AppClientTable, user: &UserTable, url: &str) -> String {
    let mut parameters = json!({ "USERNAME": user.name, "PASSWORD": user.password.reveal() });
    if let (Some(secret), Some(members)) = (&client.secret, parameters.as_object_mut()) {
        let hash = secret_hash::secret_hash(secret, &user.name, &client.id);
        members.insert("SECRET_HASH".to_owned(), hash.into());
    }
    let body = json!({
        "AuthFlow": "USER_PASSWORD_AUTH", "ClientId": client.id, "AuthParameters": parameters,
    });
    format!(
        "curl -s -H 'Content-Type: application/x-amz-json-1.1' \
         -H 'X-Amz-Target: AWSCognitoIdentityProviderService.InitiateAuth' -d {} {url}",
        quoted(&body.to_string())
    )
}

/// With a custom scope of a client, which no sign-in by the API gives.
fn mint_command(user: &UserTable, clients: &[AppClientTable], url: &str) -> String {
    let scope = clients.iter().find_map(|client| client.custom_scopes().next());
    let scope = scope.map(|scope| format!(" --scope {}", quoted(scope))).unwrap_or_default();
    format!("cognito-authorizer token --pool-url {url} --as {}{scope}", quoted(&user.name))
}

/// Who else could sign in.
fn others(settings: &Settings) -> String {
    let names: Vec<&str> = settings.user.iter().skip(1).map(|user| user.name.as_str()).collect();
    match names.as_slice() {
        [] => String::new(),
        [.., _] if names.len() > 5 => format!(" (there are {} more)", names.len()),
        names => format!(" (or {})", names.join(", ")),
    }
}

fn layer(settings: &Settings, pool: &LocalPool, server: &PoolServer) -> Vec<String> {
    let mut lines = vec![
        format!("CognitoAuthLayer::builder(\"{}\")", pool.id()),
        format!("    .issuer(\"{}\")", pool.issuer()),
    ];
    if !is_its_own_issuer(pool, server) {
        lines.push(format!("    .jwks_url(\"{}\")", server.jwks_url()));
    }
    lines.extend(settings.app_client.iter().map(|client| format!("    .client(\"{}\")", client.id)));
    lines.push("    .connect().await?".to_owned());
    lines
}
