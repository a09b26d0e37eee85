//! Exports of stacks, of the import and of others.

use apigateway_definition::Import;
use expect_test::expect;

use crate::support::{SERVICE, import, outcome};

const ONE: &str = r#"{"Exports": [{"Name": "auth-pool", "Value": "arn:aws:cognito-idp:eu-west-1:1:userpool/eu-west-1_One"}]}"#;
const OTHER: &str = r#"{"auth-pool": "arn:aws:cognito-idp:eu-west-1:1:userpool/eu-west-1_Other"}"#;

fn importing() -> Import {
    Import::new().file("orders.yml", SERVICE.replace("!GetAtt Pool.Arn", "!ImportValue auth-pool"))
}

/// A stack that exports its pool under the name.
fn exporting(name: &str, condition: &str) -> String {
    format!(
        "
Parameters: {{Stage: {{Type: String, Default: dev}}, Unset: {{Type: String}}}}
Conditions: {{Dev: !Equals [dev, dev], Prod: !Equals [dev, prod], Unknown: !Equals [!Ref Unset, dev]}}
Resources: {{{name}: {{Type: AWS::Cognito::UserPool}}}}
Outputs: {{Arn: {{{condition} Value: !GetAtt {name}.Arn, Export: {{Name: auth-pool}}}}}}
"
    )
}

#[test]
fn an_export_with_two_values_is_refused() {
    for import in [
        importing().exports_file("one.json", ONE).exports_file("other.json", OTHER),
        importing().exports_file("other.json", OTHER).exports_file("one.json", ONE),
    ] {
        expect![[r#"
            APIGW-BIND-004: the export `auth-pool` is `arn:aws:cognito-idp:eu-west-1:1:userpool/eu-west-1_One` in `one.json` and `arn:aws:cognito-idp:eu-west-1:1:userpool/eu-west-1_Other` in `other.json`
              one.json: one value
              other.json: the other value
              help: export names are unique in one account and Region: give the exports of one of them only"#]]
        .assert_eq(&outcome(&import));
    }
    expect!["Api: GET / by eu-west-1_One"].assert_eq(&outcome(&importing().exports(ONE).exports(ONE)));
    // Files without names are distinguished too, and nothing need import the export.
    let unnamed = Import::new().file("a.yml", SERVICE).exports(ONE).exports(OTHER).read().unwrap_err();
    assert!(unnamed.to_string().contains("in `exports 2`"), "{unnamed}");
}

#[test]
fn two_stacks_that_export_one_name_are_refused() {
    let [one, two] = [exporting("One", ""), exporting("Two", "")];
    for files in [[("one.yml", &one), ("two.yml", &two)], [("two.yml", &two), ("one.yml", &one)]] {
        let import =
            files.iter().fold(importing(), |import, (name, text)| import.file(*name, text.as_bytes()));
        expect![[r#"
            APIGW-BIND-004: `one.yml` and `two.yml` both export `auth-pool`
              one.yml: one value
              two.yml: the other value
              help: export names are unique in one account and Region: rename one, or read the stacks apart"#]]
        .assert_eq(&outcome(&import));
    }
    let main = "
Resources:
  One: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: pool.yml}}
  Two: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: pool.yml}}
";
    let nested = import(1, &[("main.yml", main), ("pool.yml", &*exporting("Pool", ""))]);
    assert!(
        outcome(&nested).starts_with(
            "APIGW-BIND-004: `One` of `main.yml` and `Two` of `main.yml` both export `auth-pool`"
        )
    );
}

#[test]
fn an_output_whose_condition_does_not_hold_exports_nothing() {
    let import = importing()
        .file("one.yml", exporting("One", "Condition: Prod,"))
        .file("two.yml", exporting("Two", "Condition: Dev,"));
    expect![[r#"
        Api: GET / by ${Two}
        to be bound: Two"#]]
    .assert_eq(&outcome(&import));
    let problems = importing().file("one.yml", exporting("One", "Condition: Unknown,")).read().unwrap_err();
    assert!(problems.to_string().contains("the parameter `Unset` has no value"), "{problems}");
}
