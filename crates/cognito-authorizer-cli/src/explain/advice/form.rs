//! Advice about what is not a well-formed token.

use super::Advice;
use crate::{
    explain::{
        pasted::{PasteProblem, Pasted},
        unverified::Unverified,
    },
    secret::Secret,
    style::printable,
};

/// The length in base64url of an RS256 signature by a key of 2048 bits, as Cognito's tokens have it.
const SIGNATURE_LENGTH: usize = 342;

/// No request can carry the text.
pub(super) fn unsendable() -> Vec<Advice> {
    white_space()
}

fn white_space() -> Vec<Advice> {
    Advice::run(
        "A token is one word. Line breaks and spaces come from copying out of a terminal or an editor; remove them:",
        "… | tr -d '[:space:]' | cognito-authorizer explain …",
    )
}

/// The request does not have exactly one token.
pub(super) fn no_token(pasted: &Pasted) -> Vec<Advice> {
    match pasted.problem {
        Some(PasteProblem::BearerTwice) => Advice::new(
            "Something puts `Bearer` in front of a value that already has it: leave it out in one of the two places. \
             Clients and test tools with a field for the token add it themselves.",
        ),
        Some(PasteProblem::OtherScheme) => {
            Advice::new("Send the access token: `Authorization: Bearer <token>`.")
        }
        Some(PasteProblem::WhiteSpace) => white_space(),
        Some(PasteProblem::Several) => Advice::new("Send one token, in one `Authorization` header."),
        None if pasted.value.reveal().contains('\t') => {
            Advice::new("There is a tab after `Bearer`: RFC 6750 §2.1 has a space there.")
        }
        None => encoding(pasted),
    }
}

pub(super) fn segments(found: usize) -> Vec<Advice> {
    Advice::new(match found {
        5 => {
            "Five segments are an encrypted token, such as Cognito's refresh token (`refresh_token`, `RefreshToken`). It \
             is only for the token endpoint, never for an API: send the access token."
        }
        1 => "This is not a JWT. Was a key, a session id or the name of a variable sent instead?",
        2 => "The signature is missing, with the dot before it. Copy the whole token.",
        _ => "Send the access token as it was received, and nothing else.",
    })
}

pub(super) fn encoding(pasted: &Pasted) -> Vec<Advice> {
    let token = pasted.token.as_ref().map(Secret::reveal).unwrap_or_default();
    Advice::new(if token.contains('%') {
        "There are `%` signs in it: it was encoded for a URL. Decode it once before it goes into the header."
    } else if token.contains(['+', '/', '=']) {
        "It has characters of plain base64 (`+`, `/`, `=`), but a token is base64url without padding (RFC 7515 §2). \
         Something on its way encoded it again."
    } else if token.contains('…') || token.contains("...") {
        "It was shortened for display. Copy the whole token."
    } else {
        "A character was lost, added or changed on its way. Copy the whole token."
    })
}

pub(super) fn signature(pasted: &Pasted) -> Vec<Advice> {
    let token = pasted.token.as_ref().map(Secret::reveal).unwrap_or_default();
    let length = token.rsplit('.').next().map_or(0, str::len);
    Advice::new(match length {
        SIGNATURE_LENGTH => {
            "Something was changed after the pool signed it: a character lost in copying, a claim edited in a test tool, \
             or a forgery. Get a fresh token and send it as it is."
                .to_owned()
        }
        _ => format!(
            "The signature has {length} characters, and Cognito's have {SIGNATURE_LENGTH}: the token was cut off, or \
             something follows it. Copy the whole token, and nothing else."
        ),
    })
}

pub(super) fn algorithm(unverified: &Unverified) -> Vec<Advice> {
    Advice::new(match unverified.header("alg").unwrap_or_default() {
        none if none.eq_ignore_ascii_case("none") => {
            "`alg` is `none`: the token has no signature, and anyone can write one. Cognito never issues it."
                .to_owned()
        }
        shared @ ("HS256" | "HS384" | "HS512") => format!(
            "`alg` is `{shared}`: signed with a shared secret, as test tools do. Cognito signs with RS256."
        ),
        other => {
            format!("`alg` is `{}`, and Cognito signs with RS256: another issuer made it.", printable(other))
        }
    })
}
