use http::HeaderValue;

use super::*;

const LIMIT: usize = 100;

fn text(token: Result<Cow<'_, [u8]>, IdentityError>) -> Result<String, IdentityError> {
    token.map(|token| String::from_utf8(token.into_owned()).unwrap())
}

fn in_header(values: &[&[u8]]) -> Result<String, IdentityError> {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
    }
    text(IdentitySource::default().token(&headers, &Uri::default(), LIMIT))
}

fn in_query(query: &str) -> Result<String, IdentityError> {
    let source = IdentitySource::query_parameter("token").unwrap();
    text(source.token(&HeaderMap::new(), &format!("/?{query}").parse().unwrap(), LIMIT))
}

#[test]
fn the_token_stands_behind_bearer_or_alone() {
    for value in ["Bearer a.b.c", "bearer a.b.c", "BEARER   a.b.c", "a.b.c", "  a.b.c ", "\tBearer a.b.c\t"] {
        assert_eq!(in_header(&[value.as_bytes()]).as_deref(), Ok("a.b.c"), "{value:?}");
    }
    for query in ["token=a.b.c", "x=1&token=a.b.c&Token=d", "token=Bearer+a.b.c", "token=Bearer%20a%2Eb.c"] {
        assert_eq!(in_query(query).as_deref(), Ok("a.b.c"), "{query:?}");
    }
}

#[test]
fn anything_else_is_named() {
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
fn every_byte_of_a_token_is_looked_at() {
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
fn of_what_is_longer_than_any_token_the_scheme_alone_is_read() {
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
        "$context.authorizer.claims.sub",
        "method.request.header.Authorization, method.request.header.X",
    ] {
        let error = bad.parse::<IdentitySource>().unwrap_err();
        assert_eq!(error.given, bad);
    }
}
