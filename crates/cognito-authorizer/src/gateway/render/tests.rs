use http::{HeaderMap, Method, Uri};

use super::*;
use ResponseType::{
    AccessDenied, AuthorizerConfigurationError, AuthorizerFailure, Default4xx, Default5xx, Unauthorized,
};

fn request(headers: &[(&'static str, &str)]) -> HeaderMap {
    headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
}

/// Status, headers in their order, body.
fn render(responses: &GatewayResponses, response_type: ResponseType, headers: &HeaderMap) -> String {
    let secret = HeaderName::from_static("x-token");
    let secrets = TokenPlaces { headers: vec![&secret], parameters: Vec::new() };
    let prepared = responses.clone().prepare(secrets).unwrap();
    let facts = RequestFacts {
        request_id: Some("id"),
        extended_request_id: Some("extended="),
        method: &Method::GET,
        uri: &Uri::from_static("/orders?q=a%0D%0Aset-cookie:%20b"),
        headers,
        resource_path: Some("/orders"),
        path_parameters: &[],
    };
    let built_in = response_type.default_status().unwrap();
    let response = prepared.render(response_type, built_in, Some("No"), &facts);
    let mut text = vec![response.status().as_str().to_owned()];
    text.extend(response.headers().iter().map(|(name, value)| format!("{name}={}", value.to_str().unwrap())));
    text.push(String::from_utf8(response.body().to_vec()).unwrap());
    text.join(" ")
}

fn error(response: GatewayResponse) -> String {
    let responses = GatewayResponses::new().response(Unauthorized, response);
    responses.prepare(TokenPlaces::default()).unwrap_err().to_string()
}

#[test]
fn nothing_customised_is_the_built_in_response() {
    let prepared = GatewayResponses::new().prepare(TokenPlaces::default()).unwrap();
    let (headers, uri) = (HeaderMap::new(), Uri::from_static("/"));
    let facts = RequestFacts {
        request_id: None,
        extended_request_id: None,
        method: &Method::GET,
        uri: &uri,
        headers: &headers,
        resource_path: None,
        path_parameters: &[],
    };
    for (response_type, status, message, body) in [
        (Unauthorized, 401, Some("Unauthorized"), r#"{"message":"Unauthorized"}"#),
        (
            Unauthorized,
            401,
            Some("The incoming token has expired"),
            r#"{"message":"The incoming token has expired"}"#,
        ),
        (AuthorizerConfigurationError, 500, None, r#"{"message":null}"#),
    ] {
        let status = StatusCode::from_u16(status).unwrap();
        let response = prepared.render(response_type, status, message, &facts);
        assert_eq!(response.status(), status);
        assert_eq!(response.headers(), &request(&[("content-type", "application/json")]));
        assert_eq!(response.body(), body);
    }
    assert_eq!(r#"{"message":"Unauthorized"}"#.len(), 26);
}

#[test]
fn the_type_then_its_default_then_the_built_in_response_counts() {
    let body = |name: &str| GatewayResponse::new().header("a", format!("'{name}'"));
    let responses = GatewayResponses::new()
        .response(Unauthorized, body("own"))
        .response(Default4xx, body("4xx").status(418).template("text/plain", "$context.error.responseType"));
    for (response_type, expected) in [
        // Customised itself, so the default's status and body do not count.
        (Unauthorized, r#"401 content-type=application/json a=own {"message":"No"}"#),
        (AccessDenied, "418 content-type=text/plain a=4xx ACCESS_DENIED"),
        (AuthorizerFailure, r#"500 content-type=application/json {"message":"No"}"#),
    ] {
        assert_eq!(render(&responses, response_type, &HeaderMap::new()), expected);
    }
    let responses = responses.response(Default5xx, body("5xx"));
    let expected = r#"500 content-type=application/json a=5xx {"message":"No"}"#;
    assert_eq!(render(&responses, AuthorizerFailure, &HeaderMap::new()), expected);
}

#[test]
fn a_header_is_a_text_or_a_variable() {
    let headers = request(&[
        ("origin", "https://a.example"),
        ("authorization", "Bearer secret"),
        ("x-token", "secret"),
        ("x-tab", "a\tb"),
    ]);
    let response = GatewayResponse::new()
        .header("Access-Control-Allow-Origin", "'*'")
        .header("gatewayresponse.header.X-Origin", "method.request.header.Origin")
        .header("x-quoted", "'Basic realm='a''")
        .header("x-empty", "''")
        .header("x-query", "method.request.querystring.q")
        .header("x-absent", "method.request.header.absent")
        .header("x-token", "method.request.header.Authorization")
        .header("x-token2", "method.request.header.X-Token")
        .header("x-tab", "method.request.header.x-tab")
        .header("x-type", "context.error.responseType")
        .header("x-stage", "stageVariables.tier");
    let responses = GatewayResponses::new().response(Unauthorized, response).stage_variable("tier", "a=b");
    assert_eq!(
        render(&responses, Unauthorized, &headers),
        "401 content-type=application/json access-control-allow-origin=* x-origin=https://a.example \
         x-quoted=Basic realm='a' x-empty= x-query=aset-cookie: b x-tab=a\tb x-type=UNAUTHORIZED x-stage=a=b \
         {\"message\":\"No\"}"
    );
}

#[test]
fn a_status_without_content_has_no_body() {
    for status in [204, 205, 304] {
        let response = GatewayResponse::new().status(status).header("a", "'b'");
        let responses = GatewayResponses::new().response(Unauthorized, response);
        assert_eq!(render(&responses, Unauthorized, &HeaderMap::new()), format!("{status} a=b "));
    }
}

#[test]
fn the_client_s_accept_header_chooses_the_template() {
    let response = GatewayResponse::new()
        .template("text/plain", "plain")
        .template("text/html; charset=utf-8", "html")
        .template("application/json", "\"json\"");
    let responses = GatewayResponses::new().response(Unauthorized, response);
    for (accept, expected) in [
        (&[][..], "application/json \"json\""),
        (&[("accept", "*/*")], "application/json \"json\""),
        (&[("accept", "image/png")], "application/json \"json\""),
        (&[("accept", "text/*")], "text/plain plain"),
        (&[("accept", "text/html, */*;q=0.1")], "text/html; charset=utf-8 html"),
        (&[("accept", "text/plain;q=0.2, text/html;q=0.9")], "text/html; charset=utf-8 html"),
    ] {
        let expected = format!("401 content-type={expected}");
        assert_eq!(render(&responses, Unauthorized, &request(accept)), expected);
    }
    let response = GatewayResponse::new().template("text/html", "html").template("text/plain", "plain");
    let responses = GatewayResponses::new().response(Unauthorized, response);
    assert_eq!(render(&responses, Unauthorized, &HeaderMap::new()), "401 content-type=text/html html");
}

#[test]
fn a_mistake_says_where_it_is_and_how_to_fix_it() {
    let new = GatewayResponse::new;
    expect_test::expect![[r#"
        gateway response UNAUTHORIZED, status: 99 is not a status that ends a request; give 200 to 599
        gateway response UNAUTHORIZED, status: 101 is not a status that ends a request; give 200 to 599
        gateway response UNAUTHORIZED, status: 600 is not a status that ends a request; give 200 to 599
        gateway response UNAUTHORIZED, header `a b`: this is not a header name; give letters, digits and `-`
        gateway response UNAUTHORIZED, header `Content-Length`: this header follows from the connection and the body; leave it out
        gateway response UNAUTHORIZED, header `Transfer-Encoding`: this header follows from the connection and the body; leave it out
        gateway response UNAUTHORIZED, header `content-type`: this header follows from the template; give the template by `.template("<media type>", …)`
        gateway response UNAUTHORIZED, header `a`: the header is set twice; set it once
        gateway response UNAUTHORIZED, header `a`: "*" is not a header's value; give a text of visible ASCII in single quotes, or one of `method.request.{header,querystring,path}.<name>`, `context.<name>` and `stageVariables.<name>`
        gateway response UNAUTHORIZED, header `a`: "'" is not a header's value; give a text of visible ASCII in single quotes, or one of `method.request.{header,querystring,path}.<name>`, `context.<name>` and `stageVariables.<name>`
        gateway response UNAUTHORIZED, header `a`: "'x\ny'" is not a header's value; give a text of visible ASCII in single quotes, or one of `method.request.{header,querystring,path}.<name>`, `context.<name>` and `stageVariables.<name>`
        gateway response UNAUTHORIZED, header `a`: "'é'" is not a header's value; give a text of visible ASCII in single quotes, or one of `method.request.{header,querystring,path}.<name>`, `context.<name>` and `stageVariables.<name>`
        gateway response UNAUTHORIZED, header `a`: `context.identity.sourceIp` cannot be used here; use `$context.error.message`, `.messageString`, `.responseType` or `.validationErrorString`, `$context.requestId`, `.extendedRequestId`, `.httpMethod`, `.path`, `.resourcePath` or `.stage`, `$stageVariables.<name>`, or `$method.request.{header,querystring,path}.<name>`
        gateway response UNAUTHORIZED, header `a`: the stage variable `none` is not set; set it by `GatewayResponses::stage_variable`
        gateway response UNAUTHORIZED, template for `json`: this is not a media type; one reads like `application/json`
        gateway response UNAUTHORIZED, template for `Text/HTML;charset=utf-8`: the media type has two templates; give one
        gateway response UNAUTHORIZED, template for `application/json`: the template does not produce JSON (line 1, column 2, with `null` for each variable outside a string and `z` inside); quote names and texts by `"`, or give it the media type `text/plain`
        gateway response UNAUTHORIZED, template for `text/javascript`: this is a script or a style sheet, which browsers run; give it as `application/json`, `text/plain` or `text/html`
        gateway response UNAUTHORIZED, template for `text/css`: this is a script or a style sheet, which browsers run; give it as `application/json`, `text/plain` or `text/html`
        gateway response UNAUTHORIZED, template for `text/html; charset=utf-7`: the body is sent in UTF-8 and not in `utf-7`; write `charset=utf-8` once, or leave it out
        gateway response UNAUTHORIZED, template for `text/csv`: `method.request.querystring.q` is chosen by the client, and values cannot be escaped in this media type; leave it out, or use JSON, XML, `text/html` or `text/plain`
        gateway response UNAUTHORIZED, template for `text/html`: `context.path` is chosen by the client and is in the attribute `href`, on which browsers may act, as on a URL; write it in the text of an element, or in a quoted attribute that is only shown, such as `title`
        gateway response UNAUTHORIZED, template for `text/html`: `context.path` is in an attribute without quotes, where no value is safe; write it in the text of an element, or in a quoted attribute such as `title`
        gateway response UNAUTHORIZED, template for `text/html`: `method.request.header.x` is in a script or a style sheet, where no value is safe; write it in the text of an element, or in a quoted attribute such as `title`
        gateway response UNAUTHORIZED, template for `text/html`: `method.request.path.id` is in or after an element whose content browsers read in more than one way, such as `noscript`, where no value is safe; write it in the text of an element, or in a quoted attribute such as `title`
        gateway response UNAUTHORIZED, template for `text/plain`: `$context.stage` is not set; set it by `GatewayResponses::stage`
        gateway response UNAUTHORIZED, template for `text/plain`: `#set` is Velocity, which gateway responses do not support; write text and plain `$variables`
        gateway response UNAUTHORIZED, template for `text/plain`: `input.body` cannot be used here; use `$context.error.message`, `.messageString`, `.responseType` or `.validationErrorString`, `$context.requestId`, `.extendedRequestId`, `.httpMethod`, `.path`, `.resourcePath` or `.stage`, `$stageVariables.<name>`, or `$method.request.{header,querystring,path}.<name>`
        gateway response UNAUTHORIZED, template for `text/plain`: the template has more than 64 variables; use fewer
        gateway response UNAUTHORIZED is customised twice; make one `GatewayResponse` of the two
        `.stage("a b")` is not a stage; give letters, digits, `_` and `-`, 128 at most
        the stage variable `a-b` cannot be `c`; a name has letters, digits and `_`, and a value has those or any of `-._~:/?#&=,`
        the stage variable `a` cannot be `"`; a name has letters, digits and `_`, and a value has those or any of `-._~:/?#&=,`
        the stage variable `a` is given twice; give it once"#]].assert_eq(
        &[
            error(new().status(99)),
            error(new().status(101)),
            error(new().status(600)),
            error(new().header("a b", "'*'")),
            error(new().header("Content-Length", "'1'")),
            error(new().header("Transfer-Encoding", "'chunked'")),
            error(new().header("content-type", "'text/html'")),
            error(new().header("A", "'1'").header("a", "'2'")),
            error(new().header("a", "*")),
            error(new().header("a", "'")),
            error(new().header("a", "'x\ny'")),
            error(new().header("a", "'é'")),
            error(new().header("a", "context.identity.sourceIp")),
            error(new().header("a", "stageVariables.none")),
            error(new().template("json", "1")),
            error(new().template("text/html", "").template("Text/HTML;charset=utf-8", "")),
            error(new().template("application/json", "{'message':\n1}")),
            error(new().template("text/javascript", "go()")),
            error(new().template("text/css", "")),
            error(new().template("text/html; charset=utf-7", "")),
            error(new().template("text/csv", "$method.request.querystring.q")),
            error(new().template("text/html", "<a href=\"$context.path\">")),
            error(new().template("text/html", "<p title=$context.path>")),
            error(new().template("text/html", "<script>a = \"$method.request.header.x\"</script>")),
            error(new().template("text/html", "<noscript>$method.request.path.id</noscript>")),
            error(new().template("text/plain", "$context.stage")),
            error(new().template("text/plain", "#set($a = 1)")),
            error(new().template("text/plain", "$input.body")),
            error(new().template("text/plain", "$context.path ".repeat(65))),
            GatewayResponses::new()
                .response(Unauthorized, new())
                .response(Unauthorized, new())
                .prepare(TokenPlaces::default())
                .unwrap_err()
                .to_string(),
            GatewayResponses::new().stage("a b").prepare(TokenPlaces::default()).unwrap_err().to_string(),
            GatewayResponses::new().stage_variable("a-b", "c").prepare(TokenPlaces::default()).unwrap_err().to_string(),
            GatewayResponses::new().stage_variable("a", "\"").prepare(TokenPlaces::default()).unwrap_err().to_string(),
            GatewayResponses::new()
                .stage_variable("a", "1")
                .stage_variable("a", "2")
                .prepare(TokenPlaces::default())
                .unwrap_err()
                .to_string(),
        ]
        .join("\n"),
    );
}
