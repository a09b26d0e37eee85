//! Advice about the claims of a signed token.

use cognito_verify::{Accept, TokenUse};

use super::Advice;
use crate::{
    explain::{
        case::Case,
        service::{CheckedService, Clients},
        unverified::shown,
    },
    style::printable,
};

/// A token refused by less than this may be refused because of a clock.
const CLOCKS_DIFFER: u64 = 300;

pub(super) fn expired(ago: u64) -> Vec<Advice> {
    let mut advice = Advice::new(
        "Get a fresh token: with the refresh token, by signing in again, or for a machine from the token endpoint. Access \
         and ID tokens are valid for an hour unless the app client says otherwise.",
    );
    if ago < CLOCKS_DIFFER {
        advice.extend(Advice::run(
            "It expired only just now. If fresh tokens are refused too, this machine's clock is ahead; compare it with the \
             pool's:",
            "cognito-authorizer doctor POOL_ID",
        ));
    }
    advice
}

pub(super) fn not_yet_valid(service: &CheckedService) -> Vec<Advice> {
    let pool = service.pools.first().map(ToString::to_string).unwrap_or_default();
    Advice::run(
        "This machine's clock is behind the pool's. Set it right (NTP); `.leeway(…)` is for a few seconds. Compare the \
         clocks:",
        format!("cognito-authorizer doctor {pool}"),
    )
}

pub(super) fn other_use(expected: Accept, found: TokenUse, service: &CheckedService) -> Vec<Advice> {
    let (scopes, route) = (service.scopes.join(" or "), service.route_name());
    Advice::new(match (expected, found) {
        (Accept::Access, TokenUse::Id) if !scopes.is_empty() => format!(
            "This is an ID token, and {route} requires the scope {scopes}, which only access tokens have: send the access \
             token (`access_token`, `AccessToken`)."
        ),
        (_, TokenUse::Access) if service.route.is_some() => format!(
            "This is an access token, and {route} requires no scope, which makes it a route for ID tokens: send the ID token \
             (`id_token`, `IdToken`), or give the route a scope."
        ),
        (Accept::Access, TokenUse::Id) => {
            "This is an ID token: send the access token (`access_token`, `AccessToken`). If the route is meant for ID \
             tokens, as a method without scopes is in API Gateway, the service must be configured so: `.accept(TokenUse::Id)`, \
             here `--accept id`."
                .to_owned()
        }
        (_, _) => {
            "This is an access token: send the ID token (`id_token`, `IdToken`). In API Gateway, a method without scopes \
             accepts only ID tokens; here the service decides: `.accept(TokenUse::Access)`, here `--accept access`."
                .to_owned()
        }
    })
}

pub(super) fn other_client(case: &Case) -> Vec<Advice> {
    let unverified = &case.unverified;
    let client = unverified.text("client_id").or(unverified.text("aud")).unwrap_or_default();
    let accepted = match &case.service.clients {
        Clients::These(ids) => ids.join(" and "),
        Clients::Unsaid | Clients::Any => String::new(),
    };
    Advice::new(format!(
        "The token was issued to the app client {}, and accepted is {}. Sign in with that one, or accept this one: \
         `.client(\"…\")` in the service.",
        printable(client),
        printable(&accepted),
    ))
}

pub(super) fn other_audience(case: &Case) -> Vec<Advice> {
    let audience = case.unverified.claim("aud").map(shown).unwrap_or_default();
    Advice::new(format!(
        "The token is for {audience}, not for this API. Ask for the token with `resource=` this API's identifier, or exchange it for \
         this API. If {audience} is a name of this API, add it to the service: `.resource(\"…\")` or `.audience(\"…\")`, here \
         `--resource` or `--audience`."
    ))
}

pub(super) fn no_audience() -> Vec<Advice> {
    Advice::new(
        "The service accepts only tokens that name it in `aud`. Ask for the token with `resource=` this API's identifier at \
         `/oauth2/authorize` of managed login, or exchange it for this API. Tokens from API sign-ins and of machines have no `aud`. \
         While clients change over, the service can accept both: `.accept_with_or_without_audience()`.",
    )
}
