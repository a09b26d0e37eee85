//! The types of `apigateway-routes`. They hold what a program configures and the path of a request, and no part of a token.

use apigateway_routes::{
    MethodRoutes, PathMatcher, PathPattern, PathShape, RequestPath, RouteFinder, RouteKey, RouteMethod,
    Selection,
};

use super::Scene;

#[test]
fn no_type_of_the_routes_tells_a_token_or_its_claims() {
    let scene = Scene::new();
    let mut looked = scene.look_at("apigateway-routes");
    let key: RouteKey = "GET /orders/{id}".parse().expect("a key");
    let mut patterns = PathMatcher::default();
    patterns.insert(key.path(), 0).expect("it is the first");
    looked.at(&patterns.find("/orders/7").expect("it matches"));
    looked.at(&patterns);
    looked.at_each(key.path().segments());
    looked.at(key.path());
    looked.at(&PathShape::from(key.path()));
    looked.at(&MethodRoutes::default());
    looked.at(&RouteFinder::new([&key], Selection::PathFirst));
    looked.at(&Selection::MethodFirst);
    looked.at(&key.method());
    looked.at(&key);
    looked.at(&"GET orders".parse::<RouteKey>().expect_err("no path"));
    looked.at(&"orders".parse::<PathPattern>().expect_err("no slash"));
    looked.at(&"get".parse::<RouteMethod>().expect_err("not in capitals"));
    looked.at(&RequestPath::parse("/orders/7").expect("an ordinary path"));
    looked.at(&RequestPath::parse("//").expect_err("an empty segment"));
    looked.at_all();
}
