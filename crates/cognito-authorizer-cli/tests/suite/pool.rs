//! The local pool as a program: what it prints is what works.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
};

use cognito_authorizer_cli::system_time;
use expect_test::expect;

use crate::support::{run, run_by};

/// The program, ended with the test.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) printed: String,
    pub(crate) url: String,
}

impl Running {
    /// Starts `pool` on a free port and waits until it listens.
    pub(crate) fn start(arguments: &[&str], last_line: &str) -> Self {
        Self::start_at("127.0.0.1:0", arguments, last_line)
    }

    /// As [`start`](Self::start), at this address.
    pub(crate) fn start_at(address: &str, arguments: &[&str], last_line: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cognito-authorizer"));
        command.args(["pool", "--listen", address]).args(arguments);
        Self::wait(command, last_line)
    }

    /// Runs a command and waits for this line of it.
    pub(crate) fn wait(mut command: Command, last_line: &str) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut printed = String::new();
        let mut lines = BufReader::new(child.stdout.as_mut().unwrap());
        while !printed.lines().last().is_some_and(|line| line.contains(last_line)) {
            if lines.read_line(&mut printed).unwrap() == 0 {
                let mut error = String::new();
                child.stderr.as_mut().unwrap().read_to_string(&mut error).unwrap();
                panic!("{printed}{error}");
            }
        }
        let address: String = printed
            .split_once("http://")
            .or_else(|| printed.split_once("https://"))
            .map(|(_, rest)| rest.chars().take_while(|c| c.is_ascii_digit() || ".:".contains(*c)).collect())
            .unwrap();
        let url = format!("http://{address}");
        Self { child, printed, url }
    }

    /// The lines with `curl`.
    pub(crate) fn curl_lines(&self) -> Vec<&str> {
        self.printed.lines().map(str::trim).filter(|line| line.starts_with("curl ")).collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The words of a line, as a shell reads plain and single-quoted ones.
pub(crate) fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted, mut begun) = (Vec::new(), String::new(), false, false);
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            '\'' => (quoted, begun) = (!quoted, true),
            '\\' if !quoted => word.extend(characters.next()),
            ' ' if !quoted => {
                if begun {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            other => {
                word.push(other);
                begun = true;
            }
        }
    }
    if begun {
        words.push(word);
    }
    words
}

/// Does what `curl` does with such a line.
pub(crate) async fn curl(line: &str) -> serde_json::Value {
    let words = words(line);
    let after = |option| {
        let places = words.iter().enumerate().filter(move |(_, word)| *word == option);
        places.map(|(place, _)| words[place + 1].as_str())
    };
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = client.post(words.last().unwrap()).body(after("-d").next().unwrap().to_owned());
    request = request.header("Content-Type", "application/x-www-form-urlencoded");
    for header in after("-H") {
        let (name, value) = header.split_once(": ").unwrap();
        let headers = [(name.parse().unwrap(), value.parse().unwrap())];
        request = request.headers(reqwest::header::HeaderMap::from_iter(headers));
    }
    if let Some((user, password)) = after("-u").next().and_then(|pair| pair.split_once(':')) {
        request = request.basic_auth(user, Some(password));
    }
    let body = request.send().await.unwrap().bytes().await.unwrap();
    serde_json::from_slice(&body).unwrap()
}

/// Calls an operation of the sign-in API.
pub(crate) async fn call(url: &str, operation: &str, request: &serde_json::Value) -> serde_json::Value {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client
        .post(url)
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", format!("AWSCognitoIdentityProviderService.{operation}"))
        .body(request.to_string());
    serde_json::from_slice(&request.send().await.unwrap().bytes().await.unwrap()).unwrap()
}

pub(crate) const LAST: &str = "cognito-authorizer explain";

#[tokio::test]
async fn what_is_printed_works() {
    let running = Running::start(&[], LAST);
    expect![[r#"
        A user pool on this machine: ap-south-1_LocalPool
          issuer URL/ap-south-1_LocalPool
          keys   URL/ap-south-1_LocalPool/.well-known/jwks.json
          page   URL/ mints and explains tokens, and shows codes and refusals

        Get a token
          As a machine, with orders/read:
            curl -s -u 7machine23456789:local-secret -d grant_type=client_credentials URL/oauth2/token
          As the user ada (or bob); as in Cognito, this sign-in gives no custom scopes:
            curl -s -H 'Content-Type: application/x-amz-json-1.1' -H 'X-Amz-Target: AWSCognitoIdentityProviderService.InitiateAuth' -d '{"AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"PASSWORD":"Ada-1815","USERNAME":"ada"},"ClientId":"4example23456789"}' URL
          Any token, without a password:
            cognito-authorizer token --pool-url URL --as ada --scope orders/read
          In a browser, with openid orders/read orders/write:
            URL/login?client_id=4example23456789&response_type=code&redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fcallback

        Point a service at it
            CognitoAuthLayer::builder(
                UserPool::new("ap-south-1_LocalPool")
                    .issuer("URL/ap-south-1_LocalPool")
                    .client("7machine23456789")
                    .client("4example23456789")
            ).connect().await?

        Ask why a token is refused
            cognito-authorizer explain --pool ap-south-1_LocalPool --issuer URL/ap-south-1_LocalPool
    "#]].assert_eq(&running.printed.replace(&running.url, "URL"));

    let [machine, user] = running.curl_lines().try_into().unwrap();
    let issuer = format!("{}/ap-south-1_LocalPool", running.url);
    let pool = ["explain", "--pool", "ap-south-1_LocalPool", "--issuer", &issuer, "--any-client"];
    let explain = async |token: &serde_json::Value, options: &[&str]| {
        let arguments = [&pool[..], options].concat();
        run_by(&system_time, &arguments, token.as_str().unwrap()).await
    };
    let token = &curl(machine).await["access_token"];
    let ran = explain(token, &["--scope", "orders/read"]).await;
    assert_eq!(ran.exit, 0, "{ran:?}");
    let minting =
        running.printed.lines().map(str::trim).find(|line| line.starts_with("cognito-authorizer token"));
    let words = words(minting.unwrap());
    let arguments: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
    let minted = serde_json::Value::from(run(&arguments, "").await.out);
    let ran = explain(&minted, &["--scope", "orders/read", "--group", "ops"]).await;
    assert_eq!(ran.exit, 0, "{ran:?}");
    let result = &curl(user).await["AuthenticationResult"];
    let ran = explain(&result["AccessToken"], &["--group", "ops"]).await;
    assert_eq!(ran.exit, 0, "{ran:?}");
}

#[tokio::test]
async fn secrets_with_signs_in_them_are_quoted_for_the_shell() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pool.toml");
    std::fs::write(
        &file,
        r#"
            id = "eu-west-1_Ab12Cd34E"
            issuer = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E"
            [[resource_server]]
            identifier = "orders"
            scopes = ["read"]
            [[app_client]]
            id = "machine"
            secret = "it's $HOME + 100%:\""
            scopes = ["orders/read"]
            [[user]]
            name = "ada"
            password = "it's a \"pass\" $word"
        "#,
    )
    .unwrap();
    let running = Running::start(&["--config", file.to_str().unwrap()], LAST);
    for line in running.curl_lines() {
        let answer = curl(line).await;
        let token = answer.get("access_token").or(answer["AuthenticationResult"].get("AccessToken"));
        assert!(token.is_some(), "{line}\n{answer}");
    }
    // Its issuer is not where it listens, so the keys are named.
    let keys = format!("--jwks-url {}/eu-west-1_Ab12Cd34E/.well-known/jwks.json", running.url);
    assert!(running.printed.contains(&keys) && running.printed.contains(".jwks_url("), "{}", running.printed);
}

#[tokio::test]
async fn json_is_one_line_without_secrets() {
    let running = Running::start(&["--json"], "}");
    expect![[r#"
        {"app_clients":[{"confidential":true,"id":"7machine23456789","scopes":["orders/read"]},{"confidential":false,"id":"4example23456789","scopes":["openid","orders/read","orders/write"]}],"endpoint":"URL","issuer":"URL/ap-south-1_LocalPool","jwks_url":"URL/ap-south-1_LocalPool/.well-known/jwks.json","token_endpoint":"URL/oauth2/token","user_pool_id":"ap-south-1_LocalPool","users":["ada","bob"]}
    "#]].assert_eq(&running.printed.replace(&running.url, "URL"));
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_well() {
    for signal in ["-TERM", "-INT"] {
        let mut running = Running::start(&[], LAST);
        let pid = running.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        let status = running.child.wait().unwrap();
        let mut messages = String::new();
        running.child.stderr.as_mut().unwrap().read_to_string(&mut messages).unwrap();
        assert_eq!((status.code(), messages.as_str()), (Some(0), "stopped\n"), "{signal}");
    }
}

#[tokio::test]
async fn the_sample_is_printed_and_is_the_file_of_the_example() {
    let ran = run(&["pool", "--print-sample"], "").await;
    assert_eq!(ran.out, include_str!("../../examples/pool.toml"));
}

#[tokio::test]
async fn unusable_arguments_are_reported() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let line = include_str!("../../Cargo.toml").lines().position(|line| line == "[[bin]]").unwrap() + 1;
    let no_pool = format!("Cargo.toml: line {line}, column 3: unknown field `bin`");
    for (arguments, message) in [
        (&["pool", "--listen", &address][..], "choose another port with `--listen`"),
        (&["pool", "--config", "/nonexistent/pool.toml"], "the configuration could not be read from"),
        (&["pool", "--config", "Cargo.toml"], &no_pool),
    ] {
        let ran = run(arguments, "").await;
        assert!(ran.exit == 2 && ran.messages.contains(message), "{ran:?}");
    }
}

#[tokio::test]
async fn a_pool_is_made_of_the_resources_of_a_template() {
    const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/imported/serverless.yml");
    let running = Running::start(&["--template", SAMPLE], "--bind UserPool=");
    expect![[r#"
        A user pool on this machine: ap-south-1_LocalPool
          issuer URL/ap-south-1_LocalPool
          keys   URL/ap-south-1_LocalPool/.well-known/jwks.json
          page   URL/ mints and explains tokens, and shows codes and refusals

        Get a token
          As a machine, with user_management_lambdas/api:
            curl -s -u MachineClient:local-secret -d grant_type=client_credentials URL/oauth2/token
          As the user ada; as in Cognito, this sign-in gives no custom scopes:
            curl -s -H 'Content-Type: application/x-amz-json-1.1' -H 'X-Amz-Target: AWSCognitoIdentityProviderService.InitiateAuth' -d '{"AuthFlow":"USER_PASSWORD_AUTH","AuthParameters":{"PASSWORD":"Local-1815","USERNAME":"ada"},"ClientId":"BrowserClient"}' URL
          Any token, without a password:
            cognito-authorizer token --pool-url URL --as ada --scope user_management_lambdas/api
          In a browser, with openid email user_management_lambdas/api:
            URL/login?client_id=BrowserClient&response_type=code&redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fcallback

        Point a service at it
            CognitoAuthLayer::builder(
                UserPool::new("ap-south-1_LocalPool")
                    .issuer("URL/ap-south-1_LocalPool")
                    .client("MachineClient")
                    .client("BrowserClient")
            ).connect().await?

        Ask why a token is refused
            cognito-authorizer explain --pool ap-south-1_LocalPool --issuer URL/ap-south-1_LocalPool

        Bind the definition to it
            --bind UserPool=ap-south-1_LocalPool --bind MachineClient=MachineClient --bind BrowserClient=BrowserClient
    "#]].assert_eq(&running.printed.replace(&running.url, "URL"));
    let [machine, user] = running.curl_lines()[..] else { panic!("{}", running.printed) };
    assert!(curl(machine).await["access_token"].is_string());
    assert!(curl(user).await["AuthenticationResult"]["IdToken"].is_string());
}

#[tokio::test]
async fn a_template_must_say_which_pool() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("template.yaml");
    std::fs::write(
        &path,
        "Resources:\n  One: {Type: AWS::Cognito::UserPool}\n  Two: {Type: AWS::Cognito::UserPool}\n",
    )
    .unwrap();
    let path = path.to_str().unwrap();
    for (options, message) in [
        (&[][..], "there are 2 user pools (One, Two); choose one with `--user-pool`"),
        (&["--user-pool", "Three"], "there is no user pool `Three`"),
    ] {
        let ran = run(&[&["pool", "--template", path], options].concat(), "").await;
        assert!(ran.exit == 2 && ran.messages.contains(message), "{ran:?}");
    }
}

/// Which routes there are does not matter to a pool.
#[tokio::test]
async fn a_pool_takes_the_defaults_of_its_template() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("template.yaml");
    let template = "
Parameters: {Step: {Type: String, Default: dev}}
Conditions: {Live: !Equals [!Ref Step, prod]}
Resources:
  Pool: {Type: AWS::Cognito::UserPool}
  Server: {Type: AWS::Cognito::UserPoolResourceServer, Properties: {UserPoolId: !Ref Pool, Identifier: !Sub 'orders-${Step}', Scopes: [{ScopeName: read}]}}
  Client: {Type: AWS::Cognito::UserPoolClient, Properties: {UserPoolId: !Ref Pool, GenerateSecret: true, AllowedOAuthFlows: [client_credentials], AllowedOAuthScopes: [!Sub 'orders-${Step}/read']}}
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: HTTP}}
  Get: {Type: AWS::ApiGatewayV2::Route, Condition: Live, Properties: {ApiId: !Ref Api, RouteKey: GET /a}}
";
    std::fs::write(&path, template).unwrap();
    let running = Running::start(&["--template", path.to_str().unwrap()], "--bind Pool=");
    assert!(running.printed.contains("As a machine, with orders-dev/read"), "{}", running.printed);
}
