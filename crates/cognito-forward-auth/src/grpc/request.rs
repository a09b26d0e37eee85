//! Restores the original request from Envoy's message.

use envoy_types::pb::envoy::service::auth::v3::{CheckRequest, attribute_context::HttpRequest};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request,
    header::{CONTENT_TYPE, HOST},
    request::Parts,
};

use crate::{
    carrier::{Unclear, origin_form},
    form::Form,
};

/// The message has no request that an HTTP server would accept.
#[derive(Debug)]
pub(super) struct BadRequest {
    /// How the client of that request reads the answer.
    pub(super) form: Form,
}

/// The original request. Envoy sends every header unless it is configured otherwise.
pub(super) fn original(check: CheckRequest) -> Result<Parts, BadRequest> {
    let http = check.attributes.and_then(|attributes| attributes.request).and_then(|request| request.http);
    let http = http.ok_or(BadRequest { form: Form::Json })?;
    let form = form(&http);
    parts(http).map_err(|_unclear| BadRequest { form })
}

/// The form of a request that may not be accepted. Only calls look for their content type here.
fn form(http: &HttpRequest) -> Form {
    if http.method != Method::POST.as_str() {
        return Form::Json;
    }
    let is_type = |name: &str| name.eq_ignore_ascii_case(CONTENT_TYPE.as_str());
    let joined = http.headers.iter().filter(|(name, _)| is_type(name)).map(|(_, value)| value.as_bytes());
    let raw = http.header_map.iter().flat_map(|map| &map.headers).filter(|header| is_type(&header.key));
    let raw = raw.map(|header| match &*header.raw_value {
        [] => header.value.as_bytes(),
        bytes => bytes,
    });
    let mut types = raw.chain(joined);
    match (types.next(), types.next()) {
        (Some(only), None) => Form::of_call(only),
        _ => Form::Json,
    }
}

fn parts(http: HttpRequest) -> Result<Parts, Unclear> {
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
    // A map has a maximum size. `with_capacity`, `append` and `insert` panic beyond it.
    let mut headers =
        HeaderMap::try_with_capacity(raw.len() + joined.len()).map_err(|_| Unclear::BadRequest)?;
    for (name, value) in raw.chain(joined) {
        // Pseudo-headers such as `:method` are not headers here.
        if name.starts_with(':') {
            continue;
        }
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| Unclear::BadRequest)?;
        let value = HeaderValue::from_maybe_shared(bytes::Bytes::from(value));
        headers.try_append(name, value.map_err(|_| Unclear::BadRequest)?).map_err(|_| Unclear::BadRequest)?;
    }
    if !http.host.is_empty() && !headers.contains_key(HOST) {
        let host = HeaderValue::try_from(http.host).map_err(|_| Unclear::BadRequest)?;
        headers.try_insert(HOST, host).map_err(|_| Unclear::BadRequest)?;
    }
    Ok(headers)
}
