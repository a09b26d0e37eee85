//! The definition of most tests, and what an import comes to in a few lines.

use std::{collections::BTreeMap, fmt::Write as _, io};

use apigateway_definition::{Authorizer, Diagnostic, Import, Problems, Severity, Symbol};

/// A template with a user pool and an app client, which others nest.
pub(crate) const PEOPLE: &str = "
Resources:
  Pool: {Type: AWS::Cognito::UserPool}
  Client: {Type: AWS::Cognito::UserPoolClient, Properties: {UserPoolId: !Ref Pool}}
Outputs:
  Pool: {Value: !Ref Pool}
  Client: {Value: !Ref Client}
";

/// Nests it twice, for the authorizers of two routes.
pub(crate) const MAIN: &str = "
Resources:
  Customers: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ./people.yml}}
  Staff: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ./people.yml}}
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: HTTP, Name: shop}}
  CustomerJwt:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      AuthorizerType: JWT
      IdentitySource: [$request.header.Authorization]
      JwtConfiguration:
        Issuer: !Sub 'https://cognito-idp.eu-west-1.amazonaws.com/${Customers.Outputs.Pool}'
        Audience: [!GetAtt Customers.Outputs.Client]
  StaffJwt:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      AuthorizerType: JWT
      IdentitySource: [$request.header.Authorization]
      JwtConfiguration:
        Issuer: !Sub 'https://cognito-idp.eu-west-1.amazonaws.com/${Staff.Outputs.Pool}'
        Audience: [!GetAtt Staff.Outputs.Client]
  Me: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: GET /me, AuthorizationType: JWT, AuthorizerId: !Ref CustomerJwt}}
  Admin: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: GET /admin, AuthorizationType: JWT, AuthorizerId: !Ref StaffJwt}}
";

/// A stack of its own: a user pool and an API with one route, `GET /`.
pub(crate) const SERVICE: &str = "
Resources:
  Pool: {Type: AWS::Cognito::UserPool}
  Api: {Type: AWS::ApiGateway::RestApi}
  Auth:
    Type: AWS::ApiGateway::Authorizer
    Properties:
      RestApiId: !Ref Api
      Type: COGNITO_USER_POOLS
      IdentitySource: method.request.header.Authorization
      ProviderARNs: [!GetAtt Pool.Arn]
  Get:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !GetAtt Api.RootResourceId
      HttpMethod: GET
      AuthorizationType: COGNITO_USER_POOLS
      AuthorizerId: !Ref Auth
";

pub(crate) const CUSTOMERS: &str = "eu-west-1_CUSTOMERS";
pub(crate) const STAFF: &str = "eu-west-1_STAFF";

/// An import of these files, the first `given` of which are definitions; the others are there to be nested.
pub(crate) fn import(given: usize, files: &[(&str, &str)]) -> Import {
    let all: BTreeMap<String, String> =
        files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let import = Import::new().includes(move |name| {
        all.get(name).map(|text| text.clone().into_bytes()).ok_or(io::ErrorKind::NotFound.into())
    });
    files.iter().take(given).fold(import, |import, (name, text)| import.file(*name, *text))
}

/// The definition that nests `people.yml` twice.
pub(crate) fn shop() -> Import {
    import(1, &[("main.yml", MAIN), ("people.yml", PEOPLE)])
}

/// The output of `describe-stack-resources` for a stack with these resources: logical id, type and physical id.
pub(crate) fn stack_resources(name: &str, id: &str, resources: &[(&str, &str, &str)]) -> String {
    let resource = |(logical, kind, physical): &(&str, &str, &str)| {
        format!(
            r#"{{"StackName": "{name}", "StackId": "{id}", "LogicalResourceId": "{logical}",
             "ResourceType": "AWS::{kind}", "PhysicalResourceId": "{physical}"}}"#
        )
    };
    let resources: Vec<String> = resources.iter().map(resource).collect();
    format!(r#"{{"StackResources": [{}]}}"#, resources.join(", "))
}

pub(crate) const CUSTOMERS_ARN: &str =
    "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop-Customers-1A2B/0001";
pub(crate) const STAFF_ARN: &str = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop-Staff-3C4D/0002";

/// The deployed stacks of [`shop`], as files of the AWS CLI's output.
pub(crate) fn deployed_shop() -> [(&'static str, String); 3] {
    let people = |name, arn, pool, client| {
        let resources = [("Pool", "Cognito::UserPool", pool), ("Client", "Cognito::UserPoolClient", client)];
        stack_resources(name, arn, &resources)
    };
    let nested = [
        ("Customers", "CloudFormation::Stack", CUSTOMERS_ARN),
        ("Staff", "CloudFormation::Stack", STAFF_ARN),
        ("Api", "ApiGatewayV2::Api", "abc123"),
    ];
    [
        (
            "main.json",
            stack_resources("shop", "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/0000", &nested),
        ),
        ("customers.json", people("shop-Customers-1A2B", CUSTOMERS_ARN, CUSTOMERS, "customersclient")),
        ("staff.json", people("shop-Staff-3C4D", STAFF_ARN, STAFF, "staffclient")),
    ]
}

/// The import with these files of deployed resources.
pub(crate) fn with_deployed<'f>(
    import: Import,
    files: impl IntoIterator<Item = &'f (&'static str, String)>,
) -> Import {
    files.into_iter().fold(import, |import, (name, json)| import.stack_resources_file(*name, json.as_bytes()))
}

/// The routes with the pools and audiences of their authorizers, the user pools, and what is yet to be bound.
pub(crate) fn outcome(import: &Import) -> String {
    let definition = match import.read() {
        Ok(imported) => imported.definition,
        Err(problems) => return told(&problems),
    };
    let mut lines: Vec<String> = Vec::new();
    for api in &definition.apis {
        let of = |name: &str| api.authorizers.iter().find(|authorizer| authorizer.name() == name);
        for route in &api.routes {
            let line = route.to_string();
            let name =
                line.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map_or("", |(name, _)| name);
            let trusted = match of(name) {
                Some(Authorizer::Cognito(authorizer)) => {
                    authorizer.pools.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
                }
                Some(Authorizer::Jwt(authorizer)) => {
                    let pool = authorizer.pool.as_ref().map(ToString::to_string).unwrap_or_default();
                    let audiences = authorizer.audiences.iter().map(ToString::to_string);
                    format!("{pool} {}", audiences.collect::<Vec<_>>().join(" "))
                }
                _ => "nobody".to_owned(),
            };
            lines.push(format!("{}: {} by {trusted}", api.id, route.key));
        }
    }
    let unbound: Vec<&str> = definition.unbound().into_iter().flat_map(Symbol::names).collect();
    if !unbound.is_empty() {
        lines.push(format!("to be bound: {}", unbound.join(" ")));
    }
    lines.join("\n")
}

/// The errors: code, message, places and help.
pub(crate) fn told(problems: &Problems) -> String {
    let errors = problems.diagnostics().iter().filter(|one| one.severity() == Severity::Error);
    errors.map(line).collect::<Vec<_>>().join("\n")
}

pub(crate) fn line(diagnostic: &Diagnostic) -> String {
    let mut text = format!("{}: {}", diagnostic.code(), diagnostic.message());
    for label in diagnostic.labels() {
        let _ = write!(text, "\n  {}: {}", label.file(), label.text());
    }
    if let Some(help) = diagnostic.help() {
        let _ = write!(text, "\n  help: {help}");
    }
    text
}
