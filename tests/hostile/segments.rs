//! Tokens whose segments are combined wrongly, and text that is not a compact JWS.

use cognito_authorizer::{Rejected, token::Part};
use serde_json::json;

use super::{
    case::{Case, MISSING, OTHER_ALGORITHM, Outcome, SEVERAL, TOO_LONG, case, encoding, segments},
    world::{World, base64url, third_header},
};

/// The server's own answer to a request that is not HTTP.
pub(super) const BAD_REQUEST: &str = "400 ";

pub(super) fn cases(world: &World) -> Vec<Case> {
    let mut cases = Vec::new();
    counted(world, &mut cases);
    exchanged(world, &mut cases);
    other_forms(world, &mut cases);
    long(world, &mut cases);
    cases
}

fn counted(world: &World, cases: &mut Vec<Case>) {
    let good = world.access().sign();
    let [header, payload, signature] = parts(&good);
    cases.push(case("an empty token", "", segments(1)).answered(MISSING));
    for (name, token, found) in [
        ("one word", "token".to_owned(), 1),
        ("`null`", "null".to_owned(), 1),
        ("`undefined`", "undefined".to_owned(), 1),
        ("only the header", header.to_owned(), 1),
        ("no signature and no dot before it", format!("{header}.{payload}"), 2),
        ("the first dot is missing", format!("{header}{payload}.{signature}"), 2),
        ("four segments", format!("{good}.{signature}"), 4),
        ("a dot at the end", format!("{good}."), 4),
        ("a dot at the start", format!(".{good}"), 4),
        ("two dots in the middle", format!("{header}..{payload}.{signature}"), 4),
        ("five segments, as an encrypted token", format!("{header}..{payload}.{signature}.AA"), 5),
        ("three tokens in one", format!("{good}.{good}.{good}"), 9),
        ("10,000 dots", ".".repeat(10_000), 10_001),
    ] {
        cases.push(case(name, token, segments(found)));
    }
    cases.push(case("only two dots", "..", Rejected::Header));
    cases.push(case("no header", format!(".{payload}.{signature}"), Rejected::Header));
    cases.push(case("no payload", format!("{header}..{signature}"), Rejected::Signature));
    cases.push(case("the signature is stripped", format!("{header}.{payload}."), Rejected::Signature));
    let empty = world.with_payload("");
    cases.push(case("an empty payload, correctly signed", empty, Rejected::Claims));
}

fn exchanged(world: &World, cases: &mut Vec<Case>) {
    let (good, other) = (world.access().sign(), world.access().group("admins").sign());
    let [header, payload, signature] = parts(&good);
    let [_, other_payload, other_signature] = parts(&other);
    let id = world.id().sign();
    let [id_header, id_payload, id_signature] = parts(&id);
    let third = third_header("RS256");
    let mut flipped = base64url("0");
    flipped.push_str(signature.get(2..).expect("a long signature"));
    for (name, token, rejected) in [
        ("header and payload swapped", format!("{payload}.{header}.{signature}"), Rejected::Header),
        ("payload and signature swapped", format!("{header}.{signature}.{payload}"), Rejected::Signature),
        (
            "the signature of another token",
            format!("{header}.{payload}.{other_signature}"),
            Rejected::Signature,
        ),
        (
            "the payload of another token",
            format!("{header}.{other_payload}.{signature}"),
            Rejected::Signature,
        ),
        ("the header of an ID token", format!("{id_header}.{payload}.{signature}"), Rejected::Signature),
        ("the payload of an ID token", format!("{header}.{id_payload}.{signature}"), Rejected::Signature),
        ("the signature of an ID token", format!("{header}.{payload}.{id_signature}"), Rejected::Signature),
        ("the header of the third key", format!("{third}.{payload}.{signature}"), Rejected::Signature),
        (
            "the first bits of the signature changed",
            format!("{header}.{payload}.{flipped}"),
            Rejected::Signature,
        ),
        (
            "the signature without its last bytes",
            format!("{header}.{payload}.{}", &signature[..336]),
            Rejected::Signature,
        ),
        (
            "the signature with a byte more",
            format!("{header}.{payload}.{}AAA", &signature[..340]),
            Rejected::Signature,
        ),
        ("a NUL before the signature", format!("{header}.{payload}.AAAA{signature}"), Rejected::Signature),
        ("a signature of zeros", format!("{header}.{payload}.{}", base64url([0; 256])), Rejected::Signature),
        ("a signature of ones", format!("{header}.{payload}.{}", base64url([255; 256])), Rejected::Signature),
        ("a signature of one byte", format!("{header}.{payload}.AA"), Rejected::Signature),
        (
            "a signature of 1,024 bytes",
            format!("{header}.{payload}.{}", base64url([1; 1024])),
            Rejected::Signature,
        ),
        (
            "a signature of 1,025 bytes",
            format!("{header}.{payload}.{}", base64url([1; 1025])),
            Rejected::PartTooLong { part: Part::Signature },
        ),
        (
            "a signature of 2,000 bytes",
            format!("{header}.{payload}.{}", base64url([1; 2000])),
            Rejected::PartTooLong { part: Part::Signature },
        ),
    ] {
        cases.push(case(name, token, rejected));
    }
}

/// The same three parts in the forms of other standards.
fn other_forms(world: &World, cases: &mut Vec<Case>) {
    let good = world.access().sign();
    let [header, payload, signature] = parts(&good);
    let flat = json!({ "protected": header, "payload": payload, "signature": signature }).to_string();
    let general =
        json!({ "payload": payload, "signatures": [{ "protected": header, "signature": signature }] });
    cases.push(case("the flattened JSON serialization", &*flat, segments(1)).answered(SEVERAL));
    cases.push(case("the general JSON serialization", general.to_string(), segments(1)).answered(SEVERAL));
    cases.push(case("the flattened JSON in base64url", base64url(flat), segments(1)));
    cases.push(case("the token in quotes", format!("\"{good}\""), encoding(Part::Header)));
    cases.push(case("the token in base64url", base64url(&good), segments(1)));
    cases.push(case("`Bearer` within the token", format!("Bearer{good}"), encoding(Part::Header)));
    let nested = world.access().header("cty", "JWT").raw_payload(good.clone()).sign();
    cases.push(case("a token within a token (cty)", nested, Rejected::Claims));
    let nested = world.access().header("cty", "JWT").raw_payload(json!(good).to_string()).sign();
    cases.push(case("a token as JSON within a token", nested, Rejected::Claims));
    let encrypted = base64url(r#"{"alg":"RSA-OAEP","enc":"A256GCM","kid":"third"}"#);
    cases.push(case("an encrypted token", format!("{encrypted}.AA.AA.AA.AA"), segments(5)));
    cases.push(case(
        "an encrypted token with three segments",
        format!("{encrypted}.{payload}.{signature}"),
        OTHER_ALGORITHM,
    ));
    let direct = base64url(r#"{"alg":"dir","enc":"A128CBC-HS256"}"#);
    cases.push(case("a directly encrypted token", format!("{direct}..AA.AA.AA"), segments(5)));
    cases.push(case(
        "a PASETO",
        "v4.public.eyJkYXRhIjoidGhpcyBpcyBhIHNpZ25lZCBtZXNzYWdlIn0",
        encoding(Part::Header),
    ));
    cases.push(case("detached content", format!("{header}..{signature}"), Rejected::Signature));
}

/// The limits. Over HTTP a header of 1 MiB does not get past the server, which has a limit of its own.
fn long(world: &World, cases: &mut Vec<Case>) {
    let limit = 16 * 1024;
    let too_long = |bytes| Rejected::TooLong { bytes, limit };
    for bytes in [limit + 1, 64 * 1024, 300_000] {
        cases.push(case(format!("{bytes} bytes without a dot"), "a".repeat(bytes), too_long(bytes)));
    }
    cases.push(case(format!("{limit} bytes without a dot"), "a".repeat(limit), segments(1)));
    let padded = world.access().claim("custom:padding", "x".repeat(20_000)).sign();
    let bytes = padded.len();
    cases.push(case("a good token of 27 KiB", padded, too_long(bytes)).answered(TOO_LONG));
    let mega = 1024 * 1024;
    let answer = "431 ";
    cases.push(case("1 MiB without a dot", "a".repeat(mega), too_long(mega)).answered(answer));
    let padded = world.access().claim("custom:padding", "x".repeat(mega)).sign();
    let bytes = padded.len();
    cases.push(case("a good token of over 1 MiB", padded, too_long(bytes)).answered(answer));
    cases.push(case("1 MiB of dots", ".".repeat(mega), too_long(mega)).answered(answer));
    let header = world.access().header("custom", "x".repeat(3000)).sign();
    cases.push(case("a header of 3,000 bytes", header, Rejected::PartTooLong { part: Part::Header }));
    let bare = world.with_header(r#"{"alg":"RS256","kid":"KID","x":""}"#);
    let taken = parts(&bare)[0].len() * 3 / 4;
    for length in [1024, 1025, 1026, 1027] {
        let fill = "x".repeat(length - taken);
        let token = world.with_header(&format!(r#"{{"alg":"RS256","kid":"KID","x":"{fill}"}}"#));
        let outcome = match length {
            1024 => Outcome::LetIn,
            _ => Rejected::PartTooLong { part: Part::Header }.into(),
        };
        cases.push(case(format!("a header of {length} bytes"), token, outcome));
    }
}

pub(super) fn parts(token: &str) -> [&str; 3] {
    let parts: Vec<&str> = token.split('.').collect();
    parts.try_into().expect("three segments")
}
