//! Second factors: [`AssociateSoftwareToken`][aws], `VerifySoftwareToken` and `SetUserMFAPreference`.
//!
//! [aws]: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AssociateSoftwareToken.html

use serde::Deserialize;
use serde_json::json;

use super::request::required;
use super::{Answer, own};
use crate::directory::SoftwareTokenMfa;
use crate::exception::Exception;
use crate::pool::LocalPool;

/// `AssociateSoftwareToken`. During a sign-in (`MFA_SETUP`) it is not available, because a local pool requires no second
/// factor.
pub(super) fn associate(pool: &LocalPool, request: &own::SignedInRequest) -> Answer {
    let account = request.signed_in(pool)?;
    Ok(json!({ "SecretCode": pool.associate_software_token(&account.username)? }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Verify {
    access_token: Option<String>,
    user_code: Option<String>,
}

/// `VerifySoftwareToken`.
pub(super) fn verify(pool: &LocalPool, request: &Verify) -> Answer {
    let [code] = required([("userCode", request.user_code.as_deref())])?;
    let account = own::signed_in(pool, request.access_token.as_deref())?;
    pool.verify_software_token(&account.username, code)?;
    Ok(json!({ "Status": "SUCCESS" }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FactorSettings {
    enabled: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct Preference {
    #[serde(rename = "AccessToken")]
    token: Option<String>,
    #[serde(rename = "SoftwareTokenMfaSettings")]
    software_token: Option<FactorSettings>,
    #[serde(rename = "SMSMfaSettings")]
    sms: Option<FactorSettings>,
    #[serde(rename = "EmailMfaSettings")]
    email: Option<FactorSettings>,
}

/// `SetUserMFAPreference`.
pub(super) fn set_preference(pool: &LocalPool, request: &Preference) -> Answer {
    let account = own::signed_in(pool, request.token.as_deref())?;
    let turns_on = |settings: &Option<FactorSettings>| {
        settings.as_ref().and_then(|settings| settings.enabled) == Some(true)
    };
    if turns_on(&request.sms) || turns_on(&request.email) {
        return Err(Exception::invalid_parameter(
            "a local pool has no SMS_MFA and EMAIL_MFA; use SoftwareTokenMfaSettings",
        ));
    }
    let enabled = request.software_token.as_ref().and_then(|settings| settings.enabled);
    if let Some(enabled) = enabled {
        let mfa = if enabled { SoftwareTokenMfa::On } else { SoftwareTokenMfa::Off };
        pool.set_software_token_mfa(&account.username, mfa)?;
    }
    Ok(json!({}))
}
