//! Which row decides, by examples.

use super::{super::builder::RouteTableBuilder, *};
use crate::scope;

/// A table in which each row asks for a scope of its own.
fn table(rows: &[&str]) -> RouteTable {
    let rows = rows.iter().enumerate();
    rows.fold(RouteTable::builder(), |builder, (place, row)| {
        builder.require(row, scope(format!("r/{place}")))
    })
    .build()
    .unwrap()
}

/// The key of the row that decides, or `-` where no path matches, or why no row decides.
fn decides(table: &RouteTable, request: &str) -> String {
    let (method, path) = request.split_once(' ').unwrap();
    let found = table.rule(&method.parse().unwrap(), path);
    match (found.key(), found.problem()) {
        (Some(key), None) => key.to_string(),
        (None, Some(problem)) => format!("{problem:?}"),
        _ if found.lacks_method() => "no method".into(),
        _ => "-".into(),
    }
}

#[track_caller]
fn expect(table: &RouteTable, cases: &[(&str, &str)]) {
    for (request, key) in cases {
        assert_eq!(decides(table, request), *key, "{request}");
    }
}

#[test]
fn text_comes_before_a_variable_and_that_before_a_greedy_one() {
    let rows = [
        "GET /a/{x}",
        "GET /a/{rest+}",
        "GET /a/b",
        "GET /{x}/b/{y}/d",
        "GET /a/b/{y}/e",
        "GET /",
        "GET /a",
        "GET /{x}/{proxy+}",
    ];
    expect(
        &table(&rows),
        &[
            ("GET /", "GET /"),
            ("GET /a", "GET /a"),
            ("GET /z", "-"),
            ("GET /a/b", "GET /a/b"),
            ("GET /a/c", "GET /a/{x}"),
            ("GET /a/B", "GET /a/{x}"),
            ("GET /a/b/c/e", "GET /a/b/{y}/e"),
            ("GET /a/b/c", "GET /a/{rest+}"),
            ("GET /z/b/c/d", "GET /{x}/b/{y}/d"),
            ("GET /z/b/c", "GET /{x}/{proxy+}"),
            ("GET /A/b", "GET /{x}/{proxy+}"),
            // The router goes back no further than to `/a`, API Gateway takes the row without greedy variable.
            ("GET /a/b/c/d", "Contested"),
        ],
    );
}

#[test]
fn a_method_comes_before_any() {
    let table = table(&["ANY /a", "POST /a", "GET /b"]);
    expect(
        &table,
        &[
            ("POST /a", "POST /a"),
            ("GET /a", "ANY /a"),
            ("PROPFIND /a", "ANY /a"),
            ("post /a", "no method"),
            ("Delete /a", "no method"),
            ("POST /b", "no method"),
            ("get /b", "no method"),
        ],
    );
}

#[test]
fn a_broader_row_never_decides_where_a_path_lacks_the_method() {
    let rows = ["POST /gpt", "ANY /{proxy+}", "GET /a/{x}", "PUT /a/b", "HEAD /h", "$default"];
    let table = table(&rows);
    expect(
        &table,
        &[
            ("POST /gpt", "POST /gpt"),
            ("GET /gpt", "no method"),
            ("HEAD /gpt", "no method"),
            ("get /gpt", "no method"),
            ("FOO /gpt", "no method"),
            ("GET /a/b", "no method"),
            ("POST /a/b", "no method"),
            ("HEAD /h", "HEAD /h"),
            ("GET /h", "no method"),
            ("GET /", "$default"),
            ("GET /x", "ANY /{proxy+}"),
        ],
    );
    assert_eq!(table.rule(&Method::GET, "/gpt").to_string(), "no row for the method: refused");
}

#[test]
fn head_follows_the_row_for_get() {
    let table = RouteTable::builder()
        .require("GET /a/b", scope("r/a"))
        .open("ANY /a/b")
        .open("ANY /a/{x}")
        .open("GET /{x}/{y}")
        .open("HEAD /{x}/{y}")
        .open("ANY /{proxy+}")
        .build()
        .unwrap();
    expect(
        &table,
        &[
            ("HEAD /a/b", "GET /a/b"),
            ("HEAD /a/c", "ANY /a/{x}"),
            ("HEAD /b/c", "HEAD /{x}/{y}"),
            ("head /a/b", "no method"),
            ("HEAD /x", "ANY /{proxy+}"),
        ],
    );
}

#[test]
fn a_preflight_row_is_for_preflights_and_no_other_request() {
    let table = RouteTable::builder()
        .require("GET /a", scope("r/a"))
        .preflight("OPTIONS /a")
        .require("ANY /b", scope("r/b"))
        .preflight("OPTIONS /b")
        .require("OPTIONS /c", scope("r/c"))
        .preflight("OPTIONS /c")
        .open("ANY /{proxy+}")
        .preflight("OPTIONS /{proxy+}")
        .build()
        .unwrap();
    for (path, preflight, other) in [
        ("/a", "OPTIONS /a: open to CORS preflights", "no row for the method: refused"),
        ("/b", "OPTIONS /b: open to CORS preflights", "ANY /b: scope r/b"),
        ("/c", "OPTIONS /c: open to CORS preflights", "OPTIONS /c: scope r/c"),
        ("/d", "OPTIONS /{proxy+}: open to CORS preflights", "ANY /{proxy+}: open"),
    ] {
        assert_eq!(table.preflight(path).to_string(), preflight);
        assert_eq!(table.rule(&Method::OPTIONS, path).to_string(), other);
    }
    assert_eq!(table.preflight("/c").index(), Some(5));
    assert_eq!(table.rule(&Method::OPTIONS, "/c").index(), Some(4));
    // Without a row for preflights, they are treated as any other `OPTIONS` request.
    let table = RouteTable::builder().open("ANY /a").require("OPTIONS /b", scope("r/b")).build().unwrap();
    assert_eq!(table.preflight("/a").to_string(), "ANY /a: open");
    assert_eq!(table.preflight("/b").to_string(), "OPTIONS /b: scope r/b");
    assert_eq!(table.preflight("/b//").to_string(), "refused: the path has an empty segment");
}

#[test]
fn a_greedy_variable_needs_a_segment() {
    let table = table(&["GET /files/{proxy+}"]);
    expect(
        &table,
        &[
            ("GET /files", "-"),
            ("GET /files/", "-"),
            ("GET /files/a", "GET /files/{proxy+}"),
            ("GET /files/a/", "GET /files/{proxy+}"),
            ("GET /files/a/b", "GET /files/{proxy+}"),
            ("GET /filesa/b", "-"),
        ],
    );
}

#[test]
fn unmatched_requests_are_refused_by_default() {
    let builder = RouteTable::builder().require("GET /a", scope("r/a"));
    let table = builder.clone().build().unwrap();
    assert_eq!(table.rule(&Method::GET, "/b").rule(), &RouteRule::Refuse);
    let table = builder.clone().unmatched(RouteRule::Open).build().unwrap();
    assert_eq!(table.rule(&Method::GET, "/b").rule(), &RouteRule::Open);
    assert_eq!(table.rule(&Method::GET, "/b//").rule(), &RouteRule::Refuse);
    assert_eq!(table.rule(&Method::POST, "/a").rule(), &RouteRule::Refuse);
    // A program that ignores a trailing slash treats this as the same path.
    assert_eq!(table.rule(&Method::POST, "/a/").problem(), Some(PathProblem::ReadsOtherwise));
    assert_eq!(table.rule(&Method::OPTIONS, "*").rule(), &RouteRule::Refuse);
    let required = RouteRule::Require(scope("r/b"));
    let table = builder.unmatched(required.clone()).build().unwrap();
    assert_eq!(table.rule(&Method::GET, "/b").rule(), &required);
    assert_eq!(table.rule(&Method::POST, "/a").rule(), &RouteRule::Refuse);
}

#[test]
fn a_path_is_refused_if_another_reading_has_a_stricter_rule() {
    let table = RouteTable::builder()
        .require("GET /admin", scope("r/a"))
        .require("GET /v1/items:purge", scope("r/a"))
        .require("GET /v1/{id}", scope("r/b"))
        .open("GET /health")
        .require("ANY /secret/{proxy+}", scope("r/c"))
        .require("GET /secret", scope("r/c"))
        .open("ANY /{proxy+}")
        .build()
        .unwrap();
    expect(
        &table,
        &[
            ("GET /admin/", "ReadsOtherwise"),
            ("GET /admin%3Fx", "ReadsOtherwise"),
            ("GET /admin%23", "ReadsOtherwise"),
            ("GET /admin%20", "ANY /{proxy+}"),
            ("GET /Admin", "ANY /{proxy+}"),
            ("GET /health/", "ANY /{proxy+}"),
            ("GET /v1/items%3apurge", "ReadsOtherwise"),
            ("GET /v1/items%3Apurge/", "ReadsOtherwise"),
            ("GET /v1/a%3Ab", "GET /v1/{id}"),
            ("GET /v1/caf%C3%A9", "GET /v1/{id}"),
            ("GET /v1/caf%E9", "NotUtf8"),
            ("GET /v1/c%23", "GET /v1/{id}"),
            ("GET /v1/a/", "ReadsOtherwise"),
            ("GET /secret/a/", "ANY /secret/{proxy+}"),
            ("GET /secret/", "ReadsOtherwise"),
        ],
    );
    // Each method has its own rows at the other path.
    let table = RouteTable::builder()
        .require("ANY /{id}", scope("r/a"))
        .require("HEAD /", scope("r/a"))
        .build()
        .unwrap();
    expect(&table, &[("GET /%3Fx", "ReadsOtherwise"), ("HEAD /%3Fx", "ANY /{id}")]);
}

#[test]
fn a_row_for_the_shared_paths_settles_a_contest() {
    let contested =
        RouteTable::builder().require("GET /{tenant}/{item}", scope("r/a")).open("GET /assets/{proxy+}");
    let table = contested.clone().build().unwrap();
    expect(
        &table,
        &[
            ("GET /assets/logo", "Contested"),
            ("GET /assets/logo/big", "GET /assets/{proxy+}"),
            ("GET /other/logo", "GET /{tenant}/{item}"),
        ],
    );
    let table = contested.open("GET /assets/{item}").build().unwrap();
    expect(&table, &[("GET /assets/logo", "GET /assets/{item}")]);
    // No contest: what the router prefers is the stricter.
    let table =
        RouteTable::builder().open("GET /{a}/{b}").require("GET /a/{b+}", scope("r/a")).build().unwrap();
    expect(&table, &[("GET /a/b", "GET /a/{b+}")]);
}

#[test]
fn a_row_for_another_method_contests_nothing() {
    let rows = RouteTable::builder()
        .require("GET /{tenant}/{item}", scope("r/a"))
        .require("POST /{tenant}/{item}", scope("r/b"))
        .open("POST /hooks/{proxy+}")
        .open("PUT /hooks/{proxy+}")
        .preflight("OPTIONS /hooks/{proxy+}");
    expect(
        &rows.clone().build().unwrap(),
        &[
            ("PUT /hooks/a", "PUT /hooks/{proxy+}"),
            ("POST /hooks/a", "Contested"),
            ("GET /hooks/a", "no method"),
            ("OPTIONS /hooks/a", "no method"),
        ],
    );
    let preflight = |rows: RouteTableBuilder| {
        let table = rows.build().unwrap();
        table.preflight("/hooks/a").to_string()
    };
    assert_eq!(preflight(rows.clone()), "OPTIONS /hooks/{proxy+}: open to CORS preflights");
    let contested = "refused: API Gateway may prefer another of the rows that match the path, which may have a stricter \
                     rule";
    assert_eq!(preflight(rows.clone().refuse("ANY /{tenant}/{item}")), contested);
    // API Gateway would pass over the pattern that is the most specific and has no POST.
    let table = rows.require("GET /{tenant}/a", scope("r/c")).build().unwrap();
    expect(&table, &[("POST /hooks/a", "Contested"), ("PUT /hooks/a", "PUT /hooks/{proxy+}")]);
}

#[test]
fn greedy_variables_can_be_at_several_depths() {
    let rows = ["ANY /{a+}", "ANY /{a}/{b+}", "ANY /{a}/{b}/{c+}", "ANY /x/{b+}", "ANY /{a}"];
    expect(
        &table(&rows),
        &[
            ("GET /a", "ANY /{a}"),
            ("GET /a/b", "ANY /{a}/{b+}"),
            ("GET /a/b/c/d", "ANY /{a}/{b}/{c+}"),
            ("GET /x/b", "ANY /x/{b+}"),
            ("GET /x/b/c", "Contested"),
        ],
    );
}

#[test]
fn variables_are_named_as_in_the_row() {
    let rows = ["GET /{a}/x/{b}", "PUT /{c}/x/{d}", "GET /{e}/x/{f}/{g+}", "GET /{h}/{i}/y/{j}/{k}"];
    let table = table(&rows);
    for (method, path, parameters) in [
        (Method::GET, "/1/x/2", r#"{"a": "1", "b": "2"}"#),
        (Method::PUT, "/1/x/%20", r#"{"c": "1", "d": "%20"}"#),
        (Method::GET, "/1/x/2/3/4/", r#"{"e": "1", "f": "2", "g": "3/4/"}"#),
        (Method::GET, "/1/2/y/3/4", r#"{"h": "1", "i": "2", "j": "3", "k": "4"}"#),
    ] {
        let found = table.rule(&method, path);
        assert_eq!(format!("{:?}", found.parameters().unwrap()), parameters, "{path}");
    }
    let found = table.rule(&Method::GET, "/1/x/2");
    assert_eq!(found.parameters().unwrap().value("b"), Some("2"));
    assert_eq!(found.parameters().unwrap().value("c"), None);
    assert_eq!(found.index(), Some(0));
    assert_eq!(table.rule(&Method::PUT, "/1/x/2").index(), Some(1));
}

#[test]
fn a_table_prints_its_rows() {
    let table = RouteTable::builder().open("GET /a").refuse("ANY /b").build().unwrap();
    assert_eq!(format!("{table:?}"), r#"["GET /a: open", "ANY /b: refused", "no row: refused"]"#);
}
