//! The cost of a look-up.

use std::hint::black_box;

use allocation_counter::measure;
use cognito_authorizer::{RouteTable, routes::RouteTableBuilder};
use http::Method;

fn table(resources: usize) -> RouteTable {
    let rows = (0..resources).flat_map(|number| {
        [
            format!("GET /resource{number}"),
            format!("ANY /resource{number}/{{id}}"),
            format!("POST /resource{number}/{{id}}/parts/{{part}}"),
            format!("ANY /files{number}/{{proxy+}}"),
            format!("DELETE /{{tenant}}/things{number}/{{id}}"),
        ]
    });
    rows.fold(RouteTable::builder(), RouteTableBuilder::open).build().expect("the rows hold")
}

/// Requests for a resource in the middle.
fn requests(resources: usize) -> [(Method, String); 5] {
    let number = resources / 2;
    [
        (Method::GET, format!("/resource{number}")),
        (Method::PATCH, format!("/resource{number}/7")),
        (Method::POST, format!("/resource{number}/7/parts/8")),
        (Method::GET, format!("/files{number}/a/b/c")),
        (Method::DELETE, format!("/acme/things{number}/9")),
    ]
}

/// Also if text and a variable share a position, where the matcher may have to backtrack.
#[test]
fn a_look_up_allocates_nothing() {
    let allocations = |table: &RouteTable| {
        let look_up = |(method, path): (Method, String)| {
            measure(|| drop(black_box(table.rule(&method, &path)))).count_total
        };
        requests(10).map(look_up).into_iter().sum::<u64>()
    };
    let builder =
        RouteTable::builder().open("GET /resource5").open("ANY /resource5/{id}").open("ANY /files5/{proxy+}");
    assert_eq!(allocations(&builder.build().expect("the rows hold")), 0);
    assert_eq!(allocations(&table(10)), 0);
}
