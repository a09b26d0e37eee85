//! What the pool is made of, as the API describes it.

use std::time::Duration;

use cognito_local_pool::{AppClient, AuthFlow, OAuthFlow, SignInAttribute, User};
use serde_json::{Value, json};

use super::{good, refused, serve, with};
use crate::support::{ID, NOW, builder};

fn pool_with(more: &Value) -> Value {
    with(json!({"UserPoolId": ID}), more)
}

fn usernames(answer: &Value) -> Vec<&str> {
    answer["Users"].as_array().unwrap().iter().map(|user| user["Username"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn users_are_listed_filtered_and_in_pages() {
    let pool = builder()
        .user(User::new("bob", "x").attribute("email", "bob@example.com").disabled())
        .user(User::new("carl", "x").attribute("email", "carl@example.org"));
    let server = serve(pool).await;
    let all = good(&server, "ListUsers", pool_with(&json!({}))).await;
    assert_eq!((usernames(&all), all.get("PaginationToken")), (vec!["ada", "bob", "carl"], None));
    assert_eq!(all["Users"][0]["Attributes"][0]["Name"], "sub");

    let first = good(&server, "ListUsers", pool_with(&json!({"Limit": 2}))).await;
    assert_eq!(usernames(&first), ["ada", "bob"]);
    let more = json!({"Limit": 2, "PaginationToken": first["PaginationToken"]});
    assert_eq!(usernames(&good(&server, "ListUsers", pool_with(&more)).await), ["carl"]);

    let filtered = [
        (r#"email = "bob@example.com""#, vec!["bob"]),
        (r#"email ^= "carl""#, vec!["carl"]),
        (r#"username ^= """#, vec!["ada", "bob", "carl"]),
        (r#"status = "Disabled""#, vec!["bob"]),
        (r#"cognito:user_status = "CONFIRMED""#, vec!["ada", "bob", "carl"]),
        (r#"family_name = "x""#, vec![]),
    ];
    for (filter, expected) in filtered {
        let body = pool_with(&json!({"Filter": filter, "AttributesToGet": ["email"]}));
        let answer = good(&server, "ListUsers", body).await;
        assert_eq!(usernames(&answer), expected, "{filter}");
        for user in answer["Users"].as_array().unwrap() {
            assert_eq!(user["Attributes"].as_array().unwrap().len(), 1);
        }
    }
    let why = refused(&server, "ListUsers", pool_with(&json!({"Filter": "email is bob"}))).await;
    assert!(why.starts_with("InvalidParameterException: Error while parsing filter."), "{why}");
    let why = refused(&server, "ListUsers", pool_with(&json!({"Limit": 61}))).await;
    assert!(why.contains("Value at 'limit' failed to satisfy constraint"), "{why}");
    let why = refused(&server, "ListUsers", pool_with(&json!({"PaginationToken": "?"}))).await;
    assert_eq!(why, "InvalidParameterException: Invalid pagination token.");
}

#[tokio::test]
async fn the_pool_is_described() {
    let server = serve(builder().alias_attribute(SignInAttribute::Email)).await;
    let answer = good(&server, "DescribeUserPool", pool_with(&json!({}))).await;
    let pool = &answer["UserPool"];
    assert_eq!(pool["Id"], ID);
    assert_eq!(pool["Arn"], "arn:aws:cognito-idp:ap-south-1:000000000000:userpool/ap-south-1_abcdefghi");
    assert_eq!(pool["AliasAttributes"], json!(["email"]));
    assert_eq!(pool.get("UsernameAttributes"), None);
    assert_eq!(pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"], true);
    assert_eq!((&pool["EstimatedNumberOfUsers"], &pool["CreationDate"]), (&json!(1), &json!(NOW)));
    assert_eq!(
        pool["Policies"]["PasswordPolicy"],
        json!({
            "MinimumLength": 8,
            "RequireLowercase": true,
            "RequireNumbers": true,
            "RequireSymbols": true,
            "RequireUppercase": true,
            "TemporaryPasswordValidityDays": 7,
        })
    );
    assert_eq!(
        refused(&server, "DescribeUserPool", json!({"UserPoolId": "eu-west-1_other"})).await,
        "ResourceNotFoundException: User pool eu-west-1_other does not exist."
    );
}

#[tokio::test]
async fn an_app_client_is_described_with_its_secret() {
    let site = AppClient::confidential("site", "s3cret")
        .callback_url("https://app.example/callback")
        .logout_url("https://app.example/")
        .allow_oauth_flow(OAuthFlow::Code)
        .allow_auth_flow(AuthFlow::UserSrp)
        .allow_scope("openid")
        .refresh_token_rotation(Duration::from_secs(10));
    let server = serve(builder().app_client(site)).await;
    let body = pool_with(&json!({"ClientId": "site"}));
    let client = good(&server, "DescribeUserPoolClient", body).await["UserPoolClient"].clone();
    let expected = json!({
        "AccessTokenValidity": 3600,
        "AllowedOAuthFlows": ["code"],
        "AllowedOAuthFlowsUserPoolClient": true,
        "AllowedOAuthScopes": ["openid"],
        "AuthSessionValidity": 3,
        "CallbackURLs": ["https://app.example/callback"],
        "ClientId": "site",
        "ClientName": "site",
        "ClientSecret": "s3cret",
        "CreationDate": NOW,
        "EnableTokenRevocation": true,
        "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"],
        "IdTokenValidity": 3600,
        "LastModifiedDate": NOW,
        "LogoutURLs": ["https://app.example/"],
        "PreventUserExistenceErrors": "ENABLED",
        "RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 10},
        "RefreshTokenValidity": 2_592_000,
        "SupportedIdentityProviders": ["COGNITO"],
        "TokenValidityUnits": {"AccessToken": "seconds", "IdToken": "seconds", "RefreshToken": "seconds"},
        "UserPoolId": ID,
    });
    assert_eq!(client, expected);
    let body = pool_with(&json!({"ClientId": "web"}));
    let client = good(&server, "DescribeUserPoolClient", body).await["UserPoolClient"].clone();
    assert_eq!((client.get("ClientSecret"), client.get("CallbackURLs")), (None, None));
    assert_eq!(
        refused(&server, "DescribeUserPoolClient", pool_with(&json!({"ClientId": "none"}))).await,
        "ResourceNotFoundException: User pool client none does not exist."
    );
    let clients = good(&server, "ListUserPoolClients", pool_with(&json!({"MaxResults": 60}))).await;
    let ids: Vec<&Value> =
        clients["UserPoolClients"].as_array().unwrap().iter().map(|client| &client["ClientId"]).collect();
    assert_eq!(ids, ["m2m", "site", "web"]);
}

#[tokio::test]
async fn resource_servers_are_listed() {
    let server = serve(builder()).await;
    let answer = good(&server, "ListResourceServers", pool_with(&json!({"MaxResults": 50}))).await;
    let scope = |name: &str| json!({"ScopeName": name, "ScopeDescription": name});
    assert_eq!(
        answer,
        json!({
            "ResourceServers": [{
                "Identifier": "orders",
                "Name": "orders",
                "Scopes": [scope("read"), scope("write"), scope("admin")],
                "UserPoolId": ID,
            }],
        })
    );
}
