//! `exp`, `nbf`, `iat` and `auth_time`: absent, of another type, and at every edge of the numbers.

use cognito_authorizer::{Accept, Rejected, TokenUse};

use super::{
    case::{Case, Outcome, Setup, case, early, expired, missing, too_old, wrong_use},
    world::{MAX_AGE, NOW, World, payload_of},
};

pub(super) fn cases(world: &World) -> Vec<Case> {
    let mut cases = vec![
        case("exp is missing", world.access().without_claim("exp").sign(), missing("exp")),
        case("iat is missing", world.access().without_claim("iat").sign(), missing("iat")),
        case("auth_time is missing", world.access().without_claim("auth_time").sign(), Outcome::LetIn),
        case(
            "exp of a token made by the pool long ago",
            world.access().expired().sign(),
            expired((NOW - 3600) * 1000),
        ),
    ];
    ages(world, &mut cases);
    let with = |claim: &str, value: &str| {
        let payload = payload_of(&world.access().without_claim(claim).sign());
        world.with_payload(format!("{{\"{claim}\":{value},{}", &payload[1..]))
    };
    for claim in ["exp", "nbf", "iat", "auth_time"] {
        for value in [
            "null",
            "true",
            "false",
            "\"\"",
            "\"1900000000\"",
            "\"2030-01-01T00:00:00Z\"",
            "[]",
            "[1900000000]",
            "{}",
            "1e400",
            "-1e400",
            "1e309",
            "01",
            "+1",
            ".5",
            "1.",
            "0x7fffffff",
            "1_000",
            "NaN",
            "Infinity",
            "-",
            "1e",
        ] {
            cases.push(case(format!("{claim} is {value}"), with(claim, value), Rejected::Claims));
        }
    }
    expiries(&with, &mut cases);
    beginnings(&with, &mut cases);
    cases
}

fn expiries(with: &dyn Fn(&str, &str) -> String, cases: &mut Vec<Case>) {
    for (value, millis) in [
        ("0".to_owned(), 0),
        ("-0".to_owned(), 0),
        ("-0.0".to_owned(), 0),
        ("-1".to_owned(), -1000),
        ("1e-400".to_owned(), 0),
        ("-1e308".to_owned(), i64::MIN),
        (i64::MIN.to_string(), i64::MIN),
        (format!("{NOW}"), NOW * 1000),
        (format!("{}", NOW - 1), (NOW - 1) * 1000),
        (format!("{NOW}.0"), NOW * 1000),
        (format!("{NOW}.0004"), NOW * 1000),
        (format!("{}.999", NOW - 1), (NOW - 1) * 1000 + 999),
        (format!("{}.99999", NOW - 1), (NOW - 1) * 1000 + 999),
        (format!("{NOW}e0"), NOW * 1000),
        (format!("{}e-1", NOW * 10), NOW * 1000),
        ("1.7672256e9".to_owned(), NOW * 1000),
    ] {
        cases.push(case(
            format!("exp is {value}, which is in the past"),
            with("exp", &value),
            expired(millis),
        ));
    }
    for value in [
        format!("{}", NOW + 1),
        format!("{NOW}.002"),
        format!("{NOW}.5"),
        "4102444800".to_owned(),
        "1e10".to_owned(),
        "253402300800".to_owned(),
        i32::MAX.to_string(),
        u32::MAX.to_string(),
        (1_u64 << 53).to_string(),
        i64::MAX.to_string(),
        (i64::MAX as u64 + 1).to_string(),
        u64::MAX.to_string(),
        "18446744073709551616".to_owned(),
        "1e300".to_owned(),
        "1e308".to_owned(),
        "1.7976931348623157e308".to_owned(),
    ] {
        cases.push(case(
            format!("exp is {value}, which is in the future"),
            with("exp", &value),
            Outcome::LetIn,
        ));
    }
}

fn beginnings(with: &dyn Fn(&str, &str) -> String, cases: &mut Vec<Case>) {
    for claim in ["nbf", "iat"] {
        for value in [
            "0".to_owned(),
            "-1".to_owned(),
            "-1e308".to_owned(),
            format!("{NOW}"),
            format!("{NOW}.0"),
            format!("{}.5", NOW - 1),
        ] {
            cases.push(case(
                format!("{claim} is {value}, which is not in the future"),
                with(claim, &value),
                Outcome::LetIn,
            ));
        }
        for (value, millis) in [
            (format!("{}", NOW + 1), (NOW + 1) * 1000),
            (format!("{NOW}.002"), NOW * 1000 + 2),
            (format!("{}", NOW + 3600), (NOW + 3600) * 1000),
            ("1e308".to_owned(), i64::MAX),
            (u64::MAX.to_string(), i64::MAX),
            ("18446744073709551616".to_owned(), i64::MAX),
        ] {
            cases.push(case(
                format!("{claim} is {value}, which is in the future"),
                with(claim, &value),
                early(claim, millis),
            ));
        }
    }
    let both = with("exp", "1");
    cases.push(case("exp before iat", both, expired(1000)));
    cases.push(case(
        "auth_time in the future does not affect the decision",
        with("auth_time", "9999999999"),
        Outcome::LetIn,
    ));
}

/// A token is too old at exactly the greatest age, as it is expired at exactly `exp`.
fn ages(world: &World, cases: &mut Vec<Case>) {
    let max_age = MAX_AGE.as_secs().cast_signed();
    let issued = |ago: i64| world.access().claim("iat", NOW - ago).sign();
    let rows = [
        case("issued now", issued(0), Outcome::LetIn),
        case("issued a second within the greatest age", issued(max_age - 1), Outcome::LetIn),
        case("issued the greatest age ago", issued(max_age), too_old(NOW - max_age)),
        case("issued long ago", issued(100 * max_age), too_old(NOW - 100 * max_age)),
        case("issued in 1970", world.access().claim("iat", 0).sign(), too_old(0)),
        case("issued before 1970", world.access().claim("iat", -1).sign(), too_old(-1)),
        case(
            "too old and expired",
            world.access().claim("iat", 0).claim("exp", NOW).sign(),
            expired(NOW * 1000),
        ),
        case("too old, and issued in the future", issued(-1), early("iat", (NOW + 1) * 1000)),
        case("a young token of another use", world.id().sign(), wrong_use(Accept::Access, TokenUse::Id)),
    ];
    cases.extend(rows.into_iter().map(|row| row.at(Setup::Young)));
    cases.push(case("old where no age is set", issued(100 * max_age), Outcome::LetIn));
}
