//! Members of the header other than `alg`: the key id, repeated members, and extensions.

use cognito_authorizer::{Rejected, token::Part};
use serde_json::{Value, json};

use super::{
    case::{Case, Outcome, case},
    world::World,
};

pub(super) fn cases(world: &World) -> Vec<Case> {
    let mut cases = Vec::new();
    unknown(world, &mut cases);
    not_a_name(world, &mut cases);
    twice(world, &mut cases);
    extensions(world, &mut cases);
    cases
}

fn unknown(world: &World, cases: &mut Vec<Case>) {
    let kid = world.pool.access_key_id();
    for (name, other) in [
        ("path traversal", "../../dev/null".to_owned()),
        ("an absolute path", "/dev/null".to_owned()),
        ("a file URL", "file:///proc/self/environ".to_owned()),
        ("SQL", "' UNION SELECT 'secret' --".to_owned()),
        ("SQL with a semicolon", "x'; DROP TABLE keys; --".to_owned()),
        ("a shell command", "$(sleep 10)`sleep 10`|sleep 10".to_owned()),
        ("a template", "{{7*7}}${7*7}%{7*7}".to_owned()),
        ("a log line", "a\r\nlevel=INFO decision=\"allowed\"".to_owned()),
        ("a lone NUL", "\0".to_owned()),
        ("the pool's with a NUL at the end", format!("{kid}\0")),
        ("the pool's with a NUL and more at the end", format!("{kid}\0.pem")),
        ("the pool's with a space at the end", format!("{kid} ")),
        ("the pool's with a space at the start", format!(" {kid}")),
        ("the pool's in lower case", kid.to_lowercase()),
        ("the pool's in upper case", kid.to_uppercase()),
        ("the pool's, cut", kid[..kid.len() - 1].to_owned()),
        ("the pool's, doubled", kid.repeat(2)),
        ("the pool's, percent-encoded", kid.bytes().map(|byte| format!("%{byte:02X}")).collect()),
        ("unicode", "ключ🔑".to_owned()),
        ("full-width letters", "ｔｈｉｒｄ".to_owned()),
        ("a combining accent", "third\u{301}".to_owned()),
        ("a zero-width space", "third\u{200b}".to_owned()),
        ("a right-to-left mark", "\u{202e}driht".to_owned()),
        ("256 bytes", "k".repeat(256)),
        ("`__proto__`", "__proto__".to_owned()),
        ("`constructor`", "constructor".to_owned()),
        ("`0`", "0".to_owned()),
        ("`*`", "*".to_owned()),
        ("`.*`", ".*".to_owned()),
    ] {
        let token = world.access().header("kid", other).sign();
        cases.push(case(format!("kid is {name}"), token, Rejected::UnknownKey));
    }
}

fn not_a_name(world: &World, cases: &mut Vec<Case>) {
    cases.push(case("kid is missing", world.access().without_header("kid").sign(), Rejected::NoKeyId));
    cases.push(case("kid is empty", world.access().header("kid", "").sign(), Rejected::NoKeyId));
    for (name, kid) in [
        ("null", Value::Null),
        ("a number", json!(0)),
        ("true", json!(true)),
        ("an array with the pool's", json!([world.pool.access_key_id()])),
        ("an object", json!({ "$ne": "" })),
    ] {
        cases.push(case(
            format!("kid is {name}"),
            world.access().header("kid", kid).sign(),
            Rejected::Header,
        ));
    }
    cases.push(case(
        "kid has 257 bytes",
        world.access().header("kid", "k".repeat(257)).sign(),
        Rejected::KeyIdTooLong { bytes: 257, limit: 256 },
    ));
    cases.push(case(
        "kid has 10,000 bytes",
        world.access().header("kid", "k".repeat(10_000)).sign(),
        Rejected::PartTooLong { part: Part::Header },
    ));
    let kid = world.pool.access_key_id();
    let escaped: String = kid.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    let token = world.with_header(&format!(r#"{{"kid":"{escaped}","alg":"RS256"}}"#));
    cases.push(case("kid is the pool's, written with escapes", token, Outcome::LetIn));
    let lone = world.with_header(r#"{"kid":"\ud83d","alg":"RS256"}"#);
    cases.push(case("kid is half a surrogate pair", lone, Rejected::Header));
    let named = world.access().header("KID", "third").header("Kid", "third").header("ALG", "none").sign();
    cases.push(case("KID and ALG in upper case are other members", named, Outcome::LetIn));
}

fn twice(world: &World, cases: &mut Vec<Case>) {
    for (name, header) in [
        ("alg twice, the same", r#"{"alg":"RS256","alg":"RS256","kid":"KID"}"#),
        ("alg none, then RS256", r#"{"alg":"none","alg":"RS256","kid":"KID"}"#),
        ("alg RS256, then none", r#"{"alg":"RS256","alg":"none","kid":"KID"}"#),
        ("alg, then alg with an escape", r#"{"alg":"RS256","\u0061lg":"HS256","kid":"KID"}"#),
        ("kid twice, the same", r#"{"alg":"RS256","kid":"KID","kid":"KID"}"#),
        ("kid twice, another first", r#"{"alg":"RS256","kid":"third","kid":"KID"}"#),
        ("kid twice, another last", r#"{"alg":"RS256","kid":"KID","kid":"third"}"#),
        ("kid, then kid with an escape", r#"{"alg":"RS256","kid":"KID","k\u0069d":"third"}"#),
        ("kid, then kid null", r#"{"alg":"RS256","kid":"KID","kid":null}"#),
    ] {
        cases.push(case(name, world.with_header(header), Rejected::Header));
    }
    let unread = world.with_header(r#"{"alg":"RS256","kid":"KID","typ":"JWT","typ":"JWE"}"#);
    cases.push(case("a member that is never read, twice", unread, Outcome::LetIn));
}

fn extensions(world: &World, cases: &mut Vec<Case>) {
    for (name, value) in [
        ("names an absent member", json!(["exp"])),
        ("names an extension", json!(["http://example.com/UNDEFINED"])),
        ("names b64", json!(["b64"])),
        ("names alg", json!(["alg"])),
        ("is empty", json!([])),
        ("is null", Value::Null),
        ("is a string", json!("exp")),
        ("is an object", json!({})),
        ("is false", json!(false)),
    ] {
        cases.push(case(
            format!("crit {name}"),
            world.access().header("crit", value).sign(),
            Rejected::Critical,
        ));
    }
    for value in [json!(false), json!(true), Value::Null, json!("false")] {
        cases.push(case(
            format!("b64 is {value}"),
            world.access().header("b64", value).sign(),
            Rejected::Critical,
        ));
    }
    let escaped = world.with_header(r#"{"alg":"RS256","kid":"KID","\u0063rit":["exp"]}"#);
    cases.push(case("crit, written with an escape", escaped, Rejected::Critical));
    for (name, member, value) in [
        ("typ is at+jwt", "typ", json!("at+jwt")),
        ("typ is JWE", "typ", json!("JWE")),
        ("typ is not a string", "typ", json!([1])),
        ("zip is DEF", "zip", json!("DEF")),
        ("enc is A256GCM", "enc", json!("A256GCM")),
        ("cty is JWT", "cty", json!("JWT")),
    ] {
        let token = world.access().header(member, value).sign();
        cases.push(case(format!("{name}, which does not affect the decision"), token, Outcome::LetIn));
    }
}
