//! The scope `orders/read` is required: similar texts do not count.

use cognito_authorizer::Rejected;
use serde_json::{Value, json};

use super::{
    case::{Case, Outcome, Setup, case},
    world::World,
};

pub(super) fn cases(world: &World) -> Vec<Case> {
    let with = |scope: Value| world.access().claim("scope", scope).sign();
    let mut cases = Vec::new();
    for scope in [
        "orders/read",
        "openid orders/read",
        "orders/read openid",
        "orders/write  orders/read",
        " orders/read ",
        "orders/read orders/read",
    ] {
        cases.push(case(format!("scope is {scope:?}"), with(json!(scope)), Outcome::LetIn));
    }
    for scope in [
        "",
        " ",
        "orders",
        "orders/",
        "/read",
        "read",
        "orders/rea",
        "orders/reads",
        "orders/read/",
        "orders/read/all",
        "orders/readwrite",
        "orders/read.",
        "xorders/read",
        "my/orders/read",
        "https://orders/read",
        "Orders/read",
        "orders/Read",
        "ORDERS/READ",
        "orders/*",
        "*",
        "orders/write",
        "orders /read",
        "orders\u{a0}/read",
        "openid,orders/read",
        "orders/read,openid",
        "openid;orders/read",
        "openid|orders/read",
        "openid\torders/read",
        "orders/read\topenid",
        "openid\norders/read",
        "openid\r\norders/read",
        "openid\u{a0}orders/read",
        "openid\u{2003}orders/read",
        "openid+orders/read",
        "openid%20orders/read",
        "openid\0orders/read",
        "orders/read\0",
        "orders%2Fread",
        "orders//read",
        "orders\\read",
        "orders:read",
        "orders.read",
        "\"orders/read\"",
        "[\"orders/read\"]",
        "оrders/read",
        "orders/reаd",
        "orders∕read",
        "ｏrders/read",
        "orders/read\u{301}",
        "orders/rea\u{200b}d",
        "\u{feff}orders/read",
        "aws.cognito.signin.user.admin",
        "phone openid email",
    ] {
        cases.push(case(format!("scope is {scope:?}"), with(json!(scope)), Outcome::Denied));
    }
    for scope in [
        Value::Null,
        json!(["orders/read"]),
        json!(["openid", "orders/read"]),
        json!([]),
        json!({ "orders/read": true }),
        json!(true),
        json!(1),
    ] {
        cases.push(case(format!("scope is of another type: {scope}"), with(scope), Rejected::Claims));
    }
    cases.push(case("scope is missing", world.access().without_claim("scope").sign(), Outcome::Denied));
    for member in ["scp", "scopes", "Scope", "permissions", "cognito:groups"] {
        let token = world.access().without_claim("scope").claim(member, json!(["orders/read"])).sign();
        cases.push(case(format!("the scope is in {member} instead"), token, Outcome::Denied));
    }
    let escaped = world.with_replaced("orders/read", "orders\\u002Fre\\u0061d");
    cases.push(case("scope with escapes, which is the same text", escaped, Outcome::LetIn));
    let machine = world.pool.machine_token(crate::support::CLIENT);
    cases.push(case("a machine's scope", machine.scope("orders/read").sign(), Outcome::LetIn));
    cases.into_iter().map(|case| case.at(Setup::Scope)).collect()
}
