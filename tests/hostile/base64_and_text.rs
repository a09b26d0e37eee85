//! Malformed base64url and UTF-8 in each segment, correctly signed, so that only the parser can refuse them.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE},
};
use cognito_authorizer::{Rejected, token::Part};

use super::{
    case::{Case, MALFORMED, Outcome, SEVERAL, case, encoding},
    segments::{BAD_REQUEST, parts},
    world::{World, base64url, third_header},
};

/// A name, and how it changes a text.
type Malformation = (&'static str, fn(&str) -> String);

const MALFORMATIONS: [Malformation; 13] = [
    ("with padding", |text| format!("{text}{}", "=".repeat(4 - text.len() % 4))),
    ("with one `=` at the end", |text| format!("{text}=")),
    ("with padding in percent-encoding", |text| format!("{text}%3D")),
    ("with a character too many", |text| format!("{}A", &text[..text.len() / 4 * 4])),
    ("with `+`", |text| format!("+{}", &text[1..])),
    ("with `/`", |text| format!("/{}", &text[1..])),
    ("with a space within", |text| format!("{} {}", &text[..8], &text[8..])),
    ("with a tab within", |text| format!("{}\t{}", &text[..8], &text[8..])),
    ("with a newline within", |text| format!("{}\n{}", &text[..8], &text[8..])),
    ("with a NUL within", |text| format!("{}\0{}", &text[..8], &text[8..])),
    ("with a letter beyond ASCII", |text| format!("{}é{}", &text[..8], &text[8..])),
    ("with full-width letters", |text| format!("{}Ａ{}", &text[..8], &text[8..])),
    ("with other bits at its end", non_canonical),
];

/// Sets the unused bits of the last of two or three characters.
fn non_canonical(text: &str) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    assert_ne!(text.len() % 4, 0, "this text has no spare bits");
    let last = text.chars().last().and_then(|last| ALPHABET.find(last)).expect("base64url");
    format!("{}{}", &text[..text.len() - 1], &ALPHABET[last + 1..last + 2])
}

pub(super) fn cases(world: &World) -> Vec<Case> {
    let mut cases = Vec::new();
    // The length of neither text is a multiple of three, so both have spare bits.
    let header = base64url(r#"{"alg":"RS256","kid":"third"}"#);
    let header =
        if header.len().is_multiple_of(4) { base64url(r#"{"alg":"RS256","kid":"third" }"#) } else { header };
    let mut payload = world.payload();
    while payload.len().is_multiple_of(3) {
        payload.push(' ');
    }
    let payload = base64url(payload);
    cases.push(case("both segments before", world.signed(&format!("{header}.{payload}")), Outcome::LetIn));
    for (name, malform) in MALFORMATIONS {
        let in_header = world.signed(&format!("{}.{payload}", malform(&header)));
        let in_payload = world.signed(&format!("{header}.{}", malform(&payload)));
        let good = world.signed(&format!("{header}.{payload}"));
        let in_signature = format!("{header}.{payload}.{}", malform(parts(&good)[2]));
        for (part, token) in
            [(Part::Header, in_header), (Part::Payload, in_payload), (Part::Signature, in_signature)]
        {
            let row = case(format!("{part} {name}"), token, encoding(part));
            cases.push(match name {
                "with a newline within" | "with a NUL within" => row.answered(BAD_REQUEST),
                "with a space within"
                | "with a tab within"
                | "with a letter beyond ASCII"
                | "with full-width letters" => row.answered(SEVERAL),
                _ => row.answered(MALFORMED),
            });
        }
    }
    let mut standard = STANDARD.encode(format!("{}>>>???\u{ff}", world.payload()));
    standard.truncate(standard.trim_end_matches('=').len());
    cases.push(case(
        "payload in the standard alphabet",
        world.signed(&format!("{header}.{standard}")),
        encoding(Part::Payload),
    ));
    let padded = URL_SAFE.encode(format!("{} ", world.payload()));
    let outcome = if padded.ends_with('=') { encoding(Part::Payload).into() } else { Outcome::LetIn };
    cases.push(case("payload as libraries pad it", world.signed(&format!("{header}.{padded}")), outcome));
    text(world, &mut cases);
    cases
}

fn text(world: &World, cases: &mut Vec<Case>) {
    let with_bytes = |bytes: &[u8]| {
        let mut payload = br#"{"custom:name":""#.to_vec();
        payload.extend_from_slice(bytes);
        payload.extend_from_slice(b"\",");
        payload.extend_from_slice(&world.payload().as_bytes()[1..]);
        world.with_payload(payload)
    };
    for (name, bytes) in [
        ("a lone continuation byte", &b"\x80"[..]),
        ("a cut sequence", b"\xe2\x82"),
        ("an overlong NUL", b"\xc0\x80"),
        ("an overlong slash", b"\xc0\xaf"),
        ("an overlong quote", b"\xc0\xa2"),
        ("a surrogate", b"\xed\xa0\x80"),
        ("a surrogate pair (CESU-8)", b"\xed\xa0\xbd\xed\xb8\x80"),
        ("a code point past the last", b"\xf4\x90\x80\x80"),
        ("the bytes FE and FF", b"\xfe\xff"),
        ("Latin-1", b"J\xfcrgen"),
    ] {
        cases.push(case(format!("payload with {name}"), with_bytes(bytes), encoding(Part::Payload)));
    }
    let utf16: Vec<u8> = world.payload().encode_utf16().flat_map(u16::to_le_bytes).collect();
    cases.push(case("payload in UTF-16", world.with_payload(utf16), Rejected::Claims));
    for (name, mark) in
        [("a byte order mark", "\u{feff}"), ("a no-break space", "\u{a0}"), ("a vertical tab", "\u{b}")]
    {
        let payload = format!("{mark}{}", world.payload());
        cases.push(case(format!("payload after {name}"), world.with_payload(payload), Rejected::Claims));
    }
    for (name, bytes, outcome) in [
        ("a NUL as it is", &b"\x00"[..], Rejected::Claims.into()),
        ("a newline as it is", b"\n", Rejected::Claims.into()),
        ("U+10FFFF", "\u{10ffff}".as_bytes(), Outcome::LetIn),
        ("a noncharacter", "\u{fffe}".as_bytes(), Outcome::LetIn),
        ("U+2028", "\u{2028}".as_bytes(), Outcome::LetIn),
    ] {
        cases.push(case(format!("payload with {name} in a string"), with_bytes(bytes), outcome));
    }
    let latin =
        world.access().raw_header(b"{\"alg\":\"RS256\",\"kid\":\"third\",\"x\":\"\xff\"}".to_vec()).sign();
    cases.push(case("header that is not UTF-8", latin, Rejected::Header));
    let header = world.with_header("\u{feff}{\"alg\":\"RS256\",\"kid\":\"KID\"}");
    cases.push(case("header after a byte order mark", header, Rejected::Header));
    let spaced = world.with_header(" \r\n\t{ \"alg\" : \"RS256\" , \"kid\" : \"KID\" }\n ");
    cases.push(case("header with white space", spaced, Outcome::LetIn));
    let third = world.signed(&format!("{}.{}", third_header("RS256"), base64url(world.payload())));
    cases.push(case("the third key's header as it is", third, Outcome::LetIn));
}
