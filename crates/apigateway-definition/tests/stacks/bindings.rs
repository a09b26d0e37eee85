//! What `Import::bind` takes.

use apigateway_definition::{Code, Diagnostic, Import, Severity};
use expect_test::expect;

use crate::support::{CUSTOMERS, MAIN, PEOPLE, SERVICE, STAFF, import, outcome, shop};

#[test]
fn each_nested_stack_has_names_of_its_own() {
    expect![[r#"
        Api: GET /admin by ${Staff.Pool} ${Staff.Client}
        Api: GET /me by ${Customers.Pool} ${Customers.Client}
        to be bound: Staff.Pool Staff.Client Customers.Pool Customers.Client"#]]
    .assert_eq(&outcome(&shop()));
    let bound = shop()
        .bind("Customers.Pool", CUSTOMERS)
        .bind("Customers.Client", "customersclient")
        .bind("Staff.Pool", STAFF)
        .bind("Staff.Client", "staffclient");
    expect![[r#"
        Api: GET /admin by eu-west-1_STAFF staffclient
        Api: GET /me by eu-west-1_CUSTOMERS customersclient"#]]
    .assert_eq(&outcome(&bound));
}

#[test]
fn one_stack_is_bound_without_the_other() {
    expect![[r#"
        Api: GET /admin by ${Staff.Pool} ${Staff.Client}
        Api: GET /me by eu-west-1_CUSTOMERS ${Customers.Client}
        to be bound: Staff.Pool Staff.Client Customers.Client"#]]
    .assert_eq(&outcome(&shop().bind("Customers.Pool", CUSTOMERS)));
}

#[test]
fn a_logical_id_that_two_stacks_have_is_refused() {
    expect![[r#"
        APIGW-BIND-003: `Pool` may be `Customers.Pool` or `Staff.Pool`
          help: say which is meant: `--bind Customers.Pool=…` or `--bind Staff.Pool=…`"#]]
    .assert_eq(&outcome(&shop().bind("Pool", CUSTOMERS)));
    // A partial import does not choose either.
    assert_eq!(outcome(&shop().bind("Pool", CUSTOMERS).partial()), outcome(&shop().bind("Pool", CUSTOMERS)));
}

#[test]
fn a_logical_id_that_one_stack_has_is_enough() {
    let one = MAIN.replace("Staff: {Type: AWS::CloudFormation::Stack", "Staff: {Type: AWS::SNS::Topic");
    let one = one
        .replace("${Staff.Outputs.Pool}", "eu-west-1_STAFF")
        .replace("!GetAtt Staff.Outputs.Client", "staffclient");
    let one = import(1, &[("main.yml", &*one), ("people.yml", PEOPLE)]);
    for [pool, client] in [
        ["Pool", "Client"],
        ["Customers.Pool", "Customers.Client"],
        ["main.yml:Customers.Pool", "main.yml:Customers.Client"],
        ["people.yml:Pool", "people.yml:Client"],
    ] {
        let bound = outcome(&one.clone().bind(pool, CUSTOMERS).bind(client, "customersclient"));
        assert!(bound.contains("GET /me by eu-west-1_CUSTOMERS customersclient"), "{pool}: {bound}");
    }
}

#[test]
fn stacks_in_stacks_are_named_by_the_whole_way() {
    let outer = "
Resources:
  Inner: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ../people.yml}}
Outputs:
  Pool: {Value: !GetAtt Inner.Outputs.Pool}
  Client: {Value: !GetAtt Inner.Outputs.Client}
";
    let deep = import(
        1,
        &[
            ("main.yml", &*MAIN.replace("./people.yml", "nested/outer.yml")),
            ("nested/outer.yml", outer),
            ("people.yml", PEOPLE),
        ],
    );
    let bound = deep
        .clone()
        .bind("Customers.Inner.Pool", CUSTOMERS)
        .bind("Customers.Inner.Client", "customersclient")
        .bind("main.yml:Staff.Inner.Pool", STAFF);
    expect![[r#"
        Api: GET /admin by eu-west-1_STAFF ${Staff.Inner.Client}
        Api: GET /me by eu-west-1_CUSTOMERS customersclient
        to be bound: Staff.Inner.Client"#]]
    .assert_eq(&outcome(&bound));
    expect![[r#"
        APIGW-BIND-003: `Pool` may be `Customers.Inner.Pool` or `Staff.Inner.Pool`
          help: say which is meant: `--bind Customers.Inner.Pool=…` or `--bind Staff.Inner.Pool=…`"#]]
    .assert_eq(&outcome(&deep.clone().bind("Pool", CUSTOMERS)));
    // A part of the way is not a name.
    expect![[r#"
        APIGW-BIND-002: the definition has no `Customers.Pool` to bind
          help: did you mean `Customers.Inner.Pool` or `Staff.Inner.Pool`?"#]]
    .assert_eq(&outcome(&deep.bind("Customers.Pool", CUSTOMERS)));
}

/// Two services with the same logical ids, also as the CDK writes a class of stacks that is instantiated twice.
#[test]
fn stacks_of_the_command_line_are_distinguished_by_their_files() {
    for id in ["Pool", "PoolD3F588B8"] {
        let service = SERVICE.replace("Pool:", &format!("{id}:")).replace("Pool.Arn", &format!("{id}.Arn"));
        let [customers, staff] = ["cdk.out/Customers.template.json", "cdk.out/Staff.template.json"];
        let two = Import::new().file(customers, &*service).file(staff, &*service);
        assert_eq!(
            outcome(&two),
            format!(
                "{customers}:Api: GET / by ${{{customers}:{id}}}\n{staff}:Api: GET / by ${{{staff}:{id}}}\n\
                 to be bound: {customers}:{id} {staff}:{id}"
            )
        );
        let bound =
            two.clone().bind(format!("{customers}:{id}"), CUSTOMERS).bind(format!("{staff}:{id}"), STAFF);
        assert_eq!(
            outcome(&bound),
            format!("{customers}:Api: GET / by {CUSTOMERS}\n{staff}:Api: GET / by {STAFF}")
        );
        let ambiguous = outcome(&two.bind(id, CUSTOMERS));
        let candidates = format!("APIGW-BIND-003: `{id}` may be `{customers}:{id}` or `{staff}:{id}`\n");
        assert!(ambiguous.starts_with(&candidates), "{ambiguous}");
    }
}

#[test]
fn what_a_file_declares_and_what_it_nests_have_different_names() {
    let main = format!("{MAIN}  Pool: {{Type: AWS::Cognito::UserPool}}\n");
    let import = import(1, &[("main.yml", &*main), ("people.yml", PEOPLE)]);
    let pools = |import: &Import| -> Vec<String> {
        let definition = import.read().unwrap().definition;
        definition.user_pools.iter().map(|pool| format!("{} {}", pool.full_name, pool.pool)).collect()
    };
    assert_eq!(
        pools(&import),
        ["main.yml:Pool ${main.yml:Pool}", "Customers.Pool ${Customers.Pool}", "Staff.Pool ${Staff.Pool}"]
    );
    let bound = import.clone().bind("main.yml:Pool", "eu-west-1_MAIN").bind("Staff.Pool", STAFF);
    assert_eq!(
        pools(&bound),
        ["main.yml:Pool eu-west-1_MAIN", "Customers.Pool ${Customers.Pool}", "Staff.Pool eu-west-1_STAFF"]
    );
    let problems = import.bind("Pool", "eu-west-1_MAIN").read().unwrap_err();
    assert_eq!(
        problems.diagnostics()[0].message(),
        "`Pool` may be `Customers.Pool`, `Staff.Pool` or `main.yml:Pool`"
    );
}

#[test]
fn a_nested_stack_with_the_logical_id_of_its_pool_is_not_a_pool() {
    let main = MAIN
        .replace("Customers", "Pool")
        .replace("Staff: {Type: AWS::CloudFormation::Stack", "Staff: {Type: AWS::SNS::Topic");
    let main = main
        .replace("${Staff.Outputs.Pool}", "eu-west-1_STAFF")
        .replace("!GetAtt Staff.Outputs.Client", "staffclient");
    let one = import(1, &[("main.yml", &*main), ("people.yml", PEOPLE)]).bind("Pool", CUSTOMERS);
    assert!(outcome(&one).contains("GET /me by eu-west-1_CUSTOMERS ${Pool.Client}"), "{}", outcome(&one));
}

#[test]
fn attributes_and_stack_names_are_of_their_stacks_too() {
    let service = SERVICE.replace(
        "!GetAtt Pool.Arn",
        "!GetAtt Lookup.PoolArn, !ImportValue {'Fn::Sub': '${AWS::StackName}-pool'}",
    );
    let service = format!("{service}  Lookup: {{Type: Custom::Lookup}}\n");
    let two = Import::new().file("a.yml", &*service).file("b.yml", &*service);
    expect![[r#"
        a.yml:Api: GET / by ${a.yml:Lookup.PoolArn} ${${a.yml:AWS::StackName}-pool}
        b.yml:Api: GET / by ${b.yml:Lookup.PoolArn} ${${b.yml:AWS::StackName}-pool}
        to be bound: a.yml:Lookup.PoolArn ${a.yml:AWS::StackName}-pool b.yml:Lookup.PoolArn ${b.yml:AWS::StackName}-pool"#]]
    .assert_eq(&outcome(&two));
    let arn = |pool: &str| format!("arn:aws:cognito-idp:eu-west-1:1:userpool/{pool}");
    let bound = two
        .clone()
        .bind("a.yml:AWS::StackName", "customers")
        .bind("a.yml:Lookup.PoolArn", arn(CUSTOMERS))
        .bind("customers-pool", arn("eu-west-1_Old"))
        .bind("b.yml:AWS::StackName", "staff")
        .bind("b.yml:Lookup.PoolArn", arn(STAFF));
    expect![[r#"
        a.yml:Api: GET / by eu-west-1_CUSTOMERS eu-west-1_Old
        b.yml:Api: GET / by eu-west-1_STAFF ${staff-pool}
        to be bound: staff-pool"#]]
    .assert_eq(&outcome(&bound));
    for name in ["AWS::StackName", "Lookup.PoolArn"] {
        let problems = two.clone().bind(name, "x").read().unwrap_err();
        assert!(problems.diagnostics().iter().any(|one| one.code() == Code::BIND_003), "{name}: {problems}");
    }
}

#[test]
fn a_name_that_is_a_resource_and_an_export_is_refused() {
    let service = SERVICE.replace("!GetAtt Pool.Arn", "!GetAtt Pool.Arn, !ImportValue Pool");
    let one = Import::new().file("a.yml", &*service);
    expect![[r#"
        Api: GET / by ${a.yml:Pool} ${Pool}
        to be bound: a.yml:Pool Pool"#]]
    .assert_eq(&outcome(&one));
    expect![[r#"
        APIGW-BIND-003: `Pool` may be `a.yml:Pool`, or an export or id from elsewhere
          help: say which is meant: bind `a.yml:Pool`, or give the export with `--exports`"#]]
    .assert_eq(&outcome(&one.clone().bind("Pool", CUSTOMERS)));
    let exports = r#"{"Pool": "arn:aws:cognito-idp:eu-west-1:1:userpool/eu-west-1_STAFF"}"#;
    expect!["Api: GET / by eu-west-1_CUSTOMERS eu-west-1_STAFF"]
        .assert_eq(&outcome(&one.bind("a.yml:Pool", CUSTOMERS).exports(exports)));
}

/// What variables come to is known only once they are resolved.
#[test]
fn names_behind_variables_are_held_against_what_they_come_to() {
    let service = "
service: a
provider: aws
functions:
  f:
    events:
      - http: {path: /a, method: get, authorizer: {type: COGNITO_USER_POOLS, authorizerId: !Ref Auth}}
custom: {export: shared-pool, attribute: Lookup.PoolArn}
resources:
  Resources:
    Lookup: {Type: Custom::Lookup}
    Auth:
      Type: AWS::ApiGateway::Authorizer
      Properties:
        RestApiId: !Ref ApiGatewayRestApi
        Type: COGNITO_USER_POOLS
        IdentitySource: method.request.header.Authorization
        ProviderARNs:
          - !ImportValue '${self:custom.export}'
          - !GetAtt '${self:custom.attribute}'
";
    let arn = |pool: &str| format!("arn:aws:cognito-idp:eu-west-1:1:userpool/{pool}");
    let one = Import::new().file("serverless.yml", service).bind("shared-pool", arn(CUSTOMERS));
    expect!["ApiGatewayRestApi: GET /a by eu-west-1_CUSTOMERS eu-west-1_STAFF"]
        .assert_eq(&outcome(&one.clone().bind("Lookup.PoolArn", arn(STAFF))));
    // The same name in two services is as ambiguous as if it were written out.
    let two = one.file("b/serverless.yml", service).bind("Lookup.PoolArn", arn(STAFF));
    expect![[r#"
        APIGW-BIND-003: `Lookup.PoolArn` may be `b/serverless.yml:Lookup.PoolArn` or `serverless.yml:Lookup.PoolArn`
          help: say which is meant: `--bind b/serverless.yml:Lookup.PoolArn=…` or `--bind serverless.yml:Lookup.PoolArn=…`"#]]
    .assert_eq(&outcome(&two));
}

#[test]
fn a_name_that_matches_nothing_is_refused() {
    for (name, message) in [
        ("Pol", "did you mean `Customers.Pool` or `Staff.Pool`?"),
        ("Customer.Pool", "did you mean `Customers.Pool`?"),
        ("main.yml:Staff.Clinet", "did you mean `Staff.Client`?"),
        ("customers.pool", "did you mean `Customers.Pool`?"),
        (
            "SomethingElse",
            "the names are `Customers.Client`, `Customers.Pool`, `Staff.Client` and `Staff.Pool`",
        ),
    ] {
        let told = outcome(&shop().bind(name, CUSTOMERS));
        let first = format!("APIGW-BIND-002: the definition has no `{name}` to bind\n  help: {message}");
        assert!(told.starts_with(&first), "{told}");
    }
}

#[test]
fn a_name_that_cannot_be_bound_says_what_it_is() {
    expect![[r#"
        APIGW-BIND-002: `CustomerJwt` cannot be bound: it is of the type `AWS::ApiGatewayV2::Authorizer`
          help: bind user pools, app clients, and attributes that the definition refers to"#]]
    .assert_eq(&outcome(&shop().bind("CustomerJwt", CUSTOMERS)));
    let with_parameter = format!("Parameters: {{PoolArn: {{Type: String, Default: x}}}}{SERVICE}");
    expect![[r#"
        APIGW-BIND-002: the definition has no `PoolArn` to bind
          help: `PoolArn` is a parameter: give it with `--param PoolArn=…`"#]]
    .assert_eq(&outcome(&Import::new().file("a.yml", with_parameter).bind("PoolArn", CUSTOMERS)));
}

#[test]
fn names_that_several_imports_share_may_match_nothing_in_one() {
    let imported = shop()
        .bind("Partners.Pool", CUSTOMERS)
        .allow_open("GET /gone")
        .unused_inputs(Severity::Warning)
        .read()
        .unwrap();
    let codes: Vec<Code> = imported.diagnostics.iter().map(Diagnostic::code).collect();
    assert_eq!(codes, [Code::BIND_002, Code::BIND_002]);
    // What is ambiguous is not shared.
    assert!(shop().bind("Pool", CUSTOMERS).unused_inputs(Severity::Warning).read().is_err());
}

#[test]
fn one_thing_has_one_value() {
    let twice = shop().bind("Customers.Pool", CUSTOMERS);
    assert_eq!(outcome(&twice.clone().bind("Customers.Pool", CUSTOMERS)), outcome(&twice));
    for (name, message) in [
        ("Customers.Pool", "`Customers.Pool` is bound to `eu-west-1_CUSTOMERS` and `eu-west-1_STAFF`"),
        (
            "main.yml:Customers.Pool",
            "`Customers.Pool` and `main.yml:Customers.Pool` are one thing, bound to `eu-west-1_CUSTOMERS` and `eu-west-1_STAFF`",
        ),
    ] {
        for import in
            [twice.clone().bind(name, STAFF), shop().bind(name, STAFF).bind("Customers.Pool", CUSTOMERS)]
        {
            let problems = import.read().unwrap_err();
            let found: Vec<_> =
                problems.diagnostics().iter().map(|one| (one.code(), one.message())).collect();
            assert_eq!(found, [(Code::BIND_004, message)]);
        }
    }
    let problems = shop().region("eu-west-1").bind("AWS::Region", "us-east-1").read().unwrap_err();
    assert_eq!(problems.diagnostics()[0].code(), Code::BIND_004);
}

#[test]
fn routes_that_are_confirmed_to_be_open_must_be_there() {
    expect![[r#"
        APIGW-BIND-002: `GET /mee` is confirmed to be open, and the definition has no such route
          help: did you mean `GET /me`?"#]]
    .assert_eq(&outcome(&shop().allow_open("GET /mee")));
    // One that is there and protected may be left from when it was open.
    let imported = shop().allow_open("GET /me").read().unwrap();
    assert_eq!(imported.diagnostics.iter().map(Diagnostic::code).collect::<Vec<_>>(), [Code::WARN_011]);
    // So may one whose condition does not hold, and a name in such a nested stack.
    let conditions = "Conditions: {Dev: !Equals [dev, prod]}\n";
    let conditional = format!(
        "{conditions}{}",
        MAIN.replace("Staff: {Type", "Staff: {Condition: Dev, Type")
            .replace("Admin: {Type", "Admin: {Condition: Dev, Type")
            .replace("StaffJwt:\n", "StaffJwt:\n    Condition: Dev\n")
    );
    let conditional = import(1, &[("main.yml", &*conditional), ("people.yml", PEOPLE)])
        .allow_open("GET /admin")
        .bind("Staff.Pool", STAFF);
    let imported = conditional.read().unwrap();
    assert_eq!(imported.diagnostics.iter().map(Diagnostic::code).collect::<Vec<_>>(), [Code::WARN_011]);
    assert!(conditional.bind("Staf.Pool", STAFF).read().is_err());
    let function = "
Transform: AWS::Serverless-2016-10-31
Conditions: {Dev: !Equals [dev, prod]}
Resources:
  Always: {Type: AWS::Serverless::Function, Properties: {Events: {Get: {Type: Api, Properties: {Path: /a, Method: get}}}}}
  Debug: {Type: AWS::Serverless::Function, Condition: Dev, Properties: {Events: {Get: {Type: Api, Properties: {Path: /debug, Method: get}}}}}
";
    assert!(Import::new().file("t.yml", function).allow_open("GET /debug").read().is_ok());
    // Another error may be why the route is not there.
    let broken = Import::new().file("a.yml", "Resources: {Api: {}}").allow_open("GET /a").read().unwrap_err();
    assert!(broken.diagnostics().iter().all(|one| one.code() != Code::BIND_002));
}
