//! Why the configuration of a local pool is not valid.

use cognito_local_pool::PoolError;

/// Why the file is not valid. The text never repeats a line of the file, which may contain a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SettingsError {
    #[error("line {line}, column {column}: {problem}")]
    Toml { line: usize, column: usize, problem: String },
    #[error("{}", in_words_of_the_file(.0))]
    Pool(PoolError),
    #[error("the app client `{client}` has `second_secret` without `secret`; give it `secret`")]
    SecondSecret { client: String },
    #[error(
        "the app client `{client}` has an empty list `{key}`; name a flow, or leave `{key}` out for the default"
    )]
    NoFlows { client: String, key: &'static str },
    #[error("a `[[token_additions]]` is for one user or one app client; give it either `user` or `client`")]
    AdditionsOf,
    #[error(
        "a `[[token_additions]]` is for the app client `{client}`, which does not exist; correct the id, or add the client"
    )]
    AdditionsClient { client: String },
}

/// The errors of the library name its methods. Here, the same settings are keys of a file.
fn in_words_of_the_file(error: &PoolError) -> String {
    match error {
        PoolError::UnknownScope { client, scope } => format!(
            "the app client `{client}` is allowed `{scope}`, which no resource server has; add it to a \
             `[[resource_server]]`, or remove it"
        ),
        PoolError::EmptySecret { client } => {
            format!("the app client `{client}` has an empty secret; give it one, or leave `secret` out")
        }
        PoolError::FlowWithoutSecret { client } => format!(
            "the app client `{client}` is allowed `client_credentials` and has no secret; give it `secret`"
        ),
        PoolError::FlowWithoutCallback { client, flow } => format!(
            "the app client `{client}` is allowed the flow `{flow}` and has no callback URL; add `callback_urls`"
        ),
        PoolError::FlowWithoutScope { client, flow } => format!(
            "the app client `{client}` is allowed the flow `{flow}` and no scope; add `scopes = [\"openid\"]`"
        ),
        PoolError::UsernameAttribute => {
            "`preferred_username` cannot be one of `username_attributes`; use `alias_attributes`".to_owned()
        }
        PoolError::UsernameAndAlias => {
            "there are both `username_attributes` and `alias_attributes`; Cognito has one or the other"
                .to_owned()
        }
        PoolError::EmptySubject { user } => {
            format!("the user `{user}` has an empty subject; give one, or leave `subject` out")
        }
        PoolError::Attribute { user, name } => format!(
            "the user `{user}` cannot have the attribute `{name}`; use a standard one such as `email`, or \
             `custom:{name}` (`subject` and `groups` are keys beside `attributes`)"
        ),
        other => other.to_string(),
    }
}
