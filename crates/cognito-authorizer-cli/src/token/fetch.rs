//! The two requests for tokens, and their responses.

use cognito_verify::{IssuerForm, UserPoolId};
use serde::Deserialize;
use serde_json::json;

use crate::{
    error::{CommandError, TokenError},
    http::{HttpClient, HttpResponse, SecureUrl},
    secret::Secret,
    style::printable,
    token::{advice::fix, options::Token, secret_hash::secret_hash},
};

/// The issued tokens.
#[derive(Debug)]
pub(super) struct Issued {
    pub(super) access_token: Secret,
    pub(super) id_token: Option<Secret>,
    refresh_token: Option<Secret>,
    expires_in: Option<u64>,
}

impl Issued {
    pub(super) fn to_json(&self) -> String {
        let reveal = |secret: &Option<Secret>| secret.as_ref().map(|secret| secret.reveal().to_owned());
        let all = json!({
            "access_token": self.access_token.reveal(),
            "id_token": reveal(&self.id_token),
            "refresh_token": reveal(&self.refresh_token),
            "expires_in": self.expires_in,
        });
        format!("{all:#}")
    }
}

/// RFC 6749 §4.4. The secret is in the body, because servers disagree on how a `Basic` header encodes it (§2.3.1).
pub(super) async fn client_credentials(
    options: &Token,
    domain: &SecureUrl,
    secret: Option<Secret>,
    http: HttpClient,
) -> Result<Issued, CommandError> {
    #[derive(Deserialize)]
    struct TokenResponse {
        access_token: Option<String>,
        expires_in: Option<u64>,
        error: Option<String>,
        #[serde(default)]
        error_description: String,
    }

    let client = options.client.as_deref().unwrap_or_default();
    let url = domain.join("/oauth2/token");
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials").append_pair("client_id", client);
    if let Some(secret) = &secret {
        form.append_pair("client_secret", secret.reveal());
    }
    if !options.scopes.is_empty() {
        form.append_pair("scope", &options.scopes.join(" "));
    }
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let response = http.post(&url, &headers, form.finish()).await?;
    let no_token = || TokenError::NoToken { url: url.as_str().to_owned(), status: response.status };
    let tokens: TokenResponse = serde_json::from_slice(&response.body).map_err(|_| no_token())?;
    match (tokens.access_token, tokens.error) {
        (_, Some(code)) => Err(refused(&url, &code, &tokens.error_description).into()),
        (Some(token), None) => Ok(Issued {
            access_token: token.into(),
            id_token: None,
            refresh_token: None,
            expires_in: tokens.expires_in,
        }),
        (None, None) => Err(no_token().into()),
    }
}

/// [`InitiateAuth`][aws] with `USER_PASSWORD_AUTH`.
///
/// [aws]: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html
pub(super) async fn password(
    options: &Token,
    username: &str,
    password: Option<Secret>,
    client_secret: Option<Secret>,
    http: HttpClient,
) -> Result<Issued, CommandError> {
    let client = options.client.as_deref().unwrap_or_default();
    let url = api_url(options.endpoint.as_ref(), options.pool.as_ref())?;
    let password = password.as_ref().map(Secret::reveal).unwrap_or_default();
    let mut parameters = json!({ "USERNAME": username, "PASSWORD": password });
    if let (Some(secret), Some(members)) = (&client_secret, parameters.as_object_mut()) {
        members.insert("SECRET_HASH".to_owned(), secret_hash(secret, username, client).into());
    }
    let body = json!({
        "AuthFlow": "USER_PASSWORD_AUTH", "ClientId": client, "AuthParameters": parameters,
    });
    let headers = [
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amz-target", "AWSCognitoIdentityProviderService.InitiateAuth"),
    ];
    let response = http.post(&url, &headers, body.to_string()).await?;
    Ok(read_response(&url, &response)?)
}

fn read_response(url: &SecureUrl, response: &HttpResponse) -> Result<Issued, TokenError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct InitiateAuthResponse {
        authentication_result: Option<AuthenticationResult>,
        challenge_name: Option<String>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct AuthenticationResult {
        access_token: String,
        id_token: Option<String>,
        refresh_token: Option<String>,
        expires_in: Option<u64>,
    }

    #[derive(Deserialize)]
    struct Exception {
        #[serde(rename = "__type")]
        kind: String,
        #[serde(default, alias = "Message")]
        message: String,
    }

    let no_token = || TokenError::NoToken { url: url.as_str().to_owned(), status: response.status };
    if response.status != 200 {
        let exception: Exception = serde_json::from_slice(&response.body).map_err(|_| no_token())?;
        // Some servers write a namespace before it: `com.amazonaws…#NotAuthorizedException`.
        let kind = exception.kind.rsplit('#').next().unwrap_or_default();
        return Err(refused(url, kind, &exception.message));
    }
    let started: InitiateAuthResponse = serde_json::from_slice(&response.body).map_err(|_| no_token())?;
    match (started.authentication_result, started.challenge_name) {
        (Some(tokens), _) => Ok(Issued {
            access_token: tokens.access_token.into(),
            id_token: tokens.id_token.map(Secret::from),
            refresh_token: tokens.refresh_token.map(Secret::from),
            expires_in: tokens.expires_in,
        }),
        (None, Some(challenge)) => Err(TokenError::Challenge { challenge: printable(&challenge) }),
        (None, None) => Err(no_token()),
    }
}

fn refused(url: &SecureUrl, code: &str, message: &str) -> TokenError {
    TokenError::Refused {
        url: url.as_str().to_owned(),
        code: printable(code),
        message: printable(message.trim_end_matches('.')),
        fix: fix(code, message),
    }
}

/// The URL of Cognito's API, on the host of the pool's issuer.
fn api_url(endpoint: Option<&SecureUrl>, pool: Option<&UserPoolId>) -> Result<SecureUrl, TokenError> {
    if let Some(endpoint) = endpoint {
        return Ok(endpoint.join("/"));
    }
    let issuer = pool.and_then(|pool| Some((pool, pool.issuer(IssuerForm::Original)?)));
    let url = issuer.and_then(|(pool, issuer)| issuer.strip_suffix(pool.as_str())?.parse().ok());
    url.ok_or_else(|| TokenError::NoRegion { pool: pool.map(ToString::to_string).unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> Result<Issued, String> {
        let url = "https://idp.example".parse().unwrap();
        let response = HttpResponse { status, date: None, body: body.into() };
        read_response(&url, &response).map_err(|error| error.to_string())
    }

    #[test]
    fn the_api_is_in_the_region_of_the_pool() {
        for (pool, url) in [
            ("eu-west-1_Ab12Cd34E", "https://cognito-idp.eu-west-1.amazonaws.com/"),
            ("cn-north-1_a", "https://cognito-idp.cn-north-1.amazonaws.com.cn/"),
        ] {
            assert_eq!(api_url(None, Some(&pool.parse().unwrap())).unwrap().as_str(), url);
        }
        let endpoint = "http://127.0.0.1:9229".parse().unwrap();
        assert_eq!(api_url(Some(&endpoint), None).unwrap().as_str(), "http://127.0.0.1:9229/");
    }

    #[test]
    fn a_response_without_a_token_is_an_error() {
        for (status, body, expected) in [
            (200, "{}", "answers with status 200 and no token"),
            (200, "<html>", "answers with status 200 and no token"),
            (502, "<html>", "answers with status 502 and no token"),
            (
                200,
                r#"{"ChallengeName":"NEW_PASSWORD_REQUIRED","Session":"s"}"#,
                "challenge NEW_PASSWORD_REQUIRED",
            ),
            (
                400,
                r#"{"__type":"com.amazonaws#InvalidParameterException","message":"USER_PASSWORD_AUTH flow not enabled for this client"}"#,
                "refuses: InvalidParameterException: USER_PASSWORD_AUTH flow not enabled for this client; allow the app \
                 client `ALLOW_USER_PASSWORD_AUTH`",
            ),
            (400, r#"{"__type":"TooManyRequestsException"}"#, "refuses: TooManyRequestsException"),
            (400, "{\"__type\":\"A\\u001b[2J\"}", r"refuses: A\u{1b}[2J"),
        ] {
            let error = read(status, body).unwrap_err();
            assert!(error.contains(expected), "{body}: {error}");
        }
    }

    #[test]
    fn issued_tokens_are_not_logged() {
        let body = r#"{"AuthenticationResult":{"AccessToken":"aaa","IdToken":"iii","RefreshToken":"rrr","ExpiresIn":3600}}"#;
        let issued = read(200, body).unwrap();
        let shown = format!("{issued:?}");
        assert!(["aaa", "iii", "rrr"].iter().all(|token| !shown.contains(token)), "{shown}");
        assert!(issued.to_json().contains("\"refresh_token\": \"rrr\""));
    }
}
