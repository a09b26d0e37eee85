//! Payloads that are not claim sets, repeated claims, and extreme JSON, all correctly signed.

use cognito_authorizer::Rejected;

use super::{
    case::{Case, Outcome, case, missing},
    world::{World, base64url, payload_of},
};

/// Deeper than any recursion limit.
const DEEP: usize = 10_000;

pub(super) fn cases(world: &World) -> Vec<Case> {
    let mut cases = Vec::new();
    not_a_claim_set(world, &mut cases);
    twice(world, &mut cases);
    deep(world, &mut cases);
    wrong_types(world, &mut cases);
    cases
}

fn not_a_claim_set(world: &World, cases: &mut Vec<Case>) {
    let payload = world.payload();
    for (name, text) in [
        ("an array of the claims", format!("[{payload}]")),
        ("an array of values", r#"["ada","access",1,2,3]"#.to_owned()),
        ("an empty object", "{}".to_owned()),
        ("an empty array", "[]".to_owned()),
        ("a string", "\"access\"".to_owned()),
        ("a number", "7".to_owned()),
        ("null", "null".to_owned()),
        ("true", "true".to_owned()),
        ("a space", " ".to_owned()),
        ("HTML", "<html></html>".to_owned()),
        ("two claim sets", format!("{payload}{payload}")),
        ("text at the end", format!("{payload} x")),
        ("a NUL at the end", format!("{payload}\0")),
        ("a comma at the end", format!("{payload},")),
        ("a brace too few", payload[..payload.len() - 1].to_owned()),
        ("a brace too many", format!("{payload}}}")),
        ("a trailing comma", format!("{},}}", &payload[..payload.len() - 1])),
        ("a comment", format!("/* */{payload}")),
        ("a comment within", format!("{{/* */{}", &payload[1..])),
        ("single quotes", payload.replace('"', "'")),
        ("names without quotes", payload.replace("\"sub\"", "sub")),
        ("NaN in an unknown claim", format!("{{\"x\":NaN,{}", &payload[1..])),
        ("Infinity in an unknown claim", format!("{{\"x\":Infinity,{}", &payload[1..])),
        ("a leading zero in an unknown claim", format!("{{\"x\":01,{}", &payload[1..])),
        ("`)]}'` before", format!(")]}}'\n{payload}")),
    ] {
        let rejected = if text == "{}" { missing("iss") } else { Rejected::Claims };
        cases.push(case(format!("payload is, or has, {name}"), world.with_payload(text), rejected));
    }
    let spaced = payload.replace("\":", "\" :\n\t ");
    cases.push(case("white space between", world.with_payload(format!("\r\n {spaced} ")), Outcome::LetIn));
}

fn twice(world: &World, cases: &mut Vec<Case>) {
    for claim in
        ["iss", "exp", "iat", "sub", "client_id", "token_use", "scope", "jti", "origin_jti", "username"]
    {
        let payload: serde_json::Value = serde_json::from_str(&world.payload()).expect("JSON");
        let value = payload.get(claim).expect("a claim that every access token has").to_string();
        let token = world.with_members(&format!("\"{claim}\":{value}"));
        cases.push(case(format!("{claim} twice, the same"), token, Rejected::Claims));
        let (first, rest) = claim.split_at(1);
        let escaped = format!("\\u{:04x}{rest}", first.as_bytes()[0]);
        let token = world.with_members(&format!("\"{escaped}\":{value}"));
        cases.push(case(format!("{claim} twice, once with an escape"), token, Rejected::Claims));
    }
    for (name, members) in [
        ("exp of the past before the good one", r#""exp":1"#),
        ("exp null before the good one", r#""exp":null"#),
        ("nbf twice", r#""nbf":1,"nbf":1"#),
        ("aud twice", r#""aud":"a","aud":"a""#),
        ("cognito:groups before the good ones", r#""cognito:groups":["admins"]"#),
        ("client_id of another before the good one", r#""client_id":"another""#),
        ("token_use id before the good one", r#""token_use":"id""#),
        ("scope before the good one", r#""scope":"orders/write""#),
    ] {
        cases.push(case(format!("twice: {name}"), world.with_members(members), Rejected::Claims));
    }
    for (name, members) in [
        ("an unknown claim, twice", r#""custom:x":1,"custom:x":2"#),
        ("names that differ in case", r#""ISS":"x","Exp":1,"Scope":"orders/write","TOKEN_USE":"id""#),
        ("names with a space or NUL at the end", r#""iss ":"x","exp\u0000":1,"scope\u0000":"orders/write""#),
        ("registered names one level down", r#""x":{"iss":"x","exp":1,"token_use":"id"}"#),
        ("`__proto__`", r#""__proto__":{"exp":1,"scope":"orders/write"}"#),
    ] {
        cases.push(case(name, world.with_members(members), Outcome::LetIn));
    }
    let name = "half a surrogate pair as a name";
    cases.push(case(name, world.with_members(r#""\ud800":1"#), Rejected::Claims));
    let name = "half a surrogate pair in an unknown claim";
    cases.push(case(name, world.with_members(r#""custom:x":"\ud800""#), Outcome::LetIn));
    let name = "half a surrogate pair in a registered claim";
    cases.push(case(name, world.with_members(r#""aud":"\ud800""#), Rejected::Claims));
}

fn deep(world: &World, cases: &mut Vec<Case>) {
    let arrays = format!("{}{}", "[".repeat(DEEP / 2), "]".repeat(DEEP / 2));
    // More levels would exceed the limit on the token's length.
    let fits = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    cases.push(case(
        "5,000 arrays in an unknown claim",
        world.with_members(&format!("\"x\":{}", fits(5_000))),
        Outcome::LetIn,
    ));
    cases.push(case(
        "1,500 objects in an unknown claim",
        world.with_members(&format!("\"x\":{}1{}", "{\"x\":".repeat(1_500), "}".repeat(1_500))),
        Outcome::LetIn,
    ));
    cases.push(case("5,000 arrays as the payload", world.with_payload(arrays), Rejected::Claims));
    cases.push(case(
        "10,000 arrays that never end, as the payload",
        world.with_payload("[".repeat(DEEP)),
        Rejected::Claims,
    ));
    cases.push(case(
        "10,000 arrays that never end, in an unknown claim",
        world.with_members(&format!("\"x\":{}", "[".repeat(DEEP))),
        Rejected::Claims,
    ));
    for claim in ["aud", "cognito:groups", "exp", "nbf", "client_id"] {
        let token = world.with_payload(format!("{{\"{claim}\":{}}}", fits(5_000)));
        cases.push(case(format!("5,000 arrays in {claim}"), token, Rejected::Claims));
    }
    let header = world.with_header(&format!(r#"{{"alg":"RS256","kid":"KID","x":{}}}"#, fits(450)));
    cases.push(case("900 brackets in the header", header, Outcome::LetIn));
    let token = format!("{}..", base64url("[".repeat(1_000)));
    cases.push(case("1,000 arrays as the header", token, Rejected::Header));
    let many: Vec<String> = (0..1_000).map(|n| format!("\"{n}\":{n}")).collect();
    cases.push(case("1,000 unknown claims", world.with_members(&many.join(",")), Outcome::LetIn));
    let digits = format!("\"x\":{}", "9".repeat(8_000));
    cases.push(case(
        "a number of 8,000 digits in an unknown claim",
        world.with_members(&digits),
        Outcome::LetIn,
    ));
    let digits = format!("1{}", "0".repeat(400));
    cases.push(case(
        "a number of 401 digits as nbf",
        world.with_members(&format!("\"nbf\":{digits}")),
        Rejected::Claims,
    ));
    let exponent = r#""x":1e99999999999999999999"#;
    cases.push(case("an endless exponent in an unknown claim", world.with_members(exponent), Outcome::LetIn));
}

fn wrong_types(world: &World, cases: &mut Vec<Case>) {
    for claim in ["iss", "sub", "client_id", "token_use", "scope", "jti", "origin_jti", "username"] {
        for value in ["null", "0", "true", "[]", "{}"] {
            let payload = payload_of(&world.access().without_claim(claim).sign());
            let token = world.with_payload(format!("{{\"{claim}\":{value},{}", &payload[1..]));
            cases.push(case(format!("{claim} is {value}"), token, Rejected::Claims));
        }
    }
    for groups in [r#""admins""#, "null", "{}", "[1]", "[null]", r#"[["admins"]]"#] {
        let value: serde_json::Value = serde_json::from_str(groups).expect("JSON");
        let token = world.access().claim("cognito:groups", value).sign();
        cases.push(case(format!("cognito:groups is {groups}"), token, Rejected::Claims));
    }
    let none = world.access().claim("cognito:groups", serde_json::json!([])).sign();
    cases.push(case("cognito:groups is empty", none, Outcome::LetIn));
}
