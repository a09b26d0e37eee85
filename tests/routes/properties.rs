//! What holds for all tables and paths.

use cognito_authorizer::{
    RouteRule, RouteTable,
    routes::{FoundRule, PathProblem, RouteKey, RouteMethod},
    scope,
};
use http::Method;
use proptest::{collection::vec, prelude::*, sample::select};

use super::plain::{Asks, Plain, Row, find, is_as_strict, shape};

fn key() -> impl Strategy<Value = RouteKey> {
    let segment = prop_oneof![
        4 => select(vec!["a", "b", "ab", "a.b", "c:d", "@me"]).prop_map(ToOwned::to_owned),
        3 => "[a-c]".prop_map(|name| format!("{{{name}}}")),
    ];
    let end = prop_oneof![3 => Just(String::new()), 1 => "[d-f]".prop_map(|name| format!("/{{{name}+}}"))];
    let method = select(vec!["ANY", "ANY", "GET", "GET", "HEAD", "POST", "TRACE", "OPTIONS"]);
    let path = (vec(segment, 0..4), end).prop_map(|(segments, end)| {
        let path: String = segments.iter().map(|segment| format!("/{segment}")).collect::<String>() + &end;
        if path.is_empty() { "/".into() } else { path }
    });
    let key = (method, path).prop_map(|(method, path)| format!("{method} {path}"));
    prop_oneof![30 => key, 1 => Just(String::from("$default"))]
        .prop_filter_map("two variables have one name", |key| key.parse().ok())
}

fn rule() -> impl Strategy<Value = RouteRule> {
    select(vec![
        RouteRule::Open,
        RouteRule::Refuse,
        RouteRule::Require(scope("r/a")),
        RouteRule::Require(scope("r/b")),
    ])
}

/// A table, and its rows; those that would be in the way of others are left out.
fn table() -> impl Strategy<Value = (RouteTable, Vec<Row>)> {
    let preflight = any::<bool>();
    let row = (key(), rule(), preflight).prop_map(|(key, rule, preflight)| {
        let is_options = key.method() == RouteMethod::Options;
        (key, if is_options && preflight { RouteRule::Preflight } else { rule })
    });
    vec(row, 0..14).prop_map(|rows| {
        let build = |rows: &[Row]| {
            let builder = RouteTable::builder();
            rows.iter().cloned().fold(builder, |builder, (key, rule)| builder.row(key, rule)).build()
        };
        let mut taken = Vec::new();
        for row in rows {
            taken.push(row);
            if build(&taken).is_err() {
                taken.pop();
            }
        }
        (build(&taken).expect("it was built before"), taken)
    })
}

fn asks() -> impl Strategy<Value = Asks> {
    let methods = select(vec!["GET", "HEAD", "POST", "TRACE", "PUT", "OPTIONS", "PROPFIND", "get"]);
    let method = methods.prop_map(|method| Asks::Method(method.parse().expect("a token")));
    prop_oneof![8 => method, 1 => Just(Asks::Preflight)]
}

fn found_by<'t, 'p>(table: &'t RouteTable, asks: &Asks, path: &'p str) -> FoundRule<'t, 'p> {
    match asks {
        Asks::Method(method) => table.rule(method, path),
        Asks::Preflight => table.preflight(path),
    }
}

fn plain_path() -> impl Strategy<Value = String> {
    let segment = select(vec!["a", "b", "ab", "a.b", "c:d", "@me", "x", "A", "%20", "..."]);
    vec(segment, 0..6).prop_map(|segments| format!("/{}", segments.join("/")))
}

fn hostile_path() -> impl Strategy<Value = String> {
    let piece = select(vec![
        "/", "/", "/", "a", "b", "c:d", "c%3ad", "@me", "%40me", "x", ".", "..", "%2e", "%2F", "%5C", "\\",
        ";x", "%3b", "?", "%3F", "%23", "%", "%2", "%25", "2e", "%00", "%61", "%C3%A9", "%c3", "\u{e9}", " ",
        "//", "/../",
    ]);
    prop_oneof![
        4 => vec(piece, 0..10).prop_map(|pieces| format!("/{}", pieces.concat())),
        1 => any::<String>(),
    ]
}

/// The laxest back end: it decodes, cuts off what follows `?`, `#` and in each segment `;`, takes `\` for `/` and several
/// slashes for one, follows the dots, and does not mind a slash at the end.
fn laxly_read(path: &str) -> Option<String> {
    let bytes = path.as_bytes();
    let (mut decoded, mut place) = (Vec::new(), 0);
    while place < bytes.len() {
        let encoded = path.get(place + 1..place + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (bytes[place], encoded) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                place += 3;
            }
            (byte, _) => {
                decoded.push(byte);
                place += 1;
            }
        }
    }
    let decoded = String::from_utf8(decoded).ok()?.replace('\\', "/");
    let cut = decoded.split(['?', '#']).next()?;
    let mut segments = Vec::new();
    for segment in cut.split('/').map(|segment| segment.split(';').next().unwrap_or_default()) {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    Some(format!("/{}", segments.join("/")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn the_table_agrees_with_the_plain_matcher(
        (table, rows) in table(),
        requests in vec((asks(), plain_path()), 8),
    ) {
        for (asks, path) in requests {
            let found = found_by(&table, &asks, &path);
            match find(&rows, &asks, &path) {
                Plain::Row(key, rule) => {
                    prop_assert_eq!((found.key(), found.rule()), (Some(key), rule), "{:?} {}", asks, path);
                }
                Plain::Unmatched | Plain::NoMethod => {
                    prop_assert_eq!((found.key(), found.problem()), (None, None));
                    prop_assert_eq!(found.rule(), &RouteRule::Refuse);
                }
                Plain::Contested => prop_assert_eq!(found.problem(), Some(PathProblem::Contested)),
            }
        }
    }

    /// Whatever becomes of requests whose path no row matches.
    #[test]
    fn a_path_that_has_rows_is_only_decided_by_them(
        (_, rows) in table(),
        unmatched in select(vec![RouteRule::Open, RouteRule::Require(scope("r/a"))]),
        requests in vec((asks(), plain_path()), 8),
    ) {
        let builder = RouteTable::builder().unmatched(unmatched.clone());
        let builder = rows.iter().cloned().fold(builder, |builder, (key, rule)| builder.row(key, rule));
        let table = builder.build().expect("it was built before");
        for (asks, path) in requests {
            let found = found_by(&table, &asks, &path);
            let expected = match find(&rows, &asks, &path) {
                Plain::Row(_, rule) => rule,
                Plain::Unmatched => &unmatched,
                Plain::NoMethod | Plain::Contested => &RouteRule::Refuse,
            };
            prop_assert_eq!(found.rule(), expected, "{:?} {}: {}", asks, path, found);
        }
    }

    #[test]
    fn no_lenient_back_end_reads_a_path_as_that_of_a_stricter_row(
        (table, rows) in table(),
        paths in vec(hostile_path(), 8),
        asks in asks(),
    ) {
        for path in paths {
            let found = found_by(&table, &asks, &path);
            if *found.rule() == RouteRule::Refuse {
                continue;
            }
            let read = laxly_read(&path).expect("what is let in decodes to UTF-8");
            let behind = match find(&rows, &asks, &read) {
                Plain::Row(_, rule) => rule,
                Plain::Unmatched | Plain::NoMethod | Plain::Contested => &RouteRule::Refuse,
            };
            prop_assert!(is_as_strict(found.rule(), behind), "{}: {} behind {}", found, behind, path);
        }
    }

    /// Where GET has a row. A path without one is not for GET, and only its row for HEAD decides.
    #[test]
    fn head_is_let_in_nowhere_but_where_get_is(
        (table, rows) in table(),
        path in prop_oneof![plain_path(), hostile_path()],
    ) {
        let (head, get) = (table.rule(&Method::HEAD, &path), table.rule(&Method::GET, &path));
        let is_for_get = |key: &RouteKey| matches!(key.method(), RouteMethod::Any | RouteMethod::Get);
        let is_for_head_alone = head.key().is_some_and(|row| {
            let path = shape(row.path().as_str());
            !rows.iter().any(|(key, _)| shape(key.path().as_str()) == path && is_for_get(key))
        });
        if is_for_head_alone {
            prop_assert_eq!(get.rule(), &RouteRule::Refuse);
        } else {
            prop_assert!(is_as_strict(head.rule(), get.rule()), "{}: {}, but {}", path, head, get);
        }
    }

    #[test]
    fn keys_survive_printing(key in key()) {
        prop_assert_eq!(key.to_string().parse(), Ok(key));
    }

    #[test]
    fn no_text_is_too_much_for_the_parser(
        text in prop_oneof![any::<String>(), "(GET|ANY) /[a{}+/:*%.$]{0,40}"],
    ) {
        match text.parse::<RouteKey>() {
            Ok(key) => prop_assert_eq!(&key.to_string(), &text),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
        let table = RouteTable::builder().open(&text).open("ANY /{proxy+}").build();
        prop_assert!(table.is_err() || text.parse::<RouteKey>().is_ok());
    }
}
