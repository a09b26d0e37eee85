//! Thousands of tokens from a seed: good ones, odd ones that are correctly signed, and ones changed after signing.

use serde_json::{Value, json};

use super::world::{NOW, World, base64url, third_header};
use crate::support::CLIENT;

/// Pseudorandom numbers that are the same in every run (splitmix64).
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % end as u64).expect("below a usize")
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<'p, T>(&mut self, from: &'p [T]) -> &'p T {
        &from[self.below(from.len())]
    }
}

/// How many tokens are signed; the others are changed copies, because signing is slow.
const SIGNED: usize = 2_000;

/// This many tokens, with times relative to `now`.
pub(super) fn tokens(world: &World, seed: u64, now: i64, count: usize) -> Vec<String> {
    let mut dice = Dice::new(seed);
    let mut tokens: Vec<String> = (0..SIGNED).map(|_| signed(world, &mut dice, now)).collect();
    while tokens.len() < count {
        let changed = changed(&mut dice, &tokens);
        tokens.push(changed);
    }
    tokens
}

/// A payload with up to three oddities, under a header that may have one.
fn signed(world: &World, dice: &mut Dice, now: i64) -> String {
    let mut claims: Vec<(String, String)> =
        members(&if dice.one_in(3) { id(world, now) } else { access(world, now) });
    for _ in 0..dice.below(4) {
        odd(world, dice, now, &mut claims);
    }
    let text: Vec<String> = claims.iter().map(|(name, value)| format!("{name}:{value}")).collect();
    let payload = format!("{{{}}}", text.join(","));
    let mut payload = if dice.one_in(40) { format!("[{payload}]") } else { payload }.into_bytes();
    if dice.one_in(60) {
        let name = payload.len() - 2;
        payload[name] = 0xFF;
    }
    let kid = world.pool.access_key_id();
    let header = match dice.below(30) {
        0 => json!({ "kid": kid, "alg": "RS256", "crit": ["exp"] }),
        1 => json!({ "kid": kid, "alg": "RS256", "b64": true }),
        2 => json!({ "kid": kid, "alg": dice.pick(&["none", "HS256", "RS384", "rs256", ""]) }),
        3 => json!({ "alg": "RS256" }),
        4 => json!({ "kid": dice.pick(&["", "x", "third", "../x"]), "alg": "RS256" }),
        5 => json!({ "kid": kid, "alg": "RS256", "typ": *dice.pick(&["JWT", "at+jwt"]) }),
        6 => json!({ "kid": kid, "alg": "RS256", "typ": 1 }),
        7 => json!({ "kid": kid, "alg": "RS256", "x": "y".repeat(dice.below(2_000)) }),
        8 => return world.signed(&format!("{}.{}", third_header("RS256"), base64url(payload))),
        9 => return world.signed_as("RS512", &format!("{}.{}", third_header("RS512"), base64url(payload))),
        10 => return world.signed(&format!("{}.{}=", third_header("RS256"), base64url(payload))),
        11 => {
            let header = format!(r#"{{"kid":"{kid}","kid":"{kid}","alg":"RS256"}}"#);
            return world.access().raw_header(header).raw_payload(payload).sign();
        }
        _ => json!({ "kid": kid, "alg": "RS256" }),
    };
    let token = world.access().raw_header(header.to_string()).raw_payload(payload);
    if dice.one_in(30) { token.forged().sign() } else { token.sign() }
}

fn access(world: &World, now: i64) -> Value {
    json!({
        "sub": "ada", "cognito:groups": ["ops"], "iss": world.pool.issuer(), "version": 2, "client_id": CLIENT,
        "origin_jti": "o", "event_id": "e", "token_use": "access", "scope": "orders/read openid", "auth_time": now,
        "exp": now + 3600, "iat": now - 60, "jti": "j", "username": "ada",
    })
}

fn id(world: &World, now: i64) -> Value {
    json!({
        "sub": "ada", "iss": world.pool.issuer(), "cognito:username": "ada", "origin_jti": "o", "aud": CLIENT,
        "event_id": "e", "token_use": "id", "auth_time": now, "exp": now + 3600, "iat": now - 60, "jti": "j",
    })
}

/// Names and values as JSON.
fn members(object: &Value) -> Vec<(String, String)> {
    let members = object.as_object().expect("an object");
    members.iter().map(|(name, value)| (json!(name).to_string(), value.to_string())).collect()
}

/// Changes, removes, repeats or adds a claim. Times are at least 20 minutes away from `now`, because one of the verifiers reads
/// the system's clock.
fn odd(world: &World, dice: &mut Dice, now: i64, claims: &mut Vec<(String, String)>) {
    const NAMES: [&str; 16] = [
        "iss",
        "sub",
        "aud",
        "exp",
        "nbf",
        "iat",
        "auth_time",
        "jti",
        "origin_jti",
        "token_use",
        "client_id",
        "scope",
        "username",
        "cognito:username",
        "cognito:groups",
        "custom:x",
    ];
    let name = json!(dice.pick(&NAMES)).to_string();
    let far = [now + 1_201, now - 1_201, now + 86_400, now - 86_400, 0, -1, i64::MAX, i64::MIN];
    let is_time = ["exp", "nbf", "iat", "auth_time"].contains(&name.trim_matches('"'));
    let value = match dice.below(13) {
        _ if is_time && dice.one_in(2) => match dice.below(3) {
            0 => (*dice.pick(&["1e300", "1e19", "18446744073709551615", "-1e300", "-1", "1e400"])).to_owned(),
            1 => format!("{}.5", dice.pick(&far[..4])),
            _ => dice.pick(&far).to_string(),
        },
        0 => "null".to_owned(),
        1 => "true".to_owned(),
        2 => "[]".to_owned(),
        3 => json!([CLIENT, "other"]).to_string(),
        4 => json!(CLIENT).to_string(),
        5 => json!(dice.pick(&["", "access", "id", "refresh", "other", "orders/read"])).to_string(),
        6 => json!(world.pool.issuer()).to_string(),
        7 => json!(format!("{}/", world.pool.issuer())).to_string(),
        8 => json!(world.pool.issuer().replace("https://", "https://issuer-")).to_string(),
        9 => dice.pick(&far).to_string(),
        10 => format!("{}.5", dice.pick(&far[..4])),
        11 => (*dice.pick(&[
            "1e300",
            "1e19",
            "18446744073709551615",
            "-1e300",
            "1e400",
            "\"1900000000\"",
            "{}",
        ]))
        .to_owned(),
        12 => (*dice.pick(&[r#""\ud83d\ude00""#, r#""\ud800""#, r#""\u0061ccess""#])).to_owned(),
        _ => format!("{}{}", "[".repeat(200), "]".repeat(200)),
    };
    match dice.below(6) {
        0 => claims.retain(|(known, _)| *known != name),
        1 => claims.push((name, value)),
        2 => {
            let again = dice.pick(claims).clone();
            claims.push(again);
        }
        _ => match claims.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => claims.push((name, value)),
        },
    }
}

/// A token whose text was changed without a new signature.
fn changed(dice: &mut Dice, tokens: &[String]) -> String {
    const CHARACTERS: [&str; 10] = ["A", "z", "0", "-", "_", "=", "+", ".", " ", "é"];
    let mut token = tokens[dice.below(SIGNED)].clone();
    let other = &tokens[dice.below(SIGNED)];
    let at = dice.below(token.len());
    // Positions are byte offsets, so other texts are left alone.
    let is_ascii = token.is_ascii();
    match dice.below(9) {
        0 if is_ascii => token.truncate(at),
        1 if is_ascii => drop(token.remove(at)),
        2 if is_ascii => token.insert_str(at, dice.pick::<&str>(&CHARACTERS)),
        3 if is_ascii => token.replace_range(at..=at, dice.pick::<&str>(&CHARACTERS)),
        4 => {
            let (mut one, two): (Vec<&str>, Vec<&str>) =
                (token.split('.').collect(), other.split('.').collect());
            let index = dice.below(3);
            one[index] = two[index];
            return one.join(".");
        }
        5 => {
            let mut parts: Vec<&str> = token.split('.').collect();
            let (one, two) = (dice.below(3), dice.below(3));
            parts.swap(one, two);
            return parts.join(".");
        }
        // The last character of the signature: for 256 bytes, some of its bits are unused.
        6 if is_ascii => {
            let last = token.pop().expect("a character");
            token.push(if last == 'w' { 'x' } else { char::from(last as u8 + 1) });
        }
        7 => token.push_str(dice.pick::<&str>(&["=", "==", ".", "A", "\n", "%3D"])),
        _ => token = format!("{}{token}", dice.pick(&[" ", "Bearer ", ".", "\u{feff}", "\""])),
    }
    token
}

/// The same seed gives the same tokens, except for their signatures.
#[test]
fn the_generator_repeats_itself() {
    let (mut one, mut two) = (Dice::new(7), Dice::new(7));
    assert!((0..1_000).all(|_| one.roll() == two.roll()));
    let world = &super::table::WORLD;
    let [one, two] = [(); 2].map(|()| {
        let mut dice = Dice::new(3);
        (0..20).map(|_| signed(world, &mut dice, NOW)).collect::<Vec<_>>()
    });
    let unsigned = |tokens: &[String]| {
        tokens.iter().map(|token| token.rsplit_once('.').map(|(text, _)| text.to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(unsigned(&one), unsigned(&two));
}
