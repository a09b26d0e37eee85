//! The settings of the program, read once from the environment and checked.

use std::{ffi::OsString, fmt};

use cognito_authorizer::{
    CognitoAuthBuilder, CognitoAuthLayer, ConfigError, PoolError, UserPool, UserPoolId,
};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

/// The settings of the program.
pub(crate) struct Settings {
    pub(crate) listen: Address,
    pub(crate) pool: Pool,
    pub(crate) start: Start,
    pub(crate) log: EnvFilter,
}

/// The pool whose tokens are accepted.
#[derive(Debug, PartialEq)]
pub(crate) enum Pool {
    /// A pool in this process.
    Local { listen: Address },
    /// A pool elsewhere.
    Cognito(CognitoPool),
}

#[derive(Debug, PartialEq)]
pub(crate) struct CognitoPool {
    id: UserPoolId,
    clients: Clients,
    issuer: Option<String>,
    jwks_url: Option<String>,
    http_host: Option<String>,
}

#[derive(Debug, PartialEq)]
enum Clients {
    Any,
    These(Vec<String>),
}

/// Whether to wait for the keys before the first request.
#[derive(Debug, PartialEq)]
pub(crate) enum Start {
    WithKeys,
    Lazily,
}

/// An address to listen on, and the variable that sets it.
#[derive(Debug, PartialEq)]
pub(crate) struct Address {
    variable: &'static str,
    text: String,
}

/// An invalid value of a variable.
#[derive(Debug, PartialEq)]
pub(crate) struct SettingError {
    pub(crate) variable: &'static str,
    pub(crate) problem: String,
    pub(crate) fix: &'static str,
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.variable, self.problem, self.fix)
    }
}

impl std::error::Error for SettingError {}

impl Settings {
    pub(crate) fn from_environment() -> Result<Self, SettingError> {
        Self::read(|variable| std::env::var_os(variable))
    }

    fn read(environment: impl Fn(&str) -> Option<OsString>) -> Result<Self, SettingError> {
        let text = |variable| text(variable, environment(variable));
        let address = |variable, default: &str| {
            text(variable).map(|text| Address { variable, text: text.unwrap_or_else(|| default.to_owned()) })
        };

        let (issuer, jwks_url) = (text("COGNITO_ISSUER")?, text("COGNITO_JWKS_URL")?);
        let http_host = text("COGNITO_DANGEROUS_HTTP_HOST")?;
        let (id, clients) = (text("COGNITO_USER_POOL_ID")?, text("COGNITO_CLIENT_IDS")?);
        let pool = match id {
            Some(id) => {
                let (id, clients) = (user_pool_id(&id)?, clients_of(clients.as_deref())?);
                Pool::Cognito(CognitoPool { id, clients, issuer, jwks_url, http_host })
            }
            // A pool of AWS was meant, so tokens of a local pool must not be accepted instead.
            None if [&clients, &issuer, &jwks_url, &http_host].into_iter().any(Option::is_some) => {
                return Err(SettingError {
                    variable: "COGNITO_USER_POOL_ID",
                    problem: "not set, although other variables configure a user pool".to_owned(),
                    fix: "set it to the pool's id, or unset all `COGNITO_…` to use a local pool",
                });
            }
            None => Pool::Local { listen: address("POOL_LISTEN", "127.0.0.1:9229")? },
        };
        Ok(Self {
            listen: address("LISTEN", "127.0.0.1:3000")?,
            pool,
            start: start(text("ORDERS_LAZY")?.as_deref())?,
            log: log_filter(environment("RUST_LOG"))?,
        })
    }
}

/// The value of a variable, if it is set. An empty value is an error and not the default, because it may come from a variable of a
/// script that is not set.
pub(crate) fn text(variable: &'static str, value: Option<OsString>) -> Result<Option<String>, SettingError> {
    match value.map(OsString::into_string) {
        None => Ok(None),
        Some(Ok(text)) if !text.trim().is_empty() => Ok(Some(text.trim().to_owned())),
        Some(_) => {
            let problem = "the value is empty or not Unicode".to_owned();
            Err(SettingError { variable, problem, fix: "give it one, or unset the variable" })
        }
    }
}

fn user_pool_id(text: &str) -> Result<UserPoolId, SettingError> {
    text.parse().map_err(|_| SettingError {
        variable: "COGNITO_USER_POOL_ID",
        problem: format!("`{text}` is not a user pool id"),
        fix: "give one that reads like `eu-west-1_Ab12Cd34E`",
    })
}

fn clients_of(text: Option<&str>) -> Result<Clients, SettingError> {
    let error = |problem: &str| SettingError {
        variable: "COGNITO_CLIENT_IDS",
        problem: problem.to_owned(),
        fix: "name the app clients to accept, separated by commas, or `any`",
    };
    let ids: Vec<&str> = text
        .ok_or_else(|| error("not set, and required for a user pool"))?
        .split(',')
        .map(str::trim)
        .collect();
    match *ids {
        ["any"] => Ok(Clients::Any),
        _ if ids.contains(&"") => Err(error("an app client with an empty id")),
        _ if ids.contains(&"any") => Err(error("`any` cannot be combined with app clients")),
        _ => Ok(Clients::These(ids.into_iter().map(str::to_owned).collect())),
    }
}

fn start(text: Option<&str>) -> Result<Start, SettingError> {
    match text {
        None | Some("0") => Ok(Start::WithKeys),
        Some("1") => Ok(Start::Lazily),
        Some(other) => Err(SettingError {
            variable: "ORDERS_LAZY",
            problem: format!("`{other}` is neither `0` nor `1`"),
            fix: "set it to `1` to start without keys, or unset it",
        }),
    }
}

/// An empty `RUST_LOG` is treated as unset, as in most programs; `off` turns the log off.
fn log_filter(value: Option<OsString>) -> Result<EnvFilter, SettingError> {
    let value = value.filter(|value| !value.to_str().is_some_and(|value| value.trim().is_empty()));
    let text = text("RUST_LOG", value)?;
    EnvFilter::try_new(text.as_deref().unwrap_or("info")).map_err(|error| SettingError {
        variable: "RUST_LOG",
        problem: error.to_string(),
        fix: "give it a level, or targets with levels, such as `info,cognito_authorizer=debug`",
    })
}

impl Address {
    #[cfg(test)]
    pub(crate) fn for_test(text: &str) -> Self {
        Self { variable: "TEST", text: text.to_owned() }
    }

    pub(crate) async fn bind(&self) -> Result<TcpListener, SettingError> {
        TcpListener::bind(&self.text).await.map_err(|error| SettingError {
            variable: self.variable,
            problem: format!("cannot listen on `{}`: {error}", self.text),
            fix: "set it to another address, such as `127.0.0.1:0` for a free port",
        })
    }
}

impl CognitoPool {
    /// A layer for this pool, to be finished.
    pub(crate) fn authorizer(self) -> CognitoAuthBuilder {
        let mut pool = UserPool::from(&self.id);
        pool = match self.clients {
            Clients::Any => pool.any_client(),
            Clients::These(ids) => ids.into_iter().fold(pool, UserPool::client),
        };
        if let Some(issuer) = self.issuer {
            pool = pool.issuer(issuer);
        }
        if let Some(url) = self.jwks_url {
            pool = pool.jwks_url(url);
        }
        if let Some(host) = self.http_host {
            pool = pool.dangerous_allow_http(host);
        }
        CognitoAuthLayer::builder(pool)
    }
}

impl Start {
    /// Finishes the layer.
    pub(crate) async fn layer(
        self,
        builder: CognitoAuthBuilder,
    ) -> Result<CognitoAuthLayer, Box<dyn std::error::Error>> {
        let layer = match self {
            Self::WithKeys => builder.connect().await,
            Self::Lazily => builder.connect_lazy(),
        };
        layer.map_err(explained)
    }
}

/// The error, with the variable that made the setting.
fn explained(error: ConfigError) -> Box<dyn std::error::Error> {
    let variable = match &error {
        ConfigError::Pool(
            PoolError::Url { setting: "jwks_url", .. } | PoolError::PlainHttp { setting: "jwks_url", .. },
        ) => "COGNITO_JWKS_URL",
        ConfigError::Pool(
            PoolError::Url { .. } | PoolError::PlainHttp { .. } | PoolError::UnknownRegion { .. },
        ) => "COGNITO_ISSUER",
        ConfigError::Keys { url, .. } if url.starts_with("http:") => {
            return format!("{error} (`ORDERS_LAZY=1`); if a proxy is set, set NO_PROXY=127.0.0.1 too")
                .into();
        }
        ConfigError::Keys { .. } => return format!("{error} (`ORDERS_LAZY=1`)").into(),
        _ => return error.into(),
    };
    format!("{variable}: {error}").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, String> {
        Settings::read(|variable| {
            variables.iter().find(|(name, _)| *name == variable).map(|(_, value)| value.into())
        })
        .map_err(|error| error.to_string())
    }

    #[test]
    fn without_variables_there_is_a_local_pool() {
        let settings = read(&[]).unwrap();
        let pool = Address { variable: "POOL_LISTEN", text: "127.0.0.1:9229".to_owned() };
        assert_eq!(settings.pool, Pool::Local { listen: pool });
        assert_eq!(settings.listen, Address { variable: "LISTEN", text: "127.0.0.1:3000".to_owned() });
        assert_eq!(settings.start, Start::WithKeys);
    }

    #[test]
    fn a_user_pool_takes_the_place_of_the_local_one() {
        let settings = read(&[
            ("COGNITO_USER_POOL_ID", "eu-west-1_Ab12Cd34E"),
            ("COGNITO_CLIENT_IDS", "one, two"),
            ("ORDERS_LAZY", "1"),
        ])
        .unwrap();
        let Pool::Cognito(pool) = settings.pool else { panic!("a local pool") };
        assert_eq!(pool.clients, Clients::These(vec!["one".to_owned(), "two".to_owned()]));
        assert_eq!(settings.start, Start::Lazily);
    }

    #[test]
    fn an_empty_rust_log_is_treated_as_unset() {
        for variables in [&[][..], &[("RUST_LOG", "")], &[("RUST_LOG", " ")]] {
            assert_eq!(read(variables).unwrap().log.to_string(), "info", "{variables:?}");
        }
        assert_eq!(read(&[("RUST_LOG", "orders=debug")]).unwrap().log.to_string(), "orders=debug");
    }

    #[test]
    fn a_mistake_names_its_variable() {
        let pool = ("COGNITO_USER_POOL_ID", "eu-west-1_Ab12Cd34E");
        let cases: [(&[(&str, &str)], &str); 11] = [
            (&[("COGNITO_USER_POOL_ID", "eu-west-1")], "COGNITO_USER_POOL_ID: `eu-west-1` is not"),
            (&[("COGNITO_USER_POOL_ID", "")], "COGNITO_USER_POOL_ID: the value is empty"),
            (&[("COGNITO_CLIENT_IDS", "one")], "COGNITO_USER_POOL_ID: not set"),
            (&[("COGNITO_ISSUER", "http://127.0.0.1:1/p")], "COGNITO_USER_POOL_ID: not set"),
            (&[("COGNITO_DANGEROUS_HTTP_HOST", "cognito")], "COGNITO_USER_POOL_ID: not set"),
            (&[pool], "COGNITO_CLIENT_IDS: not set"),
            (&[pool, ("COGNITO_CLIENT_IDS", "one,")], "COGNITO_CLIENT_IDS: an app client with an empty id"),
            (&[pool, ("COGNITO_CLIENT_IDS", "one,any")], "COGNITO_CLIENT_IDS: `any` cannot be combined"),
            (&[("ORDERS_LAZY", "yes")], "ORDERS_LAZY: `yes` is neither"),
            (&[("RUST_LOG", "orders=loud")], "RUST_LOG: "),
            (&[("LISTEN", " ")], "LISTEN: the value is empty"),
        ];
        for (variables, expected) in cases {
            let error = read(variables).err().unwrap_or_default();
            assert!(error.starts_with(expected), "{variables:?}: {error}");
        }
    }
}
