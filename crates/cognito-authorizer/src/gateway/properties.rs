//! Property tests: random templates and values.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, Uri};
use proptest::{collection::vec, prelude::*, sample::select};

use super::{GatewayResponse, GatewayResponses, PreparedResponses, RequestFacts, ResponseType, TokenPlaces};

/// The values that a client controls.
#[derive(Debug)]
struct Client {
    header: HeaderValue,
    uri: Uri,
    path_parameter: String,
}

fn client() -> impl Strategy<Value = Client> {
    let header =
        vec(any::<u8>(), 0..40).prop_filter_map("no header", |bytes| HeaderValue::from_bytes(&bytes).ok());
    let query =
        vec(any::<u8>(), 0..40).prop_map(|bytes| form_urlencoded::byte_serialize(&bytes).collect::<String>());
    (header, query, any::<String>()).prop_map(|(header, query, path_parameter)| Client {
        header,
        uri: format!("/a/{query}?q={query}").parse().unwrap(),
        path_parameter,
    })
}

/// The variables that a template can name.
const VARIABLES: [&str; 11] = [
    "$context.error.message",
    "$context.error.messageString",
    "$context.error.responseType",
    "$context.error.validationErrorString",
    "$context.requestId",
    "$context.path",
    "$stageVariables.tier",
    "$stageVariables.limit",
    "$method.request.header.x-a",
    "method.request.querystring.q",
    "$method.request.path.id",
];

/// Text between variables.
const BETWEEN: [&str; 26] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":",
    ",",
    "\\",
    "\\u00",
    "41",
    "n",
    "'",
    "<a b=\"",
    "\">",
    "</a>",
    "null",
    "1",
    " ",
    "\n",
    "ä",
    "$",
    "#",
    "#set(",
    "${",
    ".",
    "$context.unknown",
];

fn template() -> impl Strategy<Value = String> {
    prop_oneof![
        // Nearly right.
        vec(prop_oneof![select(&VARIABLES[..]), select(&BETWEEN[..])], 0..12)
            .prop_map(|pieces| pieces.concat()),
        // An object of strings and values, which is always JSON.
        vec((select(&VARIABLES[..]), any::<bool>()), 0..6).prop_map(|members| {
            let member = |(variable, quoted): &(&str, bool)| {
                if *quoted { format!(r#""a":" {variable} ""#) } else { format!(r#""a": {variable}"#) }
            };
            format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
        }),
        any::<String>(),
    ]
}

fn prepare(response: GatewayResponse) -> Option<PreparedResponses> {
    let responses = GatewayResponses::new()
        .response(ResponseType::Unauthorized, response)
        .stage_variable("tier", "gold")
        .stage_variable("limit", "3");
    responses.prepare(TokenPlaces::default()).ok()
}

fn render(prepared: &PreparedResponses, client: &Client, message: Option<&str>) -> Response<bytes::Bytes> {
    let headers = HeaderMap::from_iter([(HeaderName::from_static("x-a"), client.header.clone())]);
    let facts = RequestFacts {
        request_id: Some("id"),
        extended_request_id: Some("extended="),
        method: &Method::GET,
        uri: &client.uri,
        headers: &headers,
        resource_path: None,
        path_parameters: &[("id", &client.path_parameter)],
    };
    prepared.render(ResponseType::Unauthorized, StatusCode::UNAUTHORIZED, message, &facts)
}

proptest! {
    #[test]
    fn a_json_template_makes_json_whatever_the_values(
        template in template(),
        client in client(),
        message in any::<Option<String>>(),
    ) {
        if let Some(prepared) = prepare(GatewayResponse::new().template("application/json", template)) {
            let response = render(&prepared, &client, message.as_deref());
            let parsed = serde_json::from_slice::<serde_json::Value>(response.body());
            prop_assert!(parsed.is_ok(), "{:?}", response.body());
        }
    }

    #[test]
    fn no_value_ends_an_element_or_an_attribute(client in client(), message in any::<String>()) {
        let template = "<a title=\"$context.error.message\" title='$method.request.header.x-a'>$method.request.querystring.q\
                        $method.request.path.id</a>";
        let prepared = prepare(GatewayResponse::new().template("text/html", template)).unwrap();
        let response = render(&prepared, &client, Some(&message));
        let body = std::str::from_utf8(response.body()).unwrap();
        for (character, times) in [('<', 2), ('>', 2), ('"', 2), ('\'', 2), ('\0', 0), ('\r', 0)] {
            prop_assert_eq!(body.matches(character).count(), times, "{}", body);
        }
    }

    #[test]
    fn headers_are_visible_ascii_and_short(client in client(), message in any::<String>()) {
        let response = GatewayResponse::new()
            .header("a", "method.request.header.x-a")
            .header("b", "method.request.querystring.q")
            .header("c", "method.request.path.id")
            .header("d", "context.path")
            .header("e", "context.error.message");
        let response = render(&prepare(response).unwrap(), &client, Some(&message));
        for (name, value) in response.headers() {
            prop_assert!(value.as_bytes().iter().all(|b| matches!(b, b'\t' | b' '..=b'~')), "{}", name);
            prop_assert!(value.len() <= 1024.max(message.len()), "{}", name);
        }
    }

    #[test]
    fn no_text_panics(text in template(), other in any::<String>(), client in client()) {
        for media_type in ["application/json", "text/html", "text/plain", &other] {
            if let Some(prepared) = prepare(GatewayResponse::new().template(media_type, &*text)) {
                let _ = render(&prepared, &client, None);
            }
        }
        let _ = prepare(GatewayResponse::new().header(&*other, &*text));
        let _ = prepare(GatewayResponse::new().header("a", format!("'{other}'")));
    }
}
