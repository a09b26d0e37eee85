//! Restores the original request from Envoy's message.

use envoy_types::pb::envoy::service::auth::v3::{CheckRequest, attribute_context::HttpRequest};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header::HOST, request::Parts};

use crate::carrier::{Unclear, origin_form};

/// The original request. Envoy sends every header unless it is configured otherwise.
pub(super) fn original(check: CheckRequest) -> Result<Parts, Unclear> {
    let http = check.attributes.and_then(|attributes| attributes.request).and_then(|request| request.http);
    let http = http.ok_or(Unclear::BadRequest)?;
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.method = Method::from_bytes(http.method.as_bytes()).map_err(|_| Unclear::BadRequest)?;
    parts.uri = origin_form(http.path.as_bytes())?;
    parts.headers = headers(http)?;
    Ok(parts)
}

fn headers(http: HttpRequest) -> Result<HeaderMap, Unclear> {
    // With `encode_raw_headers`, the values are bytes, and a name may occur twice.
    let raw = http.header_map.unwrap_or_default().headers.into_iter().map(|header| {
        let value = if header.raw_value.is_empty() { header.value.into_bytes() } else { header.raw_value };
        (header.key, value)
    });
    let joined = http.headers.into_iter().map(|(name, value)| (name, value.into_bytes()));
    let mut headers = HeaderMap::with_capacity(raw.len() + joined.len());
    for (name, value) in raw.chain(joined) {
        // Pseudo-headers such as `:method` are not headers here.
        if name.starts_with(':') {
            continue;
        }
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| Unclear::BadRequest)?;
        let value = HeaderValue::from_maybe_shared(bytes::Bytes::from(value));
        headers.append(name, value.map_err(|_| Unclear::BadRequest)?);
    }
    if !http.host.is_empty() && !headers.contains_key(HOST) {
        headers.insert(HOST, HeaderValue::try_from(http.host).map_err(|_| Unclear::BadRequest)?);
    }
    Ok(headers)
}
