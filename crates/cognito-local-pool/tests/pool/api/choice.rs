//! `USER_AUTH`: the client chooses among first factors.

use std::collections::HashMap;

use cognito_srp::SrpClient;
use serde_json::{Value, json};

use super::{INCORRECT, good, refused, serve};
use crate::support::{ID, builder};

fn user_auth(parameters: &Value) -> Value {
    json!({"AuthFlow": "USER_AUTH", "ClientId": "web", "AuthParameters": parameters})
}

fn answer(challenge: &str, session: &Value, responses: &Value) -> Value {
    json!({"ChallengeName": challenge, "ClientId": "web", "Session": session, "ChallengeResponses": responses})
}

/// The answer of another author's client to a challenge for a proof.
fn prove(client: &SrpClient<'_>, challenge: &Value) -> Value {
    assert_eq!(challenge["ChallengeName"], "PASSWORD_VERIFIER");
    let parameters = serde_json::from_value(challenge["ChallengeParameters"].clone()).unwrap();
    let responses: HashMap<String, String> = client.process_challenge(parameters).unwrap();
    answer("PASSWORD_VERIFIER", &challenge["Session"], &json!(responses))
}

#[tokio::test]
async fn a_client_without_a_preference_is_offered_what_there_is() {
    let server = serve(builder()).await;
    let mut offers = Vec::new();
    for name in ["ada", "nobody"] {
        let mut offer = good(&server, "InitiateAuth", user_auth(&json!({"USERNAME": name}))).await;
        assert!(offer.as_object_mut().unwrap().remove("Session").unwrap().as_str().unwrap().len() >= 20);
        offers.push(offer);
    }
    assert_eq!(
        offers[0],
        json!({
            "AvailableChallenges": ["PASSWORD_SRP", "PASSWORD"],
            "ChallengeName": "SELECT_CHALLENGE",
            "ChallengeParameters": {},
        })
    );
    assert_eq!(offers[0], offers[1], "an unknown user is offered the same");
}

#[tokio::test]
async fn a_password_can_be_chosen() {
    let server = serve(builder()).await;
    let offer = good(&server, "InitiateAuth", user_auth(&json!({"USERNAME": "ada"}))).await;
    let session = &offer["Session"];
    let with = |password: &str| {
        answer(
            "SELECT_CHALLENGE",
            session,
            &json!({"USERNAME": "ada", "ANSWER": "PASSWORD", "PASSWORD": password}),
        )
    };
    assert_eq!(refused(&server, "RespondToAuthChallenge", with("guess")).await, INCORRECT);
    let result = good(&server, "RespondToAuthChallenge", with("her-password")).await;
    assert!(result["AuthenticationResult"]["AccessToken"].is_string());
    assert_eq!(
        refused(&server, "RespondToAuthChallenge", with("her-password")).await,
        "NotAuthorizedException: Invalid session for the user, session can only be used once."
    );
}

#[tokio::test]
async fn a_proof_can_be_chosen() {
    let server = serve(builder()).await;
    let client = SrpClient::new("ada", "her-password", ID, "web", None);
    let a = client.get_auth_params().unwrap()["SRP_A"].clone();
    let offer = good(&server, "InitiateAuth", user_auth(&json!({"USERNAME": "ada"}))).await;
    let responses = json!({"USERNAME": "ada", "ANSWER": "PASSWORD_SRP", "SRP_A": a});
    let body = answer("SELECT_CHALLENGE", &offer["Session"], &responses);
    let challenge = good(&server, "RespondToAuthChallenge", body).await;
    let result = good(&server, "RespondToAuthChallenge", prove(&client, &challenge)).await;
    assert!(result["AuthenticationResult"]["IdToken"].is_string());
}

#[tokio::test]
async fn a_preference_saves_a_step() {
    let server = serve(builder()).await;
    let parameters =
        json!({"USERNAME": "ada", "PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": "her-password"});
    let result = good(&server, "InitiateAuth", user_auth(&parameters)).await;
    assert!(result["AuthenticationResult"]["AccessToken"].is_string());

    let client = SrpClient::new("ada", "her-password", ID, "web", None);
    let a = client.get_auth_params().unwrap()["SRP_A"].clone();
    let parameters = json!({"USERNAME": "ada", "PREFERRED_CHALLENGE": "PASSWORD_SRP", "SRP_A": a});
    let challenge = good(&server, "InitiateAuth", user_auth(&parameters)).await;
    assert!(challenge["Session"].is_string(), "with this flow there is a session");
    good(&server, "RespondToAuthChallenge", prove(&client, &challenge)).await;
}

#[tokio::test]
async fn a_preference_without_its_parameter_is_asked_for() {
    let server = serve(builder()).await;
    for (name, value) in [("PASSWORD", "her-password"), ("SRP_A", "abc")] {
        let challenge = if name == "SRP_A" { "PASSWORD_SRP" } else { name };
        let parameters = json!({"USERNAME": "ada", "PREFERRED_CHALLENGE": challenge});
        let asked = good(&server, "InitiateAuth", user_auth(&parameters)).await;
        assert_eq!(asked["ChallengeName"], challenge);
        let responses = json!({"USERNAME": "ada", name: value});
        good(&server, "RespondToAuthChallenge", answer(challenge, &asked["Session"], &responses)).await;
    }
}

#[tokio::test]
async fn other_first_factors_are_refused_with_the_available_ones() {
    let server = serve(builder()).await;
    for factor in ["EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"] {
        let why = format!(
            "InvalidParameterException: a local pool does not offer {factor}; use PASSWORD_SRP or PASSWORD"
        );
        let parameters = json!({"USERNAME": "ada", "PREFERRED_CHALLENGE": factor});
        assert_eq!(refused(&server, "InitiateAuth", user_auth(&parameters)).await, why);
        let offer = good(&server, "InitiateAuth", user_auth(&json!({"USERNAME": "ada"}))).await;
        let body =
            answer("SELECT_CHALLENGE", &offer["Session"], &json!({"USERNAME": "ada", "ANSWER": factor}));
        assert_eq!(refused(&server, "RespondToAuthChallenge", body).await, why);
    }
    let parameters = json!({"USERNAME": "ada", "PREFERRED_CHALLENGE": "MAGIC"});
    assert_eq!(
        refused(&server, "InitiateAuth", user_auth(&parameters)).await,
        "InvalidParameterException: the challenge is not one that USER_AUTH has; use PASSWORD_SRP or PASSWORD"
    );
}

#[tokio::test]
async fn a_choice_is_for_its_user_and_its_challenge() {
    let server = serve(builder()).await;
    let offer = good(&server, "InitiateAuth", user_auth(&json!({"USERNAME": "nobody"}))).await;
    let session = &offer["Session"];
    let responses = |name: &str| json!({"USERNAME": name, "ANSWER": "PASSWORD", "PASSWORD": "her-password"});
    let invalid = "NotAuthorizedException: Invalid session for the user.";
    let body = answer("SELECT_CHALLENGE", session, &responses("ada"));
    assert_eq!(refused(&server, "RespondToAuthChallenge", body).await, invalid);
    let body = answer("SELECT_CHALLENGE", session, &responses("nobody"));
    assert_eq!(refused(&server, "RespondToAuthChallenge", body).await, INCORRECT);
    let body =
        answer("NEW_PASSWORD_REQUIRED", session, &json!({"USERNAME": "nobody", "NEW_PASSWORD": "Aa1!aaaa"}));
    assert_eq!(refused(&server, "RespondToAuthChallenge", body).await, invalid);
    let body = answer("SELECT_CHALLENGE", &Value::Null, &responses("ada"));
    assert_eq!(
        refused(&server, "RespondToAuthChallenge", body).await,
        "InvalidParameterException: Missing required parameter Session"
    );
}
