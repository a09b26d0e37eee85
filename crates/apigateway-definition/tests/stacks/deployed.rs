//! What `Import::stack_resources` takes: deployed stacks, each matched with its template.

use apigateway_definition::{Code, Diagnostic, Import, Severity};
use expect_test::expect;

use crate::support::{
    CUSTOMERS, CUSTOMERS_ARN, MAIN, PEOPLE, SERVICE, STAFF, STAFF_ARN, deployed_shop, import, line, outcome,
    shop, stack_resources, with_deployed,
};

const BOUND: &str = "Api: GET /admin by eu-west-1_STAFF staffclient\n\
                     Api: GET /me by eu-west-1_CUSTOMERS customersclient";

#[test]
fn nested_stacks_are_matched_by_their_arns() {
    assert_eq!(outcome(&with_deployed(shop(), &deployed_shop())), BOUND);
}

#[test]
fn nested_stacks_without_their_parent_are_ambiguous() {
    let [_, customers, staff] = deployed_shop();
    expect![[r#"
        APIGW-BIND-003: `Pool` of the stack `shop-Customers-1A2B` may be `Customers.Pool` or `Staff.Pool`
          customers.json: it matches each of them
          customers.json: this may be `Customers.Client` or `Staff.Client`
          help: give the resources of the stack that nests it too (`--stack-resources`), or say which id is which: `--bind Customers.Pool=…` and `--bind Staff.Pool=…`
        APIGW-BIND-003: `Pool` of the stack `shop-Staff-3C4D` may be `Customers.Pool` or `Staff.Pool`
          staff.json: it matches each of them
          staff.json: this may be `Customers.Client` or `Staff.Client`
          help: give the resources of the stack that nests it too (`--stack-resources`), or say which id is which: `--bind Customers.Pool=…` and `--bind Staff.Pool=…`"#]]
    .assert_eq(&outcome(&with_deployed(shop(), [&customers, &staff])));
    // A single file may belong to either.
    for one in [customers, staff] {
        let problems = with_deployed(shop().partial(), [&one]).read().unwrap_err();
        assert_eq!(problems.diagnostics().iter().map(Diagnostic::code).collect::<Vec<_>>(), [Code::BIND_003]);
    }
}

#[test]
fn what_is_bound_by_hand_tells_which_stack_is_which() {
    let [_, customers, staff] = deployed_shop();
    let pools = shop().bind("Customers.Pool", CUSTOMERS).bind("Staff.Pool", STAFF);
    assert_eq!(outcome(&with_deployed(pools, [&customers, &staff])), BOUND);
    // Everything that is ambiguous was bound, to other things than what is deployed.
    let all = shop()
        .bind("Customers.Pool", "eu-west-1_Local1")
        .bind("Customers.Client", "one")
        .bind("Staff.Pool", "eu-west-1_Local2")
        .bind("Staff.Client", "two");
    expect![[r#"
        Api: GET /admin by eu-west-1_Local2 two
        Api: GET /me by eu-west-1_Local1 one"#]]
    .assert_eq(&outcome(&with_deployed(all, [&customers, &staff])));
    // That one stack is known tells nothing of the other, which may be none of them.
    let one = shop().bind("Customers.Pool", CUSTOMERS);
    let problems = with_deployed(one, [&customers, &staff]).read().unwrap_err();
    assert_eq!(problems.diagnostics().len(), 1, "{problems}");
    assert!(problems.to_string().contains("`Pool` of the stack `shop-Staff-3C4D`"), "{problems}");
}

#[test]
fn what_is_bound_by_hand_comes_before_what_is_deployed() {
    let local = shop().bind("Staff.Pool", "eu-west-1_Local");
    expect![[r#"
        Api: GET /admin by eu-west-1_Local staffclient
        Api: GET /me by eu-west-1_CUSTOMERS customersclient"#]]
    .assert_eq(&outcome(&with_deployed(local, &deployed_shop())));
}

#[test]
fn a_stack_that_one_template_has_needs_no_other() {
    let one = MAIN.replace("Staff: {Type: AWS::CloudFormation::Stack", "Staff: {Type: AWS::SNS::Topic");
    let one = one
        .replace("${Staff.Outputs.Pool}", "eu-west-1_STAFF")
        .replace("!GetAtt Staff.Outputs.Client", "staffclient");
    let one = import(1, &[("main.yml", &*one), ("people.yml", PEOPLE)]);
    let [_, customers, _] = deployed_shop();
    assert_eq!(outcome(&with_deployed(one, [&customers])), BOUND);
    // The template of a nested stack, read by itself.
    let alone = Import::new().file("people.yml", PEOPLE);
    let [main, customers, _] = deployed_shop();
    let definition = with_deployed(alone, [&main, &customers]).read().unwrap().definition;
    assert_eq!(definition.user_pools[0].pool.to_string(), CUSTOMERS);
}

#[test]
fn a_stack_that_its_parent_does_not_list_is_not_its_nested_stack() {
    let [main, customers, staff] = deployed_shop();
    let other = "arn:aws:cloudformation:eu-west-1:123456789012:stack/other/0009";
    let pool = [("Pool", "Cognito::UserPool", "eu-west-1_OTHER")];
    let other = ("other.json", stack_resources("other-Customers-1A2B", other, &pool));
    assert_eq!(outcome(&with_deployed(shop(), [&other, &main, &customers, &staff])), BOUND);
}

#[test]
fn nested_stacks_of_nested_stacks_are_followed() {
    let outer = "
Resources:
  Inner: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: people.yml}}
Outputs:
  Pool: {Value: !GetAtt Inner.Outputs.Pool}
  Client: {Value: !GetAtt Inner.Outputs.Client}
";
    let deep = import(
        1,
        &[
            ("main.yml", &*MAIN.replace("people.yml", "outer.yml")),
            ("outer.yml", outer),
            ("people.yml", PEOPLE),
        ],
    );
    let outer = |arn, inner| stack_resources("outer", arn, &[("Inner", "CloudFormation::Stack", inner)]);
    let [main, customers, staff] = deployed_shop();
    let main = main.1.replace(CUSTOMERS_ARN, "arn:outer:1").replace(STAFF_ARN, "arn:outer:2");
    let files = [
        ("main.json", main),
        ("outer-1.json", outer("arn:outer:1", CUSTOMERS_ARN)),
        ("outer-2.json", outer("arn:outer:2", STAFF_ARN)),
        customers,
        staff,
    ];
    assert_eq!(outcome(&with_deployed(deep.clone(), &files)), BOUND);
    // Without the file that tells the two in the middle apart.
    let problems = with_deployed(deep, &files[1..]).read().unwrap_err();
    let text = problems.to_string();
    assert!(text.contains("`Customers.Inner.Pool` or `Staff.Inner.Pool`"), "{text}");
}

#[test]
fn stacks_are_matched_by_their_names() {
    for [one, two] in
        [["Customers.template.json", "Staff.template.json"], ["a/Customers.yaml", "b/Staff.yaml"]]
    {
        let two_files = Import::new().file(one, SERVICE).file(two, SERVICE);
        let pool = |pool| [("Pool", "Cognito::UserPool", pool)];
        let files = [
            ("2.json", stack_resources("Staff", "arn:2", &pool(STAFF))),
            ("1.json", stack_resources("Customers", "arn:1", &pool(CUSTOMERS))),
        ];
        assert_eq!(
            outcome(&with_deployed(two_files.clone(), &files)),
            format!("{one}:Api: GET / by {CUSTOMERS}\n{two}:Api: GET / by {STAFF}")
        );
        let renamed = [("1.json", files[1].1.replace("\"Customers\"", "\"customers-prod\""))];
        let problems = with_deployed(two_files, &renamed).read().unwrap_err();
        let message = format!("`Pool` of the stack `customers-prod` may be `{one}:Pool` or `{two}:Pool`");
        assert_eq!(problems.diagnostics()[0].message(), message);
    }
}

#[test]
fn services_are_matched_by_the_names_of_their_stacks() {
    let service = |name: &str| {
        format!(
            "
service: {name}
provider: {{name: aws}}
functions: {{f: {{events: [{{http: {{path: /{name}, method: get, authorizer: {{name: pool, type: COGNITO_USER_POOLS, arn: !GetAtt Pool.Arn}}}}}}]}}}}
resources: {{Resources: {{Pool: {{Type: AWS::Cognito::UserPool}}}}}}
"
        )
    };
    let two = Import::new()
        .file("a/serverless.yml", service("customers"))
        .file("b/serverless.yml", service("staff").replace("{name: aws}", "{name: aws, stackName: people}"))
        .stage("prod");
    let pool = |pool| [("Pool", "Cognito::UserPool", pool)];
    let files = [
        ("1.json", stack_resources("people", "arn:1", &pool(STAFF))),
        ("2.json", stack_resources("customers-prod", "arn:2", &pool(CUSTOMERS))),
    ];
    expect![[r#"
        a/serverless.yml:ApiGatewayRestApi: GET /customers by eu-west-1_CUSTOMERS
        b/serverless.yml:ApiGatewayRestApi: GET /staff by eu-west-1_STAFF"#]]
    .assert_eq(&outcome(&with_deployed(two, &files)));
}

#[test]
fn two_deployments_of_one_template_are_refused() {
    let pool = |pool| [("Pool", "Cognito::UserPool", pool)];
    let files = [
        ("prod.json", stack_resources("shop-prod", "arn:1", &pool(CUSTOMERS))),
        ("dev.json", stack_resources("shop-dev", "arn:2", &pool(STAFF))),
    ];
    expect![[r#"
        APIGW-BIND-004: the stack `shop-dev` and the stack `shop-prod` both match `a.yml`
          dev.json: the one
          prod.json: the other
          help: give the resources of one deployment"#]]
    .assert_eq(&outcome(&with_deployed(Import::new().file("a.yml", SERVICE), &files)));
    // `list-stack-resources` prints neither name nor ARN.
    let anonymous = |pool: &str| {
        format!(
            r#"{{"StackResourceSummaries": [{{"LogicalResourceId": "Pool", "PhysicalResourceId": "{pool}",
             "ResourceType": "AWS::Cognito::UserPool"}}]}}"#
        )
    };
    let one = Import::new().file("a.yml", SERVICE).stack_resources_file("1.json", anonymous(CUSTOMERS));
    expect!["Api: GET / by eu-west-1_CUSTOMERS"]
        .assert_eq(&outcome(&one.clone().stack_resources_file("2.json", anonymous(CUSTOMERS))));
    expect![[r#"
        APIGW-BIND-004: `Pool` is `eu-west-1_CUSTOMERS` in `1.json` and `eu-west-1_STAFF` in `2.json`
          1.json: one value
          2.json: the other value
          help: give the resources of one deployment, or say which value is meant: `--bind Pool=…`"#]]
    .assert_eq(&outcome(&one.stack_resources_file("2.json", anonymous(STAFF))));
}

#[test]
fn one_resource_of_a_stack_has_one_physical_id() {
    let pool = |pool| stack_resources("shop", "arn:1", &[("Pool", "Cognito::UserPool", pool)]);
    let files = [("1.json", pool(CUSTOMERS)), ("2.json", pool(STAFF))];
    expect![[r#"
        APIGW-BIND-004: `Pool` of the stack `shop` is `eu-west-1_CUSTOMERS` in `1.json` and `eu-west-1_STAFF` in `2.json`
          1.json: one value
          2.json: the other value"#]]
    .assert_eq(&outcome(&with_deployed(Import::new().file("a.yml", SERVICE), &files)));
    let twice = [("1.json", pool(CUSTOMERS)), ("2.json", pool(CUSTOMERS))];
    expect!["Api: GET / by eu-west-1_CUSTOMERS"]
        .assert_eq(&outcome(&with_deployed(Import::new().file("a.yml", SERVICE), &twice)));
    // The list has what was deleted.
    let deleted =
        pool(STAFF).replace("\"StackName\"", "\"ResourceStatus\": \"DELETE_COMPLETE\", \"StackName\"");
    let files = [("1.json", deleted), ("2.json", pool(CUSTOMERS))];
    expect!["Api: GET / by eu-west-1_CUSTOMERS"]
        .assert_eq(&outcome(&with_deployed(Import::new().file("a.yml", SERVICE), &files)));
}

#[test]
fn resources_that_no_template_has_are_ignored() {
    let resources = [
        ("Pool", "Cognito::UserPool", CUSTOMERS),
        ("Table", "DynamoDB::Table", "table"),
        // What has the logical id of a pool and another type is not the pool.
        ("Auth", "Cognito::UserPool", STAFF),
    ];
    let files = [("1.json", stack_resources("shop", "arn:1", &resources))];
    let imported = with_deployed(Import::new().file("a.yml", SERVICE), &files).read().unwrap();
    assert!(imported.diagnostics.is_empty(), "{:?}", imported.diagnostics);
    let topic = SERVICE.replace("Pool: {Type: AWS::Cognito::UserPool}", "Pool: {Type: Custom::Pool}");
    let problems = with_deployed(Import::new().file("a.yml", topic), &files).read().unwrap();
    assert_eq!(problems.definition.unbound()[0].to_string(), "${Pool.Arn}");
}

#[test]
fn a_stack_that_no_template_knows_is_told() {
    let files = [("other.json", stack_resources("other", "arn:1", &[("Table", "DynamoDB::Table", "table")]))];
    let imported = with_deployed(Import::new().file("a.yml", SERVICE), &files).read().unwrap();
    let [warning] = &*imported.diagnostics else { panic!("{:?}", imported.diagnostics) };
    assert_eq!(warning.severity(), Severity::Warning);
    expect![[r#"
        APIGW-BIND-002: no template has a resource of the stack `other`
          other.json: its first resource"#]]
    .assert_eq(&line(warning));
}

#[test]
fn the_name_of_a_stack_is_known_from_its_resources() {
    let service = SERVICE
        .replace("!GetAtt Pool.Arn", "!GetAtt Pool.Arn, !ImportValue {'Fn::Sub': '${AWS::StackName}-pool'}");
    let files = [("1.json", stack_resources("shop", "arn:1", &[("Pool", "Cognito::UserPool", CUSTOMERS)]))];
    let exports = r#"{"shop-pool": "arn:aws:cognito-idp:eu-west-1:1:userpool/eu-west-1_STAFF"}"#;
    let import = with_deployed(Import::new().file("a.yml", service).exports(exports), &files);
    expect!["Api: GET / by eu-west-1_CUSTOMERS eu-west-1_STAFF"].assert_eq(&outcome(&import));
}
