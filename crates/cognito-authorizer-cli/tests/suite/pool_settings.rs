//! What the local pool of the program has: by its file, by a template, and by the command line.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use serde_json::json;
use tempfile::TempDir;

use crate::{
    pool::{LAST, Running, call, curl},
    support::run,
};

/// A file of this name and text, for as long as the folder lives.
pub(crate) fn file(folder: &TempDir, name: &str, text: &str) -> String {
    let path: PathBuf = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

const TEMPLATE: &str = r"
Parameters:
  Domain: {Type: String}
Resources:
  Pool:
    Type: AWS::Cognito::UserPool
    Properties: {UsernameAttributes: [email]}
  Ops:
    Type: AWS::Cognito::UserPoolGroup
    Properties: {GroupName: ops, UserPoolId: !Ref Pool}
  Web:
    Type: AWS::Cognito::UserPoolClient
    Properties:
      UserPoolId: !Ref Pool
      AllowedOAuthFlows: [code, implicit]
      AllowedOAuthScopes: [openid, email]
      ExplicitAuthFlows: [ALLOW_USER_PASSWORD_AUTH, ALLOW_CUSTOM_AUTH]
      CallbackURLs: ['http://localhost:3000/in', !Sub 'https://${Domain}/in']
      LogoutURLs: ['http://localhost:3000/out']
  Deployed:
    Type: AWS::Cognito::UserPoolClient
    Properties:
      UserPoolId: !Ref Pool
      AllowedOAuthFlows: [code]
      AllowedOAuthScopes: [openid]
      CallbackURLs: [!Sub 'https://${Domain}/in']
";

#[tokio::test]
async fn a_template_brings_urls_flows_and_sign_in_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "template.yaml", TEMPLATE);
    let mut running =
        Running::start(&["--template", &path, "--user", "grace@example.com:Grace-1906"], "--bind Pool=");
    let describe = async |client: &str| {
        let request = json!({ "UserPoolId": "ap-south-1_LocalPool", "ClientId": client });
        let mut answer = call(&running.url, "DescribeUserPoolClient", &request).await;
        assert!(answer["UserPoolClient"].is_object(), "{answer}");
        answer["UserPoolClient"].take()
    };
    let web = describe("Web").await;
    assert_eq!(web["CallbackURLs"], json!(["http://localhost:3000/in"]));
    assert_eq!(web["LogoutURLs"], json!(["http://localhost:3000/out"]));
    assert_eq!(web["AllowedOAuthFlows"], json!(["code", "implicit"]));
    assert_eq!(web["ExplicitAuthFlows"], json!(["ALLOW_USER_PASSWORD_AUTH"]));
    assert_eq!(describe("Deployed").await["CallbackURLs"], json!(["http://localhost:3000/"]));

    let page = running.printed.lines().map(str::trim).find(|line| line.contains("/login?")).unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    assert_eq!(client.get(page).send().await.unwrap().status(), 200, "{page}");
    let signed_in = curl(running.curl_lines()[0]).await;
    assert!(running.curl_lines()[0].contains("grace@example.com"), "{}", running.printed);
    assert!(signed_in["AuthenticationResult"]["AccessToken"].is_string(), "{signed_in}");
    let request = json!({ "UserPoolId": "ap-south-1_LocalPool", "Username": "grace@example.com" });
    let groups = call(&running.url, "AdminListGroupsForUser", &request).await;
    assert_eq!(groups["Groups"][0]["GroupName"], "ops", "{groups}");

    let mut notes = BufReader::new(running.child.stderr.take().unwrap()).lines();
    for expected in [
        "note: `Web`: callback URLs that are known only after deployment are left out (1)",
        "note: `Deployed`: callback URLs that are known only after deployment are left out (1)",
        "note: `Deployed` has no callback URL that is known before deployment; http://localhost:3000/ is used",
    ] {
        assert_eq!(notes.next().unwrap().unwrap(), expected);
    }
}

#[tokio::test]
async fn a_template_brings_its_password_policy_and_whether_users_sign_up() {
    let folder = tempfile::tempdir().unwrap();
    let described = async |properties: &str| {
        let template = format!(
            "Parameters:\n  Length: {{Type: Number, Default: 10}}\nResources:\n  Pool:\n    Type: AWS::Cognito::UserPool\n    \
             Properties: {properties}\n  Web: {{Type: AWS::Cognito::UserPoolClient, Properties: {{UserPoolId: !Ref Pool}}}}\n"
        );
        let path = file(&folder, "template.yaml", &template);
        let mut running = Running::start(&["--template", &path], "--bind Pool=");
        let request = json!({ "UserPoolId": "ap-south-1_LocalPool" });
        let mut pool = call(&running.url, "DescribeUserPool", &request).await["UserPool"].take();
        let note = pool["Policies"]["PasswordPolicy"]["TemporaryPasswordValidityDays"] == 3;
        let first = note
            .then(|| BufReader::new(running.child.stderr.take().unwrap()).lines().next().unwrap().unwrap());
        let sign_up = json!({ "ClientId": "Web", "Username": "grace", "Password": "longer than eight" });
        let refused = call(&running.url, "SignUp", &sign_up).await["message"].take();
        (pool["Policies"]["PasswordPolicy"].take(), first, refused)
    };
    let policy = "{Policies: {PasswordPolicy: {MinimumLength: !Ref Length, RequireNumbers: true, TemporaryPasswordValidityDays: 3, \
                  PasswordHistorySize: 2}}}";
    let (policy, note, refused) = described(policy).await;
    assert_eq!(
        policy,
        json!({
            "MinimumLength": 10, "RequireLowercase": false, "RequireNumbers": true, "RequireSymbols": false,
            "RequireUppercase": false, "TemporaryPasswordValidityDays": 3,
        })
    );
    assert!(
        note.unwrap().starts_with("note: `PasswordHistorySize`: a local pool remembers no earlier passwords")
    );
    assert!(refused.as_str().unwrap().contains("numeric characters"), "{refused}");

    let (policy, _, refused) = described("{AdminCreateUserConfig: {AllowAdminCreateUserOnly: true}}").await;
    assert_eq!((&policy["MinimumLength"], &policy["RequireSymbols"]), (&json!(8), &json!(true)));
    assert_eq!(refused, "SignUp is not permitted for this user pool");

    let path = file(
        &folder,
        "wrong.yaml",
        "Resources:\n  Pool: {Type: AWS::Cognito::UserPool, Properties: {Policies: {PasswordPolicy: {MinimumLength: 5}}}}\n",
    );
    let ran = run(&["pool", "--listen", "127.0.0.1:0", "--template", &path], "").await;
    assert!(ran.exit == 2 && ran.messages.contains("choose 6 to 99"), "{ran:?}");
}

#[tokio::test]
async fn codes_are_printed_to_standard_error_and_work() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(
        &folder,
        "pool.toml",
        "self_sign_up = true\nusername_attributes = ['email']\n[password_policy]\nrequire_symbols = false\n\
         [[app_client]]\nid = 'web'\n",
    );
    let mut running = Running::start(&["--config", &path], LAST);
    let mut lines = BufReader::new(running.child.stderr.take().unwrap()).lines();
    let (user, password) = ("ada@example.com", "Ada01815");
    let signed_up = json!({ "ClientId": "web", "Username": user, "Password": password });
    call(&running.url, "SignUp", &signed_up).await;
    let line = lines.next().unwrap().unwrap();
    let (what, code) = line.rsplit_once(": ").unwrap();
    assert!(
        what.starts_with("code to confirm the sign-up of ") && what.ends_with("(ada@example.com)"),
        "{line}"
    );
    let confirm = json!({ "ClientId": "web", "Username": user, "ConfirmationCode": code });
    assert_eq!(call(&running.url, "ConfirmSignUp", &confirm).await.get("message"), None);
    let sign_in = json!({
        "ClientId": "web", "AuthFlow": "USER_PASSWORD_AUTH",
        "AuthParameters": { "USERNAME": user, "PASSWORD": password },
    });
    let answer = call(&running.url, "InitiateAuth", &sign_in).await;
    assert!(answer["AuthenticationResult"]["AccessToken"].is_string(), "{answer}");
}

#[tokio::test]
async fn a_file_sets_secrets_rotation_and_additions() {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"
        [[resource_server]]
        identifier = "orders"
        scopes = ["read"]
        [[app_client]]
        id = "machine"
        secret = "old-secret"
        second_secret = "new-secret"
        scopes = ["orders/read"]
        [[app_client]]
        id = "web"
        refresh_token_rotation_seconds = 5
        [[user]]
        name = "ada"
        password = "Ada-1815"
        [[token_additions]]
        user = "ada"
        scopes = ["orders/read"]
        groups = ["testers"]
        claims = { tenant = { id = 7, name = "engines" } }
    "#;
    let running = Running::start(&["--config", &file(&folder, "pool.toml", text)], LAST);
    for secret in ["old-secret", "new-secret"] {
        let line =
            format!("curl -u machine:{secret} -d grant_type=client_credentials {}/oauth2/token", running.url);
        assert!(curl(&line).await["access_token"].is_string(), "{secret}");
    }
    let line = running.curl_lines().into_iter().find(|line| line.contains("\"ada\"")).unwrap();
    let mut issued = curl(line).await["AuthenticationResult"].take();
    let payload = |token: &str| {
        use base64::Engine as _;
        let payload = token.split('.').nth(1).unwrap();
        let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap();
        serde_json::from_slice::<serde_json::Value>(&payload).unwrap()
    };
    let claims = payload(issued["AccessToken"].as_str().unwrap());
    assert_eq!(claims["scope"], "aws.cognito.signin.user.admin orders/read");
    assert_eq!(claims["cognito:groups"], json!(["testers"]));
    assert_eq!(claims["tenant"], json!({ "id": 7, "name": "engines" }));
    let refresh = json!({ "ClientId": "web", "RefreshToken": issued["RefreshToken"].take() });
    let again = call(&running.url, "GetTokensFromRefreshToken", &refresh).await;
    assert!(again["AuthenticationResult"]["RefreshToken"].is_string(), "{again}");
}

#[tokio::test]
async fn a_user_of_the_command_line_has_a_name_and_a_password() {
    for user in ["swordfish", ":swordfish", "swordfish:"] {
        let ran = run(&["pool", "--listen", "127.0.0.1:0", "--user", user], "").await;
        assert!(ran.exit == 2 && ran.messages.contains("--user ada:Ada-1815"), "{ran:?}");
        assert!(!ran.messages.contains("swordfish"), "{ran:?}");
    }
}
