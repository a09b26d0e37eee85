//! `resources` over what the framework generates: lists and maps are merged as lodash's `merge` does.

use apigateway_definition::{Code, Problems};

use crate::support::{help, routes, service, told};

const POOL: &str = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Ab12Cd34E";

/// A service with a guarded route of each kind, and these resources.
fn with_resources(resources: &str) -> String {
    format!(
        "
service: shop
provider:
  name: aws
  region: eu-west-1
  stage: dev
  httpApi:
    authorizers:
      jwt: {{type: jwt, identitySource: $request.header.Authorization, issuerUrl: 'https://issuer.example/', audience: [one]}}
custom:
  scopes: [shop/admin]
  nothing: {{}}
  list: [shop/other]
  map: !Ref AWS::NoValue
functions:
  orders:
    handler: orders.handler
    events:
      - http: {{method: get, path: a, authorizer: {{name: people, type: COGNITO_USER_POOLS, arn: '{POOL}', scopes: [shop/admin]}}}}
      - http: {{method: get, path: b, authorizer: {{name: people, type: COGNITO_USER_POOLS, arn: '{POOL}', scopes: '${{self:custom.scopes}}'}}}}
      - httpApi: {{method: get, path: /c, authorizer: {{name: jwt, scopes: [shop/admin]}}}}
resources:
{resources}"
    )
}

const GUARDED: [&str; 3] = [
    "GET /a cognito(PeopleApiGatewayAuthorizer) scopes=shop/admin",
    "GET /b cognito(PeopleApiGatewayAuthorizer) scopes=shop/admin",
    "GET /c jwt(HttpApiAuthorizerJwt) scopes=shop/admin",
];

/// The overrides of one property of one generated resource.
fn overriding(id: &str, property: &str) -> String {
    with_resources(&format!("  Resources:\n    {id}: {{Properties: {{{property}}}}}\n"))
}

fn is_about_the_list(problems: &Problems) -> bool {
    problems.diagnostics().iter().any(|one| {
        one.code() == Code::SLS_021
            && one.message() == "the framework merges a map into a list, which leaves the list as it is"
    })
}

#[test]
fn a_map_over_a_generated_list_is_an_error() {
    for (id, property) in [
        ("ApiGatewayMethodAGet", "AuthorizationScopes: !Ref AWS::NoValue"),
        ("ApiGatewayMethodAGet", "AuthorizationScopes: {0: shop/other}"),
        ("ApiGatewayMethodAGet", "AuthorizationScopes: '${self:custom.map}'"),
        ("ApiGatewayMethodBGet", "AuthorizationScopes: !Ref AWS::NoValue"),
        ("PeopleApiGatewayAuthorizer", "ProviderARNs: !Split [',', 'arn:x,arn:y']"),
        ("HttpApiRouteGetC", "AuthorizationScopes: !Ref AWS::NoValue"),
        ("HttpApiAuthorizerJwt", "JwtConfiguration: {Audience: !Split [',', 'one,two']}"),
        ("HttpApiAuthorizerJwt", "JwtConfiguration: {Audience: '${self:custom.map}'}"),
    ] {
        let read = service(overriding(id, property)).read();
        let problems = read.as_ref().unwrap_err();
        assert!(is_about_the_list(problems), "{id} {property}: {:?}", told(&read));
        assert_eq!(help(&read), "write a list, or use `resources.extensions`");
        assert!(service(overriding(id, property)).partial().read().is_err(), "{id}: a partial import too");
    }
}

#[test]
fn a_map_over_a_list_of_another_part_is_an_error() {
    let parts = "
  - Conditions: {Live: !Or [!Equals [a, b], !Equals [a, a]]}
  - Conditions: {Live: {Fn::Or: {Ref: x}}}
";
    assert!(is_about_the_list(&service(with_resources(parts)).read().unwrap_err()));
}

#[test]
fn other_overrides_give_what_the_framework_packages() {
    let scopes = |scopes: &str| format!("GET /a cognito(PeopleApiGatewayAuthorizer) scopes={scopes}");
    for (property, route) in [
        ("AuthorizationScopes: {}", scopes("shop/admin")),
        ("AuthorizationScopes: '${self:custom.nothing}'", scopes("shop/admin")),
        ("AuthorizationScopes: []", scopes("shop/admin")),
        ("AuthorizationScopes: [shop/other]", scopes("shop/other")),
        ("AuthorizationScopes: '${self:custom.list}'", scopes("shop/other")),
        ("AuthorizationScopes: [shop/other, shop/more]", scopes("shop/other,shop/more")),
        ("AuthorizationType: NONE", "GET /a open".into()),
    ] {
        let read = service(overriding("ApiGatewayMethodAGet", property)).read();
        let read = read.unwrap_or_else(|problems| panic!("{property}: {problems}"));
        assert_eq!(routes(&read)[0], route, "{property}");
        assert_eq!(routes(&read)[1..], GUARDED[1..], "{property}");
    }
}

#[test]
fn a_list_in_a_variable_is_merged_item_by_item() {
    let longer = "AuthorizationScopes: [shop/one, shop/two]".to_owned();
    let read = |parts: &str| routes(&service(with_resources(parts)).read().unwrap());
    let parts = format!(
        "
  - Resources: {{ApiGatewayMethodAGet: {{Properties: {{{longer}}}}}}}
  - Resources: {{ApiGatewayMethodAGet: {{Properties: {{AuthorizationScopes: '${{self:custom.list}}'}}}}}}
"
    );
    assert_eq!(read(&parts)[0], "GET /a cognito(PeopleApiGatewayAuthorizer) scopes=shop/other,shop/two");
}

#[test]
fn an_extension_replaces_a_list() {
    let extension = |value: &str| {
        with_resources(&format!(
            "  extensions:\n    ApiGatewayMethodAGet: {{Properties: {{AuthorizationScopes: {value}}}}}\n"
        ))
    };
    for (value, route) in [
        (
            "!Split [',', 'shop/one,shop/two']",
            "GET /a cognito(PeopleApiGatewayAuthorizer) scopes=shop/one,shop/two",
        ),
        ("!Ref AWS::NoValue", "GET /a cognito(PeopleApiGatewayAuthorizer)"),
    ] {
        assert_eq!(routes(&service(extension(value)).read().unwrap())[0], route, "{value}");
    }
}
