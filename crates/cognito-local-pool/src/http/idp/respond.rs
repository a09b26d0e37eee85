//! The answers to challenges: [`RespondToAuthChallenge`][user] and [`AdminRespondToAuthChallenge`][admin].
//!
//! [user]: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html
//! [admin]: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_AdminRespondToAuthChallenge.html

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::factor::{self, SignIn, Step};
use super::request::{AuthParameters, Constraints, Metadata};
use super::{Answer, caller, own};
use crate::challenges::{Challenge, NoChallenge, PasswordHash, PendingSignIn};
use crate::client::AppClient;
use crate::directory::Account;
use crate::exception::Exception;
use crate::pool::LocalPool;
use crate::srp::{Identity, Timestamp};
use crate::trigger::{Occasion, TriggerSource};

/// Challenges of Cognito that a local pool never sends.
const OTHER_CHALLENGES: [&str; 11] = [
    "ADMIN_NO_SRP_AUTH",
    "CUSTOM_CHALLENGE",
    "DEVICE_PASSWORD_VERIFIER",
    "DEVICE_SRP_AUTH",
    "EMAIL_MFA",
    "EMAIL_OTP",
    "MFA_SETUP",
    "SELECT_MFA_TYPE",
    "SMS_MFA",
    "SMS_OTP",
    "WEB_AUTHN",
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RespondRequest {
    user_pool_id: Option<String>,
    client_id: Option<String>,
    challenge_name: Option<String>,
    session: Option<String>,
    #[serde(default)]
    challenge_responses: AuthParameters,
    #[serde(default)]
    client_metadata: AuthParameters,
}

/// `RespondToAuthChallenge`.
pub(super) fn by_user(pool: &LocalPool, request: &RespondRequest) -> Answer {
    answer(pool, request, Constraints::default())
}

/// `AdminRespondToAuthChallenge`.
pub(super) fn by_administrator(pool: &LocalPool, request: &RespondRequest) -> Answer {
    let mut constraints = Constraints::default();
    let pool_id = constraints.required("userPoolId", request.user_pool_id.as_deref());
    if !pool_id.is_empty() {
        caller::check_pool(pool, pool_id)?;
    }
    answer(pool, request, constraints)
}

fn answer(pool: &LocalPool, request: &RespondRequest, mut constraints: Constraints) -> Answer {
    let client = constraints.required("clientId", request.client_id.as_deref());
    let challenge = constraints.required("challengeName", request.challenge_name.as_deref());
    constraints.finish()?;
    let response = Response {
        pool,
        client: caller::client(pool, client)?,
        parameters: &request.challenge_responses,
        session: request.session.as_deref().filter(|session| !session.is_empty()),
        metadata: request.client_metadata.metadata(),
    };
    match challenge {
        "PASSWORD_VERIFIER" => response.password_verifier(),
        "SELECT_CHALLENGE" => response.first_factor(response.parameters.required("ANSWER")?),
        "PASSWORD" | "PASSWORD_SRP" => response.first_factor(challenge),
        "NEW_PASSWORD_REQUIRED" => response.new_password(),
        "SOFTWARE_TOKEN_MFA" => response.software_token(),
        _ if OTHER_CHALLENGES.contains(&challenge) => Err(Exception::invalid_parameter(format!(
            "a local pool never sends the challenge {challenge}; it has PASSWORD_VERIFIER, SELECT_CHALLENGE, PASSWORD, \
             PASSWORD_SRP, NEW_PASSWORD_REQUIRED and SOFTWARE_TOKEN_MFA"
        ))),
        _ => Err(Exception::invalid_parameter(
            "1 validation error detected: Value at 'challengeName' failed to satisfy constraint: Member must satisfy \
             enum value set: [PASSWORD_VERIFIER, SELECT_CHALLENGE, PASSWORD, PASSWORD_SRP, NEW_PASSWORD_REQUIRED, \
             SOFTWARE_TOKEN_MFA]",
        )),
    }
}

struct Response<'a> {
    pool: &'a LocalPool,
    client: &'a AppClient,
    parameters: &'a AuthParameters,
    session: Option<&'a str>,
    metadata: Metadata,
}

impl Response<'_> {
    /// The proof of an SRP exchange. As measured on AWS, an exchange accepts any number of proofs until it expires.
    fn password_verifier(&self) -> Answer {
        if self.parameters.is_empty() {
            return Err(Exception::invalid_parameter("Missing required parameter challenge responses."));
        }
        // AWS names missing parameters in this order.
        let username = self.parameters.username()?;
        let timestamp = self.parameters.required("TIMESTAMP")?;
        let signature = self.parameters.required("PASSWORD_CLAIM_SIGNATURE")?;
        let block = self.parameters.required("PASSWORD_CLAIM_SECRET_BLOCK")?;
        let timestamp = Timestamp::parse(timestamp).ok_or_else(|| {
            Exception::invalid_parameter("TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.")
        })?;
        let signature = STANDARD.decode(signature).map_err(|_| {
            Exception::invalid_parameter("Invalid PASSWORD_CLAIM_SIGNATURE format. Must be a Base64 string.")
        })?;
        let incorrect = || Exception::not_authorized("Incorrect username or password.");

        let pending = match self.find(block) {
            Ok(pending) => pending,
            Err(NoChallenge::Expired) => return Err(NoChallenge::Expired.into()),
            Err(_) => return Err(incorrect()),
        };
        self.check_secret_hash(&pending, username)?;
        let Challenge::PasswordVerifier(verifier) = &pending.challenge else { return Err(incorrect()) };
        let identity = Identity::new(self.pool.id(), &pending.username);
        let block = STANDARD.decode(block).map_err(|_| incorrect())?;
        if !verifier.key.accepts(identity, &block, &timestamp, &signature) {
            return Err(incorrect());
        }
        let account = self.account(&pending, username).ok_or_else(incorrect)?;
        if PasswordHash::of(account.password()) != verifier.password {
            return Err(incorrect());
        }
        self.pool.may_sign_in(&account)?;
        factor::after_password(&self.step(&pending, TriggerSource::Authentication), &account)
    }

    /// The choice of a first factor in `USER_AUTH`, together with the parameter of that factor.
    fn first_factor(&self, challenge: &str) -> Answer {
        let session = self.required_session()?;
        let username = self.parameters.username()?;
        let pending = self.find(session)?;
        self.check_secret_hash(&pending, username)?;
        if !matches!(pending.challenge, Challenge::FirstFactor) || pending.username != username {
            return Err(NoChallenge::Unknown.into());
        }
        let (pool, client, metadata) = (self.pool, self.client, self.metadata.clone());
        let target = pending.target;
        let sign_in = SignIn { pool, client, username, session: Some(session), metadata, target };
        sign_in.first_factor(challenge, self.parameters)
    }

    /// A new password in place of a temporary one.
    fn new_password(&self) -> Answer {
        let session = self.required_session()?;
        let username = self.parameters.username()?;
        let pending = self.find(session)?;
        self.check_secret_hash(&pending, username)?;
        let Challenge::NewPassword { password: temporary } = pending.challenge else {
            return Err(NoChallenge::Unknown.into());
        };
        let account = self.signing_in(&pending, username, temporary)?;
        let password = self.parameters.required("NEW_PASSWORD")?;
        let attributes = self.parameters.with_prefix("userAttributes.");
        own::check_writable(&attributes)?;
        self.pool.password_policy().accept(password)?;
        self.pool.set_attributes(&account.username, &attributes)?;
        factor::spend(self.pool, session)?;
        let account = self.pool.replace_password(&account.username, password)?;
        factor::after_new_password(&self.step(&pending, TriggerSource::NewPasswordChallenge), &account)
    }

    /// The code of an authenticator app. After a wrong code the session can be used again, but only a few times.
    fn software_token(&self) -> Answer {
        let session = self.required_session()?;
        let username = self.parameters.username()?;
        let pending = self.find(session)?;
        self.check_secret_hash(&pending, username)?;
        let Challenge::SoftwareToken { password, source } = pending.challenge else {
            return Err(NoChallenge::Unknown.into());
        };
        let account = self.signing_in(&pending, username, password)?;
        let code = self.parameters.required("SOFTWARE_TOKEN_MFA_CODE")?;
        if let Err(why) = self.pool.use_software_token(&account.username, code) {
            self.pool.challenges().count_failure(session, self.pool.now());
            return Err(why);
        }
        factor::spend(self.pool, session)?;
        factor::complete(&self.step(&pending, source), &account)
    }

    fn required_session(&self) -> Result<&str, Exception> {
        self.session.ok_or_else(|| Exception::invalid_parameter("Missing required parameter Session"))
    }

    fn find(&self, session: &str) -> Result<PendingSignIn, NoChallenge> {
        self.pool.challenges().find(session, self.client.id(), self.pool.now())
    }

    /// The user of the challenge, if the answer names the same user.
    fn account(&self, pending: &PendingSignIn, name: &str) -> Option<Account> {
        let account = self.pool.account(&pending.username)?;
        let same = |other: Account| other.username == account.username;
        let named = name == account.username || self.pool.account(name).is_some_and(same);
        (named && account.username == pending.username).then_some(account)
    }

    /// As [`account`](Self::account), if the user may still sign in and has the same password as before.
    fn signing_in(
        &self,
        pending: &PendingSignIn,
        name: &str,
        password: PasswordHash,
    ) -> Result<Account, Exception> {
        let account = self.account(pending, name).ok_or(NoChallenge::Unknown)?;
        if PasswordHash::of(account.password()) != password {
            return Err(NoChallenge::Unknown.into());
        }
        self.pool.may_sign_in(&account)?;
        Ok(account)
    }

    /// SDKs compute the hash with the user name of the challenge or with the name that the user entered.
    fn check_secret_hash(&self, pending: &PendingSignIn, name: &str) -> Result<(), Exception> {
        let hash = self.parameters.get("SECRET_HASH");
        caller::check_secret_hash_if_any(self.client, hash, &[name, &pending.username])
    }

    fn step(&self, pending: &PendingSignIn, source: TriggerSource) -> Step<'_> {
        let occasion = Occasion { source, client_metadata: self.metadata.clone() };
        Step { pool: self.pool, client: self.client, occasion, target: pending.target.clone() }
    }
}
