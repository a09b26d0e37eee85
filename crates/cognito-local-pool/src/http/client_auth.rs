//! Which app client a request is from (RFC 6749 §2.3), and forms.

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::single;
use crate::client::AppClient;
use crate::parameters::Parameters;
use crate::pool::LocalPool;

/// Why a request is not a client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotAClient {
    /// It names no client, or two.
    Malformed,
    /// The client is unknown, or the secret is not its own.
    Unknown,
}

/// The client that the request is from, by Basic authentication or by the form, but not by both (RFC 6749 §2.3).
pub(super) fn client<'a>(
    pool: &'a LocalPool,
    headers: &HeaderMap,
    form: &Parameters,
) -> Result<&'a AppClient, NotAClient> {
    let (id, secret) = if headers.contains_key(AUTHORIZATION) {
        let (id, secret) = basic(headers).ok_or(NotAClient::Unknown)?;
        if form.get("client_secret").is_some() || form.get("client_id").is_some_and(|other| other != id) {
            return Err(NotAClient::Malformed);
        }
        (id, Some(secret))
    } else {
        let id = form.get("client_id").ok_or(NotAClient::Malformed)?;
        (id.to_owned(), form.owned("client_secret"))
    };
    let client = pool.client(&id).ok_or(NotAClient::Unknown)?;
    // A public client has nothing to show; `id:` in a Basic header shows nothing.
    let secret = secret.as_deref().filter(|secret| client.has_secret() || !secret.is_empty());
    if client.accepts_secret(secret) { Ok(client) } else { Err(NotAClient::Unknown) }
}

/// The parameters of a form, if it says that it is one and has none of them twice.
pub(super) fn form(headers: &HeaderMap, body: &[u8]) -> Option<Parameters> {
    let media_type = single(headers, CONTENT_TYPE.as_str()).and_then(|value| value.split(';').next());
    let is_form =
        media_type.is_some_and(|it| it.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"));
    if is_form { Parameters::parse(body).ok() } else { None }
}

/// Id and secret of a Basic header, both form-encoded within it (RFC 6749 §2.3.1).
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, credentials) = single(headers, AUTHORIZATION.as_str())?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let credentials = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (id, secret) = credentials.split_once(':')?;
    Some((form_decoded(id), form_decoded(secret)))
}

fn form_decoded(text: &str) -> String {
    // `=` and `&` would end the name of a parameter, and are data here.
    let text = text.replace('=', "%3D").replace('&', "%26");
    form_urlencoded::parse(text.as_bytes()).map(|(name, _)| name.into_owned()).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn a_basic_header_is_decoded_twice() {
        let read = |text: &str| {
            let value = HeaderValue::from_str(text).unwrap();
            basic(&HeaderMap::from_iter([(AUTHORIZATION, value)]))
        };
        let header = |scheme: &str, credentials: &str| format!("{scheme} {}", STANDARD.encode(credentials));
        let pair = |id: &str, secret: &str| Some((id.to_owned(), secret.to_owned()));
        assert_eq!(read(&header("Basic", "id:secret")), pair("id", "secret"));
        assert_eq!(read(&header("basic", "id:a%2Bb%3Ac+d")), pair("id", "a+b:c d"));
        assert_eq!(read(&header("Basic", "id:a=b&c:d")), pair("id", "a=b&c:d"));
        assert_eq!(read(&header("Basic", "id:")), pair("id", ""));
        assert_eq!(read(&header("Basic", "no colon")), None);
        assert_eq!(read(&header("Bearer", "id:secret")), None);
        assert_eq!(read("Basic ???"), None);
    }
}
