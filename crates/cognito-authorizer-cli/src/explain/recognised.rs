//! Recognises what is not an access token or ID token of the user pool, by its form and its unverified text.

use cognito_verify::UserPoolId;
use uuid::Uuid;

use crate::{explain::unverified::Unverified, style::printable};

/// What was pasted instead of a token of the user pool.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Recognised {
    /// A refresh token of Amazon Cognito: an encrypted JWT.
    RefreshToken,
    /// A refresh token of a local pool.
    LocalRefreshToken,
    /// The `code` of a redirect sign-in.
    Code,
    /// An opaque credential, and whose it is.
    Opaque(&'static str),
    /// The header `x-amzn-oidc-data` of an Application Load Balancer.
    LoadBalancer,
    /// A token of a Cognito identity pool.
    IdentityPool,
    /// A JWT of another issuer, and whose it is if that is known.
    OtherIssuer { name: Option<&'static str>, issuer: String },
    /// A token of a user pool that is not trusted.
    OtherPool { pool: UserPoolId },
}

/// How opaque credentials begin, and whose they are.
const OPAQUE: [(&str, &str); 8] = [
    ("ya29.", "an access token of Google"),
    ("gho_", "an OAuth token of GitHub"),
    ("ghp_", "a personal access token of GitHub"),
    ("ghs_", "an installation token of GitHub"),
    ("github_pat_", "a personal access token of GitHub"),
    ("glpat-", "a personal access token of GitLab"),
    ("xox", "a token of Slack"),
    ("sk_", "a secret key of Stripe"),
];

/// How issuers begin, and whose they are.
const ISSUERS: [(&str, &str); 9] = [
    ("https://accounts.google.com", "Google"),
    ("accounts.google.com", "Google"),
    ("https://securetoken.google.com/", "Firebase"),
    ("https://login.microsoftonline.com/", "Microsoft Entra ID"),
    ("https://sts.windows.net/", "Microsoft Entra ID"),
    ("https://appleid.apple.com", "Apple"),
    ("https://token.actions.githubusercontent.com", "GitHub Actions"),
    ("https://kubernetes.default.svc", "Kubernetes (a service account)"),
    ("kubernetes/serviceaccount", "Kubernetes (a service account)"),
];

/// Parts of issuers, and whose they are.
const ISSUER_PARTS: [(&str, &str); 7] = [
    (".auth0.com", "Auth0"),
    (".okta.com", "Okta"),
    (".oktapreview.com", "Okta"),
    (".b2clogin.com", "Azure AD B2C"),
    (".supabase.co", "Supabase"),
    (".clerk.accounts.dev", "Clerk"),
    ("/realms/", "Keycloak"),
];

const IDENTITY_POOL: &str = "https://cognito-identity.amazonaws.com";
/// The length of 64 random bytes in base64url.
const LOCAL_REFRESH_TOKEN: usize = 86;

impl Recognised {
    /// Recognises a token; `None` if it may be one of a trusted pool. `is_trusted` says whether an issuer is one of those.
    pub(super) fn of(
        token: &str,
        unverified: &Unverified,
        is_trusted: impl Fn(&str) -> bool,
    ) -> Option<Self> {
        let segments = token.split('.').count();
        let of_base64url = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        match segments {
            5 if unverified.header("enc").is_some() => return Some(Self::RefreshToken),
            1 if token.len() == 36 && Uuid::try_parse(token).is_ok() => return Some(Self::Code),
            1 if token.len() == LOCAL_REFRESH_TOKEN && token.bytes().all(of_base64url) => {
                return Some(Self::LocalRefreshToken);
            }
            _ => {}
        }
        if let Some((_, whose)) = OPAQUE.into_iter().find(|(start, _)| token.starts_with(start)) {
            return Some(Self::Opaque(whose));
        }
        if unverified.header("signer").is_some_and(|signer| signer.starts_with("arn:aws")) {
            return Some(Self::LoadBalancer);
        }
        let issuer = unverified.text("iss").filter(|issuer| !is_trusted(issuer))?;
        if issuer == IDENTITY_POOL {
            return Some(Self::IdentityPool);
        }
        let by_start = ISSUERS.into_iter().find(|(start, _)| issuer.starts_with(start));
        let by_part = || ISSUER_PARTS.into_iter().find(|(part, _)| issuer.contains(part));
        let name = by_start.or_else(by_part).map(|(_, name)| name);
        Some(match (name, unverified.pool()) {
            (None, Some(pool)) => Self::OtherPool { pool },
            _ => Self::OtherIssuer { name, issuer: issuer.to_owned() },
        })
    }

    /// Whether it may be a token of a pool that the caller did not name.
    pub(super) fn is_unknown(&self) -> bool {
        matches!(self, Self::OtherPool { .. } | Self::OtherIssuer { name: None, .. })
    }

    /// A short name for other programs.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::RefreshToken => "refresh_token",
            Self::LocalRefreshToken => "local_refresh_token",
            Self::Code => "authorization_code",
            Self::Opaque(_) => "opaque_credential",
            Self::LoadBalancer => "load_balancer_data",
            Self::IdentityPool => "identity_pool_token",
            Self::OtherIssuer { .. } => "other_issuer",
            Self::OtherPool { .. } => "other_user_pool",
        }
    }

    /// What it is, as a sentence.
    pub(super) fn sentence(&self) -> String {
        match self {
            Self::RefreshToken => "This is a refresh token of Amazon Cognito (an encrypted JWT).".to_owned(),
            Self::LocalRefreshToken => "This looks like a refresh token of a local pool.".to_owned(),
            Self::Code => "This looks like the `code` of a sign-in.".to_owned(),
            Self::Opaque(whose) => format!("This looks like {whose}, not like a token of a user pool."),
            Self::LoadBalancer => {
                "This is the header `x-amzn-oidc-data` of an Application Load Balancer, which signed it."
                    .to_owned()
            }
            Self::IdentityPool => {
                "This is a token of a Cognito identity pool, which gives AWS credentials, not of a user pool."
                    .to_owned()
            }
            Self::OtherIssuer { name: Some(name), issuer } => {
                format!("This is a token of {name} ({}), not of a user pool.", printable(issuer))
            }
            Self::OtherIssuer { name: None, issuer } => {
                format!(
                    "This token names the issuer {}, which is not a trusted user pool.",
                    printable(issuer)
                )
            }
            Self::OtherPool { pool } => {
                format!("This token names the user pool {pool}, which is not trusted here.")
            }
        }
    }

    /// What to do about it. Another pool is proposed by the advice on its key, with the options for it.
    pub(super) fn advice(&self) -> Option<&'static str> {
        Some(match self {
            Self::RefreshToken | Self::LocalRefreshToken => {
                "A refresh token is only for the token endpoint (`grant_type=refresh_token`), never for an API: send the \
                 access token (`access_token`, `AccessToken`)."
            }
            Self::Code => "The token endpoint gives tokens for it: send the access token.",
            Self::Opaque(_) => {
                "A user pool's tokens are JWTs, which begin with `eyJ`. If users sign in with that provider through Cognito, send \
                 the access token that Cognito issues, not the provider's."
            }
            Self::LoadBalancer => {
                "A service behind the load balancer verifies it with the load balancer's public key. For the user pool's access \
                 token, use the header `x-amzn-oidc-accesstoken`."
            }
            Self::IdentityPool => "Send the access token of the user pool, from before it was exchanged.",
            Self::OtherIssuer { .. } => {
                "If users sign in with that provider through Cognito, send the access token that Cognito issues, not the \
                 provider's."
            }
            Self::OtherPool { .. } => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;

    fn jwt(header: &str, claims: &str) -> String {
        format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims))
    }

    fn of(token: &str) -> Option<Recognised> {
        Recognised::of(token, &Unverified::read(token, 9999), |issuer| issuer == "https://trusted.example")
    }

    #[test]
    fn credentials_that_are_not_of_the_pool_are_recognised() {
        let encrypted = URL_SAFE_NO_PAD.encode(r#"{"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}"#);
        let oidc_data = r#"{"typ":"JWT","kid":"k","alg":"ES256","signer":"arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/a/b"}"#;
        let by = |issuer: &str| jwt(r#"{"alg":"RS256","kid":"k"}"#, &format!(r#"{{"iss":"{issuer}"}}"#));
        for (token, code) in [
            (format!("{encrypted}.a.b.c.d"), Some("refresh_token")),
            ("A".repeat(86), Some("local_refresh_token")),
            ("0f8fad5b-d9cb-469f-a165-70867728950e".to_owned(), Some("authorization_code")),
            ("ya29.a0AfB_byC".to_owned(), Some("opaque_credential")),
            (jwt(oidc_data, r#"{"sub":"ada"}"#), Some("load_balancer_data")),
            (by("https://cognito-identity.amazonaws.com"), Some("identity_pool_token")),
            (by("https://accounts.google.com"), Some("other_issuer")),
            (by("https://idp.example"), Some("other_issuer")),
            (by("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other"), Some("other_user_pool")),
            (by("https://trusted.example"), None),
            (jwt(r#"{"alg":"RS256"}"#, "{}"), None),
            ("TOKEN".to_owned(), None),
            ("e.e.e.e.e".to_owned(), None),
        ] {
            assert_eq!(of(&token).as_ref().map(Recognised::code), code, "{token}");
        }
    }

    #[test]
    fn an_issuer_is_named_if_it_is_known() {
        for (issuer, name) in [
            ("https://accounts.google.com", "Google"),
            ("https://login.microsoftonline.com/1/v2.0", "Microsoft Entra ID"),
            ("https://dev-1.eu.auth0.com/", "Auth0"),
            ("https://keycloak.example/realms/staff", "Keycloak"),
        ] {
            let token = jwt(r#"{"alg":"RS256"}"#, &format!(r#"{{"iss":"{issuer}"}}"#));
            let sentence = of(&token).unwrap().sentence();
            assert!(sentence.contains(&format!("a token of {name} ({issuer})")), "{sentence}");
        }
    }
}
