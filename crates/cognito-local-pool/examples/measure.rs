//! What a pool costs in time: its keys, its start, and sign-ins by SRP.
//!
//! ```text
//! cargo run --release -p cognito-local-pool --example measure
//! ```
//!
//! The argument is the number of sign-ins; without it, 1,000. The client is in the same process and asks over loopback, on
//! one connection that is kept. The time of its own arithmetic is shown apart.

use std::collections::HashMap;
use std::error::Error;
use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use cognito_local_pool::{AppClient, LocalPool, LocalPoolBuilder, PoolServer, ResourceServer, User};
use cognito_srp::SrpClient;
use serde_json::{Value, json};

const ID: &str = "ap-south-1_Measured1";
const CLIENT: &str = "1webapp23456789";
const KEYS: usize = 9;
const STARTS: usize = 101;
const SIGN_INS: usize = 1_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let sign_ins = std::env::args().nth(1).map_or(Ok(SIGN_INS), |count| count.parse())?;
    let mut out = io::stdout();

    let mut times = Vec::new();
    for _ in 0..KEYS {
        let start = now();
        builder().build()?;
        times.push(start.elapsed());
    }
    writeln!(out, "a pool that makes its keys:  {}", Spread::of(times))?;

    let keys = builder().build()?;
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let start = now();
        let server = builder().keys_of(&keys).build()?.serve("127.0.0.1:0").await?;
        times.push(start.elapsed());
        server.stop().await;
    }
    writeln!(out, "a pool with keys, served:    {}", Spread::of(times))?;

    let server = builder().keys_of(&keys).build()?.serve("127.0.0.1:0").await?;
    let api = Api::of(&server)?;
    let (mut whole, mut clients) = (Vec::new(), Vec::new());
    let start = now();
    for _ in 0..sign_ins {
        let start = now();
        clients.push(sign_in(&api).await?);
        whole.push(start.elapsed());
    }
    writeln!(out, "{sign_ins} sign-ins by SRP:       {:.2} s in all", start.elapsed().as_secs_f64())?;
    writeln!(out, "  one of them:               {}", Spread::of(whole))?;
    writeln!(out, "  of it, the client itself:  {}", Spread::of(clients))?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "what is measured here is the time of the machine")]
fn now() -> Instant {
    Instant::now()
}

/// A pool as tests have it.
fn builder() -> LocalPoolBuilder {
    LocalPool::builder(ID)
        .resource_server(ResourceServer::new("orders").scope("read").scope("write"))
        .app_client(AppClient::public(CLIENT))
        .app_client(AppClient::confidential("2machine23456789", "machine-secret").allow_scope("orders/read"))
        .user(User::new("ada", "Ada-1815").group("ops").attribute("email", "ada@example.com"))
}

/// Signs in, and gives the time that the client took for its own arithmetic.
async fn sign_in(api: &Api) -> Result<Duration, Box<dyn Error>> {
    let start = now();
    let client = SrpClient::new("ada", "Ada-1815", ID, CLIENT, None);
    let parameters = client.get_auth_params()?;
    let greeting = start.elapsed();
    let request = json!({"AuthFlow": "USER_SRP_AUTH", "ClientId": CLIENT, "AuthParameters": parameters});
    let challenge = api.call("InitiateAuth", &request).await?;
    let parameters = challenge.get("ChallengeParameters").cloned().unwrap_or_default();
    let parameters: HashMap<String, String> = serde_json::from_value(parameters)?;

    let start = now();
    let responses = client.process_challenge(parameters)?;
    let proof = start.elapsed();
    let request =
        json!({"ChallengeName": "PASSWORD_VERIFIER", "ClientId": CLIENT, "ChallengeResponses": responses});
    let answer = api.call("RespondToAuthChallenge", &request).await?;
    if answer.pointer("/AuthenticationResult/AccessToken").is_none() {
        return Err("the user is not signed in".into());
    }
    Ok(greeting + proof)
}

/// The sign-in API of a served pool.
struct Api {
    client: reqwest::Client,
    url: String,
}

impl Api {
    fn of(server: &PoolServer) -> Result<Self, Box<dyn Error>> {
        Ok(Self { client: reqwest::Client::builder().no_proxy().build()?, url: server.url() })
    }

    async fn call(&self, operation: &str, body: &Value) -> Result<Value, Box<dyn Error>> {
        let request = self
            .client
            .post(&self.url)
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", format!("AWSCognitoIdentityProviderService.{operation}"))
            .body(body.to_string());
        Ok(serde_json::from_slice(&request.send().await?.bytes().await?)?)
    }
}

/// Some times: the middle one says more than a mean on a machine with other work.
struct Spread {
    least: Duration,
    median: Duration,
    most: Duration,
}

impl Spread {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |index: usize| times.get(index).copied().unwrap_or_default();
        Self { least: at(0), median: at(times.len() / 2), most: at(times.len().saturating_sub(1)) }
    }
}

impl std::fmt::Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1_000.0;
        let Self { least, median, most } = self;
        let (least, median, most) = (milliseconds(*least), milliseconds(*median), milliseconds(*most));
        write!(f, "{median:.2} ms in the median, from {least:.2} to {most:.2} ms")
    }
}
