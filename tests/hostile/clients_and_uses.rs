//! Tokens of the right pool for another purpose: the other token use, another app client, another resource.

use cognito_authorizer::{Accept, Rejected, TokenUse};
use serde_json::{Value, json};

use super::{
    case::{Case, Outcome, Setup, case, expired, missing, no_audience, wrong_client, wrong_use},
    world::{AUDIENCE, NOW, OTHER_CLIENT, RESOURCE, World},
};
use crate::support::CLIENT;

pub(super) fn cases(world: &World) -> Vec<Case> {
    let mut cases = Vec::new();
    uses(world, &mut cases);
    clients_of_access_tokens(world, &mut cases);
    clients_of_id_tokens(world, &mut cases);
    resources(world, &mut cases);
    audiences_where_none_is_set(world, &mut cases);
    clients_by_rule(world, &mut cases);
    delegated_and_bound(world, &mut cases);
    cases
}

fn uses(world: &World, cases: &mut Vec<Case>) {
    let (access, id) = (world.access().sign(), world.id().sign());
    cases.extend([
        case("an ID token as access token", &*id, wrong_use(Accept::Access, TokenUse::Id)),
        case(
            "an expired ID token as access token",
            world.id().expired().sign(),
            expired((NOW - 3600) * 1000),
        ),
        case("an access token as ID token", &*access, wrong_use(Accept::Id, TokenUse::Access)).at(Setup::Id),
        case("an access token where both uses are accepted", access, Outcome::LetIn).at(Setup::Either),
        case("an ID token where both uses are accepted", id, Outcome::LetIn).at(Setup::Either),
        case(
            "an ID token that says access",
            world.id().claim("token_use", "access").sign(),
            missing("client_id"),
        ),
        case("an access token that says id", world.access().claim("token_use", "id").sign(), missing("aud"))
            .at(Setup::Id),
        case(
            "an ID token with client_id and scope",
            world.id().claim("client_id", CLIENT).scope("orders/read").sign(),
            wrong_use(Accept::Access, TokenUse::Id),
        ),
        case(
            "an ID token with scope, where a scope is required",
            world.id().scope("orders/read").sign(),
            wrong_use(Accept::Access, TokenUse::Id),
        )
        .at(Setup::Scope),
    ]);
    for setup in [Setup::Access, Setup::Id, Setup::Either] {
        for token_use in [
            "",
            "refresh",
            "Access",
            "ACCESS",
            "ID",
            "Id",
            "access ",
            " access",
            "access\0",
            "accesss",
            "acces",
            "id access",
            "аccess",
        ] {
            let token = world.access().claim("token_use", token_use).claim("aud", CLIENT).sign();
            cases.push(
                case(format!("token_use is {token_use:?} at {setup:?}"), token, Rejected::UnknownUse)
                    .at(setup),
            );
        }
        let token = world.access().without_claim("token_use").claim("aud", CLIENT).sign();
        cases.push(case(format!("token_use is missing at {setup:?}"), token, missing("token_use")).at(setup));
        for token_use in [json!(["access"]), json!(["access", "id"]), json!({ "access": true })] {
            let name = format!("token_use is {token_use} at {setup:?}");
            let token = world.access().claim("token_use", token_use).sign();
            cases.push(case(name, token, Rejected::Claims).at(setup));
        }
    }
}

/// Ids that resemble the app client's.
fn near_misses() -> Vec<String> {
    vec![
        String::new(),
        " ".into(),
        OTHER_CLIENT.into(),
        CLIENT[..CLIENT.len() - 1].into(),
        format!("{CLIENT}0"),
        format!("{CLIENT} "),
        format!(" {CLIENT}"),
        format!("{CLIENT}\n"),
        format!("{CLIENT}\0"),
        format!("{CLIENT},{OTHER_CLIENT}"),
        format!("{OTHER_CLIENT} {CLIENT}"),
        CLIENT.to_uppercase(),
        CLIENT.replace('e', "е"),
        "*".into(),
        ".*".into(),
        "null".into(),
        "undefined".into(),
    ]
}

fn clients_of_access_tokens(world: &World, cases: &mut Vec<Case>) {
    for client in near_misses() {
        let token = world.access().client(client.as_str()).sign();
        cases.push(case(format!("client_id is {client:?}"), token, wrong_client()));
    }
    let without = || world.access().without_claim("client_id");
    cases.extend([
        case("client_id is missing", without().sign(), missing("client_id")),
        case("the client is in aud instead", without().claim("aud", CLIENT).sign(), missing("client_id")),
        case("the client is in azp instead", without().claim("azp", CLIENT).sign(), missing("client_id")),
        case(
            "the client is in clientId instead",
            without().claim("clientId", CLIENT).sign(),
            missing("client_id"),
        ),
        case(
            "another client, and ours in aud",
            world.access().client("x").claim("aud", CLIENT).sign(),
            wrong_client(),
        ),
        case(
            "client_id is an array",
            world.access().claim("client_id", json!([CLIENT])).sign(),
            Rejected::Claims,
        ),
        case(
            "any client is accepted, and the token has one",
            world.access().client("x").sign(),
            Outcome::LetIn,
        )
        .at(Setup::AnyClient),
        case("any client is accepted, and the token has none", without().sign(), missing("client_id"))
            .at(Setup::AnyClient),
        case(
            "a machine's token",
            world.pool.machine_token(CLIENT).scope("orders/read").sign(),
            Outcome::LetIn,
        ),
        case("the token of another machine", world.pool.machine_token("x").sign(), wrong_client()),
        case(
            "no sub, as AWS writes for users only",
            world.access().without_claim("sub").sign(),
            Outcome::LetIn,
        ),
    ]);
}

fn clients_of_id_tokens(world: &World, cases: &mut Vec<Case>) {
    for client in near_misses() {
        let token = world.id().client(client.as_str()).sign();
        cases.push(case(format!("aud of an ID token is {client:?}"), token, wrong_client()).at(Setup::Id));
    }
    let aud = |value: Value| world.id().claim("aud", value).sign();
    let rows = [
        case("aud of an ID token is missing", world.id().without_claim("aud").sign(), missing("aud")),
        case(
            "client_id in an ID token without aud",
            world.id().without_claim("aud").claim("client_id", CLIENT).sign(),
            missing("aud"),
        ),
        case(
            "another aud, and ours in client_id",
            world.id().client("x").claim("client_id", CLIENT).sign(),
            wrong_client(),
        ),
        case("aud is an array with ours", aud(json!(["x", CLIENT])), Outcome::LetIn),
        case("aud is an empty array", aud(json!([])), wrong_client()),
        case("aud is an array of others", aud(json!(["x", "y"])), wrong_client()),
        case("aud is null", aud(Value::Null), Rejected::Claims),
        case("aud is a number", aud(json!(4)), Rejected::Claims),
        case("aud is an object", aud(json!({ "x": CLIENT })), Rejected::Claims),
        case("aud has an array in an array", aud(json!([[CLIENT]])), Rejected::Claims),
        case("aud has null beside ours", aud(json!([CLIENT, null])), Rejected::Claims),
        case("an ID token without sub", world.id().without_claim("sub").sign(), missing("sub")),
    ];
    cases.extend(rows.into_iter().map(|row| row.at(Setup::Id)));
}

fn resources(world: &World, cases: &mut Vec<Case>) {
    let bound = |aud: Value| world.access().claim("aud", aud).sign();
    // About as many names as the limit on tokens allows.
    let many = |count: usize, last: &str| json!([vec!["x"; count], vec![last]].concat());
    let rows = [
        case("bound to this API", bound(json!(RESOURCE)), Outcome::LetIn),
        case("bound to this API and another", bound(json!(["https://x", RESOURCE])), Outcome::LetIn),
        case("bound to nothing", world.access().sign(), no_audience()),
        case("a machine's token for nothing", world.pool.machine_token(CLIENT).sign(), no_audience()),
        case("exchanged for this API", bound(json!(AUDIENCE)), Outcome::LetIn),
        case("exchanged for this API and another", bound(json!(["x", AUDIENCE, "y"])), Outcome::LetIn),
        case("exchanged for another API", bound(json!(["x", "y"])), Rejected::Resource),
        too_many_names(world),
        case("for thousands of other APIs", bound(many(2_500, "")), Rejected::Resource),
        case("for thousands of APIs, and this one", bound(many(2_500, AUDIENCE)), Outcome::LetIn),
        case("bound to an empty list", bound(json!([])), Rejected::Resource),
        case("bound to the empty name", bound(json!("")), Rejected::Resource),
        case("bound to another API", bound(json!("https://other.example")), Rejected::Resource),
        case("bound to this API with a slash", bound(json!("https://api.example/")), Rejected::Resource),
        case("bound to this API in upper case", bound(json!("https://API.example")), Rejected::Resource),
        case("bound to a host below", bound(json!("https://api.example.evil")), Rejected::Resource),
        case("bound to the app client", bound(json!(CLIENT)), Rejected::Resource),
        case("bound to null", bound(Value::Null), Rejected::Claims),
    ];
    cases.extend(rows.into_iter().map(|row| row.at(Setup::Resource)));
    let rows = [
        case("for this API, where aud may be missing", bound(json!(RESOURCE)), Outcome::LetIn),
        case("for nothing, where aud may be missing", world.access().sign(), Outcome::LetIn),
        case("for another API, where aud may be missing", bound(json!("x")), Rejected::Resource),
        case("for the app client, where aud may be missing", bound(json!(CLIENT)), Rejected::Resource),
        case("for an empty list, where aud may be missing", bound(json!([])), Rejected::Resource),
        case("for null, where aud may be missing", bound(Value::Null), Rejected::Claims),
    ];
    cases.extend(rows.into_iter().map(|row| row.at(Setup::WithOrWithoutAudience)));
}

/// 10,000 names are more than a token may have.
fn too_many_names(world: &World) -> Case {
    let token = world.access().claim("aud", json!(vec![RESOURCE; 10_000])).sign();
    let too_long = Rejected::TooLong { bytes: token.len(), limit: 16 * 1024 };
    case("for 10,000 APIs", token, too_long)
}

/// A token for another API is refused even without a configured audience.
fn audiences_where_none_is_set(world: &World, cases: &mut Vec<Case>) {
    let bound = |aud: Value| world.access().claim("aud", aud).sign();
    for (name, aud, outcome) in [
        ("another API", json!("https://other.example"), Rejected::Resource.into()),
        ("the app client", json!(CLIENT), Outcome::LetIn),
        ("another API and the app client", json!(["https://other.example", CLIENT]), Outcome::LetIn),
        ("another app client", json!(OTHER_CLIENT), Rejected::Resource.into()),
        ("an empty list", json!([]), Rejected::Resource.into()),
        ("the empty name", json!(""), Rejected::Resource.into()),
        ("a number", json!(4), Rejected::Claims.into()),
        ("an object", json!({ "x": CLIENT }), Rejected::Claims.into()),
        ("a list in a list", json!([[CLIENT]]), Rejected::Claims.into()),
        ("null", Value::Null, Rejected::Claims.into()),
    ] {
        for setup in [Setup::Access, Setup::Either, Setup::AnyClient, Setup::ClientsWhere] {
            let name = format!("for {name} where no audience is set, at {setup:?}");
            cases.push(case(name, bound(aud.clone()), outcome.clone()).at(setup));
        }
    }
}

fn clients_by_rule(world: &World, cases: &mut Vec<Case>) {
    let of = |client: &str| world.access().client(client);
    let rows = [
        case("the listed client", of(CLIENT).sign(), Outcome::LetIn),
        case("a client of the rule", of("partner-1").sign(), Outcome::LetIn),
        case("a client that the rule refuses", of("other-client").sign(), wrong_client()),
        case(
            "a client of the rule, for itself",
            of("partner-1").claim("aud", "partner-1").sign(),
            Outcome::LetIn,
        ),
        // The rule accepts clients, and is not a list of names of this API.
        case(
            "for another client of the rule",
            of("partner-1").claim("aud", "partner-2").sign(),
            Rejected::Resource,
        ),
        case(
            "a listed client, for one of the rule",
            of(CLIENT).claim("aud", "partner-2").sign(),
            Rejected::Resource,
        ),
        case(
            "a client of the rule, for the listed one",
            of("partner-1").claim("aud", CLIENT).sign(),
            Outcome::LetIn,
        ),
    ];
    cases.extend(rows.into_iter().map(|row| row.at(Setup::ClientsWhere)));
}

/// `act`, `acr` and `cnf`.
fn delegated_and_bound(world: &World, cases: &mut Vec<Case>) {
    let with = |name: &str, value: Value| world.access().claim(name, value).sign();
    let deep = |levels: usize| {
        let (open, close) = (r#"{"sub":"x","act":"#.repeat(levels), "}".repeat(levels));
        world.with_members(&format!(r#""act":{open}{{"sub":"first"}}{close}"#))
    };
    for setup in [Setup::Access, Setup::AnyClient, Setup::Young] {
        for cnf in [json!({ "jkt": "x" }), json!({}), Value::Null, json!("x"), json!([]), json!(false)] {
            let name = format!("cnf is {cnf} at {setup:?}");
            cases.push(case(name, with("cnf", cnf), Rejected::KeyBound).at(setup));
        }
    }
    cases.extend([
        case("an ID token with cnf", world.id().claim("cnf", json!({})).sign(), Rejected::KeyBound)
            .at(Setup::Id),
        case("delegated", world.access().actor("proxy").sign(), Outcome::LetIn),
        case("delegated through 500 actors", deep(500), Outcome::LetIn),
        case("act is a string", with("act", json!("proxy")), Rejected::Claims),
        case("act is an array", with("act", json!(["proxy"])), Rejected::Claims),
        case("act is null", with("act", Value::Null), Rejected::Claims),
        case("act is empty", with("act", json!({})), Rejected::Claims),
        case("sub of act is a number", with("act", json!({ "sub": 1 })), Rejected::Claims),
        case("act twice", world.with_members(r#""act":{"sub":"a"},"act":{"sub":"a"}"#), Rejected::Claims),
        case("acr", world.access().acr("urn:cognito:loa:1").sign(), Outcome::LetIn),
        case("acr is a number", with("acr", json!(3)), Rejected::Claims),
        case("acr is a list", with("acr", json!(["urn:cognito:loa:4"])), Rejected::Claims),
        case("acr is null", with("acr", Value::Null), Rejected::Claims),
        case("acr twice", world.with_members(r#""acr":"a","acr":"b""#), Rejected::Claims),
    ]);
}
