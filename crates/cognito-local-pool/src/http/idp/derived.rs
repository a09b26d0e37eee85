//! [`GetDerivedToken`][aws]: token exchange by the API.
//!
//! [aws]: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_GetDerivedToken.html

use serde::Deserialize;
use serde_json::json;

use super::request::required;
use super::{Answer, caller};
use crate::access_token::TokenUse;
use crate::exception::Exception;
use crate::exchange::{Audience, ExchangeRefused, ExchangeRequest, Presented};
use crate::pool::LocalPool;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DerivedTokenRequest {
    client_id: Option<String>,
    client_secret: Option<String>,
    subject_token: Option<String>,
    subject_token_type: Option<String>,
    subject_token_provider_name: Option<String>,
    actor_token: Option<String>,
    actor_token_type: Option<String>,
    actor_token_provider_name: Option<String>,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    audiences: Vec<String>,
    #[serde(default)]
    resources: Vec<String>,
    requested_token_type: Option<String>,
}

/// `GetDerivedToken`.
pub(super) fn derived_token(pool: &LocalPool, request: &DerivedTokenRequest) -> Answer {
    let [client, subject, subject_type] = required([
        ("clientId", request.client_id.as_deref()),
        ("subjectToken", request.subject_token.as_deref()),
        ("subjectTokenType", request.subject_token_type.as_deref()),
    ])?;
    let client = caller::client(pool, client)?;
    caller::check_secret(client, request.client_secret.as_deref(), "NotAuthorizedException")?;
    if request.subject_token_provider_name.is_some() || request.actor_token_provider_name.is_some() {
        return Err(Exception::invalid_parameter(
            "a local pool has no other identity providers; leave SubjectTokenProviderName and ActorTokenProviderName out",
        ));
    }
    if request.requested_token_type.as_deref().is_some_and(|requested| requested != "ACCESS_TOKEN") {
        return Err(Exception::invalid_parameter(
            "a local pool derives only access tokens; request ACCESS_TOKEN",
        ));
    }
    let actor = match (request.actor_token.as_deref(), request.actor_token_type.as_deref()) {
        (None, None) => None,
        (Some(token), Some(kind)) => Some(Presented { token, token_use: token_use("actorTokenType", kind)? }),
        _ => return Err(Exception::invalid_parameter("ActorToken and ActorTokenType are required together")),
    };
    let audience = match (request.audiences.as_slice(), request.resources.as_slice()) {
        ([], []) => None,
        ([name], []) => Some(Audience::Service(name)),
        ([], [id]) => Some(Audience::ResourceServer(id)),
        _ => return Err(Exception::invalid_parameter("request one of Audiences, or one of Resources")),
    };
    let exchanged = pool.exchange(
        client,
        &ExchangeRequest {
            subject: Presented { token: subject, token_use: token_use("subjectTokenType", subject_type)? },
            actor,
            scopes: request.scopes.iter().map(String::as_str).collect(),
            audience,
        },
    )?;
    Ok(json!({
        "ExpiresIn": exchanged.expires_in,
        "IssuedToken": exchanged.token,
        "IssuedTokenType": "ACCESS_TOKEN",
        "Scopes": exchanged.scopes,
        "TokenType": "Bearer",
    }))
}

fn token_use(member: &str, kind: &str) -> Result<TokenUse, Exception> {
    match kind {
        "ACCESS_TOKEN" => Ok(TokenUse::Access),
        "ID_TOKEN" => Ok(TokenUse::Id),
        "SAML2" => Err(Exception::invalid_parameter(
            "a local pool has no SAML providers; use ACCESS_TOKEN or ID_TOKEN",
        )),
        _ => Err(Exception::invalid_parameter(format!(
            "1 validation error detected: Value at '{member}' failed to satisfy constraint: Member must satisfy enum value \
             set: [ACCESS_TOKEN, ID_TOKEN, SAML2]"
        ))),
    }
}

impl From<ExchangeRefused> for Exception {
    fn from(refused: ExchangeRefused) -> Self {
        match refused {
            ExchangeRefused::Flow(flow) => Self::new(
                "OperationNotEnabledException",
                format!("{} is not enabled for the client.", flow.name()),
            ),
            ExchangeRefused::Subject => Self::not_authorized("Invalid SubjectToken"),
            ExchangeRefused::Actor => Self::not_authorized("Invalid ActorToken"),
            ExchangeRefused::Scopes => Self::invalid_parameter(
                "none of the Scopes is allowed for both the SubjectToken and the client",
            ),
            ExchangeRefused::Audience => Self::invalid_parameter(
                "an audience has 1 to 256 visible ASCII characters without `\"` and `\\`",
            ),
            ExchangeRefused::ResourceServer => {
                Self::new("ResourceNotFoundException", "Resource server does not exist.")
            }
        }
    }
}
