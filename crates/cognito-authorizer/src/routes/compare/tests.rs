//! What is reported of tables and routers that differ.

use super::*;
use crate::routes::RouteTableBuilder;

fn table(rows: &[&str]) -> RouteTable {
    rows.iter().fold(RouteTable::builder(), RouteTableBuilder::refuse).build().unwrap()
}

#[track_caller]
fn expect(rows: &[&str], routes: &[&str], rows_without_route: &[&str], routes_without_row: &[&str]) {
    let comparison = table(rows).compare(routes.iter().copied());
    let rows = comparison.rows_without_route().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(rows, rows_without_route, "{comparison}");
    assert_eq!(comparison.routes_without_row().collect::<Vec<_>>(), routes_without_row, "{comparison}");
}

#[test]
fn names_of_variables_make_no_difference() {
    let table = table(&["GET /a/{x}", "PUT /a/{y}", "ANY /f/{proxy+}", "GET /", "$default"]);
    let comparison = table.compare(["GET /a/{id}", "PUT /a/{key}", "/f/{*path}", "GET /"]);
    assert!(comparison.is_empty(), "{comparison}");
    assert_eq!(comparison.to_string(), "the route table and the router agree");
    assert_eq!(comparison.into_result(), Ok(()));
}

#[test]
fn each_difference_is_reported_with_the_fix() {
    let table = table(&["GET /order/{id}", "GET /f/public/{p+}", "ANY /o/{p+}", "POST /m", "HEAD /m"]);
    let comparison = table.compare([
        "/orders/{id}",
        "/f/{*rest}",
        "/o/{*rest}",
        "/o/a/{id}",
        "/a/",
        "GET /m",
        "PUT /m",
        "ANY /m",
        "/m",
        "DELETE /o/{id}",
    ]);
    let expected = "the route table and the router differ:\n\
        - no route serves `GET /order/{id}`; add the route, or remove the row\n\
        - only the broader route `/f/{*rest}` serves `GET /f/public/{p+}`; add the route, remove the row, or call \
        `.allow_broader()`\n\
        - no row covers the route `/orders/{id}`; add a row for it\n\
        - no row covers the route `/f/{*rest}`; add a row for it\n\
        - only the broader row `ANY /o/{p+}` covers the route `/o/a/{id}`; add a row for it, or call \
        `.allow_broader()`\n\
        - no row covers the route `/a/`; add a row for it\n\
        - no row covers the route `GET /m`, only `POST /m`, `HEAD /m`; add a row for it, or remove the route; to serve only \
        HEAD, use `head(…)` instead of `get(…)`\n\
        - no row covers the route `PUT /m`, only `POST /m`, `HEAD /m`; add a row for it, or remove the route\n\
        - the route `ANY /m` gets requests with methods that no row covers, only `POST /m`, `HEAD /m`; add the row \
        `ANY /m`, or route only the methods that have rows\n\
        - the route `/m`, given without a method, may get requests with methods that no row covers, only `POST /m`, \
        `HEAD /m`; give the methods that it serves, as in `GET /m`, or add the row `ANY /m`\n\
        - only the broader row `ANY /o/{p+}` covers the route `DELETE /o/{id}`; add a row for it, or call \
        `.allow_broader()`";
    assert_eq!(comparison.clone().into_result().expect_err("they differ").to_string(), expected);
    let comparison = comparison.allow_broader();
    assert_eq!(
        comparison.rows_without_route().map(ToString::to_string).collect::<Vec<_>>(),
        ["GET /order/{id}"]
    );
    assert_eq!(
        comparison.routes_without_row().collect::<Vec<_>>(),
        ["/orders/{id}", "/f/{*rest}", "/a/", "GET /m", "PUT /m", "ANY /m", "/m"]
    );
    let comparison = self::table(&["POST /m"]).compare(["GET /m"]);
    let told = "- the router has the path of `POST /m` without its method; add the method to the route, or remove the row";
    assert!(comparison.to_string().contains(told), "{comparison}");
}

#[test]
fn a_row_too_many_or_a_route_too_many_is_a_difference() {
    for (rows, routes) in [
        (&["GET /a", "GET /b"][..], &["GET /a"][..]),
        (&["GET /a"], &["GET /a", "GET /b"]),
        (&["GET /a", "POST /a"], &["GET /a"]),
        (&["GET /a"], &["GET /a", "POST /a"]),
    ] {
        let comparison = table(rows).compare(routes.iter().copied());
        assert!(!comparison.is_empty() && comparison.into_result().is_err(), "{rows:?} {routes:?}");
    }
}

/// What happened to a table of an imported HTTP API.
#[test]
fn a_method_without_a_row_is_found_whichever_way_a_handler_gets_it() {
    let rows = ["POST /admin/users", "ANY /{proxy+}"];
    expect(&rows, &["POST /admin/users", "ANY /{*rest}"], &[], &[]);
    for route in
        ["DELETE /admin/users", "ANY /admin/users", "/admin/users", "get /admin/users", "FOO /admin/users"]
    {
        expect(&rows, &["POST /admin/users", route, "ANY /{*rest}"], &[], &[route]);
        // No broader row decides about it, so none can let it in.
        let comparison = table(&rows).compare(["POST /admin/users", route, "ANY /{*rest}"]).allow_broader();
        assert_eq!(comparison.routes_without_row().collect::<Vec<_>>(), [route]);
    }
}

#[test]
fn get_serves_head_and_a_row_for_get_decides_about_head() {
    expect(&["GET /a"], &["GET /a", "HEAD /a"], &[], &[]);
    expect(&["GET /a", "HEAD /a"], &["GET /a"], &[], &[]);
    expect(&["HEAD /a"], &["HEAD /a"], &[], &[]);
    expect(&["GET /a"], &["HEAD /a"], &["GET /a"], &[]);
    // The requests that the row lets in reach the handler, and GET has no row.
    expect(&["HEAD /a"], &["GET /a"], &[], &["GET /a"]);
}

#[test]
fn a_row_for_any_method_decides_about_all_and_is_served_by_one() {
    expect(&["ANY /a"], &["GET /a"], &[], &[]);
    expect(&["ANY /a"], &["ANY /a", "FOO /a", "/a"], &[], &[]);
    expect(&["GET /a", "PUT /a"], &["ANY /a"], &[], &["ANY /a"]);
}

#[test]
fn a_fallback_of_the_router_is_the_default_row() {
    expect(&["GET /a", "$default"], &["GET /a", "$default"], &[], &[]);
    expect(&["GET /a"], &["GET /a", "$default"], &[], &["$default"]);
    expect(&["GET /a", "ANY /{proxy+}"], &["GET /a", "ANY /{*rest}", "$default"], &[], &["$default"]);
    let broader = table(&["$default"]).compare(["GET /a"]).allow_broader();
    assert!(broader.is_empty(), "{broader}");
}

#[test]
fn the_row_that_would_decide_about_a_route_must_cover_all_its_methods() {
    for (rows, route, is_allowed) in [
        (&["GET /{p+}"][..], "GET /a", true),
        (&["GET /{p+}"], "HEAD /a", true),
        (&["GET /{p+}"], "ANY /a", false),
        (&["GET /{p+}"], "POST /a", false),
        // The narrower of the two decides, and refuses.
        (&["ANY /{p+}", "GET /{x}"], "POST /a", false),
        (&["ANY /{p+}", "GET /{x}"], "POST /a/b", true),
    ] {
        let routes = rows.iter().map(|row| row.replace("{p+}", "{*p}")).chain([route.to_owned()]);
        let comparison = table(rows).compare(routes);
        assert_eq!(comparison.routes_without_row().collect::<Vec<_>>(), [route], "{rows:?}");
        assert_eq!(comparison.allow_broader().is_empty(), is_allowed, "{rows:?} {route}");
    }
}

#[test]
fn a_cors_layer_may_answer_what_a_preflight_row_lets_in() {
    let table = RouteTable::builder().open("GET /a").preflight("OPTIONS /a").build().unwrap();
    assert_eq!(table.compare(["GET /a"]).into_result(), Ok(()));
    assert_eq!(table.compare(["GET /a", "OPTIONS /a"]).into_result(), Ok(()));
    let comparison = table.compare(["ANY /a"]);
    assert_eq!(comparison.routes_without_row().collect::<Vec<_>>(), ["ANY /a"], "the other methods");
    let misspelt = table.compare(["GET /b"]);
    let rows = misspelt.rows_without_route().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(rows, ["GET /a", "OPTIONS /a"]);
}

#[test]
fn paths_that_only_the_router_can_have_are_not_rows() {
    for path in
        ["/a/{{b}}", "/a/{b}.json", "/a/v{b}", "/a/", "//", "a", "", "GET", "GET a", "GET  /a/{b}", "/a /{b}"]
    {
        let comparison = table(&["GET /a/{b}"]).compare([path]);
        assert_eq!(comparison.routes_without_row().collect::<Vec<_>>(), [path]);
    }
}
