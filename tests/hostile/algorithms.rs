//! Signatures: `alg: none`, the public key as a secret, other algorithms, and keys inside the token.

use cognito_authorizer::Rejected;
use serde_json::json;

use super::{
    case::{Case, OTHER_ALGORITHM, Outcome, Setup, case},
    world::{THIRD_KEY, World, base64url, hmac, third_header},
};

pub(super) fn cases(world: &World) -> Vec<Case> {
    let mut cases = vec![
        case("a good access token", world.access().sign(), Outcome::LetIn),
        case("a good ID token", world.id().sign(), Outcome::LetIn).at(Setup::Id),
        case(
            "the third key of the pool signs too",
            world.signed(&unsigned(world, &third_header("RS256"))),
            Outcome::LetIn,
        ),
    ];
    none(world, &mut cases);
    public_key_as_secret(world, &mut cases);
    other_algorithms(world, &mut cases);
    forged(world, &mut cases);
    cases
}

/// The first two segments, with the payload of a good token.
fn unsigned(world: &World, header: &str) -> String {
    format!("{header}.{}", base64url(world.payload()))
}

fn none(world: &World, cases: &mut Vec<Case>) {
    for alg in ["none", "None", "NONE", "nOnE", "none ", "", "null", "n\\u006fne"] {
        let header = base64url(format!(r#"{{"alg":"{alg}","kid":"{THIRD_KEY}"}}"#));
        let text = unsigned(world, &header);
        cases.push(case(format!("alg `{alg}`, no signature"), format!("{text}."), OTHER_ALGORITHM));
        cases.push(case(format!("alg `{alg}`, signed"), world.signed(&text), OTHER_ALGORITHM));
    }
    let header = base64url(r#"{"alg":"none"}"#);
    cases.push(case("alg none, no kid", format!("{}.", unsigned(world, &header)), OTHER_ALGORITHM));
    for (name, alg) in [
        ("missing", ""),
        ("null", r#","alg":null"#),
        ("a number", r#","alg":256"#),
        ("true", r#","alg":true"#),
        ("an array", r#","alg":["RS256"]"#),
        ("an object", r#","alg":{"RS256":1}"#),
    ] {
        let header = format!(r#"{{"kid":"KID"{alg}}}"#);
        cases.push(case(format!("alg is {name}"), world.with_header(&header), Rejected::Header));
    }
}

fn public_key_as_secret(world: &World, cases: &mut Vec<Case>) {
    for algorithm in ["HS256", "HS384", "HS512"] {
        for (form, secret) in world.public_key_as_secret() {
            let text = unsigned(world, &third_header(algorithm));
            let token = format!("{text}.{}", hmac(algorithm, &secret, &text));
            cases.push(case(format!("{algorithm} with the public key: {form}"), token, OTHER_ALGORITHM));
        }
    }
    // The same MAC in place of an RSA signature.
    for (form, secret) in world.public_key_as_secret() {
        let text = unsigned(world, &third_header("RS256"));
        let token = format!("{text}.{}", hmac("HS256", &secret, &text));
        cases.push(case(format!("RS256 over a MAC with {form}"), token, Rejected::Signature));
    }
    let header = base64url(r#"{"alg":"HS256","kid":"symmetric"}"#);
    let text = unsigned(world, &header);
    let token = format!("{text}.{}", hmac("HS256", b"a published secret", &text));
    cases.push(case("HS256 with a symmetric key that the JWK Set has", token, OTHER_ALGORITHM));
    let header = base64url(r#"{"alg":"HS256","kid":"KID"}"#);
    let text = unsigned(world, &header);
    cases.push(case(
        "HS256 with the empty secret",
        format!("{text}.{}", hmac("HS256", b"", &text)),
        OTHER_ALGORITHM,
    ));
}

fn other_algorithms(world: &World, cases: &mut Vec<Case>) {
    for algorithm in ["RS384", "RS512", "PS256"] {
        let token = world.signed_as(algorithm, &unsigned(world, &third_header(algorithm)));
        cases.push(case(format!("{algorithm}, correctly signed by a published key"), token, OTHER_ALGORITHM));
        let token = world.signed_as(algorithm, &unsigned(world, &third_header("RS256")));
        cases.push(case(format!("{algorithm}, with `alg` RS256"), token, Rejected::Signature));
        let token = world.signed(&unsigned(world, &third_header(algorithm)));
        cases.push(case(format!("RS256, with `alg` {algorithm}"), token, OTHER_ALGORITHM));
    }
    for (algorithm, kid) in [("ES256", "elliptic"), ("EdDSA", "edwards")] {
        let header = base64url(json!({ "alg": algorithm, "kid": kid }).to_string());
        let token = world.signed_as(algorithm, &unsigned(world, &header));
        cases.push(case(format!("{algorithm}, correctly signed by a published key"), token, OTHER_ALGORITHM));
        let header = base64url(json!({ "alg": "RS256", "kid": kid }).to_string());
        let token = world.signed_as(algorithm, &unsigned(world, &header));
        cases.push(case(format!("RS256 with the published {algorithm} key"), token, Rejected::UnknownKey));
    }
    for alg in
        ["rs256", "Rs256", "RS256 ", " RS256", "RS-256", "RS2560", "RSA", "SHA256withRSA", "RS256\\u0000"]
    {
        let header = format!(r#"{{"alg":"{alg}","kid":"KID"}}"#);
        cases.push(case(format!("alg `{alg}`"), world.with_header(&header), OTHER_ALGORITHM));
    }
    let escaped = world.with_header(r#"{"\u0061lg":"RS\u003256","kid":"KID"}"#);
    cases.push(case("alg RS256, written with escapes", escaped, Outcome::LetIn));
}

fn forged(world: &World, cases: &mut Vec<Case>) {
    cases.push(case(
        "a forged signature under the pool's kid",
        world.access().forged().sign(),
        Rejected::Signature,
    ));
    cases.push(case(
        "another pool's key, this pool's iss",
        world.other_pool.access_token("ada").sign(),
        Rejected::UnknownKey,
    ));
    cases.push(case(
        "another pool's key under this pool's kid",
        world.other_pool.access_token("ada").header("kid", world.pool.access_key_id()).sign(),
        Rejected::Signature,
    ));
    cases.push(case(
        "the key of ID tokens signs an access token with its own kid",
        world.access().signed_by(cognito_local_pool::KeyUse::Id).sign(),
        Outcome::LetIn,
    ));
    cases.push(case(
        "the key of ID tokens under the kid of access tokens",
        world
            .access()
            .signed_by(cognito_local_pool::KeyUse::Id)
            .header("kid", world.pool.access_key_id())
            .sign(),
        Rejected::Signature,
    ));
    // A key in the token is ignored, whatever key signed it.
    let own: serde_json::Value = serde_json::from_str(&world.other_pool.jwks()).expect("JSON");
    for key in own["keys"].as_array().expect("keys") {
        let token = world.other_pool.access_token("ada").header("jwk", key.clone());
        if key["kid"] == world.other_pool.access_key_id() {
            cases.push(case("another pool's key as `jwk`", token.clone().sign(), Rejected::UnknownKey));
            let token = token.header("kid", world.pool.access_key_id()).sign();
            cases.push(case("another pool's key as `jwk` under the pool's kid", token, Rejected::Signature));
            let bare = world.other_pool.access_token("ada").header("jwk", key.clone()).without_header("kid");
            cases.push(case("another pool's key as `jwk` without kid", bare.sign(), Rejected::NoKeyId));
        }
    }
    let x5c = json!(["MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"]);
    cases.push(case(
        "a certificate as `x5c` beside a good signature",
        world.access().header("x5c", x5c.clone()).sign(),
        Outcome::LetIn,
    ));
    cases.push(case(
        "a certificate as `x5c` beside a forged signature",
        world.access().header("x5c", x5c).forged().sign(),
        Rejected::Signature,
    ));
}

/// Tokens that name a URL with keys. `trap` must never get a request.
pub(super) fn injections(world: &World, trap: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    for member in ["jku", "x5u", "jwks_uri", "iss"] {
        let url = format!("{trap}/keys.json");
        let token =
            |pool: &cognito_local_pool::LocalPool| pool.access_token("ada").header(member, url.as_str());
        cases.push(case(
            format!("`{member}` to another pool's keys"),
            token(&world.other_pool).sign(),
            Rejected::UnknownKey,
        ));
        cases.push(case(
            format!("`{member}` under the pool's kid"),
            token(&world.other_pool).header("kid", world.pool.access_key_id()).sign(),
            Rejected::Signature,
        ));
        cases.push(case(
            format!("`{member}` beside a good signature"),
            token(&world.pool).sign(),
            Outcome::LetIn,
        ));
    }
    for (name, kid) in [("a URL", format!("{trap}/key")), ("a URL with user", format!("{trap}@pool/key"))] {
        let token = world.other_pool.access_token("ada").header("kid", kid);
        cases.push(case(format!("kid is {name}"), token.sign(), Rejected::UnknownKey));
    }
    let elsewhere = world.other_pool.access_token("ada").issuer(trap);
    cases.push(case("iss is another pool's server", elsewhere.sign(), Rejected::UnknownKey));
    cases
}
