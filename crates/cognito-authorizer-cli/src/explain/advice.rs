//! What to do about a token that is not let in.

use cognito_verify::{Accept, Denied, Granted, IssuerForm, Part, Rejected, TokenUse, UserPoolId};

use crate::{
    explain::{
        expected::{Clients, Expected, Pools},
        judge::{Case, Verdict},
        presented::NoToken,
        stated::Stated,
    },
    http::SecureUrl,
    style::printable,
};

/// A thing to do, and the command that does it where there is one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Advice {
    pub(super) text: String,
    pub(super) command: Option<String>,
}

/// The scope of every token that was got by an API sign-in.
const API_SIGN_IN: &str = "aws.cognito.signin.user.admin";
/// The length of an RS256 signature by a key of 2048 bits, in base64url: what Cognito's tokens have.
const SIGNATURE_LENGTH: usize = 342;
/// A token refused by less than this may be the fault of a clock.
const CLOCKS_DIFFER: u64 = 300;

impl Advice {
    fn new(text: impl Into<String>) -> Vec<Self> {
        vec![Self { text: text.into(), command: None }]
    }

    fn run(text: impl Into<String>, command: impl Into<String>) -> Vec<Self> {
        vec![Self { text: text.into(), command: Some(command.into()) }]
    }
}

/// What to do, the likeliest first.
pub(super) fn advice(expected: &Expected, case: &Case) -> Vec<Advice> {
    match &case.verdict {
        Verdict::Accepted(_) => accepted(expected),
        Verdict::NoToken(problem) => no_token(*problem),
        Verdict::NoPool => propose_pool(&case.stated).unwrap_or_else(|| {
            Advice::new("Name the user pool that the service trusts with `--pool ID`. The token names none.")
        }),
        Verdict::Rejected(rejected) => rejected_token(rejected, expected, case),
        Verdict::Denied(denied) => denied_token(denied, expected),
        Verdict::Refused(_) => Advice::new(
            "The authorizer compares the token's `aud` with its identity validation expression. An access token has no `aud`, \
             an ID token its app client: sign in with an app client that the expression matches.",
        ),
    }
}

fn accepted(expected: &Expected) -> Vec<Advice> {
    match expected.clients {
        Clients::Unsaid => Advice::new(
            "The app client was not compared. If the service lets in certain app clients only, name them with \
             `--client ID`, else say `--any-client`.",
        ),
        Clients::Any | Clients::These(_) => Vec::new(),
    }
}

fn no_token(problem: NoToken) -> Vec<Advice> {
    match problem {
        NoToken::BearerTwice => Advice::new(
            "Something puts `Bearer` in front of a value that has it already: leave it out in one of the two places. \
             Clients and test tools with a field for the token add it by themselves.",
        ),
        NoToken::OtherScheme => Advice::new("Send the access token: `Authorization: Bearer <token>`."),
        NoToken::WhiteSpace => Advice::run(
            "A token is one word. Line breaks and spaces come from copying out of a terminal or an editor; take them out:",
            "… | tr -d '[:space:]' | cognito-authorizer explain …",
        ),
        NoToken::Several => Advice::new("Send one token, in one `Authorization` header."),
    }
}

/// The pool that the token names. It is proposed and not used: anybody can write an issuer.
fn propose_pool(stated: &Stated) -> Option<Vec<Advice>> {
    let (pool, issuer) = (stated.pool()?, stated.text("iss")?);
    let form = |form| pool.issuer(form).is_some_and(|known| known == issuer);
    let (what, option) = match () {
        () if form(IssuerForm::Original) => ("", String::new()),
        () if !is_plain(issuer) => return None,
        () if form(IssuerForm::Updated) => (", with AWS's updated issuer", format!(" --issuer {issuer}")),
        () => (", with an issuer that is not AWS's", format!(" --issuer {issuer}")),
    };
    let text = format!(
        "The token says that it is of the user pool {pool}{what}. Anybody can write that; if the pool is the one \
         that your service trusts, run again with:"
    );
    Some(Advice::run(text, format!("--pool {pool}{option}")))
}

/// Whether an issuer has nothing that means something to a shell, so that it may go into a command line.
fn is_plain(issuer: &str) -> bool {
    issuer.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:/".contains(&byte))
}

fn rejected_token(rejected: &Rejected, expected: &Expected, case: &Case) -> Vec<Advice> {
    match rejected {
        Rejected::TooLong { .. } => Advice::new(
            "Cognito's tokens have one or two thousand bytes. If a pre-token-generation trigger adds large claims, \
             leave them out: API Gateway and most servers allow about 10,000 bytes for all headers.",
        ),
        Rejected::Segments { found } => segments(*found, case),
        Rejected::Encoding { part: Part::Signature } | Rejected::Signature => signature(case),
        Rejected::Encoding { .. } => encoding(case),
        Rejected::PartTooLong { .. }
        | Rejected::Header
        | Rejected::KeyIdTooLong { .. }
        | Rejected::Critical => Advice::new(
            "No user pool issues such a token. Find out where it comes from; most often, it was damaged on its way.",
        ),
        Rejected::Algorithm { .. } => algorithm(&case.stated),
        Rejected::NoKeyId => Advice::new(
            "Every token of a user pool names its key (`kid`). This one was made by something else, such as a test tool.",
        ),
        Rejected::UnknownKey => unknown_key(expected, case),
        Rejected::Claims | Rejected::Missing { .. } => Advice::new(
            "The pool's key signed it, and it is not of Cognito's shape: is an emulator or a library at work that leaves \
             claims out? Cognito's own tokens have `iss`, `exp`, `iat` and `token_use`, access tokens `client_id`, ID \
             tokens `aud` and `sub`.",
        ),
        Rejected::Issuer => issuer(expected, &case.stated),
        Rejected::Expired { expiry, now } => expired(now.since(*expiry).as_secs()),
        Rejected::NotYetValid { .. } => not_yet_valid(expected),
        Rejected::UnknownUse => Advice::new("Send an access token or an ID token of the user pool."),
        Rejected::Use { expected: accept, found } => other_use(*accept, *found, expected),
        Rejected::Client { .. } => other_client(expected, &case.stated),
        Rejected::Resource => Advice::new("Ask for the token with `resource=` this API's identifier."),
        _ => Vec::new(),
    }
}

fn segments(found: usize, case: &Case) -> Vec<Advice> {
    let token = case.presented.token.as_ref().map(crate::secret::Secret::reveal).unwrap_or_default();
    match found {
        5 => Advice::new(
            "Five segments are an encrypted token, such as Cognito's refresh token (`refresh_token`, `RefreshToken`). It \
             is for the token endpoint alone and never for an API: send the access token.",
        ),
        1 if is_uuid(token) => Advice::new(
            "This looks like the `code` of a sign-in. It is for the token endpoint, which gives tokens for it: send the \
             access token.",
        ),
        1 => Advice::new(
            "This is no JWT. Was a key, a session id or the name of a variable sent in its place?",
        ),
        2 => Advice::new("The signature is missing, with the dot in front of it. Copy the whole token."),
        _ => Advice::new("Send the access token as it was received, and nothing else."),
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

fn encoding(case: &Case) -> Vec<Advice> {
    let token = case.presented.token.as_ref().map(crate::secret::Secret::reveal).unwrap_or_default();
    let text = if token.contains('%') {
        "There are `%` signs in it: it was encoded for a URL. Decode it once before it goes into the header."
    } else if token.contains(['+', '/', '=']) {
        "It has characters of plain base64 (`+`, `/`, `=`), and a token is base64url without padding (RFC 7515 §2). \
         Something on its way encoded it again."
    } else if token.contains('…') || token.contains("...") {
        "It was shortened for display. Copy the whole token."
    } else {
        "A character was lost, added or changed on its way. Copy the whole token."
    };
    Advice::new(text)
}

fn signature(case: &Case) -> Vec<Advice> {
    let token = case.presented.token.as_ref().map(crate::secret::Secret::reveal).unwrap_or_default();
    let length = token.rsplit('.').next().map_or(0, str::len);
    let text = match length {
        SIGNATURE_LENGTH => {
            "Something was changed after the pool signed it: a character lost in copying, a claim edited in a test tool, \
             or a forgery. Get a fresh token and send it as it is.".to_owned()
        }
        _ => format!(
            "The signature has {length} characters, and Cognito's have {SIGNATURE_LENGTH}: the token was cut off or \
             something stands behind it. Copy the whole token, and nothing else."
        ),
    };
    Advice::new(text)
}

fn algorithm(stated: &Stated) -> Vec<Advice> {
    let text = match stated.header("alg").unwrap_or_default() {
        none if none.eq_ignore_ascii_case("none") => {
            "`alg` is `none`: the token has no signature, and anybody can write one. Cognito never issues it."
                .to_owned()
        }
        shared @ ("HS256" | "HS384" | "HS512") => format!(
            "`alg` is `{shared}`: signed with a shared secret, as test tools do. Cognito signs with RS256."
        ),
        other => {
            format!("`alg` is `{}`, and Cognito signs with RS256: another issuer made it.", printable(other))
        }
    };
    Advice::new(text)
}

fn unknown_key(expected: &Expected, case: &Case) -> Vec<Advice> {
    let given: Vec<&UserPoolId> = expected.verifier.pools().iter().map(|pool| pool.id()).collect();
    let names_other_pool = case.stated.pool().is_some_and(|named| !given.contains(&&named));
    if names_other_pool && let Some(proposal) = propose_pool(&case.stated) {
        return proposal;
    }
    let text = match expected.pools {
        Pools::File(_) => {
            "The file of keys may be older than the token: pools rotate their keys. Fetch the file again, or leave \
             `--jwks` out."
        }
        Pools::None | Pools::Live | Pools::Given(_) => {
            "The pool has no such key now. It rotated its keys after the token was issued, or the pool was made anew (a \
             local pool has new keys at each start), or the token is another pool's. Get a fresh token."
        }
    };
    Advice::new(text)
}

fn issuer(expected: &Expected, stated: &Stated) -> Vec<Advice> {
    let stands = stated.text("iss").unwrap_or_default();
    let updated = expected
        .verifier
        .pools()
        .iter()
        .any(|pool| pool.id().issuer(IssuerForm::Updated).is_some_and(|updated| updated == stands));
    if updated {
        return Advice::run(
            "The pool was switched to AWS's updated issuer. Tell the service: \
             `.issuer_form(IssuerForm::Updated)`; here:",
            format!("--issuer {stands}"),
        );
    }
    let known: Vec<&str> = expected.verifier.pools().iter().map(|pool| pool.issuer()).collect();
    if let Ok(named) = stands.parse::<SecureUrl>()
        && is_plain(stands)
        && known.iter().any(|known| known.parse().is_ok_and(|known| named.differs_in_loopback_name(&known)))
    {
        return Advice::run(
            format!(
                "Both URLs lead to this machine, but they are two issuers. The pool's tokens have {stands}: tell the service \
                 `.issuer(\"{stands}\")`; here:"
            ),
            format!("--issuer {stands}"),
        );
    }
    Advice::new(format!(
        "The token's `iss` is {}, and {} is expected, to the letter: also `http` and `https`, the port, and a `/` at the \
         end count. If the pool is an emulator's, set the issuer that its tokens have (`--issuer`, `.issuer(…)`).",
        printable(stands),
        known.join(" or "),
    ))
}

fn expired(ago: u64) -> Vec<Advice> {
    let mut advice = Advice::new(
        "Get a fresh token: with the refresh token, by signing in again, or for a machine from the token endpoint. Access \
         and ID tokens live an hour unless the app client says otherwise.",
    );
    if ago < CLOCKS_DIFFER {
        advice.extend(Advice::run(
            "It ended only just now. If fresh tokens are refused too, this machine's clock is ahead; compare it with the \
             pool's:",
            "cognito-authorizer doctor POOL_ID",
        ));
    }
    advice
}

fn not_yet_valid(expected: &Expected) -> Vec<Advice> {
    let pool = expected.verifier.pools().first().map(|pool| pool.id().to_string()).unwrap_or_default();
    Advice::run(
        "This machine's clock is behind the pool's. Set it right (NTP); `.leeway(…)` is for a few seconds. Compare the \
         clocks:",
        format!("cognito-authorizer doctor {pool}"),
    )
}

fn other_use(accept: Accept, found: TokenUse, expected: &Expected) -> Vec<Advice> {
    let scopes = expected.requirement.scopes().join(" or ");
    let text = match (accept, found) {
        (Accept::Access, TokenUse::Id) if !scopes.is_empty() => format!(
            "This is an ID token and {} asks for the scope {scopes}, which only access tokens have: send the access \
             token (`access_token`, `AccessToken`).",
            expected.route
        ),
        (_, TokenUse::Access) if expected.ruling.is_some() => format!(
            "This is an access token and {} asks for no scope, which makes it a route for ID tokens: send the ID token \
             (`id_token`, `IdToken`), or give the route a scope.",
            expected.route
        ),
        (Accept::Access, TokenUse::Id) => {
            "This is an ID token: send the access token (`access_token`, `AccessToken`). If the route is meant for ID \
             tokens, as a method without scopes is in API Gateway, the service has to say so: `.accept(TokenUse::Id)`, \
             here `--accept id`.".to_owned()
        }
        (_, _) => {
            "This is an access token: send the ID token (`id_token`, `IdToken`). In API Gateway, a method without scopes \
             takes ID tokens only; here the service decides: `.accept(TokenUse::Access)`, here `--accept access`.".to_owned()
        }
    };
    Advice::new(text)
}

fn other_client(expected: &Expected, stated: &Stated) -> Vec<Advice> {
    let client = stated.text("client_id").or(stated.text("aud")).unwrap_or_default();
    let let_in = match &expected.clients {
        Clients::These(ids) => ids.join(" and "),
        Clients::Unsaid | Clients::Any => String::new(),
    };
    Advice::new(format!(
        "The token was issued to the app client {}, and let in is {}. Sign in with that one, or let this one in: \
         `.client(\"…\")` in the service.",
        printable(client),
        printable(&let_in),
    ))
}

fn denied_token(denied: &Denied, expected: &Expected) -> Vec<Advice> {
    match denied {
        Denied::Scope { granted, .. }
            if granted.iter().next().is_none() && expected.accept == Accept::Either =>
        {
            Advice::new("The token has no scopes. ID tokens never have any: send the access token.")
        }
        Denied::Scope { required, granted } => lacking_scope(&required.scopes(), granted),
        Denied::Group { granted, .. } if granted.iter().next().is_none() => Advice::new(
            "The token has no groups (`cognito:groups`). Add the user to the group, and let them sign in again: tokens keep \
             the groups that they were issued with. Machines have no groups.",
        ),
        Denied::Group { granted, .. } => Advice::new(format!(
            "The user is in: {}. Add them to the group, and let them sign in again: tokens keep the groups that they were \
             issued with.",
            listed(granted)
        )),
        _ => Vec::new(),
    }
}

fn lacking_scope(required: &[&str], granted: &Granted) -> Vec<Advice> {
    let wanted = required.join(" or ");
    let one_name = |scope: &str, other: &str| {
        scope != other && (scope.eq_ignore_ascii_case(other) || last_part(scope) == last_part(other))
    };
    let near = granted.iter().find(|scope| required.iter().any(|wanted| one_name(wanted, scope)));
    if let Some(near) = near {
        return Advice::new(format!(
            "The token has {}, which is near but not the same: scopes are compared to the letter, with their resource \
             server in front. Ask for {wanted} when the token is got, or correct the route.",
            printable(near)
        ));
    }
    if granted.iter().eq([API_SIGN_IN]) {
        return Advice::new(format!(
            "The scope is only {API_SIGN_IN}: the token is from an API sign-in (InitiateAuth, an SDK, Amplify's signIn), \
             which grants no custom scopes. Sign in through the hosted UI (managed login) and ask for {wanted}, or add the \
             scope with a pre-token-generation trigger (version 2)."
        ));
    }
    let has = if granted.iter().next().is_none() {
        "The token has no scopes.".to_owned()
    } else {
        format!("The token has: {}.", listed(granted))
    };
    Advice::new(format!(
        "{has} Allow the app client {wanted} (App clients, login pages, custom scopes; for a machine, the resource server), \
         and ask for it in `scope` when the token is got."
    ))
}

fn last_part(scope: &str) -> &str {
    scope.rsplit('/').next().unwrap_or(scope)
}

fn listed(granted: &Granted) -> String {
    let names: Vec<String> = granted.iter().map(printable).collect();
    printable(&names.join(", "))
}
