//! Tokens of the right pool for something else: the other use, another app client, another resource.

use cognito_authorizer::{Accept, Rejected, TokenUse};
use serde_json::{Value, json};

use super::{
    case::{Case, Door, Outcome, case, expired, missing, wrong_client, wrong_use},
    world::{NOW, OTHER_CLIENT, RESOURCE, World},
};
use crate::support::CLIENT;

pub(super) fn cases(world: &World) -> Vec<Case> {
    let mut cases = Vec::new();
    uses(world, &mut cases);
    clients_of_access_tokens(world, &mut cases);
    clients_of_id_tokens(world, &mut cases);
    resources(world, &mut cases);
    cases
}

fn uses(world: &World, cases: &mut Vec<Case>) {
    let (access, id) = (world.access().sign(), world.id().sign());
    cases.extend([
        case("an ID token as access token", &*id, wrong_use(Accept::Access, TokenUse::Id)),
        case(
            "an ID token as access token, too late",
            world.id().expired().sign(),
            expired((NOW - 3600) * 1000),
        ),
        case("an access token as ID token", &*access, wrong_use(Accept::Id, TokenUse::Access)).at(Door::Id),
        case("an access token where either does", access, Outcome::LetIn).at(Door::Either),
        case("an ID token where either does", id, Outcome::LetIn).at(Door::Either),
        case(
            "an ID token that says access",
            world.id().claim("token_use", "access").sign(),
            missing("client_id"),
        ),
        case("an access token that says id", world.access().claim("token_use", "id").sign(), missing("aud"))
            .at(Door::Id),
        case(
            "an ID token with client_id and scope",
            world.id().claim("client_id", CLIENT).scope("orders/read").sign(),
            wrong_use(Accept::Access, TokenUse::Id),
        ),
        case(
            "an ID token with scope, where a scope is wanted",
            world.id().scope("orders/read").sign(),
            wrong_use(Accept::Access, TokenUse::Id),
        )
        .at(Door::Scope),
    ]);
    for door in [Door::Access, Door::Id, Door::Either] {
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
                case(format!("token_use is {token_use:?} at {door:?}"), token, Rejected::UnknownUse).at(door),
            );
        }
        let token = world.access().without_claim("token_use").claim("aud", CLIENT).sign();
        cases.push(case(format!("token_use is missing at {door:?}"), token, missing("token_use")).at(door));
        for token_use in [json!(["access"]), json!(["access", "id"]), json!({ "access": true })] {
            let name = format!("token_use is {token_use} at {door:?}");
            let token = world.access().claim("token_use", token_use).sign();
            cases.push(case(name, token, Rejected::Claims).at(door));
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
        case("any client may, and one does", world.access().client("x").sign(), Outcome::LetIn)
            .at(Door::AnyClient),
        case("any client may, and none is named", without().sign(), missing("client_id")).at(Door::AnyClient),
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
        cases.push(case(format!("aud of an ID token is {client:?}"), token, wrong_client()).at(Door::Id));
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
    cases.extend(rows.into_iter().map(|row| row.at(Door::Id)));
}

fn resources(world: &World, cases: &mut Vec<Case>) {
    let bound = |aud: Value| world.access().claim("aud", aud).sign();
    let rows = [
        case("bound to this API", bound(json!(RESOURCE)), Outcome::LetIn),
        case("bound to this API and another", bound(json!(["https://x", RESOURCE])), Outcome::LetIn),
        case("bound to nothing", world.access().sign(), Outcome::LetIn),
        case("bound to an empty list", bound(json!([])), Rejected::Resource),
        case("bound to the empty name", bound(json!("")), Rejected::Resource),
        case("bound to another API", bound(json!("https://other.example")), Rejected::Resource),
        case("bound to this API with a slash", bound(json!("https://api.example/")), Rejected::Resource),
        case("bound to this API in upper case", bound(json!("https://API.example")), Rejected::Resource),
        case("bound to a host below", bound(json!("https://api.example.evil")), Rejected::Resource),
        case("bound to the app client", bound(json!(CLIENT)), Rejected::Resource),
        case("bound to null", bound(Value::Null), Rejected::Claims),
    ];
    cases.extend(rows.into_iter().map(|row| row.at(Door::Resource)));
    cases.push(case(
        "bound to another API where none is set",
        bound(json!("https://other.example")),
        Outcome::LetIn,
    ));
}
