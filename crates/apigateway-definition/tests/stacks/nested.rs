//! Which files are stacks: those that are given, and those that are nested.

use apigateway_definition::{Code, Import};
use expect_test::expect;

use crate::support::{CUSTOMERS, MAIN, PEOPLE, SERVICE, STAFF, import, outcome, shop};

/// The CDK puts the template of a nested stack beside the others, and says where in the metadata.
#[test]
fn the_cdk_says_in_the_metadata_where_a_nested_template_is() {
    let url = "!Sub 'https://s3.${AWS::Region}.${AWS::URLSuffix}/cdk-assets-${AWS::AccountId}/0a1b.json'";
    let main = |name: &str| {
        let stack = format!(
            "Properties: {{TemplateURL: {url}}}, Metadata: {{'aws:asset:path': {name}, 'aws:asset:property': TemplateURL}}"
        );
        MAIN.replace("Properties: {TemplateURL: ./people.yml}", &stack)
    };
    let nested = "People.nested.template.json";
    let files =
        [("cdk.out/Shop.template.json", &*main(nested)), ("cdk.out/People.nested.template.json", PEOPLE)];
    let expected = expect![[r#"
        Api: GET /admin by eu-west-1_STAFF ${Staff.Client}
        Api: GET /me by eu-west-1_CUSTOMERS ${Customers.Client}
        to be bound: Staff.Client Customers.Client"#]];
    // `cdk.out/*.template.json` names both.
    for given in [1, 2] {
        let bound = import(given, &files).bind("Customers.Pool", CUSTOMERS).bind("Staff.Pool", STAFF);
        expected.assert_eq(&outcome(&bound));
    }
    let problems = import(1, &[("Shop.template.json", &*main("gone.json"))]).read().unwrap_err();
    assert_eq!(problems.diagnostics()[0].code(), Code::CFN_020);
}

#[test]
fn a_file_that_another_nests_is_not_a_separate_stack() {
    let both = import(2, &[("main.yml", MAIN), ("people.yml", PEOPLE)]);
    assert_eq!(outcome(&both), outcome(&shop()));
    let turned = import(2, &[("people.yml", PEOPLE), ("main.yml", MAIN)]);
    assert_eq!(outcome(&turned), outcome(&shop()));
    assert_eq!(turned.read().unwrap().definition.user_pools.len(), 2);
}

#[test]
fn templates_that_nest_each_other_are_refused() {
    let nesting = |name: &str| {
        format!("Resources: {{A: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: {name}}}}}}}")
    };
    let circle = import(2, &[("a.yml", &*nesting("b.yml")), ("b.yml", &*nesting("a.yml"))]);
    assert!(
        outcome(&circle).contains("the template of the nested stack `A` is nested too deep"),
        "{}",
        outcome(&circle)
    );
}

#[test]
fn two_files_with_one_name_are_refused() {
    for name in ["a.yml", "./a.yml"] {
        let two = Import::new().file("a.yml", SERVICE).file(name, PEOPLE).read().unwrap_err();
        assert_eq!(two.diagnostics()[0].message(), format!("two definitions have the name `{name}`"));
    }
}

#[test]
fn apis_of_nested_stacks_are_distinguished() {
    let main = MAIN.replace("people.yml", "service.yml").replace("Outputs.Pool", "Outputs.X");
    let main = main.split("  Api:").next().unwrap();
    let main = format!("{main}  Api: {{Type: AWS::ApiGateway::RestApi}}\n");
    let nested =
        import(1, &[("main.yml", &*main), ("service.yml", SERVICE)]).bind("Customers.Pool", CUSTOMERS);
    let ids = |import: &Import| -> Vec<String> {
        import.read().unwrap().definition.apis.into_iter().map(|api| api.id).collect()
    };
    assert_eq!(ids(&nested), ["main.yml:Api", "Customers.Api", "Staff.Api"]);
    expect!["Customers.Api: GET / by eu-west-1_CUSTOMERS"]
        .assert_eq(&outcome(&nested.clone().api("Customers.Api")));
    assert_eq!(ids(&nested.clone().api("main.yml:Staff.Api")), ["Staff.Api"]);
    expect![[r#"
        APIGW-BIND-003: `Api` may be `Customers.Api`, `Staff.Api` or `main.yml:Api`
          help: say which is meant: `--api Customers.Api`, `--api Staff.Api` or `--api main.yml:Api`"#]]
    .assert_eq(&outcome(&nested.clone().api("Api")));
    expect![[r#"
        APIGW-FILE-001: there is no API `Customer.Api`
          help: did you mean `Customers.Api`?"#]]
    .assert_eq(&outcome(&nested.api("Customer.Api")));
}
