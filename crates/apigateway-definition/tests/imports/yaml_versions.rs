//! Files that the readers of YAML 1.1 and 1.2 understand differently.

use apigateway_definition::{Code, Import};

use crate::support::{HTTP_API, help, routes, template, told};

/// A template with a route of these properties.
fn with_properties(properties: &str) -> String {
    format!(
        "
Metadata:
  Open: &open {{AuthorizationType: NONE}}
  Safe: &safe {{AuthorizationType: JWT, AuthorizerId: !Ref People}}
Resources:{HTTP_API}
  Get:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: GET /orders
{properties}
"
    )
}

#[test]
fn two_merge_keys_in_one_map_are_an_error() {
    for properties in [
        "      <<: *safe\n      <<: *open",
        "      <<: *open\n      AuthorizationScopes: [a/b]\n      <<: *safe",
        "      <<: *safe\n      <<: [*open]",
        "      <<: *safe\n      <<: {}",
    ] {
        let read = template(with_properties(properties)).read();
        assert_eq!(help(&read), "write one `<<` with a list", "{properties}");
        let problems = read.as_ref().unwrap_err();
        let [problem] = problems.diagnostics() else { panic!("{:?}", told(&read)) };
        assert_eq!(problem.code(), Code::YAML_001);
        assert_eq!(problem.message(), "`<<` occurs twice: tools disagree about which wins");
        assert_eq!(problem.labels().len(), 2, "{properties}");
        assert!(template(with_properties(properties)).partial().read().is_err());
    }
}

#[test]
fn one_merge_key_in_each_map_is_read() {
    for properties in [
        "      <<: *safe",
        "      <<: [*safe, *open]",
        "      <<: {<<: *safe}",
        "      <<: *safe\n      OperationName: list",
    ] {
        let read = template(with_properties(properties)).read();
        let read = read.unwrap_or_else(|problems| panic!("{properties}: {problems}"));
        assert_eq!(routes(&read), ["GET /orders jwt(People)"], "{properties}");
    }
}
