//! Issuers that resemble the pool's, and keys of one pool with the issuer of another.

use cognito_authorizer::Rejected;
use cognito_local_pool::LocalPool;
use serde_json::{Value, json};

use super::{
    case::{Case, Outcome, Setup, case, missing, wrong_client},
    world::{OTHER_CLIENT, OTHER_POOL, World},
};
use crate::support::{CLIENT, POOL};

pub(super) fn cases(world: &World) -> Vec<Case> {
    let mut cases = Vec::new();
    near_misses(world, &mut cases);
    replicas(world, &mut cases);
    two_pools(world, &mut cases);
    shared_key_id(world, &mut cases);
    cases
}

fn replicas(world: &World, cases: &mut Vec<Case>) {
    let with = |issuer: String| world.access().issuer(issuer).sign();
    let of = |region: &str| format!("https://cognito-idp.{region}.amazonaws.com/{POOL}");
    let rows = [
        case("the issuer of the primary Region", with(of("ap-south-1")), Outcome::LetIn),
        case("the issuer of the replica", with(of("us-west-2")), Outcome::LetIn),
        case("the issuer of another Region", with(of("us-west-1")), Rejected::Issuer),
        case(
            "the updated form with the replica",
            with(of("us-west-2").replace("//", "//issuer-")),
            Rejected::Issuer,
        ),
        case("the replica with a slash", with(of("us-west-2") + "/"), Rejected::Issuer),
        case(
            "the replica of another pool",
            with(of("us-west-2").replace(POOL, OTHER_POOL)),
            Rejected::Issuer,
        ),
    ];
    cases.extend(rows.into_iter().map(|row| row.at(Setup::Replica)));
    cases.push(case("a replica where none is set", with(of("us-west-2")), Rejected::Issuer));
}

fn near_misses(world: &World, cases: &mut Vec<Case>) {
    let issuer = format!("https://cognito-idp.ap-south-1.amazonaws.com/{POOL}");
    let updated = format!("https://issuer-cognito-idp.ap-south-1.amazonaws.com/{POOL}");
    assert_eq!(world.pool.issuer(), issuer);
    for other in [
        String::new(),
        POOL.to_owned(),
        format!("{issuer}/"),
        format!("{issuer} "),
        format!(" {issuer}"),
        format!("{issuer}\0"),
        format!("{issuer}\n"),
        format!("{issuer}?"),
        format!("{issuer}#"),
        format!("{issuer}/.well-known/jwks.json"),
        format!("{issuer}x"),
        issuer[..issuer.len() - 1].to_owned(),
        issuer.replace("https:", "http:"),
        issuer.replace("https:", "HTTPS:"),
        issuer.replace("https://", ""),
        issuer.replace("https://", "//"),
        issuer.replace("cognito", "Cognito"),
        issuer.to_uppercase(),
        issuer.replace("ap-south-1.", "eu-west-1."),
        issuer.replace(POOL, "ap-south-1_ABCDEFGHI"),
        issuer.replace(POOL, OTHER_POOL),
        issuer.replace(".com/", ".com:443/"),
        issuer.replace(".com/", ".com./"),
        issuer.replace(".com/", ".com//"),
        issuer.replace(".com/", ".com/./"),
        issuer.replace(".com/", ".com/x/../"),
        issuer.replace(".com/", ".com.cn/"),
        issuer.replace(".com/", ".com.evil.example/"),
        issuer.replace("amazonaws.com", "amazonaws.com@evil.example"),
        issuer.replace("https://", "https://evil.example/"),
        issuer.replace("https://", "https://evil.example@"),
        issuer.replace("https://", "https://evil-"),
        issuer.replace('_', "%5F"),
        issuer.replace("/ap-", "%2Fap-"),
        issuer.replace('a', "а"),
        issuer.replace('-', "‐"),
        updated.clone(),
        format!("{updated}/"),
        format!("{issuer},{updated}"),
    ] {
        let name = format!("iss is {other:?}");
        cases.push(case(name, world.access().issuer(other).sign(), Rejected::Issuer));
    }
    cases.push(case("iss is missing", world.access().without_claim("iss").sign(), missing("iss")));
    for value in [json!([issuer]), json!({ "url": issuer }), Value::Null, json!(1)] {
        let name = format!("iss is of another type: {value}");
        cases.push(case(name, world.access().claim("iss", value).sign(), Rejected::Claims));
    }
    let escaped = world.with_replaced("https://", "https:\\/\\/");
    cases.push(case("iss with escaped slashes, which is the same text", escaped, Outcome::LetIn));
    let new = world.access().issuer(updated);
    cases.push(case("the updated form where it is set", new.sign(), Outcome::LetIn).at(Setup::UpdatedIssuer));
    let old = world.access().sign();
    cases.push(
        case("the original form where the updated is set", old, Rejected::Issuer).at(Setup::UpdatedIssuer),
    );
}

/// Two pools, each with keys, issuer and app client of its own.
fn two_pools(world: &World, cases: &mut Vec<Case>) {
    let (one, two) = (world.pool.issuer(), world.other.issuer());
    let other_client = Rejected::Client { pool: OTHER_POOL.parse().expect("a user pool id") };
    let theirs = |client: &str| world.other.access_token("eve").client(client);
    let rows = [
        case("the first pool's token", world.access().sign(), Outcome::LetIn),
        case("the second pool's token", theirs(OTHER_CLIENT).sign(), Outcome::LetIn),
        case(
            "the second pool's key, the first one's iss",
            theirs(CLIENT).issuer(one).sign(),
            Rejected::Issuer,
        ),
        case(
            "the first pool's key, the second one's iss",
            world.access().client(OTHER_CLIENT).issuer(two).sign(),
            Rejected::Issuer,
        ),
        case("the second pool's token for the first one's client", theirs(CLIENT).sign(), other_client),
        case(
            "the first pool's token for the second one's client",
            world.access().client(OTHER_CLIENT).sign(),
            wrong_client(),
        ),
        case(
            "the second pool's key under the first one's kid",
            theirs(CLIENT).issuer(one).header("kid", world.pool.access_key_id()).sign(),
            Rejected::Signature,
        ),
        case("a third pool's token", world.other_pool.access_token("eve").sign(), Rejected::UnknownKey),
    ];
    cases.extend(rows.into_iter().map(|row| row.at(Setup::TwoPools)));
}

/// Two pools with different keys under one `kid`, as in some emulators.
fn shared_key_id(world: &World, cases: &mut Vec<Case>) {
    let [one, two] = &world.sharing;
    let token = |pool: &LocalPool, client: &str| pool.access_token("ada").client(client);
    let rows = [
        case("shared kid, the first pool's token", token(one, CLIENT).sign(), Outcome::LetIn),
        case("shared kid, the second pool's token", token(two, OTHER_CLIENT).sign(), Outcome::LetIn),
        case("shared kid, the other's iss", token(two, CLIENT).issuer(one.issuer()).sign(), Rejected::Issuer),
        case(
            "shared kid, the one's iss",
            token(one, OTHER_CLIENT).issuer(two.issuer()).sign(),
            Rejected::Issuer,
        ),
        case("shared kid, a third key", token(one, CLIENT).forged().sign(), Rejected::Signature),
        case(
            "shared kid, a third pool's key",
            world.other_pool.access_token("ada").header("kid", "shared").sign(),
            Rejected::Signature,
        ),
    ];
    cases.extend(rows.into_iter().map(|row| row.at(Setup::SharedKeyId)));
}
