//! Routes whose protection is not reproduced are reported together.

use apigateway_definition::{Code, Import};

use crate::support::{HTTP_API, routes, template, told};

fn iam_routes(count: usize) -> Import {
    let route = |number: usize| {
        format!(
            "  R{number}: {{Type: AWS::ApiGatewayV2::Route, Properties: {{ApiId: !Ref Api, RouteKey: GET /r{number}, AuthorizationType: AWS_IAM}}}}\n"
        )
    };
    template(format!("Resources:{HTTP_API}{}", (0..count).map(route).collect::<String>()))
}

#[test]
fn forty_routes_by_iam_are_one_warning_with_a_bounded_list() {
    let read = iam_routes(40).read();
    let warnings: Vec<String> =
        told(&read).into_iter().filter(|line| line.contains(Code::DENY_001.as_str())).collect();
    let named: Vec<String> = (0..10).map(|number| format!("`GET /r{number}`")).collect();
    let expected = format!(
        "warning APIGW-DENY-001 template.yaml:10:3 40 routes are protected by AWS IAM, which is not reproduced, and are refused: {} and 30 more",
        named.join(", ")
    );
    assert_eq!(warnings, [expected]);
    assert_eq!(
        routes(&read.unwrap()).iter().filter(|route| route.ends_with("refused (AWS_IAM)")).count(),
        40
    );
}

#[test]
fn one_route_with_iam_is_reported_by_itself() {
    let told = told(&iam_routes(1).read());
    let expected = "warning APIGW-DENY-001 template.yaml:10:3 the route is protected by AWS IAM, which is not reproduced: it is refused";
    assert!(told.iter().any(|line| line == expected), "{told:?}");
}

#[test]
fn each_protection_and_each_file_has_its_own_warning() {
    let text = |kind: &str| {
        format!(
            "Resources:{HTTP_API}
  A: {{Type: AWS::ApiGatewayV2::Route, Properties: {{ApiId: !Ref Api, RouteKey: GET /a, AuthorizationType: {kind}}}}}
  B: {{Type: AWS::ApiGatewayV2::Route, Properties: {{ApiId: !Ref Api, RouteKey: GET /b, AuthorizationType: AWS_IAM}}}}
  C: {{Type: AWS::ApiGatewayV2::Route, Properties: {{ApiId: !Ref Api, RouteKey: GET /c, AuthorizationType: {kind}}}}}
"
        )
    };
    let read = Import::new().file("one.yaml", text("CUSTOM")).file("two.yaml", text("AWS_IAM")).read();
    let told = told(&read);
    let warnings: Vec<&String> = told.iter().filter(|line| line.contains("APIGW-DENY")).collect();
    assert_eq!(
        warnings,
        [
            "warning APIGW-DENY-002 one.yaml:11:3 2 routes are protected by a Lambda authorizer, which is not reproduced, and are refused: `GET /a`, `GET /c`",
            "warning APIGW-DENY-001 one.yaml:12:3 the route is protected by AWS IAM, which is not reproduced: it is refused",
            "warning APIGW-DENY-001 two.yaml:11:3 3 routes are protected by AWS IAM, which is not reproduced, and are refused: `GET /a`, `GET /b`, `GET /c`",
        ]
    );
}
