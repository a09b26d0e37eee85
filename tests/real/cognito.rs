//! A client of Cognito's API over plain HTTP, for ministack and moto.

use http::{StatusCode, header};
use serde_json::{Value, json};

use super::setting;

/// The password of every user.
pub(super) const PASSWORD: &str = "Correct-horse-1";

/// An emulator.
#[derive(Clone)]
pub(super) struct Cognito {
    url: String,
    http: reqwest::Client,
}

/// A user pool that one test has for itself.
pub(super) struct Pool {
    cognito: Cognito,
    id: String,
}

/// An app client.
pub(super) struct Client {
    pub(super) id: String,
    secret: Option<String>,
}

/// The tokens of a sign-in.
pub(super) struct Tokens {
    pub(super) access: String,
    pub(super) id: String,
    pub(super) refresh: String,
}

impl Cognito {
    /// The emulator whose address is in this variable.
    pub(super) fn at(variable: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { url: setting(variable), http }
    }

    pub(super) async fn create_pool(&self) -> Pool {
        let created = self.call("CreateUserPool", json!({"PoolName": "ci"})).await;
        Pool { cognito: self.clone(), id: text(&created, "/UserPool/Id") }
    }

    async fn call(&self, operation: &str, request: Value) -> Value {
        const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=test/20260101/ap-south-1/cognito-idp/aws4_request, \
                                     SignedHeaders=host, Signature=0";
        let request = self
            .http
            .post(format!("{}/", self.url))
            .header("X-Amz-Target", format!("AWSCognitoIdentityProviderService.{operation}"))
            .header(header::CONTENT_TYPE, "application/x-amz-json-1.1")
            .header(header::AUTHORIZATION, AUTHORIZATION)
            .body(request.to_string());
        answer(operation, request).await
    }
}

impl Pool {
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn jwks_url(&self) -> String {
        format!("{}/{}/.well-known/jwks.json", self.cognito.url, self.id)
    }

    pub(super) async fn create_resource_server(&self, identifier: &str, scopes: &[&str]) {
        let scopes: Vec<Value> = scopes
            .iter()
            .map(|scope| json!({"ScopeName": scope, "ScopeDescription": format!("to {scope}")}))
            .collect();
        self.call(
            "CreateResourceServer",
            json!({"Identifier": identifier, "Name": identifier, "Scopes": scopes}),
        )
        .await;
    }

    /// A client of users, without a secret.
    pub(super) async fn create_public_client(&self) -> Client {
        let flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"];
        self.create_client(json!({"GenerateSecret": false, "ExplicitAuthFlows": flows})).await
    }

    /// The same, with tokens that are valid for this many seconds.
    pub(super) async fn create_short_lived_public_client(&self, seconds: u32) -> Client {
        self.create_client(json!({
            "GenerateSecret": false,
            "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            "AccessTokenValidity": seconds,
            "IdTokenValidity": seconds,
            "TokenValidityUnits": {"AccessToken": "seconds", "IdToken": "seconds"},
        }))
        .await
    }

    /// A client with a secret that gets tokens for itself, with these scopes.
    pub(super) async fn create_machine_client(&self, scopes: &[&str]) -> Client {
        self.create_client(json!({
            "GenerateSecret": true,
            "AllowedOAuthFlows": ["client_credentials"],
            "AllowedOAuthFlowsUserPoolClient": true,
            "AllowedOAuthScopes": scopes,
        }))
        .await
    }

    /// The same, with tokens that are valid for this many seconds; in AWS, the least is five minutes.
    pub(super) async fn create_short_lived_client(&self, scopes: &[&str], seconds: u32) -> Client {
        self.create_client(json!({
            "GenerateSecret": true,
            "AllowedOAuthFlows": ["client_credentials"],
            "AllowedOAuthFlowsUserPoolClient": true,
            "AllowedOAuthScopes": scopes,
            "AccessTokenValidity": seconds,
            "TokenValidityUnits": {"AccessToken": "seconds"},
        }))
        .await
    }

    async fn create_client(&self, mut settings: Value) -> Client {
        settings["ClientName"] = "ci".into();
        let created = self.call("CreateUserPoolClient", settings).await;
        let secret = created.pointer("/UserPoolClient/ClientSecret").and_then(Value::as_str);
        Client { id: text(&created, "/UserPoolClient/ClientId"), secret: secret.map(str::to_owned) }
    }

    pub(super) async fn create_user(&self, name: &str) {
        let email = json!([{"Name": "email", "Value": format!("{name}@example.com")}]);
        self.call(
            "AdminCreateUser",
            json!({"Username": name, "MessageAction": "SUPPRESS", "UserAttributes": email}),
        )
        .await;
        let password = json!({"Username": name, "Password": PASSWORD, "Permanent": true});
        self.call("AdminSetUserPassword", password).await;
    }

    pub(super) async fn create_group(&self, group: &str, member: &str) {
        self.call("CreateGroup", json!({"GroupName": group})).await;
        self.call("AdminAddUserToGroup", json!({"GroupName": group, "Username": member})).await;
    }

    pub(super) async fn sign_in(&self, client: &Client, user: &str) -> Tokens {
        let parameters = json!({"USERNAME": user, "PASSWORD": PASSWORD});
        let request = json!({
            "AuthFlow": "USER_PASSWORD_AUTH",
            "ClientId": client.id,
            "AuthParameters": parameters,
        });
        let answer = self.cognito.call("InitiateAuth", request).await;
        let token = |name| text(&answer, &format!("/AuthenticationResult/{name}"));
        Tokens { access: token("AccessToken"), id: token("IdToken"), refresh: token("RefreshToken") }
    }

    /// A token by `client_credentials`, with all scopes that the client may have.
    pub(super) async fn machine_token(&self, client: &Client) -> String {
        let request = self
            .cognito
            .http
            .post(format!("{}/oauth2/token", self.cognito.url))
            .basic_auth(&client.id, client.secret.as_ref())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials");
        text(&answer("/oauth2/token", request).await, "/access_token")
    }

    /// A call about this pool.
    async fn call(&self, operation: &str, mut request: Value) -> Value {
        request["UserPoolId"] = self.id.as_str().into();
        self.cognito.call(operation, request).await
    }
}

async fn answer(operation: &str, request: reqwest::RequestBuilder) -> Value {
    let response = request.send().await.unwrap_or_else(|error| panic!("{operation}: {error}"));
    let status = response.status();
    let body = response.text().await.expect("a body of text");
    // The body of an error contains no token.
    assert_eq!(status, StatusCode::OK, "{operation}: {body}");
    serde_json::from_str(&body).expect("JSON")
}

fn text(answer: &Value, pointer: &str) -> String {
    let text = answer.pointer(pointer).and_then(Value::as_str);
    text.unwrap_or_else(|| panic!("the answer has no {pointer}")).to_owned()
}
