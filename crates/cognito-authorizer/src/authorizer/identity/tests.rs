use http::{HeaderValue, Method, Request};

use super::{
    value::{AROUND, is_token},
    *,
};

const LIMIT: usize = 100;

fn found(
    source: &IdentitySource,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<String, IdentityError> {
    let token = source.token(RequestHead { method, uri, headers }, LIMIT)?;
    Ok(String::from_utf8(token.into_owned()).unwrap())
}

/// What the source finds in a request with these headers, each `name: value`.
fn in_request(source: &IdentitySource, method: &Method, lines: &[&str]) -> Result<String, IdentityError> {
    let mut request = Request::new(());
    for (name, value) in lines.iter().map(|line| line.split_once(": ").unwrap()) {
        let name: HeaderName = name.parse().unwrap();
        request.headers_mut().append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    found(source, method, request.uri(), request.headers())
}

fn in_header(values: &[&[u8]]) -> Result<String, IdentityError> {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
    }
    found(&IdentitySource::default(), &Method::GET, &Uri::default(), &headers)
}

fn in_query(query: &str) -> Result<String, IdentityError> {
    let source = IdentitySource::query_parameter("token").unwrap();
    found(&source, &Method::GET, &format!("/?{query}").parse().unwrap(), &HeaderMap::new())
}

#[test]
fn a_token_follows_bearer_or_has_no_scheme() {
    for value in ["Bearer a.b.c", "bearer a.b.c", "BEARER   a.b.c", "a.b.c", "  a.b.c ", "\tBearer a.b.c\t"] {
        assert_eq!(in_header(&[value.as_bytes()]).as_deref(), Ok("a.b.c"), "{value:?}");
    }
    for query in ["token=a.b.c", "x=1&token=a.b.c&Token=d", "token=Bearer+a.b.c", "token=Bearer%20a%2Eb.c"] {
        assert_eq!(in_query(query).as_deref(), Ok("a.b.c"), "{query:?}");
    }
}

#[test]
fn anything_else_has_its_error() {
    use IdentityError::{Missing, NotText, OtherScheme, SeveralHeaders, SeveralParameters, SeveralTokens};
    for (value, error) in [
        ("", Missing),
        ("   ", Missing),
        ("Bearer", Missing),
        ("bearer  ", Missing),
        ("Basic dXNlcjpwYXNz", OtherScheme),
        ("Bearer2 a.b.c", OtherScheme),
        ("Bearer\ta.b.c", SeveralTokens),
        ("Bearer \ta.b.c", SeveralTokens),
        ("Bearer a.b.c d.e.f", SeveralTokens),
        ("Bearer a.b.c, Bearer d.e.f", SeveralTokens),
        ("Bearer a.b.c,d.e.f", SeveralTokens),
        ("a.b.c d.e.f", SeveralTokens),
        ("a.b.c,d.e.f", SeveralTokens),
        ("Bearer Bearer a.b.c", SeveralTokens),
    ] {
        assert_eq!(in_header(&[value.as_bytes()]), Err(error), "{value:?}");
    }
    assert_eq!(in_header(&[]), Err(Missing));
    assert_eq!(in_header(&[b"Bearer a.b.c", b"Bearer a.b.c"]), Err(SeveralHeaders));
    assert_eq!(in_header(&[b"", b"Bearer a.b.c"]), Err(SeveralHeaders));
    assert_eq!(in_header(&[b"Bearer a.b.\xff"]), Err(NotText));
    for (query, error) in [
        ("", Missing),
        ("token", Missing),
        ("Token=a.b.c", Missing),
        ("token=a.b.c&token=a.b.c", SeveralParameters),
        ("token=a.b.c&%74oken=d.e.f", SeveralParameters),
        ("token=a.b.%C3%A4", NotText),
        ("token=a.b.c%00", NotText),
    ] {
        assert_eq!(in_query(query), Err(error), "{query:?}");
    }
}

#[test]
fn every_byte_of_a_token_is_checked() {
    for byte in 0..=u8::MAX {
        let good = byte.is_ascii_graphic() && byte != b',';
        for place in [0, 15, 16, 40] {
            let mut token = [b'a'; 41];
            token[place] = byte;
            assert_eq!(is_token(&token), good, "{byte:#x} at {place}");
        }
    }
    assert!(!is_token(b""));
}

/// The verifier reports that it is too long. It is not read before.
#[test]
fn only_the_scheme_of_an_overlong_value_is_read() {
    let most = format!("Bearer {}", "a".repeat(LIMIT + AROUND - 7));
    assert_eq!(in_header(&[most.as_bytes()]).as_deref(), Ok(&*"a".repeat(LIMIT + AROUND - 7)));
    let padded = format!("bearer {:>157}", "a.b.c");
    assert_eq!(in_header(&[padded.as_bytes()]).as_deref(), Ok("a.b.c"));
    for long in [
        format!("{most}a"),
        format!("{padded} "),
        format!("a.b.c {most}"),
        format!(" {most}"),
        ",.".repeat(100),
        "a".repeat(200),
    ] {
        assert_eq!(in_header(&[long.as_bytes()]).as_deref(), Ok(&*long));
    }
    for long in [format!("Basic {most}"), format!("Bearer2 {most}"), ", ".repeat(100)] {
        assert_eq!(in_header(&[long.as_bytes()]), Err(IdentityError::OtherScheme), "{long}");
    }
    let commas = ",".repeat(LIMIT + AROUND + 1);
    for written in [&commas, &commas.replace(',', "%2C")] {
        assert_eq!(in_query(&format!("token={written}")).as_deref(), Ok(&*commas));
    }
}

#[test]
fn mapping_expressions_are_read_and_written() {
    for (text, same) in [
        ("method.request.header.Authorization", "$request.header.authorization"),
        ("method.request.header.X-Api-Token", "$request.header.x-api-token"),
        ("$request.header.authorization", "$request.header.authorization"),
        ("$request.querystring.Access_Token", "$request.querystring.Access_Token"),
        ("$request.cookie.__Host-Token", "$request.cookie.__Host-Token"),
        ("$request.subprotocol.bearer", "$request.subprotocol.bearer"),
    ] {
        assert_eq!(text.parse::<IdentitySource>().unwrap().to_string(), same);
    }
    for bad in [
        "",
        "Authorization",
        "method.request.header.",
        "method.request.header.a b",
        "method.request.querystring.token",
        "$request.querystring.",
        "$request.body.token",
        "$request.cookie.",
        "$request.cookie.a b",
        "$request.subprotocol.",
        "$request.subprotocol.a,b",
        "$context.authorizer.claims.sub",
        "method.request.header.Authorization, method.request.header.X",
    ] {
        let error = bad.parse::<IdentitySource>().unwrap_err();
        assert_eq!(error.given, bad);
    }
}

#[test]
fn the_cookie_of_that_name_has_the_token() {
    use IdentityError::{Missing, NotText, SeveralCookies, SeveralTokens};
    let source = IdentitySource::cookie("token").unwrap();
    let cookie = |lines: &[&str]| in_request(&source, &Method::GET, lines);
    for lines in [
        &["cookie: token=a.b.c"][..],
        &["cookie: theme=dark; token=a.b.c; tokens=x"],
        &["cookie: theme=dark;token=a.b.c"],
        &["cookie: theme=dark", "cookie: token=a.b.c"],
        &["cookie: token=Bearer a.b.c"],
    ] {
        assert_eq!(cookie(lines).as_deref(), Ok("a.b.c"), "{lines:?}");
    }
    for (lines, error) in [
        (&[][..], Missing),
        (&["authorization: Bearer a.b.c"], Missing),
        (&["cookie: token"], Missing),
        (&["cookie: token="], Missing),
        (&["cookie: Token=a.b.c; xtoken=a.b.c; token2=a.b.c; x=token=a"], Missing),
        // The second may be set by another host of the domain.
        (&["cookie: token=a.b.c; token=a.b.c"], SeveralCookies),
        (&["cookie: token=; token=a.b.c"], SeveralCookies),
        (&["cookie: token=a.b.c", "cookie: x=1; token=d.e.f"], SeveralCookies),
        (&["cookie: token=a.b.c,d.e.f"], SeveralTokens),
        (&["cookie: token=a.b.ä"], NotText),
    ] {
        assert_eq!(cookie(lines), Err(error), "{lines:?}");
    }
}

/// The request shows that no other site caused it, or is refused.
#[test]
fn a_cookie_counts_only_in_a_request_of_the_same_or_a_trusted_origin() {
    let source = IdentitySource::cookie("token").unwrap();
    let source = source.trusted_origin("https://app.example.com").unwrap();
    let sent = |method: &Method, lines: &[&str]| {
        in_request(&source, method, &[&["cookie: token=a.b.c", "host: api.example.com:8443"], lines].concat())
    };
    for lines in [
        &["sec-fetch-site: same-origin"][..],
        &["sec-fetch-site: same-origin", "origin: https://api.example.com:8443"],
        &["origin: https://api.example.com:8443"],
        &["origin: http://API.example.com:8443"],
        &["origin: https://app.example.com"],
        &["origin: https://app.example.com", "sec-fetch-site: same-site"],
    ] {
        assert!(sent(&Method::POST, lines).is_ok(), "{lines:?}");
    }
    for lines in [
        &[][..],
        &["sec-fetch-site: cross-site"],
        &["sec-fetch-site: same-site"],
        &["sec-fetch-site: none"],
        &["sec-fetch-site: Same-Origin"],
        &["sec-fetch-site: "],
        &["sec-fetch-site: same-origin", "sec-fetch-site: same-origin"],
        &["sec-fetch-site: cross-site", "origin: https://api.example.com:8443"],
        &["origin: null"],
        &["origin: https://api.example.com"],
        &["origin: https://api.example.com:8443.evil.example"],
        &["origin: https://evil.example"],
        &["origin: https://app.example.com.evil.example"],
        &["origin: http://app.example.com"],
        &["origin: api.example.com:8443"],
        &["origin: https://"],
        &["origin: https://api.example.com:8443", "origin: https://evil.example"],
        &[
            "sec-fetch-site: same-origin",
            "origin: https://api.example.com:8443",
            "origin: https://evil.example",
        ],
        &["origin: https://api.example.com:8443", "host: api.example.com:8443"],
        &["referer: https://api.example.com:8443/"],
    ] {
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::CONNECT] {
            assert_eq!(sent(&method, lines), Err(IdentityError::CrossSite), "{lines:?}");
        }
        for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::TRACE] {
            assert!(sent(&method, lines).is_ok(), "{lines:?}");
        }
        // A WebSocket: a page of any site can open it, and read it.
        let upgrade = [lines, &["upgrade: websocket"]].concat();
        assert_eq!(sent(&Method::GET, &upgrade), Err(IdentityError::CrossSite), "{lines:?}");
        // A proxy that asks for permission drops `Upgrade`, which is meant for one hop only, and hands on the rest of the handshake.
        for handshake in [
            &["sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-version: 13"][..],
            &["sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=="],
            &["sec-websocket-version: 13"],
        ] {
            let handshake = [lines, handshake].concat();
            assert_eq!(sent(&Method::GET, &handshake), Err(IdentityError::CrossSite), "{lines:?}");
        }
    }
}

#[test]
fn another_header_may_occur_twice() {
    let lines = ["accept: a", "authorization: Bearer a.b.c", "accept: b"];
    assert_eq!(in_request(&IdentitySource::default(), &Method::GET, &lines).as_deref(), Ok("a.b.c"));
}

/// The fast path looks neither at the origin of a cookie nor at other subprotocols.
#[test]
fn only_a_header_of_its_own_has_a_likely_token() {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer a.b.c"));
    headers.insert(COOKIE, HeaderValue::from_static("token=Bearer a.b.c"));
    headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("bearer.Bearer a.b.c"));
    assert_eq!(IdentitySource::default().likely_token(&headers), Some(&b"a.b.c"[..]));
    for other in [IdentitySource::cookie("token"), IdentitySource::subprotocol("bearer")] {
        assert_eq!(other.unwrap().likely_token(&headers), None);
    }
    headers.append(AUTHORIZATION, HeaderValue::from_static("Bearer a.b.c"));
    assert_eq!(IdentitySource::default().likely_token(&headers), None);
}

#[test]
fn over_http_2_the_host_is_in_the_uri() {
    let source = IdentitySource::cookie("token").unwrap();
    let sent = |uri: &'static str, lines: &[(&'static str, &'static str)]| {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers.append("cookie", HeaderValue::from_static("token=a.b.c"));
        found(&source, &Method::POST, &Uri::from_static(uri), &headers)
    };
    let origin = ("origin", "https://api.example.com");
    assert!(sent("https://api.example.com/orders", &[origin]).is_ok());
    assert!(sent("https://api.example.com/orders", &[origin, ("host", "api.example.com")]).is_ok());
    for (uri, lines) in [
        ("https://evil.example/orders", &[origin][..]),
        ("https://api.example.com/orders", &[origin, ("host", "evil.example")]),
        ("https://evil.example/orders", &[origin, ("host", "api.example.com")]),
        ("/orders", &[origin]),
    ] {
        assert_eq!(sent(uri, lines), Err(IdentityError::CrossSite), "{uri} {lines:?}");
    }
}

#[test]
fn the_subprotocol_with_the_prefix_has_the_token() {
    use IdentityError::{Missing, NotText, SeveralSubprotocols};
    let source = IdentitySource::subprotocol("bearer").unwrap();
    let offered = |lines: &[&str]| in_request(&source, &Method::GET, lines);
    for lines in [
        &["sec-websocket-protocol: bearer.a.b.c"][..],
        &["sec-websocket-protocol: orders.v1, bearer.a.b.c"],
        &["sec-websocket-protocol: orders.v1,bearer.a.b.c,x"],
        &["sec-websocket-protocol: orders.v1", "sec-websocket-protocol: bearer.a.b.c"],
    ] {
        assert_eq!(offered(lines).as_deref(), Ok("a.b.c"), "{lines:?}");
    }
    for (lines, error) in [
        (&[][..], Missing),
        (&["sec-websocket-protocol: orders.v1"], Missing),
        (&["sec-websocket-protocol: bearer"], Missing),
        (&["sec-websocket-protocol: bearer."], Missing),
        (&["sec-websocket-protocol: Bearer.a.b.c, xbearer.a.b.c, bearer-a.b.c"], Missing),
        (&["sec-websocket-protocol: bearer.a.b.c, bearer.d.e.f"], SeveralSubprotocols),
        (
            &["sec-websocket-protocol: bearer.a.b.c", "sec-websocket-protocol: bearer.a.b.c"],
            SeveralSubprotocols,
        ),
        (&["sec-websocket-protocol: bearer.a.b.ä"], NotText),
    ] {
        assert_eq!(offered(lines), Err(error), "{lines:?}");
    }
}

#[test]
fn a_handler_does_not_get_the_subprotocol_with_the_token() {
    let source = IdentitySource::subprotocol("bearer").unwrap();
    for (sent, left) in [
        (&["orders.v1, bearer.a.b.c"][..], &["orders.v1"][..]),
        (&["bearer.a.b.c,orders.v1 , orders.v2"], &["orders.v1, orders.v2"]),
        (&["bearer.a.b.c"], &[]),
        (&["bearer.a.b.c", "orders.v1", "bearer.d.e.f"], &["orders.v1"]),
        (&["bearer."], &[]),
        (&["orders.v1", "orders.v2"], &["orders.v1", "orders.v2"]),
        (&[], &[]),
    ] {
        let mut headers = HeaderMap::new();
        for value in sent {
            headers.append(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(value));
        }
        source.hide(&mut headers);
        assert_eq!(headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().collect::<Vec<_>>(), left, "{sent:?}");
    }
}

/// A `HeaderMap` has room for 24,576 names, and panics if it is asked for more.
#[test]
fn a_handler_does_not_get_the_token_of_a_full_header_map_either() {
    let source = IdentitySource::subprotocol("bearer").unwrap();
    let mut headers = HeaderMap::new();
    headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("orders.v1, bearer.a.b.c"));
    let name = |number: u32| format!("x-{number}").parse::<HeaderName>().unwrap();
    let added = (0..).take_while(|number| headers.try_insert(name(*number), HeaderValue::from(0)).is_ok());
    assert!(added.count() > 20_000);
    source.hide(&mut headers);
    assert_eq!(headers[SEC_WEBSOCKET_PROTOCOL], "orders.v1");
}

#[test]
fn an_invalid_source_is_an_error_that_says_what_is_valid() {
    let cookie = || IdentitySource::cookie("token").unwrap();
    for (error, expected) in [
        (
            IdentitySource::cookie("a;b").unwrap_err(),
            "`a;b` is not the name of a cookie; give visible ASCII without separators, as `__Host-token`",
        ),
        (
            IdentitySource::subprotocol("").unwrap_err(),
            "`` is not the start of a subprotocol; give visible ASCII without separators, as `bearer`",
        ),
        (
            cookie().trusted_origin("https://app.example.com/").unwrap_err(),
            "`https://app.example.com/` is not an origin; one reads like `https://app.example.com`, without a path",
        ),
        (
            IdentitySource::default().trusted_origin("https://app.example.com").unwrap_err(),
            "`$request.header.authorization` is not a cookie; only a cookie needs a trusted origin",
        ),
    ] {
        assert_eq!(error.to_string(), expected);
    }
    for origin in
        ["", "*", "null", "app.example.com", "https://", "https://App.example.com", "ftp://a", "https://a b"]
    {
        assert!(cookie().trusted_origin(origin).is_err(), "{origin}");
    }
    for origin in ["http://localhost:3000", "https://[::1]:8443", "https://a.example"] {
        assert!(cookie().trusted_origin(origin).is_ok(), "{origin}");
    }
}
