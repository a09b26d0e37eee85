//! What the pool prints at its start: its URLs, how to get a token, and how to configure a service.

use std::io::{self, Write};

use cognito_local_pool::{LocalPool, PoolServer};
use serde_json::json;

use crate::{
    pool::{
        reach,
        running::Running,
        settings::{AppClientTable, Settings, UserTable},
        tls,
    },
    quoted::quoted,
    style::{COMMAND, FAINT, HEADING, printable},
    token::secret_hash,
};

/// For a person.
pub(super) fn write(running: &Running<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Running { settings, pool, server, certificate } = *running;
    let url = server.url();
    let curl = match certificate {
        Some(certificate) => format!("curl -s --cacert {}", quoted(&certificate.path.display().to_string())),
        None => "curl -s".to_owned(),
    };
    writeln!(out, "{HEADING}A user pool on this machine: {}{HEADING:#}", pool.id())?;
    writeln!(out, "  {FAINT}issuer{FAINT:#} {}", pool.issuer())?;
    writeln!(out, "  {FAINT}keys{FAINT:#}   {}", server.jwks_url())?;
    writeln!(out, "  {FAINT}page{FAINT:#}   {url}/ mints and explains tokens, and shows codes and refusals")?;

    if let Some(certificate) = certificate {
        let path = quoted(&certificate.path.display().to_string());
        writeln!(out, "\n{HEADING}Trust its certificate, once{HEADING:#}")?;
        writeln!(out, "  In browsers:\n    {COMMAND}{}{COMMAND:#}", tls::trust_command(&path))?;
        writeln!(out, "  In Node and in curl:\n    {COMMAND}NODE_EXTRA_CA_CERTS={path} node …{COMMAND:#}")?;
        writeln!(out, "    {COMMAND}curl --cacert {path} …{COMMAND:#}")?;
    }

    writeln!(out, "\n{HEADING}Get a token{HEADING:#}")?;
    let for_machines =
        |client: &&AppClientTable| client.is_for_machines() && client.custom_scopes().next().is_some();
    for client in settings.app_client.iter().filter(for_machines) {
        if let Some(command) = machine_command(client, &curl, &url) {
            let scopes: Vec<&str> = client.custom_scopes().collect();
            writeln!(
                out,
                "  As a machine, with {}:\n    {COMMAND}{command}{COMMAND:#}",
                scopes.join(" and ")
            )?;
        }
    }
    // The command for a public client is shorter: it needs no secret hash.
    let mut clients = settings.app_client.iter().filter(|client| client.allows_password());
    let client = clients.clone().find(|client| client.secret.is_none()).or(clients.next());
    if let (Some(client), Some(user)) = (client, settings.user.first()) {
        let command = user_command(client, user, &curl, &url);
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
    if let Some((client, address)) =
        settings.app_client.iter().find_map(|client| Some((client, login_page(client, &url)?)))
    {
        let scopes = client.scopes.join(" ");
        writeln!(out, "  In a browser, with {scopes}:\n    {COMMAND}{address}{COMMAND:#}")?;
    }
    if settings.app_client.is_empty() {
        writeln!(out, "  The pool has no app client. Add an `[[app_client]]` to its file.")?;
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

/// The options that bind the template to this pool.
pub(super) fn write_bindings(bindings: &[(String, String)], out: &mut dyn Write) -> io::Result<()> {
    if bindings.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{HEADING}Bind the definition to it{HEADING:#}")?;
    let options: Vec<String> = bindings
        .iter()
        .map(|(name, id)| format!("--bind {}", quoted(&printable(&format!("{name}={id}")))))
        .collect();
    writeln!(out, "    {COMMAND}{}{COMMAND:#}", options.join(" "))
}

/// For a program: one line, without secrets.
pub(super) fn write_json(running: &Running<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Running { settings, pool, server, certificate } = *running;
    let url = server.url();
    let clients: Vec<_> = settings
        .app_client
        .iter()
        .map(|client| json!({ "id": client.id, "confidential": client.secret.is_some(), "scopes": client.scopes }))
        .collect();
    let users: Vec<&str> = settings.user.iter().map(|user| user.name.as_str()).collect();
    let mut line = json!({
        "user_pool_id": pool.id(),
        "issuer": pool.issuer(),
        "jwks_url": server.jwks_url(),
        "endpoint": url,
        "token_endpoint": format!("{url}/oauth2/token"),
        "app_clients": clients,
        "users": users,
    });
    if let (Some(certificate), Some(members)) = (certificate, line.as_object_mut()) {
        members.insert("certificate".to_owned(), certificate.path.display().to_string().into());
    }
    writeln!(out, "{line}")
}

/// Whether a verifier finds the keys if it knows only the issuer.
fn is_its_own_issuer(pool: &LocalPool, server: &PoolServer) -> bool {
    server.jwks_url() == format!("{}/.well-known/jwks.json", pool.issuer())
}

fn keys_option(pool: &LocalPool, server: &PoolServer) -> String {
    if is_its_own_issuer(pool, server) { String::new() } else { format!(" --jwks-url {}", server.jwks_url()) }
}

fn machine_command(client: &AppClientTable, curl: &str, url: &str) -> Option<String> {
    // RFC 6749 §2.3.1: the secret is form-encoded before it goes into a Basic header.
    let secret: String =
        form_urlencoded::byte_serialize(client.secret.as_ref()?.reveal().as_bytes()).collect();
    let credentials = quoted(&format!("{}:{secret}", client.id));
    Some(format!("{curl} -u {credentials} -d grant_type=client_credentials {url}/oauth2/token"))
}

/// The URL of managed login's sign-in page, as an app would open it.
fn login_page(client: &AppClientTable, url: &str) -> Option<String> {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", &client.id)
        .append_pair("response_type", client.response_type()?)
        .append_pair("redirect_uri", client.callback_urls.first()?)
        .finish();
    Some(format!("{url}/login?{query}"))
}

fn user_command(client: &AppClientTable, user: &UserTable, curl: &str, url: &str) -> String {
    let mut parameters = json!({ "USERNAME": user.name, "PASSWORD": user.password.reveal() });
    if let (Some(secret), Some(members)) = (&client.secret, parameters.as_object_mut()) {
        let hash = secret_hash::secret_hash(secret, &user.name, &client.id);
        members.insert("SECRET_HASH".to_owned(), hash.into());
    }
    let body = json!({
        "AuthFlow": "USER_PASSWORD_AUTH", "ClientId": client.id, "AuthParameters": parameters,
    });
    format!(
        "{curl} -H 'Content-Type: application/x-amz-json-1.1' \
         -H 'X-Amz-Target: AWSCognitoIdentityProviderService.InitiateAuth' -d {} {url}",
        quoted(&body.to_string())
    )
}

/// Asks for a custom scope of an app client, which a sign-in through the API cannot give.
fn mint_command(user: &UserTable, clients: &[AppClientTable], url: &str) -> String {
    let scope = clients.iter().find_map(|client| client.custom_scopes().next());
    let scope = scope.map(|scope| format!(" --scope {}", quoted(scope))).unwrap_or_default();
    format!("cognito-authorizer token --pool-url {url} --as {}{scope}", quoted(&user.name))
}

/// The other users.
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
        "CognitoAuthLayer::builder(".to_owned(),
        format!("    UserPool::new(\"{}\")", pool.id()),
        format!("        .issuer(\"{}\")", pool.issuer()),
    ];
    if let Some(host) = reach::named_http_host(pool.issuer()) {
        // Services in other containers fetch the keys below the issuer.
        lines.push(format!("        .dangerous_allow_http(\"{host}\")"));
    } else if !is_its_own_issuer(pool, server) {
        lines.push(format!("        .jwks_url(\"{}\")", server.jwks_url()));
    }
    lines.extend(settings.app_client.iter().map(|client| format!("        .client(\"{}\")", client.id)));
    lines.push(").connect().await?".to_owned());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_to_bind_is_one_word_of_a_shell_and_cannot_steer_the_terminal() {
        for (name, id, expected) in [
            ("Pool", "eu-west-1_Ab12Cd34E", "--bind Pool=eu-west-1_Ab12Cd34E"),
            ("$(reboot)", "a", "--bind '$(reboot)=a'"),
            ("a'b", "a", r"--bind 'a'\''b=a'"),
            ("\u{1b}[2J\u{202e}\n", "\u{9b}1m", r"--bind '\u{1b}[2J\u{202e}\u{a}=\u{9b}1m'"),
        ] {
            let mut out = Vec::new();
            write_bindings(&[(name.to_owned(), id.to_owned())], &mut out).unwrap();
            let out = anstream::adapter::strip_bytes(&out).into_vec();
            let expected = format!("\nBind the definition to it\n    {expected}\n");
            assert_eq!(String::from_utf8(out).unwrap(), expected, "{name:?}");
        }
    }
}
