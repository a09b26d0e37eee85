//! The `Authorization` header: which bytes are the token, and which values are refused.

use super::{
    case::{MALFORMED, MISSING, SEVERAL, TOO_LONG},
    world::World,
};

/// Header lines of a request, and the answer.
pub(super) struct Row {
    pub(super) name: &'static str,
    /// Everything between the request line and the blank line, as bytes.
    pub(super) lines: Vec<u8>,
    pub(super) answer: &'static str,
}

const LET_IN: &str = "200 let in";
/// What the server says to a request that is not HTTP; it never reaches the layer.
const BAD_REQUEST: &str = "400 ";

pub(super) fn rows(world: &World) -> Vec<Row> {
    let good = world.access().sign();
    let other = world.access().sign();
    let line = |value: &str| format!("Authorization: {value}\r\n");
    let mut rows = Vec::new();
    let mut row = |name, lines: Vec<u8>, answer| rows.push(Row { name, lines, answer });

    for (name, value, answer) in [
        ("Bearer and the token", format!("Bearer {good}"), LET_IN),
        ("bearer in lower case", format!("bearer {good}"), LET_IN),
        ("BEARER in upper case, three spaces", format!("BEARER   {good}"), LET_IN),
        ("the bare token, as API Gateway's clients send it", good.clone(), LET_IN),
        ("white space around", format!(" \t Bearer {good} \t "), LET_IN),
        ("nothing", String::new(), MISSING),
        ("spaces", "   ".to_owned(), MISSING),
        ("only Bearer", "Bearer".to_owned(), MISSING),
        ("Bearer and a space", "Bearer ".to_owned(), MISSING),
        ("Basic", "Basic dXNlcjpwYXNz".to_owned(), MISSING),
        ("Basic with the token", format!("Basic {good}"), MISSING),
        ("Digest", "Digest username=\"a\", realm=\"b\"".to_owned(), MISSING),
        ("DPoP", format!("DPoP {good}"), MISSING),
        ("JWT as scheme", format!("JWT {good}"), MISSING),
        ("Token as scheme", format!("Token {good}"), MISSING),
        ("a scheme that begins with Bearer", format!("BearerX {good}"), MISSING),
        ("Bearer with a colon", format!("Bearer: {good}"), MISSING),
        ("Bearer with `=`", format!("Bearer={good}"), MALFORMED),
        ("Bearer and a tab", format!("Bearer\t{good}"), SEVERAL),
        ("Bearer twice", format!("Bearer Bearer {good}"), SEVERAL),
        ("Bearer, Basic", format!("Bearer {good}, Basic dXNlcjpwYXNz"), SEVERAL),
        ("Basic, Bearer", format!("Basic dXNlcjpwYXNz, Bearer {good}"), MISSING),
        ("two tokens with a comma", format!("Bearer {good},{other}"), SEVERAL),
        ("two tokens with comma and space", format!("Bearer {good}, {other}"), SEVERAL),
        ("two tokens with a space", format!("Bearer {good} {other}"), SEVERAL),
        ("two bare tokens", format!("{good} {other}"), SEVERAL),
        ("two bare tokens with a comma", format!("{good},{other}"), SEVERAL),
        ("a comma at the start", format!("Bearer ,{good}"), SEVERAL),
        ("a comma at the end", format!("Bearer {good},"), SEVERAL),
        ("a semicolon at the end", format!("Bearer {good};"), MALFORMED),
        ("the token as a parameter", format!("Bearer token=\"{good}\""), MALFORMED),
        ("the token in quotes", format!("Bearer \"{good}\""), MALFORMED),
        ("the token in angle brackets", format!("Bearer <{good}>"), MALFORMED),
        ("percent-encoded", format!("Bearer%20{good}"), MALFORMED),
        ("a letter beyond ASCII", format!("Bearer {good}é"), SEVERAL),
        ("a no-break space", format!("Bearer\u{a0}{good}"), SEVERAL),
        ("another scheme in unicode", format!("Веarer {good}"), SEVERAL),
        ("64 KiB", format!("Bearer {}", "a".repeat(64 * 1024)), TOO_LONG),
        ("64 KiB of spaces", format!("Bearer {}{good}", " ".repeat(64 * 1024)), TOO_LONG),
        ("spaces beside a token", format!("Bearer{}{good}", " ".repeat(40)), LET_IN),
        ("64 KiB of `Bearer`", "Bearer ".repeat(9_000), TOO_LONG),
        ("64 KiB of Basic", format!("Basic {}", "a".repeat(64 * 1024)), MISSING),
        ("64 KiB of scheme", format!("{} {good}", "a".repeat(64 * 1024)), TOO_LONG),
    ] {
        row(name, line(&value).into_bytes(), answer);
    }
    for (name, bytes, answer) in [
        ("the byte FF", &b"\xff"[..], SEVERAL),
        ("the bytes of an overlong slash", b"\xc0\xaf", SEVERAL),
        ("NUL", b"\0", BAD_REQUEST),
        ("a carriage return", b"\rx", BAD_REQUEST),
        ("a newline and no header", b"\nx", BAD_REQUEST),
        ("a folded line", b"\r\n x", BAD_REQUEST),
        ("DEL", b"\x7f", BAD_REQUEST),
        ("ESC", b"\x1b[2J", BAD_REQUEST),
    ] {
        let mut lines = format!("Authorization: Bearer {good}").into_bytes();
        lines.extend_from_slice(bytes);
        lines.extend_from_slice(b"\r\n");
        row(name, lines, answer);
    }
    let bearer = line(&format!("Bearer {good}"));
    for (name, lines, answer) in [
        ("no header", String::new(), MISSING),
        ("the same header twice", format!("{bearer}{bearer}"), SEVERAL),
        ("an empty header at the start", format!("Authorization:\r\n{bearer}"), SEVERAL),
        ("an empty header at the end", format!("{bearer}Authorization:\r\n"), SEVERAL),
        ("Basic in a second header", format!("{bearer}{}", line("Basic dXNlcjpwYXNz")), SEVERAL),
        ("a forged token in a second header", format!("{bearer}authorization: Bearer a.b.c\r\n"), SEVERAL),
        ("lower case name", bearer.to_lowercase().replace(&good.to_lowercase(), &good), LET_IN),
        ("Proxy-Authorization", format!("Proxy-{bearer}"), MISSING),
        ("X-Authorization", format!("X-{bearer}"), MISSING),
        ("a cookie", format!("Cookie: Authorization=Bearer {good}; access_token={good}\r\n"), MISSING),
        (
            "X-Amzn-Oidc-Data",
            format!("X-Amzn-Oidc-Data: {good}\r\nX-Amzn-Oidc-Accesstoken: {good}\r\n"),
            MISSING,
        ),
        ("X-Forwarded-Authorization", format!("X-Forwarded-{bearer}"), MISSING),
        ("a space before the colon", bearer.replace(':', " :"), BAD_REQUEST),
        ("an underscore in the name", bearer.replace("Authorization", "Authorization_"), MISSING),
        ("a method override", format!("X-HTTP-Method-Override: OPTIONS\r\n{}", line("")), MISSING),
        ("identity headers of a proxy", "X-User: ada\r\nX-Amz-Cognito-Groups: ops\r\n".to_owned(), MISSING),
    ] {
        row(name, lines.into_bytes(), answer);
    }
    rows
}
