//! Converts answers to Envoy's messages.

use std::collections::HashMap;

use bytes::Bytes;
use cognito_authorizer::Verified;
use envoy_types::pb::{
    envoy::{
        config::core::v3::{HeaderValue as Pair, HeaderValueOption, header_value_option::HeaderAppendAction},
        service::auth::v3::{
            CheckResponse, DeniedHttpResponse, OkHttpResponse, check_response::HttpResponse,
        },
        r#type::v3::HttpStatus,
    },
    google::{
        protobuf::{ListValue, Struct, Value, value::Kind},
        rpc::Status,
    },
};
use http::{HeaderValue, Response, StatusCode};
use serde_json::Value as Json;

use crate::identity::IDENTITY_HEADERS;

/// Whether answers to allowed requests contain dynamic metadata, for Envoy's access logs and RBAC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Metadata {
    /// No metadata. The default.
    #[default]
    Empty,
    /// The claims as a structure `claims`, in the namespace `envoy.filters.http.ext_authz`. They are personal data, so take care
    /// with access logs that print them. Numbers become doubles.
    Claims,
}

/// `google.rpc.Code`: `OK`, `PERMISSION_DENIED`, `UNAUTHENTICATED`, `UNAVAILABLE`.
const OK: i32 = 0;
const PERMISSION_DENIED: i32 = 7;
const UNAVAILABLE: i32 = 14;
const UNAUTHENTICATED: i32 = 16;

/// An allowed request. Every identity header is either set, which replaces the client's, or removed: Envoy removes the named
/// headers *after* it has set the others, so a header must not be in both lists (`.ci/run proxies` shows it with Envoy 1.40).
pub(super) fn allowed(
    values: [HeaderValue; 7],
    verified: Option<&Verified>,
    metadata: Metadata,
) -> CheckResponse {
    let mut ok = OkHttpResponse {
        headers: Vec::with_capacity(IDENTITY_HEADERS.len()),
        headers_to_remove: Vec::with_capacity(IDENTITY_HEADERS.len()),
        ..OkHttpResponse::default()
    };
    for (name, value) in IDENTITY_HEADERS.into_iter().zip(values) {
        if value.is_empty() {
            ok.headers_to_remove.push(name.to_owned());
        } else {
            ok.headers.push(option(name, &value, HeaderAppendAction::OverwriteIfExistsOrAdd));
        }
    }
    let dynamic_metadata = match (metadata, verified) {
        (Metadata::Claims, Some(verified)) => claims(verified),
        _ => None,
    };
    CheckResponse {
        status: Some(status(OK)),
        dynamic_metadata,
        http_response: Some(HttpResponse::OkResponse(ok)),
    }
}

/// A refused request: the layer's response, byte for byte.
pub(super) fn denied(response: Response<Bytes>) -> CheckResponse {
    let (parts, body) = response.into_parts();
    let mut headers = Vec::with_capacity(parts.headers.len());
    for name in parts.headers.keys() {
        // The first value replaces what Envoy would set, such as its own `content-type`.
        let mut action = HeaderAppendAction::OverwriteIfExistsOrAdd;
        for value in parts.headers.get_all(name) {
            headers.push(option(name.as_str(), value, action));
            action = HeaderAppendAction::AppendIfExistsOrAdd;
        }
    }
    let code = match parts.status {
        StatusCode::UNAUTHORIZED => UNAUTHENTICATED,
        status if status.is_server_error() => UNAVAILABLE,
        _ => PERMISSION_DENIED,
    };
    let denied = DeniedHttpResponse {
        status: Some(HttpStatus { code: i32::from(parts.status.as_u16()) }),
        headers,
        // The layer's bodies are text.
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    CheckResponse {
        status: Some(status(code)),
        dynamic_metadata: None,
        http_response: Some(HttpResponse::DeniedResponse(denied)),
    }
}

fn status(code: i32) -> Status {
    Status { code, message: String::new(), details: Vec::new() }
}

fn option(name: &str, value: &HeaderValue, action: HeaderAppendAction) -> HeaderValueOption {
    let (value, raw_value) = match value.to_str() {
        Ok(text) => (text.to_owned(), Vec::new()),
        Err(_) => (String::new(), value.as_bytes().to_vec()),
    };
    HeaderValueOption {
        header: Some(Pair { key: name.to_owned(), value, raw_value }),
        append_action: action.into(),
        keep_empty_value: true,
        ..HeaderValueOption::default()
    }
}

/// `None` if the claims cannot be read as JSON values.
fn claims(verified: &Verified) -> Option<Struct> {
    let claims: Json = verified.claims().ok()?;
    let fields = HashMap::from([("claims".to_owned(), value(claims))]);
    Some(Struct { fields })
}

fn value(json: Json) -> Value {
    let kind = match json {
        Json::Null => Kind::NullValue(0),
        Json::Bool(truth) => Kind::BoolValue(truth),
        Json::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or_default()),
        Json::String(text) => Kind::StringValue(text),
        Json::Array(items) => Kind::ListValue(ListValue { values: items.into_iter().map(value).collect() }),
        Json::Object(members) => Kind::StructValue(Struct {
            fields: members.into_iter().map(|(name, member)| (name, value(member))).collect(),
        }),
    };
    Value { kind: Some(kind) }
}

#[cfg(test)]
mod tests {
    use http::header::{CACHE_CONTROL, WWW_AUTHENTICATE};

    use super::*;

    #[test]
    fn a_denial_has_the_code_of_its_status() {
        for (http, code) in [(401_u16, 16), (403, 7), (404, 7), (418, 7), (302, 7), (500, 14), (503, 14)] {
            let response = Response::builder().status(http).body(Bytes::new()).unwrap();
            let denial = denied(response);
            assert_eq!(denial.status.unwrap().code, code, "{http}");
            let Some(HttpResponse::DeniedResponse(denied)) = denial.http_response else { panic!("a denial") };
            assert_eq!(denied.status.unwrap().code, i32::from(http));
        }
    }

    /// The first value replaces that of Envoy; another one must not replace the first.
    #[test]
    fn a_denial_has_every_value_of_a_header() {
        let response = Response::builder()
            .status(401)
            .header(WWW_AUTHENTICATE, "Bearer")
            .header(CACHE_CONTROL, "no-store")
            .header(WWW_AUTHENTICATE, "Basic");
        let denial = denied(response.body(Bytes::new()).unwrap());
        let Some(HttpResponse::DeniedResponse(denied)) = denial.http_response else { panic!("a denial") };
        let headers = denied.headers.into_iter().map(|option| {
            let action = option.append_action().as_str_name();
            let pair = option.header.unwrap();
            (pair.key, pair.value, action)
        });
        let mut headers: Vec<_> = headers.collect();
        headers.sort_by(|one, other| one.0.cmp(&other.0));
        let [cache, first, second] = &*headers else { panic!("{headers:?}") };
        let (replaces, adds) = ("OVERWRITE_IF_EXISTS_OR_ADD", "APPEND_IF_EXISTS_OR_ADD");
        assert_eq!((&*cache.0, &*cache.1, cache.2), ("cache-control", "no-store", replaces));
        assert_eq!((&*first.0, &*first.1, first.2), ("www-authenticate", "Bearer", replaces));
        assert_eq!((&*second.0, &*second.1, second.2), ("www-authenticate", "Basic", adds));
    }
}
