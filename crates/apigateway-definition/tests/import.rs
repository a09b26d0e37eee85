//! What the builder promises: several files, bindings, choices, and files that are never opened.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops, and says where")]

use std::{fs, io};

use apigateway_definition::{ApiKind, Code, Import, Origin, PoolRef, RefusedReason, Rule, Severity};

const AUTH: &str = "
Resources:
  Pool: {Type: AWS::Cognito::UserPool}
  Api: {Type: AWS::ApiGateway::RestApi}
Outputs:
  Arn: {Value: !GetAtt Pool.Arn, Export: {Name: auth-pool}}
  Api: {Value: !Ref Api, Export: {Name: auth-api}}
  Root: {Value: !GetAtt Api.RootResourceId, Export: {Name: auth-root}}
";

const ORDERS: &str = "
Resources:
  Api: {Type: AWS::ApiGateway::RestApi}
  Auth:
    Type: AWS::ApiGateway::Authorizer
    Properties:
      RestApiId: !Ref Api
      Type: COGNITO_USER_POOLS
      IdentitySource: method.request.header.Authorization
      ProviderARNs: [!ImportValue auth-pool]
  Get: &get
    Type: AWS::ApiGateway::Method
    Properties: &properties
      RestApiId: !Ref Api
      ResourceId: !GetAtt Api.RootResourceId
      HttpMethod: GET
      AuthorizationType: COGNITO_USER_POOLS
      AuthorizerId: !Ref Auth
      AuthorizationScopes: [orders/read]
  List: {<<: *get, Properties: {<<: *properties, HttpMethod: PUT, AuthorizationScopes: []}}
  Shared: {<<: *get, Properties: {<<: *properties, RestApiId: !ImportValue auth-api, ResourceId: !ImportValue auth-root, AuthorizationType: NONE}}
";

fn routes(import: &Import) -> Vec<String> {
    let imported = import.read().unwrap();
    let apis = imported.definition.apis.iter();
    apis.flat_map(|api| api.routes.iter().map(|route| format!("{} {route}", api.id))).collect()
}

#[test]
fn stacks_that_are_read_together_see_each_others_exports() {
    let import = Import::new().file("auth.yaml", AUTH).file("orders.yaml", ORDERS);
    assert_eq!(
        routes(&import),
        [
            "auth.yaml:Api GET / open",
            "orders.yaml:Api GET / cognito(Auth) scopes=orders/read",
            "orders.yaml:Api PUT / cognito(Auth)",
        ]
    );
    let definition = import.read().unwrap().definition;
    assert_eq!(definition.unbound().iter().map(ToString::to_string).collect::<Vec<_>>(), ["${Pool}"]);

    let definition = import.bind("Pool", "eu-west-1_Ab12Cd34E").read().unwrap().definition;
    assert!(definition.unbound().is_empty());
    let Rule::Cognito { authorizer, .. } = &definition.api("orders.yaml:Api").unwrap().routes[0].rule else {
        unreachable!("it is protected")
    };
    assert_eq!(authorizer.pools, [PoolRef::Id("eu-west-1_Ab12Cd34E".parse().unwrap())]);
}

#[test]
fn one_api_is_read_alone_by_its_id() {
    let import = Import::new().file("auth.yaml", AUTH).file("orders.yaml", ORDERS);
    assert_eq!(routes(&import.clone().api("auth.yaml:Api")), ["auth.yaml:Api GET / open"]);
    assert!(import.api("Typo").read().is_err());
}

#[test]
fn a_stack_alone_is_bound_by_the_name_of_the_export() {
    let import = Import::new()
        .file("orders.yaml", ORDERS)
        .bind("auth-pool", "arn:aws:cognito-idp:eu-west-1:1:userpool/eu-west-1_Ab12Cd34E")
        .prefix("/v1".parse().unwrap());
    assert_eq!(
        routes(&import),
        ["Api GET / cognito(Auth) scopes=orders/read", "Api PUT / cognito(Auth)", "auth-api GET /v1 open",]
    );
    assert!(import.read().unwrap().definition.unbound().is_empty());
}

#[test]
fn requirements_are_those_of_the_two_authorizers() {
    let import = Import::new().file("auth.yaml", AUTH).file("orders.yaml", ORDERS);
    let definition = import.read().unwrap().definition;
    let of = |key: &str| {
        let route = definition
            .api("orders.yaml:Api")
            .unwrap()
            .routes
            .iter()
            .find(|route| route.key.to_string() == key);
        route.unwrap().requirement().map(|requirement| requirement.to_string())
    };
    assert_eq!(of("GET /").unwrap(), "access token, and scope orders/read");
    assert_eq!(of("PUT /").unwrap(), "ID token");
    assert!(definition.open_routes().all(|route| route.requirement().is_none()));
}

#[test]
fn a_partial_import_refuses_what_a_whole_one_fails_for() {
    let template = ORDERS.replace("AuthorizerId: !Ref Auth", "AuthorizerId: !Ref Typo");
    let import = Import::new().file("auth.yaml", AUTH).file("orders.yaml", template);
    let problems = import.read().unwrap_err();
    assert!(problems.diagnostics().iter().any(|one| one.code() == Code::CFN_002));

    let imported = import.partial().read().unwrap();
    let refused = Rule::Refused(RefusedReason::Unresolved(Code::CFN_002));
    assert_eq!(imported.definition.routes().filter(|route| route.rule == refused).count(), 2);
    assert!(imported.diagnostics.iter().any(|one| one.severity() == Severity::Error));
}

#[test]
fn routes_say_who_made_them() {
    let document = "
swagger: '2.0'
paths: {/a: {get: {}, options: {x-amazon-apigateway-integration: {type: mock}}}}
";
    let quick = "Resources: {Api: {Type: AWS::ApiGatewayV2::Api, Properties: {Target: f}}}";
    let import = Import::new().file("a.yaml", document).file("b.yaml", quick).allow_open("$default");
    let definition = import.read().unwrap().definition;
    let origins: Vec<_> = definition.routes().map(|route| (route.key.to_string(), route.origin)).collect();
    assert_eq!(
        origins,
        [
            ("GET /a".into(), Origin::Explicit),
            ("OPTIONS /a".into(), Origin::Preflight),
            ("$default".into(), Origin::Default),
        ]
    );
}

#[test]
fn no_file_is_opened_that_was_not_given() {
    let nesting = "Resources: {A: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: Cargo.toml}}}";
    let problems = Import::new().file("t.yaml", nesting).read().unwrap_err();
    assert_eq!(problems.diagnostics()[0].code(), Code::CFN_020);
}

#[test]
fn includes_are_asked_for_beside_the_file_that_names_them() {
    let nesting =
        "Resources: {A: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ../b/auth.yaml}}}";
    let import = Import::new().file("stacks/a/t.yaml", nesting).includes(|name| match name {
        "stacks/b/auth.yaml" => Ok(AUTH.into()),
        _ => Err(io::ErrorKind::NotFound.into()),
    });
    assert_eq!(import.read().unwrap().definition.user_pools.len(), 1);
}

#[cfg(unix)]
#[test]
fn links_do_not_lead_out_of_the_root() {
    let folder = std::env::temp_dir().join(format!("apigateway-definition-{}", std::process::id()));
    fs::create_dir_all(folder.join("root")).unwrap();
    fs::write(folder.join("secret.yaml"), AUTH).unwrap();
    fs::write(folder.join("root/inside.yaml"), AUTH).unwrap();
    std::os::unix::fs::symlink(folder.join("secret.yaml"), folder.join("root/link.yaml")).unwrap();
    let nesting = |name: &str| {
        format!("Resources: {{A: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: {name}}}}}}}")
    };
    fs::write(folder.join("root/good.yaml"), nesting("inside.yaml")).unwrap();
    fs::write(folder.join("root/bad.yaml"), nesting("link.yaml")).unwrap();

    let good = Import::from_path(folder.join("root/good.yaml")).unwrap().read();
    let bad = Import::from_path(folder.join("root/bad.yaml")).unwrap().read();
    let outside = Import::new().from_root(folder.join("root"), ["../secret.yaml"]);
    let directory = Import::from_path(folder.join("root"));
    fs::remove_dir_all(&folder).unwrap();

    assert_eq!(good.unwrap().definition.user_pools.len(), 1);
    assert!(bad.unwrap_err().to_string().contains("outside the root"));
    assert!(outside.is_err() && directory.is_err());
}

#[test]
fn what_is_given_as_a_value_is_not_printed() {
    let import = Import::new()
        .file("t.yaml", "secret: file")
        .parameter("P", "secret")
        .environment("E", "secret")
        .option("O", "secret")
        .values(r#"{"ssm:/a": "secret"}"#)
        .kind(ApiKind::Rest);
    assert!(!format!("{import:?}").contains("secret"));
}

#[test]
fn all_problems_are_reported_in_one_run_in_the_order_of_the_files() {
    let broken = |name: &str| ORDERS.replace("!Ref Auth", &format!("!Ref {name}")).replace("PUT", "TRACE");
    let problems = Import::new().file("a.yaml", broken("X")).file("b.yaml", broken("Y")).read().unwrap_err();
    let places: Vec<String> = problems
        .diagnostics()
        .iter()
        .filter(|one| one.severity() == Severity::Error)
        .map(|one| format!("{} {}", one.code(), one.labels()[0].location()))
        .collect();
    expect_test::expect![[r"
        APIGW-CFN-002 a.yaml:18:26
        APIGW-CFN-023 a.yaml:20:62
        APIGW-CFN-021 a.yaml:21:111
        APIGW-CFN-002 b.yaml:18:26
        APIGW-CFN-023 b.yaml:20:62
        APIGW-CFN-021 b.yaml:21:111"]]
    .assert_eq(&places.join("\n"));
}
