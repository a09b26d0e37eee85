//! `USER_SRP_AUTH` with the SRP client of another author.

use std::collections::HashMap;
use std::time::Duration;

use cognito_local_pool::{LocalPoolBuilder, PoolServer, SignInAttribute, User};
use cognito_srp::SrpClient;
use serde_json::{Value, json};

use super::{INCORRECT, about, good, refused, secret_hash, serve, with};
use crate::support::{ID, Token, addresses, builder};

type Parameters = HashMap<String, String>;

fn client(username: &'static str, password: &'static str) -> SrpClient<'static> {
    SrpClient::new(username, password, ID, "web", None)
}

fn initiate(client_id: &str, parameters: &Parameters) -> Value {
    json!({"AuthFlow": "USER_SRP_AUTH", "ClientId": client_id, "AuthParameters": parameters})
}

fn answer(client_id: &str, responses: &Parameters) -> Value {
    json!({"ChallengeName": "PASSWORD_VERIFIER", "ClientId": client_id, "ChallengeResponses": responses})
}

/// The challenge that a client gets, and how it answers.
async fn challenge(server: &PoolServer, client: &SrpClient<'_>) -> (Value, Parameters) {
    let parameters = client.get_auth_params().unwrap();
    let challenge = good(server, "InitiateAuth", initiate("web", &parameters)).await;
    let parameters = serde_json::from_value(challenge["ChallengeParameters"].clone()).unwrap();
    (challenge, client.process_challenge(parameters).unwrap())
}

#[tokio::test]
async fn a_user_signs_in_by_srp() {
    let server = serve(builder()).await;
    let (challenge, responses) = challenge(&server, &client("ada", "her-password")).await;
    let members: Vec<&String> = challenge.as_object().unwrap().keys().collect();
    assert_eq!(members, ["ChallengeName", "ChallengeParameters"], "Cognito gives no session here");
    assert_eq!(challenge["ChallengeName"], "PASSWORD_VERIFIER");
    let parameters: Vec<&String> = challenge["ChallengeParameters"].as_object().unwrap().keys().collect();
    assert_eq!(parameters, ["SALT", "SECRET_BLOCK", "SRP_B", "USERNAME", "USER_ID_FOR_SRP"]);

    let result = good(&server, "RespondToAuthChallenge", answer("web", &responses)).await;
    assert_eq!(result["ChallengeParameters"], json!({}));
    let result = &result["AuthenticationResult"];
    let names: Vec<&String> = result.as_object().unwrap().keys().collect();
    assert_eq!(names, ["AccessToken", "ExpiresIn", "IdToken", "RefreshToken", "TokenType"]);
    let access = Token::of(result["AccessToken"].as_str().unwrap());
    assert_eq!((access.claim("username"), access.claim("client_id")), (json!("ada"), json!("web")));
    assert_eq!(access.claim("scope"), "aws.cognito.signin.user.admin");
}

#[tokio::test]
async fn a_client_with_a_secret_proves_both() {
    let server = serve(builder()).await;
    let client = SrpClient::new("ada", "her-password", ID, "m2m", Some("its:secret+%"));
    let parameters = client.get_auth_params().unwrap();
    let challenge = good(&server, "InitiateAuth", initiate("m2m", &parameters)).await;
    let parameters = serde_json::from_value(challenge["ChallengeParameters"].clone()).unwrap();
    let mut responses = client.process_challenge(parameters).unwrap();
    assert!(
        good(&server, "RespondToAuthChallenge", answer("m2m", &responses)).await["AuthenticationResult"]
            .is_object()
    );

    responses.insert("SECRET_HASH".to_owned(), secret_hash("bob"));
    assert_eq!(
        refused(&server, "RespondToAuthChallenge", answer("m2m", &responses)).await,
        "NotAuthorizedException: Unable to verify secret hash for client m2m"
    );
    responses.remove("SECRET_HASH");
    assert_eq!(
        refused(&server, "RespondToAuthChallenge", answer("m2m", &responses)).await,
        "NotAuthorizedException: Client m2m is configured with secret but SECRET_HASH was not received"
    );
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_look_the_same() {
    let server = serve(builder()).await;
    let mut shapes = Vec::new();
    for (name, password) in [("ada", "guess"), ("nobody", "guess")] {
        let (first, responses) = challenge(&server, &client(name, password)).await;
        let (again, _) = challenge(&server, &client(name, password)).await;
        let parameters = |challenge: &Value, name: &str| challenge["ChallengeParameters"][name].clone();
        assert_eq!(parameters(&first, "SALT"), parameters(&again, "SALT"), "{name} has a salt of their own");
        assert_ne!(parameters(&first, "SRP_B"), parameters(&again, "SRP_B"));
        assert_eq!(parameters(&first, "USER_ID_FOR_SRP"), name);
        assert_eq!(refused(&server, "RespondToAuthChallenge", answer("web", &responses)).await, INCORRECT);
        let lengths = ["SALT", "SECRET_BLOCK"].map(|name| parameters(&first, name).as_str().unwrap().len());
        shapes.push(lengths);
    }
    assert_eq!(shapes[0], shapes[1]);
}

#[tokio::test]
async fn the_state_of_a_user_is_told_only_after_a_correct_password() {
    let users = [User::new("eve", "x").unconfirmed(), User::new("dan", "x").disabled()];
    let server = serve(users.into_iter().fold(builder(), LocalPoolBuilder::user)).await;
    let cases = [
        ("eve", "UserNotConfirmedException: User is not confirmed."),
        ("dan", "NotAuthorizedException: User is disabled."),
    ];
    for (name, expected) in cases {
        let (_, responses) = challenge(&server, &client(name, "x")).await;
        assert_eq!(refused(&server, "RespondToAuthChallenge", answer("web", &responses)).await, expected);
        let (_, responses) = challenge(&server, &client(name, "guess")).await;
        assert_eq!(refused(&server, "RespondToAuthChallenge", answer("web", &responses)).await, INCORRECT);
    }
}

#[tokio::test]
async fn missing_members_of_a_proof_are_named_in_the_order_of_aws() {
    let server = serve(builder()).await;
    let (_, complete) = challenge(&server, &client("ada", "her-password")).await;
    let mut responses = Parameters::new();
    let why = refused(&server, "RespondToAuthChallenge", answer("web", &responses)).await;
    assert_eq!(why, "InvalidParameterException: Missing required parameter challenge responses.");
    responses.insert("OTHER".to_owned(), "x".to_owned());
    for name in ["USERNAME", "TIMESTAMP", "PASSWORD_CLAIM_SIGNATURE", "PASSWORD_CLAIM_SECRET_BLOCK"] {
        let why = refused(&server, "RespondToAuthChallenge", answer("web", &responses)).await;
        assert_eq!(why, format!("InvalidParameterException: Missing required parameter {name}"));
        responses.insert(name.to_owned(), complete[name].clone());
    }
    good(&server, "RespondToAuthChallenge", answer("web", &responses)).await;
}

#[tokio::test]
async fn a_proof_that_differs_in_one_thing_is_refused() {
    let server = serve(builder()).await;
    let (_, complete) = challenge(&server, &client("ada", "her-password")).await;
    let (_, other) = challenge(&server, &client("ada", "her-password")).await;
    let format =
        "InvalidParameterException: TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.";
    let base64 =
        "InvalidParameterException: Invalid PASSWORD_CLAIM_SIGNATURE format. Must be a Base64 string.";
    let block = other["PASSWORD_CLAIM_SECRET_BLOCK"].as_str();
    let cases = [
        ("TIMESTAMP", "Sat Nov 7 08:09:05 UTC 2026", INCORRECT),
        ("TIMESTAMP", "2026-11-07T08:09:05Z", format),
        ("PASSWORD_CLAIM_SIGNATURE", "AAAA", INCORRECT),
        ("PASSWORD_CLAIM_SIGNATURE", "???", base64),
        ("PASSWORD_CLAIM_SECRET_BLOCK", block, INCORRECT),
        ("PASSWORD_CLAIM_SECRET_BLOCK", "guess", INCORRECT),
        ("USERNAME", "bob", INCORRECT),
    ];
    for (name, value, expected) in cases {
        let mut responses = complete.clone();
        responses.insert(name.to_owned(), value.to_owned());
        let why = refused(&server, "RespondToAuthChallenge", answer("web", &responses)).await;
        assert_eq!(why, expected, "{name} {value}");
    }
    let mut lenient = complete.clone();
    let shouted = complete["TIMESTAMP"].to_uppercase();
    lenient.insert("TIMESTAMP".to_owned(), shouted);
    good(&server, "RespondToAuthChallenge", answer("web", &lenient)).await;
    // As measured on AWS, an exchange answers any number of proofs.
    good(&server, "RespondToAuthChallenge", answer("web", &complete)).await;
    assert_eq!(refused(&server, "RespondToAuthChallenge", answer("m2m", &complete)).await, INCORRECT);
}

#[tokio::test]
async fn a_proof_is_good_for_three_minutes_and_for_the_password_of_its_exchange() {
    let pool = builder().build().unwrap();
    let server = pool.serve("127.0.0.1:0").await.unwrap();
    let (_, late) = challenge(&server, &client("ada", "her-password")).await;
    pool.clock().advance(Duration::from_secs(180));
    assert_eq!(
        refused(&server, "RespondToAuthChallenge", answer("web", &late)).await,
        "NotAuthorizedException: Invalid session for the user, session is expired."
    );
    let (_, old) = challenge(&server, &client("ada", "her-password")).await;
    let new = json!({"Password": "Other-passw0rd", "Permanent": true});
    good(&server, "AdminSetUserPassword", with(about("ada"), &new)).await;
    assert_eq!(refused(&server, "RespondToAuthChallenge", answer("web", &old)).await, INCORRECT);
}

#[tokio::test]
async fn a_bad_public_value_is_refused() {
    let server = serve(builder()).await;
    let range = "InvalidParameterException: SRP_A is not between 1 and N - 1";
    let hex = "InvalidParameterException: 1 validation error detected: Value at 'sRPA' failed to satisfy constraint: \
               Member must satisfy regular expression pattern: ^[0-9a-fA-F]+$";
    let long = "f".repeat(50_000);
    let missing = "InvalidParameterException: Missing required parameter SRP_A";
    for (a, expected) in [("0", range), (long.as_str(), range), ("xyz", hex), ("", missing)] {
        let parameters = json!({"USERNAME": "ada", "SRP_A": a});
        let body = json!({"AuthFlow": "USER_SRP_AUTH", "ClientId": "web", "AuthParameters": parameters});
        assert_eq!(refused(&server, "InitiateAuth", body).await, expected);
    }
}

#[tokio::test]
async fn a_user_signs_in_by_an_alias() {
    let pool = builder()
        .alias_attribute(SignInAttribute::Email)
        .alias_attribute(SignInAttribute::PreferredUsername)
        .user(
            User::new("bob", "x")
                .attribute("preferred_username", "builder")
                .attribute("email", "bob@example.com"),
        );
    let server = serve(pool).await;
    for (alias, password, name) in [("ada@example.com", "her-password", "ada"), ("builder", "x", "bob")] {
        let (challenge, responses) = challenge(&server, &client(alias, password)).await;
        assert_eq!(challenge["ChallengeParameters"]["USER_ID_FOR_SRP"], name);
        good(&server, "RespondToAuthChallenge", answer("web", &responses)).await;
        let mut typed = responses.clone();
        typed.insert("USERNAME".to_owned(), alias.to_owned());
        good(&server, "RespondToAuthChallenge", answer("web", &typed)).await;
    }
    // An address that is not verified could be another's.
    let (_, responses) = challenge(&server, &client("bob@example.com", "x")).await;
    assert_eq!(refused(&server, "RespondToAuthChallenge", answer("web", &responses)).await, INCORRECT);
}

#[tokio::test]
async fn users_of_a_pool_of_addresses_are_known_by_a_uuid_whether_they_exist_or_not() {
    let pool = addresses().username_attribute(SignInAttribute::Email);
    let server = serve(pool.username_attribute(SignInAttribute::PhoneNumber)).await;
    for (name, password) in [("ada@example.com", "her-password"), ("+441234567", "his-password")] {
        let (known, responses) = challenge(&server, &client(name, password)).await;
        let id = known["ChallengeParameters"]["USER_ID_FOR_SRP"].as_str().unwrap().to_owned();
        assert_eq!(id.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        let result = good(&server, "RespondToAuthChallenge", answer("web", &responses)).await;
        let access = Token::of(result["AuthenticationResult"]["AccessToken"].as_str().unwrap());
        assert_eq!((access.claim("username"), access.claim("sub")), (json!(id), json!(id)));
    }
    let (unknown, responses) = challenge(&server, &client("bob@example.com", "x")).await;
    let id = unknown["ChallengeParameters"]["USER_ID_FOR_SRP"].as_str().unwrap();
    assert_eq!(id.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
    assert_eq!(refused(&server, "RespondToAuthChallenge", answer("web", &responses)).await, INCORRECT);
}
