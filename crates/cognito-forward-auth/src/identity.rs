//! The headers that tell the backend who the caller is.

use std::fmt::Write;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito_authorizer::{TokenUse, Verified};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::value::RawValue;

/// The headers that tell the backend who the caller is. The answer to every allowed request has all of them, empty if there is no value,
/// so that a proxy that copies them also replaces the client's.
///
/// | header | value |
/// |---|---|
/// | `x-cognito-subject` | [`Verified::subject`] |
/// | `x-cognito-client-id` | [`Verified::client_id`] |
/// | `x-cognito-username` | [`Verified::username`]; empty for machines |
/// | `x-cognito-scope` | the scopes, separated by spaces |
/// | `x-cognito-groups` | the groups, separated by commas |
/// | `x-cognito-token-use` | `access` or `id` |
/// | `x-cognito-claims` | empty, or all claims as base64url JSON; see [`ClaimsHeader`] |
///
/// Bytes other than visible ASCII, and `%`, are percent-encoded as in RFC 3986 §2.1, and so is a comma in a group's name. A
/// value therefore never breaks a header, and decoding gives the claim itself.
pub const IDENTITY_HEADERS: [&str; 7] = [
    "x-cognito-subject",
    "x-cognito-client-id",
    "x-cognito-username",
    "x-cognito-scope",
    "x-cognito-groups",
    "x-cognito-token-use",
    "x-cognito-claims",
];

/// No value.
const EMPTY: HeaderValue = HeaderValue::from_static("");

/// Whether answers to allowed requests contain the claims.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClaimsHeader {
    /// `x-cognito-claims` is empty. The default.
    #[default]
    Empty,
    /// `x-cognito-claims` has the token's payload as base64url JSON without padding. Proxies limit the size of headers; a token
    /// of 16 KiB does not fit the default of most.
    Base64Url,
}

/// The headers of allowed answers. Their names are hashed once, and not for each answer.
#[derive(Clone, Debug)]
pub(crate) struct IdentityHeaders {
    /// All of [`IDENTITY_HEADERS`], with empty values.
    empty: HeaderMap,
    /// For each header of `empty`, in the order of its iteration: its index in [`IDENTITY_HEADERS`].
    indices: Vec<usize>,
}

impl IdentityHeaders {
    pub(crate) fn new() -> Self {
        let names = IDENTITY_HEADERS.map(HeaderName::from_static);
        let empty: HeaderMap = names.iter().cloned().map(|name| (name, EMPTY)).collect();
        let indices = empty.keys().filter_map(|name| names.iter().position(|other| other == name)).collect();
        Self { empty, indices }
    }

    /// The headers with these values, which are in the order of [`IDENTITY_HEADERS`].
    pub(crate) fn headers(&self, mut values: [HeaderValue; 7]) -> HeaderMap {
        // A clone is iterated in the same order.
        let mut headers = self.empty.clone();
        for (slot, index) in headers.values_mut().zip(&self.indices) {
            if let Some(value) = values.get_mut(*index) {
                std::mem::swap(slot, value);
            }
        }
        headers
    }
}

/// The values of [`IDENTITY_HEADERS`], in that order. `None` is an open route, a preflight, or an anonymous request where
/// a token is optional.
pub(crate) fn values(verified: Option<&Verified>, claims: ClaimsHeader) -> [HeaderValue; 7] {
    let Some(verified) = verified else { return [EMPTY; 7] };
    let token_use = match verified.token_use() {
        TokenUse::Access => "access",
        TokenUse::Id => "id",
        _ => "",
    };
    [
        plain(verified.subject()),
        plain(verified.client_id()),
        plain(verified.username().unwrap_or_default()),
        list(verified.scopes().iter(), ' '),
        list(verified.groups(), ','),
        HeaderValue::from_static(token_use),
        match claims {
            ClaimsHeader::Empty => EMPTY,
            ClaimsHeader::Base64Url => encoded_claims(verified),
        },
    ]
}

fn plain(text: &str) -> HeaderValue {
    if is_safe(text, None) { value(text) } else { list([text], ',') }
}

fn list<'v>(items: impl IntoIterator<Item = &'v str>, separator: char) -> HeaderValue {
    let mut items = items.into_iter().peekable();
    // Most tokens have one scope or group, whose text is the value.
    if let Some(first) = items.next() {
        if items.peek().is_none() && is_safe(first, Some(separator)) {
            return value(first);
        }
        let mut text = String::with_capacity(64);
        push_encoded(&mut text, first, separator);
        for item in items {
            text.push(separator);
            push_encoded(&mut text, item, separator);
        }
        return value(&text);
    }
    EMPTY
}

/// Whether the text needs no encoding.
fn is_safe(text: &str, separator: Option<char>) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'%' && Some(char::from(byte)) != separator)
}

fn push_encoded(text: &mut String, item: &str, separator: char) {
    for byte in item.bytes() {
        let character = char::from(byte);
        if byte.is_ascii_graphic() && byte != b'%' && character != separator {
            text.push(character);
        } else {
            // Writing to a string does not fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
}

/// Encoded text is visible ASCII with spaces, which every header value may be.
fn value(encoded: &str) -> HeaderValue {
    if encoded.is_empty() { EMPTY } else { HeaderValue::from_str(encoded).unwrap_or(EMPTY) }
}

fn encoded_claims(verified: &Verified) -> HeaderValue {
    let json: Result<&RawValue, _> = verified.claims();
    json.map_or(EMPTY, |json| value(&URL_SAFE_NO_PAD.encode(json.get())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_never_breaks_a_header_and_decodes_to_the_claim() {
        for (text, expected) in [
            ("ada", "ada"),
            ("", ""),
            ("josé", "jos%C3%A9"),
            ("100%", "100%25"),
            ("a\r\nx-cognito-groups: admin", "a%0D%0Ax-cognito-groups:%20admin"),
            (" padded ", "%20padded%20"),
            ("tab\tnul\0", "tab%09nul%00"),
        ] {
            assert_eq!(plain(text), expected, "{text:?}");
        }
    }

    #[test]
    fn each_value_is_that_of_its_header() {
        let numbers = ["1", "2", "3", "4", "5", "6", "7"];
        let headers = IdentityHeaders::new().headers(numbers.map(HeaderValue::from_static));
        assert_eq!(headers.len(), IDENTITY_HEADERS.len());
        for (name, number) in IDENTITY_HEADERS.into_iter().zip(numbers) {
            assert_eq!(headers.get(name).map(HeaderValue::as_bytes), Some(number.as_bytes()), "{name}");
        }
    }

    #[test]
    fn a_comma_in_a_group_is_not_a_separator() {
        for (groups, expected) in [
            (vec![], ""),
            (vec!["ops"], "ops"),
            (vec!["a,admin"], "a%2Cadmin"),
            (vec!["a", "admin"], "a,admin"),
            (vec!["é", "x"], "%C3%A9,x"),
        ] {
            assert_eq!(list(groups.clone(), ','), expected, "{groups:?}");
        }
        assert_eq!(list(["orders/read", "a,b"], ' '), "orders/read a,b");
    }
}
