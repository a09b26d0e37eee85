//! The types of `apigateway-routes`. They contain configuration and the path of a request, and no part of a token.

use apigateway_routes::{
    MethodRoutes, PathMatcher, PathPattern, PathShape, RequestPath, RouteFinder, RouteKey, RouteMethod,
    Selection,
};

use super::Scene;

#[test]
fn no_type_of_the_routes_prints_a_token_or_its_claims() {
    let scene = Scene::new();
    let mut printer = scene.print_types_of("apigateway-routes");
    let key: RouteKey = "GET /orders/{id}".parse().expect("a key");
    let mut patterns = PathMatcher::default();
    patterns.insert(key.path(), 0).expect("it is the first");
    printer.print(&patterns.find("/orders/7").expect("it matches"));
    printer.print(&patterns);
    printer.print_each(key.path().segments());
    printer.print(key.path());
    printer.print(&PathShape::from(key.path()));
    printer.print(&MethodRoutes::default());
    printer.print(&RouteFinder::new([&key], Selection::PathFirst));
    printer.print(&Selection::MethodFirst);
    printer.print(&key.method());
    printer.print(&key);
    printer.print(&"GET orders".parse::<RouteKey>().expect_err("no path"));
    printer.print(&"orders".parse::<PathPattern>().expect_err("no slash"));
    printer.print(&"get".parse::<RouteMethod>().expect_err("not in capitals"));
    printer.print(&RequestPath::parse("/orders/7").expect("an ordinary path"));
    printer.print(&RequestPath::parse("//").expect_err("an empty segment"));
    printer.assert_all_printed();
}
