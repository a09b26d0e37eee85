//! What holds for all tables and paths.

use cognito_authorizer::{PathProblem, Precedence, RouteKey, RouteRule, RouteTable, scope};
use http::Method;
use proptest::{collection::vec, prelude::*, sample::select};

use super::plain::{Plain, Row, find, is_as_strict};

fn key() -> impl Strategy<Value = RouteKey> {
    let segment = prop_oneof![
        4 => select(vec!["a", "b", "ab", "a.b", "c:d", "@me"]).prop_map(ToOwned::to_owned),
        3 => "[a-c]".prop_map(|name| format!("{{{name}}}")),
    ];
    let end = prop_oneof![3 => Just(String::new()), 1 => "[d-f]".prop_map(|name| format!("/{{{name}+}}"))];
    let method = select(vec!["ANY", "ANY", "GET", "GET", "HEAD", "POST", "TRACE"]);
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
fn table() -> impl Strategy<Value = (RouteTable, Vec<Row>, Precedence)> {
    let precedence = select(vec![Precedence::PathFirst, Precedence::RouteFirst]);
    (vec((key(), rule()), 0..14), precedence).prop_map(|(rows, precedence)| {
        let build = |rows: &[Row]| {
            let builder = RouteTable::builder().precedence(precedence);
            rows.iter().cloned().fold(builder, |builder, (key, rule)| builder.row(key, rule)).build()
        };
        let mut taken = Vec::new();
        for row in rows {
            taken.push(row);
            if build(&taken).is_err() {
                taken.pop();
            }
        }
        (build(&taken).expect("it was built before"), taken, precedence)
    })
}

fn method() -> impl Strategy<Value = Method> {
    select(vec!["GET", "HEAD", "POST", "TRACE", "PUT", "PROPFIND", "get"])
        .prop_map(|method| method.parse().expect("a token"))
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
        (table, rows, precedence) in table(),
        requests in vec((method(), plain_path()), 8),
    ) {
        for (method, path) in requests {
            let ruling = table.rule(&method, &path);
            match find(&rows, precedence, &method, &path) {
                Plain::Row(key, rule) => {
                    prop_assert_eq!((ruling.key(), ruling.rule()), (Some(key), rule), "{} {}", method, path);
                }
                Plain::Unmatched => prop_assert_eq!((ruling.key(), ruling.problem()), (None, None)),
                Plain::Contested => prop_assert_eq!(ruling.problem(), Some(PathProblem::Contested)),
            }
        }
    }

    #[test]
    fn no_lenient_back_end_reads_a_path_as_that_of_a_stricter_row(
        (table, rows, precedence) in table(),
        paths in vec(hostile_path(), 8),
        method in method(),
    ) {
        for path in paths {
            let ruling = table.rule(&method, &path);
            if *ruling.rule() == RouteRule::Refuse {
                continue;
            }
            let read = laxly_read(&path).expect("what is let in decodes to UTF-8");
            let behind = match find(&rows, precedence, &method, &read) {
                Plain::Row(_, rule) => rule,
                Plain::Unmatched | Plain::Contested => &RouteRule::Refuse,
            };
            prop_assert!(is_as_strict(ruling.rule(), behind), "{}: {} behind {}", ruling, behind, path);
        }
    }

    #[test]
    fn head_is_let_in_nowhere_but_where_get_is(
        (table, _, _) in table(),
        path in prop_oneof![plain_path(), hostile_path()],
    ) {
        let (head, get) = (table.rule(&Method::HEAD, &path), table.rule(&Method::GET, &path));
        prop_assert!(is_as_strict(head.rule(), get.rule()), "{}: {}, but {}", path, head, get);
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
