//! Properties of all tables and paths.

use cognito_authorizer::{
    RouteRule, RouteTable,
    routes::{FoundRule, PathProblem, RouteKey, RouteMethod},
    scope,
};
use http::Method;
use proptest::{collection::vec, prelude::*, sample::select};

use super::plain::{Plain, RequestKind, Row, find, is_as_strict, shape};

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

/// A table, and its rows; rows that would make it an error are left out.
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

fn kind() -> impl Strategy<Value = RequestKind> {
    let methods = select(vec!["GET", "HEAD", "POST", "TRACE", "PUT", "OPTIONS", "PROPFIND", "get"]);
    let method = methods.prop_map(|method| RequestKind::Method(method.parse().expect("a token")));
    prop_oneof![8 => method, 1 => Just(RequestKind::Preflight)]
}

fn found_by<'t, 'p>(table: &'t RouteTable, kind: &RequestKind, path: &'p str) -> FoundRule<'t, 'p> {
    match kind {
        RequestKind::Method(method) => table.rule(method, path),
        RequestKind::Preflight => table.preflight(path),
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

/// The path as the most lenient back end interprets it: decoded, without what follows `?`, `#` and in each segment `;`, with `\`
/// as `/` and several slashes as one, dot segments resolved, and without a slash at the end.
fn laxly_read(path: &str) -> Option<String> {
    let bytes = path.as_bytes();
    let (mut decoded, mut index) = (Vec::new(), 0);
    while index < bytes.len() {
        let encoded = path.get(index + 1..index + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (bytes[index], encoded) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                index += 3;
            }
            (byte, _) => {
                decoded.push(byte);
                index += 1;
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
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases.max(500)))]

    #[test]
    fn the_table_agrees_with_the_plain_matcher(
        (table, rows) in table(),
        requests in vec((kind(), plain_path()), 8),
    ) {
        for (kind, path) in requests {
            let found = found_by(&table, &kind, &path);
            match find(&rows, &kind, &path) {
                Plain::Row(key, rule) => {
                    prop_assert_eq!((found.key(), found.rule()), (Some(key), rule), "{:?} {}", kind, path);
                }
                Plain::Unmatched | Plain::NoMethod => {
                    prop_assert_eq!((found.key(), found.problem()), (None, None));
                    prop_assert_eq!(found.rule(), &RouteRule::Refuse);
                }
                Plain::Contested => prop_assert_eq!(found.problem(), Some(PathProblem::Contested)),
            }
        }
    }

    /// Whatever the rule for unmatched requests is.
    #[test]
    fn a_path_that_has_rows_is_only_decided_by_them(
        (_, rows) in table(),
        unmatched in select(vec![RouteRule::Open, RouteRule::Require(scope("r/a"))]),
        requests in vec((kind(), plain_path()), 8),
    ) {
        let builder = RouteTable::builder().unmatched(unmatched.clone());
        let builder = rows.iter().cloned().fold(builder, |builder, (key, rule)| builder.row(key, rule));
        let table = builder.build().expect("it was built before");
        for (kind, path) in requests {
            let found = found_by(&table, &kind, &path);
            let expected = match find(&rows, &kind, &path) {
                Plain::Row(_, rule) => rule,
                Plain::Unmatched => &unmatched,
                Plain::NoMethod | Plain::Contested => &RouteRule::Refuse,
            };
            prop_assert_eq!(found.rule(), expected, "{:?} {}: {}", kind, path, found);
        }
    }

    #[test]
    fn no_lenient_back_end_interprets_a_path_as_that_of_a_stricter_row(
        (table, rows) in table(),
        paths in vec(hostile_path(), 8),
        kind in kind(),
    ) {
        for path in paths {
            let found = found_by(&table, &kind, &path);
            if *found.rule() == RouteRule::Refuse {
                continue;
            }
            let read = laxly_read(&path).expect("what is let in decodes to UTF-8");
            let behind = match find(&rows, &kind, &read) {
                Plain::Row(_, rule) => rule,
                Plain::Unmatched | Plain::NoMethod | Plain::Contested => &RouteRule::Refuse,
            };
            prop_assert!(is_as_strict(found.rule(), behind), "{}: {} behind {}", found, behind, path);
        }
    }

    /// On a path with a row for HEAD but none for GET, only the former decides.
    #[test]
    fn head_is_let_in_only_where_get_is(
        (table, rows) in table(),
        path in prop_oneof![plain_path(), hostile_path()],
    ) {
        let (head, get) = (table.rule(&Method::HEAD, &path), table.rule(&Method::GET, &path));
        // Such a GET is refused because of a row for another path, which may have none for GET, or another one for HEAD. The
        // property above shows, for HEAD too, that a path is let in only where its other interpretations are.
        if let Some(PathProblem::ReadsOtherwise | PathProblem::Contested) = get.problem() {
            return Ok(());
        }
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
    fn a_printed_key_parses_to_the_same_key(key in key()) {
        prop_assert_eq!(key.to_string().parse(), Ok(key));
    }

    #[test]
    fn any_text_is_a_key_that_prints_as_it_was_or_an_error(
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
