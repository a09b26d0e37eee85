//! The types of `apigateway-definition`.

use apigateway_definition::{
    ApiDefinition, Authorizer, BasePath, Import, ImportInput, Imported, PoolRef, Rule, Severity, Value,
};

use super::{PASSWORD, Scene, USER};

/// A REST API and an HTTP API, and their user pool.
const TEMPLATE: &str = r"
Parameters:
  Password: {Type: String, NoEcho: true}
Conditions:
  Never: !Equals [!Ref Password, x]
  Always: !Not [!Condition Never]
Resources:
  Pool:
    Type: AWS::Cognito::UserPool
    Properties: {UserPoolName: orders, Policies: {PasswordPolicy: {MinimumLength: 10}}}
  Client:
    Type: AWS::Cognito::UserPoolClient
    Properties: {UserPoolId: !Ref Pool, AllowedOAuthScopes: [orders/read], GenerateSecret: true}
  Orders:
    Type: AWS::Cognito::UserPoolResourceServer
    Properties:
      UserPoolId: !Ref Pool
      Identifier: orders
      Scopes: [{ScopeName: read, ScopeDescription: To read}]
  Operators: {Type: AWS::Cognito::UserPoolGroup, Properties: {UserPoolId: !Ref Pool, GroupName: ops}}
  Ada: {Type: AWS::Cognito::UserPoolUser, Properties: {UserPoolId: !Ref Pool, Username: $USERNAME}}
  Domain: {Type: AWS::Cognito::UserPoolDomain, Properties: {UserPoolId: !Ref Pool, Domain: orders}}
  Rest: {Type: AWS::ApiGateway::RestApi}
  Cognito:
    Type: AWS::ApiGateway::Authorizer
    Properties:
      RestApiId: !Ref Rest
      Type: COGNITO_USER_POOLS
      IdentitySource: method.request.header.Authorization
      ProviderARNs: [!GetAtt Pool.Arn]
  Path: {Type: AWS::ApiGateway::Resource, Properties: {RestApiId: !Ref Rest, ParentId: !GetAtt Rest.RootResourceId, PathPart: orders}}
  Get:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Rest
      ResourceId: !Ref Path
      HttpMethod: GET
      AuthorizationType: COGNITO_USER_POOLS
      AuthorizerId: !Ref Cognito
      AuthorizationScopes: [orders/read]
  Post:
    Type: AWS::ApiGateway::Method
    Properties: {RestApiId: !Ref Rest, ResourceId: !Ref Path, HttpMethod: POST, AuthorizationType: NONE}
  Any:
    Type: AWS::ApiGateway::Method
    Condition: Always
    Properties: {RestApiId: !Ref Rest, ResourceId: !Ref Path, HttpMethod: ANY, AuthorizationType: NONE}
  Delete:
    Type: AWS::ApiGateway::Method
    Condition: Never
    Properties: {RestApiId: !Ref Rest, ResourceId: !Ref Path, HttpMethod: DELETE, AuthorizationType: AWS_IAM}
  Put:
    Type: AWS::ApiGateway::Method
    Properties: {RestApiId: !Ref Rest, ResourceId: !Ref Path, HttpMethod: PUT, AuthorizationType: AWS_IAM}
  Denied:
    Type: AWS::ApiGateway::GatewayResponse
    Properties: {RestApiId: !Ref Rest, ResponseType: ACCESS_DENIED, StatusCode: '404'}
  Http:
    Type: AWS::ApiGatewayV2::Api
    Properties: {Name: http, ProtocolType: HTTP, CorsConfiguration: {AllowOrigins: ['*'], AllowMethods: [GET]}}
  Jwt:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Http
      AuthorizerType: JWT
      IdentitySource: [$request.header.Authorization]
      JwtConfiguration: {Issuer: !GetAtt Pool.ProviderURL, Audience: [!Ref Client]}
  RestJwt:
    Type: AWS::ApiGateway::Authorizer
    Properties:
      RestApiId: !Ref Rest
      Type: JWT
      IdentitySource: method.request.header.Authorization
      JwtConfiguration:
        DefaultAlgorithms: [RS256]
        Issuers:
          - Issuer: !GetAtt Pool.ProviderURL
            Audiences: [!Ref Client]
            AdditionalClaims: [{ClaimName: email, Format: SINGLE_STRING, Required: true}]
  Patch:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Rest
      ResourceId: !Ref Path
      HttpMethod: PATCH
      AuthorizationType: JWT
      AuthorizerId: !Ref RestJwt
  Route:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Http, RouteKey: GET /orders, AuthorizationType: JWT, AuthorizerId: !Ref Jwt}
";

#[test]
fn no_type_of_a_definition_prints_a_user_or_a_secret() {
    let scene = Scene::new();
    let mut printer = scene.print_types_of("apigateway-definition");
    let import = Import::new()
        .file("template.yaml", TEMPLATE.replace("$USERNAME", USER))
        .parameter("Password", PASSWORD)
        .option("password", PASSWORD)
        .environment("PASSWORD", PASSWORD)
        .unused_inputs(Severity::Warning)
        .values(format!("{{\"ssm:/password\": \"{PASSWORD}\"}}"));
    printer.print(&import);
    let imported: Imported = import.read().unwrap_or_else(|problems| panic!("{problems}"));
    printer.print(&imported);
    printer.print_each(imported.diagnostics.clone());
    let definition = &imported.definition;
    resources(&mut printer, definition);
    routes(&mut printer, definition);

    // The error has the location, but not the text of the line.
    let wrong =
        Import::new().file("template.yaml", format!("{{Resources: {{A: {PASSWORD}, A: {PASSWORD}}}}}"));
    let problems = wrong.read().expect_err("a name that occurs twice");
    for diagnostic in problems.diagnostics() {
        printer.print(&diagnostic.code());
        printer.print(&diagnostic.severity());
        printer.print_each(diagnostic.labels().to_vec());
        printer.print(diagnostic);
    }
    printer.print(&problems);
    printer.print_each([BasePath::Ignore, BasePath::Prepend, BasePath::Split]);
    printer.print(&ImportInput::Parameter("Password".into()));
    printer.assert_all_printed();
}

fn resources(printer: &mut super::Printer<'_>, definition: &ApiDefinition) {
    printer.print(definition);
    printer.print_each(definition.user_pools.clone());
    printer.print_each(definition.user_pools.iter().filter_map(|pool| pool.password_policy.clone()));
    printer.print_each(definition.app_clients.clone());
    printer.print_each(definition.resource_servers.iter().flat_map(|server| server.scopes.clone()));
    printer.print_each(definition.resource_servers.clone());
    printer.print_each(definition.groups.clone());
    assert_eq!(definition.users[0].name, USER);
    printer.print_each(definition.users.clone());
    printer.print_each(definition.not_carried_over.clone());
    let symbols = definition.user_pools.iter().filter_map(|pool| pool.pool.id().err());
    printer.print_each(symbols.cloned());
}

fn routes(printer: &mut super::Printer<'_>, definition: &ApiDefinition) {
    for api in &definition.apis {
        printer.print(api);
        printer.print(&api.kind);
        printer.print(&api.source);
        printer.print_each(api.cors.clone());
        printer.print_each(api.gateway_responses.clone());
        for authorizer in &api.authorizers {
            printer.print(authorizer);
            match authorizer {
                Authorizer::Cognito(authorizer) => {
                    printer.print_each::<PoolRef>(authorizer.pools.clone());
                    printer.print(&**authorizer);
                }
                Authorizer::Jwt(authorizer) => {
                    printer.print::<Value>(&authorizer.issuer);
                    printer.print(&authorizer.identity_source);
                    printer.print(&**authorizer);
                }
                Authorizer::RestJwt(authorizer) => {
                    printer.print_each(
                        authorizer.issuers.iter().flat_map(|issuer| issuer.additional_claims.clone()),
                    );
                    printer.print_each(authorizer.issuers.clone());
                    printer.print(&**authorizer);
                }
                _ => {}
            }
        }
    }
    for route in definition.routes() {
        printer.print(route);
        printer.print(&route.rule);
        printer.print(&route.api_key);
        printer.print_each(route.decided_by.clone());
        printer.print_each(route.displaced.clone());
        printer.print_each(route.decided_by.iter().map(|parameter| parameter.source));
        printer.print(&route.origin);
        match &route.rule {
            Rule::Open(reason) => printer.print(reason),
            Rule::Refused(reason) => printer.print(reason),
            _ => {}
        }
    }
}
