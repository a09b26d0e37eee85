//! The steps of a sign-in: the password or its proof, then what else is required.

use serde_json::{Map, Value, json};

use super::request::{AuthParameters, Metadata};
use super::{Answer, shape};
use crate::acr::{AcrTarget, Factors};
use crate::challenges::{Challenge, NoChallenge, PasswordHash, PendingSignIn, Verifier};
use crate::client::AppClient;
use crate::clock::seconds;
use crate::directory::Account;
use crate::exception::Exception;
use crate::grant::{Grant, Holder};
use crate::issuing::UserTokens;
use crate::pool::LocalPool;
use crate::random;
use crate::srp::{Exchange, PublicA};
use crate::trigger::{Occasion, TriggerSource};
use crate::user::UserStatus;

/// The first factors of a local pool, in the order in which `USER_AUTH` offers them.
const FIRST_FACTORS: [&str; 2] = ["PASSWORD_SRP", "PASSWORD"];

/// How the client came to an SRP exchange.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Via {
    /// `USER_SRP_AUTH`, where Cognito gives no session.
    SrpFlow,
    /// `USER_AUTH`, where it does.
    Choice,
}

/// A sign-in under the name `username`, which may not belong to a user.
pub(super) struct SignIn<'a> {
    pub(super) pool: &'a LocalPool,
    pub(super) client: &'a AppClient,
    /// The name as given: a user name or an alias.
    pub(super) username: &'a str,
    /// The session, if this answers a challenge.
    pub(super) session: Option<&'a str>,
    pub(super) metadata: Metadata,
    pub(super) target: Option<AcrTarget>,
}

impl SignIn<'_> {
    /// Signs in with the password itself.
    pub(super) fn check_password(&self, password: &str) -> Answer {
        let account = self.pool.authenticate(self.username, password)?;
        self.spend_session()?;
        after_password(&self.step(), &account)
    }

    /// `SELECT_CHALLENGE`: the same for every user, and for names that no user has.
    pub(super) fn offer_challenges(&self) -> Value {
        let session = self.wait_for_first_factor();
        json!({
            "AvailableChallenges": FIRST_FACTORS,
            "ChallengeName": "SELECT_CHALLENGE",
            "ChallengeParameters": {},
            "Session": session,
        })
    }

    /// The challenge for a user who presents an access token, if the target needs only the code of the authenticator app
    /// in addition. `None` if the user has to begin with the password.
    pub(super) fn step_up(&self, parameters: &AuthParameters) -> Result<Option<Value>, Exception> {
        let max_age = parameters.get("MAX_AGE").map(str::parse::<u32>).transpose();
        let max_age =
            max_age.map_err(|_| Exception::invalid_parameter("MAX_AGE is not a number of seconds"))?;
        let Some(token) = parameters.get("ACCESS_TOKEN") else { return Ok(None) };
        let Some(target) = &self.target else {
            return Err(Exception::invalid_parameter("ACCESS_TOKEN needs TARGET_ACR_VALUES"));
        };
        let token = self.pool.check_access_token(token)?;
        let named = self.pool.account_to_sign_in(self.username);
        if named.is_none_or(|named| named.subject != token.account.subject) {
            return Err(Exception::not_authorized("The access token is not of this user."));
        }
        let text = |name: &str| token.claim(name).and_then(Value::as_str);
        let level = text("acr").and_then(|acr| self.pool.settings().acr_names.level(acr));
        let auth_time = token.claim("auth_time").and_then(Value::as_i64).unwrap_or_default();
        let age = self.pool.now().saturating_sub(auth_time);
        if max_age.is_some_and(|most| age > i64::from(most)) {
            return Ok(None);
        }
        if level.is_some_and(|level| target.is_met_at(level)) {
            return Err(Exception::invalid_parameter("The access token already meets the requested level."));
        }
        let methods = token.claim("amr").and_then(Value::as_array);
        let gave_password = methods.is_some_and(|methods| methods.iter().any(|method| method == "pwd"));
        if !gave_password || token.account.software_token.is_none() {
            return Ok(None);
        }
        self.pool.may_sign_in(&token.account)?;
        after_password(&self.step(), &token.account).map(Some)
    }

    /// The challenge that the client prefers. If the request already has its parameter, this answers it at once.
    pub(super) fn preferred(&self, challenge: &str, parameters: &AuthParameters) -> Answer {
        check_first_factor(challenge)?;
        if challenge == "PASSWORD" && parameters.get("PASSWORD").is_some()
            || challenge == "PASSWORD_SRP" && parameters.get("SRP_A").is_some()
        {
            return self.first_factor(challenge, parameters);
        }
        let session = self.wait_for_first_factor();
        Ok(json!({ "ChallengeName": challenge, "ChallengeParameters": {}, "Session": session }))
    }

    /// The answer to a challenge for a first factor.
    pub(super) fn first_factor(&self, challenge: &str, parameters: &AuthParameters) -> Answer {
        check_first_factor(challenge)?;
        if challenge == "PASSWORD_SRP" {
            let a = parameters.public_a()?;
            self.spend_session()?;
            return Ok(self.ask_for_proof(&a, Via::Choice));
        }
        self.check_password(parameters.required("PASSWORD")?)
    }

    /// Marks the session as used. If two answers race, one is refused.
    fn spend_session(&self) -> Result<(), Exception> {
        self.session.map_or(Ok(()), |session| spend(self.pool, session))
    }

    fn wait_for_first_factor(&self) -> String {
        self.step().wait(self.username, Challenge::FirstFactor)
    }

    fn step(&self) -> Step<'_> {
        let (source, client_metadata) = (TriggerSource::Authentication, self.metadata.clone());
        Step {
            pool: self.pool,
            client: self.client,
            occasion: Occasion { source, client_metadata },
            target: self.target.clone(),
        }
    }

    /// `PASSWORD_VERIFIER`. A user who does not exist gets the same challenge, but no proof is ever accepted.
    pub(super) fn ask_for_proof(&self, a: &PublicA, via: Via) -> Value {
        let account = self.pool.account_to_sign_in(self.username);
        let password = account.as_ref().map(Account::password);
        let user_id = match &account {
            Some(account) => account.username.clone(),
            None => self.made_up_user_id(),
        };
        let Exchange { salt, public_b, key } = Exchange::new(self.pool.id(), &user_id, password, a);
        let verifier = Verifier { key, password: PasswordHash::of(password.unwrap_or_default()) };
        let block = self.step().wait(&user_id, Challenge::PasswordVerifier(verifier));
        let mut answer = json!({
            "ChallengeName": "PASSWORD_VERIFIER",
            "ChallengeParameters": {
                "SALT": salt,
                "SECRET_BLOCK": block,
                "SRP_B": public_b,
                "USERNAME": user_id,
                "USER_ID_FOR_SRP": user_id,
            },
        });
        if let (Via::Choice, Some(members)) = (via, answer.as_object_mut()) {
            members.insert("Session".to_owned(), block.into());
        }
        answer
    }

    /// A user id for a user who does not exist, like those of users who do: a UUID if the pool has username attributes.
    fn made_up_user_id(&self) -> String {
        if self.pool.directory().names().username.is_empty() {
            self.username.to_owned()
        } else {
            random::stable_uuid(&["no such user", self.pool.id(), self.username])
        }
    }
}

/// Whether `USER_AUTH` offers this challenge here.
fn check_first_factor(challenge: &str) -> Result<(), Exception> {
    if FIRST_FACTORS.contains(&challenge) {
        return Ok(());
    }
    let offered = FIRST_FACTORS.join(" or ");
    Err(Exception::invalid_parameter(match challenge {
        "EMAIL_OTP" | "SMS_OTP" | "WEB_AUTHN" => {
            format!("a local pool does not offer {challenge}; use {offered}")
        }
        _ => format!("the challenge is not one that USER_AUTH has; use {offered}"),
    }))
}

/// Marks a session as used, after it was found to be valid.
pub(super) fn spend(pool: &LocalPool, session: &str) -> Result<(), Exception> {
    if pool.challenges().use_up(session, pool.now()) { Ok(()) } else { Err(NoChallenge::Used.into()) }
}

impl From<NoChallenge> for Exception {
    fn from(why: NoChallenge) -> Self {
        Self::not_authorized(match why {
            NoChallenge::Unknown => "Invalid session for the user.",
            NoChallenge::Expired => "Invalid session for the user, session is expired.",
            NoChallenge::Used => "Invalid session for the user, session can only be used once.",
        })
    }
}

/// The context of a step: the client, and the occasion that is passed to the trigger when tokens are issued.
pub(super) struct Step<'a> {
    pub(super) pool: &'a LocalPool,
    pub(super) client: &'a AppClient,
    pub(super) occasion: Occasion,
    pub(super) target: Option<AcrTarget>,
}

impl Step<'_> {
    /// Keeps a sign-in until its challenge is answered, and returns the session.
    fn wait(&self, username: &str, challenge: Challenge) -> String {
        let (client, username) = (self.client.id().to_owned(), username.to_owned());
        let expires = self.pool.now().saturating_add(seconds(self.client.auth_session));
        let target = self.target.clone();
        self.pool.challenges().keep(PendingSignIn { client, username, challenge, target }, expires)
    }

    fn ask(&self, account: &Account, name: &str, challenge: Challenge, parameters: &Value) -> Value {
        let session = self.wait(&account.username, challenge);
        json!({ "ChallengeName": name, "ChallengeParameters": parameters, "Session": session })
    }
}

/// What follows a correct password: a challenge or the tokens.
pub(super) fn after_password(step: &Step<'_>, account: &Account) -> Answer {
    if account.status != UserStatus::ForceChangePassword {
        return after_new_password(step, account);
    }
    let attributes = Value::Object(shape::attribute_map(account)).to_string();
    let parameters = json!({
        "USER_ID_FOR_SRP": account.username,
        "requiredAttributes": "[]",
        "userAttributes": attributes,
    });
    let challenge = Challenge::NewPassword { password: PasswordHash::of(account.password()) };
    Ok(step.ask(account, "NEW_PASSWORD_REQUIRED", challenge, &parameters))
}

/// What follows a correct password that is not temporary: the challenge for an authenticator app's code, or the tokens.
pub(super) fn after_new_password(step: &Step<'_>, account: &Account) -> Answer {
    if account.software_token.is_none() {
        return complete(step, account);
    }
    let parameters = json!({ "FRIENDLY_DEVICE_NAME": "TOTP device", "USER_ID_FOR_SRP": account.username });
    let password = PasswordHash::of(account.password());
    let challenge = Challenge::SoftwareToken { password, source: step.occasion.source };
    Ok(step.ask(account, "SOFTWARE_TOKEN_MFA", challenge, &parameters))
}

/// The tokens of a sign-in that is complete.
pub(super) fn complete(step: &Step<'_>, account: &Account) -> Answer {
    let Step { pool, client, occasion, target } = step;
    let mut grant = Grant::api(Holder::of(account), client.id(), pool.now());
    if let Some(target) = target {
        let factors = Factors::of(account);
        if !target.is_met_by(factors) {
            let message = "The user has no factors for the levels of TARGET_ACR_VALUES.";
            return Err(Exception::invalid_parameter(message));
        }
        grant.authentication = Some(pool.settings().acr_names.authentication(factors));
    }
    let tokens = pool.issue_to_user(client, &grant, occasion.clone())?;
    let result = authentication_result(tokens, Some(pool.keep_grant(client, grant)));
    Ok(json!({ "AuthenticationResult": result, "ChallengeParameters": {} }))
}

/// `AuthenticationResult`.
pub(super) fn authentication_result(tokens: UserTokens, refresh_token: Option<String>) -> Value {
    let mut result = Map::new();
    result.insert("AccessToken".to_owned(), tokens.access.into());
    result.insert("ExpiresIn".to_owned(), tokens.expires_in.into());
    result.extend(tokens.id.map(|token| ("IdToken".to_owned(), token.into())));
    result.extend(refresh_token.map(|token| ("RefreshToken".to_owned(), token.into())));
    result.insert("TokenType".to_owned(), "Bearer".into());
    result.into()
}
