//! What `routes` and its neighbours make of several stacks: names, deployed resources, and names that match nothing.

#![expect(clippy::needless_raw_string_hashes, reason = "`UPDATE_EXPECT=1` writes them")]

use expect_test::expect;
use tempfile::TempDir;

use crate::support::{self, KeysFile, Ran, WEB_APP, pool, run};

const PEOPLE: &str = "
Resources:
  Pool: { Type: AWS::Cognito::UserPool }
  Client: { Type: AWS::Cognito::UserPoolClient, Properties: { UserPoolId: !Ref Pool } }
Outputs:
  Pool: { Value: !Ref Pool }
  Client: { Value: !Ref Client }
";

const MAIN: &str = "
Resources:
  Customers: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: ./people.yml } }
  Staff: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: ./people.yml } }
  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { ProtocolType: HTTP, Name: shop } }
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
  Me: { Type: AWS::ApiGatewayV2::Route, Properties: { ApiId: !Ref Api, RouteKey: GET /me, AuthorizationType: JWT, AuthorizerId: !Ref CustomerJwt } }
  Admin: { Type: AWS::ApiGatewayV2::Route, Properties: { ApiId: !Ref Api, RouteKey: GET /admin, AuthorizationType: JWT, AuthorizerId: !Ref StaffJwt } }
";

/// Resources as the AWS CLI prints them: stack, its ARN, logical id, physical id, type.
fn resources(list: &[[&str; 5]]) -> String {
    let resource = |[name, id, logical, physical, kind]: &[&str; 5]| {
        format!(
            r#"{{"StackName":"{name}","StackId":"{id}","LogicalResourceId":"{logical}","PhysicalResourceId":"{physical}","ResourceType":"{kind}"}}"#
        )
    };
    let list: Vec<String> = list.iter().map(resource).collect();
    format!(r#"{{"StackResources":[{}]}}"#, list.join(",\n"))
}

const STACK: &str = "AWS::CloudFormation::Stack";
const POOL: &str = "AWS::Cognito::UserPool";
const CLIENT: &str = "AWS::Cognito::UserPoolClient";

/// The shop in a folder, with the resources of its three stacks.
struct Shop {
    folder: TempDir,
}

impl Shop {
    fn new() -> Self {
        let [main, customers, staff] =
            ["arn:stack/shop/0", "arn:stack/shop-Customers-1A2B/1", "arn:stack/shop-Staff-3C4D/2"];
        let files = [
            ("people.yml", PEOPLE.to_owned()),
            ("main.yml", MAIN.to_owned()),
            (
                "main.json",
                resources(&[
                    ["shop", main, "Customers", customers, STACK],
                    ["shop", main, "Staff", staff, STACK],
                ]),
            ),
            (
                "customers.json",
                resources(&[
                    ["shop-Customers-1A2B", customers, "Pool", "eu-west-1_CUSTOMERS", POOL],
                    ["shop-Customers-1A2B", customers, "Client", "customersclient", CLIENT],
                ]),
            ),
            (
                "staff.json",
                resources(&[
                    ["shop-Staff-3C4D", staff, "Pool", "eu-west-1_STAFF", POOL],
                    ["shop-Staff-3C4D", staff, "Client", "staffclient", CLIENT],
                ]),
            ),
        ];
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Self { folder }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// Runs `routes main.yml` with these files of stack resources and options.
    async fn routes(&self, resources: &[&str], options: &[&str]) -> Ran {
        let definition = self.path("main.yml");
        let paths: Vec<String> = resources.iter().map(|name| self.path(name)).collect();
        let mut arguments = vec!["routes", &definition];
        arguments.extend(paths.iter().flat_map(|path| ["--stack-resources", path]));
        arguments.extend(options);
        run(&arguments, "").await
    }
}

/// The lines about authorizers and bindings.
fn trusted(ran: &Ran) -> Vec<String> {
    let text = ran.one_line();
    let pool = |authorizer: &str| {
        let (_, rest) = text.split_once(&format!("{authorizer}: JWT, issuer ")).expect("it is shown");
        let (issuer, rest) = rest.split_once(", audience ").unwrap();
        let (audience, _) = rest.split_once(", from").unwrap();
        format!("{authorizer}: {} {audience}", issuer.rsplit('/').next().unwrap())
    };
    vec![pool("CustomerJwt"), pool("StaffJwt")]
}

#[tokio::test]
async fn what_is_to_be_bound_has_the_stack_in_its_name() {
    let shop = Shop::new();
    let ran = shop.routes(&[], &[]).await;
    let (_, unbound) = ran.out.split_once("To be bound").unwrap();
    expect![[r#"
        , before it can be served
          --bind Staff.Pool=…
          --bind Staff.Client=…
          --bind Customers.Pool=…
          --bind Customers.Client=…

        Open routes: none
    "#]]
    .assert_eq(unbound);
    let json: serde_json::Value = serde_json::from_str(&shop.routes(&[], &["--json"]).await.out).unwrap();
    assert_eq!(
        json["unbound"],
        serde_json::json!(["Staff.Pool", "Staff.Client", "Customers.Pool", "Customers.Client"])
    );
    // What is printed is what can be given.
    let bound = [
        "--bind",
        "Staff.Pool=eu-west-1_STAFF",
        "--bind",
        "Staff.Client=staffclient",
        "--bind",
        "Customers.Pool=eu-west-1_CUSTOMERS",
        "--bind",
        "Customers.Client=customersclient",
    ];
    let ran = shop.routes(&[], &bound).await;
    assert_eq!(
        trusted(&ran),
        ["CustomerJwt: eu-west-1_CUSTOMERS customersclient", "StaffJwt: eu-west-1_STAFF staffclient"]
    );
    assert!(!ran.out.contains("To be bound"), "{ran:?}");
}

#[tokio::test]
async fn nested_stacks_without_their_parent_are_ambiguous() {
    let shop = Shop::new();
    let ran = shop.routes(&["customers.json", "staff.json"], &[]).await;
    assert_eq!(ran.exit, 1);
    let told = ran.one_line();
    for expected in [
        "error[APIGW-BIND-003]: `Pool` of the stack `shop-Customers-1A2B` may be `Customers.Pool` or `Staff.Pool`",
        "customers.json:1:119",
        "this may be `Customers.Client` or `Staff.Client`",
        "`Pool` of the stack `shop-Staff-3C4D` may be `Customers.Pool` or `Staff.Pool`",
        "give the resources of the stack that nests it too (`--stack-resources`), or say which id is which",
    ] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    // One file is not enough either.
    assert_eq!(shop.routes(&["staff.json"], &["--partial"]).await.exit, 1);
}

#[tokio::test]
async fn with_the_parent_each_nested_stack_has_its_own_pool() {
    let shop = Shop::new();
    for files in [
        ["main.json", "customers.json", "staff.json"],
        ["staff.json", "customers.json", "main.json"],
        ["customers.json", "main.json", "staff.json"],
    ] {
        let ran = shop.routes(&files, &[]).await;
        assert_eq!(
            trusted(&ran),
            ["CustomerJwt: eu-west-1_CUSTOMERS customersclient", "StaffJwt: eu-west-1_STAFF staffclient"]
        );
        assert_eq!((ran.exit, ran.out.contains("To be bound")), (0, false));
    }
}

#[tokio::test]
async fn a_name_is_bound_in_one_stack() {
    let shop = Shop::new();
    let ran = shop.routes(&[], &["--bind", "Customers.Pool=eu-west-1_CUSTOMERS"]).await;
    assert_eq!(
        trusted(&ran),
        ["CustomerJwt: eu-west-1_CUSTOMERS ${Customers.Client}", "StaffJwt: ${Staff.Pool} ${Staff.Client}"]
    );
    // By hand over what is deployed.
    let ran = shop
        .routes(&["main.json", "customers.json", "staff.json"], &["--bind", "Staff.Pool=eu-west-1_Local"])
        .await;
    assert_eq!(
        trusted(&ran),
        ["CustomerJwt: eu-west-1_CUSTOMERS customersclient", "StaffJwt: eu-west-1_Local staffclient"]
    );
}

#[tokio::test]
async fn a_bare_name_of_two_things_is_refused() {
    let ran = Shop::new().routes(&[], &["--bind", "Pool=eu-west-1_CUSTOMERS"]).await;
    assert_eq!(ran.exit, 1);
    let (problem, _) = ran.out.split_once("\n\n").unwrap();
    expect![[r#"
        error[APIGW-BIND-003]: `Pool` may be `Customers.Pool` or `Staff.Pool`
             = say which is meant: `--bind Customers.Pool=…` or `--bind Staff.Pool=…`"#]]
    .assert_eq(problem);
}

#[tokio::test]
async fn a_name_that_matches_nothing_is_refused() {
    let shop = Shop::new();
    for (options, told) in [
        (
            ["--bind", "Customer.Pool=x"],
            "the definition has no `Customer.Pool` to bind = did you mean `Customers.Pool`?",
        ),
        (
            ["--allow-open", "GET /mee"],
            "`GET /mee` is confirmed to be open, and the definition has no such route = did you mean `GET /me`?",
        ),
        (["--api", "Apy"], "there is no API `Apy` = did you mean `Api`?"),
    ] {
        let ran = shop.routes(&[], &options).await;
        assert!(ran.exit == 1 && ran.one_line().contains(told), "{ran:?}");
    }
}

#[tokio::test]
async fn conflicting_files_are_both_named() {
    let shop = Shop::new();
    for (option, one, two) in [
        ("--exports", r#"{"Exports": [{"Name": "pool", "Value": "one"}]}"#, r#"{"pool": "two"}"#),
        ("--values", r#"{"ssm:/pool": "one"}"#, r#"{"ssm:/pool": "two"}"#),
    ] {
        let paths = [("one.json", one), ("two.json", two)].map(|(name, text)| {
            std::fs::write(shop.folder.path().join(name), text).unwrap();
            shop.path(name)
        });
        for [first, second] in [[&paths[0], &paths[1]], [&paths[1], &paths[0]]] {
            let ran = shop.routes(&[], &[option, first, option, second]).await;
            let told = ran.one_line();
            assert!(ran.exit == 1 && told.contains("error[APIGW-BIND-004]"), "{ran:?}");
            assert!(told.contains("one.json") && told.contains("two.json"), "{told}");
        }
    }
}

/// What is given is for both definitions, and a route or resource may be in one of them only.
#[tokio::test]
async fn a_name_must_match_one_of_two_definitions() {
    let shop = Shop::new();
    let new = MAIN
        .replace("GET /admin, AuthorizationType: JWT, AuthorizerId: !Ref StaffJwt", "GET /health")
        .replace("  Staff:", "  Partners:")
        .replace("Staff.Outputs", "Partners.Outputs");
    std::fs::write(shop.folder.path().join("new.yml"), new).unwrap();
    let [old, new] = ["main.yml", "new.yml"].map(|name| shop.path(name));
    let diff = async |options: &[&str]| run(&[&["routes", "diff", &*old, &*new], options].concat(), "").await;
    let ran = diff(&[
        "--bind",
        "Staff.Pool=eu-west-1_STAFF",
        "--bind",
        "Partners.Pool=eu-west-1_P",
        "--allow-open",
        "GET /health",
    ])
    .await;
    assert!(ran.exit == 0 && ran.out.contains("GET /health"), "{ran:?}");
    let ran = diff(&["--bind", "Staff.Pool=eu-west-1_STAFF", "--bind", "Nothing=x"]).await;
    assert!(
        ran.exit == 1
            && ran.out.starts_with("error[APIGW-BIND-002]: the definition has no `Nothing` to bind"),
        "{ran:?}"
    );
    assert!(!ran.out.contains("Staff.Pool` to bind"), "{ran:?}");
}

#[tokio::test]
async fn a_local_pool_is_made_of_one_of_two_stacks() {
    let shop = Shop::new();
    let path = shop.path("main.yml");
    for (options, message) in [
        (&[][..], "there are 2 user pools (Customers.Pool, Staff.Pool); choose one with `--user-pool`"),
        (
            &["--user-pool", "Pool"],
            "`Pool` may be Customers.Pool or Staff.Pool; choose one with `--user-pool`",
        ),
        (
            &["--user-pool", "Partners.Pool"],
            "there is no user pool `Partners.Pool`; there are Customers.Pool, Staff.Pool",
        ),
    ] {
        let ran = run(&[&["pool", "--template", &*path], options].concat(), "").await;
        assert!(ran.exit == 2 && ran.messages.contains(message), "{ran:?}");
    }
}

#[tokio::test]
async fn a_token_is_explained_by_the_pool_of_its_stack() {
    let shop = Shop::new();
    let path = shop.path("main.yml");
    let pool = pool();
    let keys = KeysFile::of(&pool);
    let token = pool.access_token("ada").client(WEB_APP).sign();
    let explain = async |staff: &str, customers: &str| {
        let (staff, customers) = (format!("Staff.Pool={staff}"), format!("Customers.Pool={customers}"));
        let mut arguments =
            vec!["explain", "--definition", &path, "--jwks", keys.path(), "--route", "GET /me"];
        arguments.extend(["--bind", &staff, "--bind", &customers]);
        arguments.extend(["--bind", "Staff.Client=other", "--bind", "Customers.Client=4example23456789"]);
        run(&arguments, &token).await.exit
    };
    assert_eq!(explain("eu-west-1_STAFF", support::POOL).await, 0);
    assert_eq!(explain(support::POOL, "eu-west-1_CUSTOMERS").await, 1);
    let unbound = run(&["explain", "--definition", &path, "--route", "GET /me"], &token).await;
    assert!(unbound.exit == 2 && unbound.messages.contains("${Staff.Pool}"), "{unbound:?}");
}
