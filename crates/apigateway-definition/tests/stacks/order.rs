//! Whatever the order of the files, an import comes to the same.

use apigateway_definition::{Import, Imported, Problems};
use proptest::prelude::*;

use crate::support::{CUSTOMERS, MAIN, PEOPLE, SERVICE, STAFF, deployed_shop, import, line, stack_resources};

/// One call of a method of the builder.
#[derive(Clone, Debug)]
enum Given {
    File(&'static str, String),
    StackResources(&'static str, String),
    Exports(&'static str, &'static str),
    Values(&'static str, &'static str),
    Bind(&'static str, &'static str),
}

/// Definitions and facts of all kinds that agree with each other.
fn agreeing() -> Vec<Given> {
    let [main, customers, staff] = deployed_shop();
    let importing = SERVICE.replace("!GetAtt Pool.Arn", "!ImportValue shared").replace("Pool:", "Own:");
    vec![
        Given::File("main.yml", MAIN.into()),
        Given::File("people.yml", PEOPLE.into()),
        Given::File("service.yml", SERVICE.into()),
        Given::File("other.yml", SERVICE.into()),
        Given::File("importing.yml", importing),
        Given::File("exporting.yml", EXPORTING.into()),
        Given::StackResources(main.0, main.1),
        Given::StackResources(customers.0, customers.1),
        Given::StackResources(staff.0, staff.1),
        Given::StackResources("service.json", service("eu-west-1_Service")),
        Given::Exports("one.json", r#"{"shared": "arn:aws:cognito-idp:eu-west-1:1:userpool/eu-west-1_One"}"#),
        Given::Bind("Customers.Pool", CUSTOMERS),
        Given::Bind("main.yml:Customers.Pool", CUSTOMERS),
        Given::Bind("Staff.Pool", STAFF),
        Given::Bind("service.yml:Pool", "eu-west-1_Service"),
    ]
}

/// What contradicts them, is ambiguous, or matches nothing.
fn contradicting() -> Vec<Given> {
    let [_, customers, _] = deployed_shop();
    vec![
        Given::File("exporting-2.yml", EXPORTING.replace("Shared", "Shared2")),
        Given::StackResources("again.json", service("eu-west-1_Again")),
        Given::StackResources(
            "dev.json",
            customers.1.replace("0001", "0009").replace(CUSTOMERS, "eu-west-1_Dev"),
        ),
        Given::Exports("two.json", r#"{"shared": "arn:aws:cognito-idp:eu-west-1:1:userpool/eu-west-1_Two"}"#),
        Given::Values("a.json", r#"{"ssm:/a": "a"}"#),
        Given::Values("b.json", r#"{"ssm:/a": "b"}"#),
        Given::Bind("Customers.Pool", "eu-west-1_Else"),
        Given::Bind("Pool", STAFF),
        Given::Bind("shared", "arn:aws:cognito-idp:eu-west-1:1:userpool/eu-west-1_Bound"),
        Given::Bind("Shared", "eu-west-1_Shared"),
        Given::Bind("Nothing", "x"),
    ]
}

const EXPORTING: &str = "
Resources: {Shared: {Type: AWS::Cognito::UserPool}}
Outputs: {Arn: {Value: !GetAtt Shared.Arn, Export: {Name: shared}}}
";

fn service(pool: &str) -> String {
    stack_resources("service", "arn:1", &[("Pool", "Cognito::UserPool", pool)])
}

fn read(given: &[Given]) -> Result<Imported, Problems> {
    let import =
        given.iter().fold(import(0, &[("people.yml", PEOPLE)]), |import: Import, given| match given {
            Given::File(name, text) => import.file(*name, text.as_bytes()),
            Given::StackResources(name, json) => import.stack_resources_file(*name, json.as_bytes()),
            Given::Exports(name, json) => import.exports_file(*name, *json),
            Given::Values(name, json) => import.values_file(*name, *json),
            Given::Bind(name, value) => import.bind(*name, *value),
        });
    import.read()
}

/// All that an import says, in an order of its own.
fn outcome(given: &[Given]) -> Vec<String> {
    let mut lines: Vec<String> = match read(given) {
        Ok(Imported { definition, diagnostics, .. }) => {
            let apis = definition.apis.iter().flat_map(|api| {
                let routes = api.routes.iter().map(ToString::to_string);
                let authorizers = api.authorizers.iter().map(ToString::to_string);
                routes.chain(authorizers).map(|line| format!("{} {line}", api.id)).collect::<Vec<_>>()
            });
            let pools = definition.user_pools.iter().map(|pool| format!("{} {}", pool.full_name, pool.pool));
            let clients =
                definition.app_clients.iter().map(|client| format!("{} {}", client.full_name, client.id));
            let unbound = definition
                .unbound()
                .into_iter()
                .flat_map(|symbol| symbol.names().map(String::from).collect::<Vec<_>>());
            apis.chain(pools).chain(clients).chain(unbound).chain(diagnostics.iter().map(line)).collect()
        }
        Err(problems) => problems.diagnostics().iter().map(line).collect(),
    };
    lines.sort();
    lines
}

fn chosen_and_shuffled() -> impl Strategy<Value = (Vec<Given>, Vec<Given>)> {
    let (agreeing, contradicting) = (agreeing(), contradicting());
    let some = proptest::sample::subsequence(agreeing.clone(), 1..=agreeing.len());
    let chosen = (some, proptest::sample::subsequence(contradicting, 0..=2));
    chosen.prop_flat_map(|(mut given, contradicting)| {
        given.extend(contradicting);
        (Just(given.clone()), Just(given).prop_shuffle())
    })
}

proptest! {
    #[test]
    fn the_order_of_what_is_given_decides_nothing((given, shuffled) in chosen_and_shuffled()) {
        prop_assert_eq!(outcome(&given), outcome(&shuffled));
    }

    /// What the deployed stacks of the shop bind never crosses over, whatever else is given.
    #[test]
    fn no_stack_gets_the_pool_of_another((given, _) in chosen_and_shuffled()) {
        let given: Vec<Given> =
            given.into_iter().filter(|given| !matches!(given, Given::Bind("Customers.Pool", "eu-west-1_Else"))).collect();
        let Ok(imported) = read(&given) else { return Ok(()) };
        for pool in &imported.definition.user_pools {
            let id = pool.pool.to_string();
            let expected = match &*pool.full_name {
                "Customers.Pool" => CUSTOMERS,
                "Staff.Pool" => STAFF,
                _ => continue,
            };
            prop_assert!(id == expected || id.starts_with("${"), "{} is {id}", pool.full_name);
        }
    }
}
