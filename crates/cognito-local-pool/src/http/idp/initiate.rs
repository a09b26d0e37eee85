//! The first step of a sign-in: [`InitiateAuth`][user] and [`AdminInitiateAuth`][admin].
//!
//! [user]: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html
//! [admin]: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminInitiateAuth.html

use serde::Deserialize;

use super::factor::{SignIn, Via};
use super::request::{AuthParameters, Metadata, required};
use super::{Answer, caller, refresh};
use crate::acr::AcrTarget;
use crate::client::{AppClient, AuthFlow};
use crate::exception::Exception;
use crate::pool::LocalPool;

/// The values of `AuthFlow` in Cognito's API.
const FLOWS: [&str; 8] = [
    "USER_SRP_AUTH",
    "REFRESH_TOKEN_AUTH",
    "REFRESH_TOKEN",
    "CUSTOM_AUTH",
    "ADMIN_NO_SRP_AUTH",
    "USER_PASSWORD_AUTH",
    "ADMIN_USER_PASSWORD_AUTH",
    "USER_AUTH",
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InitiateRequest {
    user_pool_id: Option<String>,
    auth_flow: Option<String>,
    client_id: Option<String>,
    #[serde(default)]
    auth_parameters: AuthParameters,
}

/// `InitiateAuth`.
pub(super) fn by_user(pool: &LocalPool, request: &InitiateRequest) -> Answer {
    let [flow, client] =
        required([("authFlow", request.auth_flow.as_deref()), ("clientId", request.client_id.as_deref())])?;
    let client = caller::client(pool, client)?;
    match flow {
        "USER_PASSWORD_AUTH" => {
            password(pool, client, &request.auth_parameters, flow, AuthFlow::UserPassword)
        }
        "ADMIN_USER_PASSWORD_AUTH" | "ADMIN_NO_SRP_AUTH" => Err(not_supported()),
        _ => of_both(pool, client, &request.auth_parameters, flow),
    }
}

/// `AdminInitiateAuth`.
pub(super) fn by_administrator(pool: &LocalPool, request: &InitiateRequest) -> Answer {
    let [pool_id, flow, client] = required([
        ("userPoolId", request.user_pool_id.as_deref()),
        ("authFlow", request.auth_flow.as_deref()),
        ("clientId", request.client_id.as_deref()),
    ])?;
    caller::check_pool(pool, pool_id)?;
    let client = caller::client(pool, client)?;
    match flow {
        "ADMIN_USER_PASSWORD_AUTH" | "ADMIN_NO_SRP_AUTH" => {
            password(pool, client, &request.auth_parameters, flow, AuthFlow::AdminUserPassword)
        }
        "USER_PASSWORD_AUTH" => Err(not_supported()),
        _ => of_both(pool, client, &request.auth_parameters, flow),
    }
}

/// The flows that both calls have.
fn of_both(pool: &LocalPool, client: &AppClient, parameters: &AuthParameters, flow: &str) -> Answer {
    match flow {
        "USER_SRP_AUTH" => {
            check_allowed(client, flow, AuthFlow::UserSrp)?;
            let username = parameters.username()?;
            let a = parameters.public_a()?;
            let sign_in = begin(pool, client, parameters, username)?;
            Ok(sign_in.ask_for_proof(&a, Via::SrpFlow))
        }
        "USER_AUTH" => {
            check_allowed(client, flow, AuthFlow::UserAuth)?;
            let mut sign_in = begin(pool, client, parameters, parameters.username()?)?;
            sign_in.target = target(pool, parameters)?;
            if let Some(challenge) = sign_in.step_up(parameters)? {
                return Ok(challenge);
            }
            match parameters.get("PREFERRED_CHALLENGE") {
                None => Ok(sign_in.offer_challenges()),
                Some(preferred) => sign_in.preferred(preferred, parameters),
            }
        }
        "REFRESH_TOKEN_AUTH" | "REFRESH_TOKEN" => {
            check_allowed(client, "REFRESH_TOKEN_AUTH", AuthFlow::RefreshToken)?;
            refresh::refresh_token_auth(pool, client, parameters)
        }
        "CUSTOM_AUTH" => Err(Exception::invalid_parameter(
            "CUSTOM_AUTH needs Lambda functions, which a local pool does not run; use USER_SRP_AUTH, \
             USER_PASSWORD_AUTH or USER_AUTH",
        )),
        _ => Err(Exception::invalid_parameter(format!(
            "1 validation error detected: Value at 'authFlow' failed to satisfy constraint: Member must satisfy enum \
             value set: [{}]",
            FLOWS.join(", ")
        ))),
    }
}

/// A flow that sends the password itself.
fn password(
    pool: &LocalPool,
    client: &AppClient,
    parameters: &AuthParameters,
    flow: &str,
    allowed: AuthFlow,
) -> Answer {
    check_allowed(client, flow, allowed)?;
    let username = parameters.username()?;
    let password = parameters.required("PASSWORD")?;
    begin(pool, client, parameters, username)?.check_password(password)
}

fn begin<'a>(
    pool: &'a LocalPool,
    client: &'a AppClient,
    parameters: &AuthParameters,
    username: &'a str,
) -> Result<SignIn<'a>, Exception> {
    caller::check_secret_hash(client, parameters.get("SECRET_HASH"), &[username])?;
    // AWS does not pass the `ClientMetadata` of this call to the pre token generation trigger.
    Ok(SignIn { pool, client, username, session: None, metadata: Metadata::new(), target: None })
}

/// The levels of `TARGET_ACR_VALUES`.
fn target(pool: &LocalPool, parameters: &AuthParameters) -> Result<Option<AcrTarget>, Exception> {
    let Some(values) = parameters.get("TARGET_ACR_VALUES") else { return Ok(None) };
    let unknown =
        || Exception::invalid_parameter("TARGET_ACR_VALUES names no authentication level of this pool");
    pool.settings().acr_names.target(values).map(Some).ok_or_else(unknown)
}

/// Refuses a flow that the client does not allow, with AWS's message for that flow.
fn check_allowed(client: &AppClient, flow: &str, allowed: AuthFlow) -> Result<(), Exception> {
    if client.allows_auth_flow(allowed) {
        return Ok(());
    }
    Err(Exception::invalid_parameter(match allowed {
        AuthFlow::UserSrp => "USER_SRP_AUTH is not enabled for the client.".to_owned(),
        AuthFlow::AdminUserPassword => "Auth flow not enabled for this client".to_owned(),
        _ => format!("{flow} flow not enabled for this client"),
    }))
}

/// A flow for administrators in a user's call, or the reverse.
fn not_supported() -> Exception {
    Exception::invalid_parameter("Initiate Auth method not supported.")
}
