//! Profiles and accepted token uses, as options and in files.

use clap::ValueEnum;
use cognito_authorizer::{Accept, Profile};
use serde::Deserialize;

/// The name of a profile.
#[derive(Clone, Copy, Debug, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ProfileName {
    /// This project's own, after RFC 6750
    Standard,
    /// A REST API of API Gateway with a Cognito authorizer
    RestApi,
    /// An HTTP API of API Gateway with a JWT authorizer
    HttpApi,
}

/// Which kind of token is accepted.
#[derive(Clone, Copy, Debug, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AcceptedUse {
    Access,
    Id,
    Either,
}

impl From<ProfileName> for Profile {
    fn from(name: ProfileName) -> Self {
        match name {
            ProfileName::Standard => Self::Standard,
            ProfileName::RestApi => Self::RestApi,
            ProfileName::HttpApi => Self::HttpApi,
        }
    }
}

impl From<AcceptedUse> for Accept {
    fn from(accepted: AcceptedUse) -> Self {
        match accepted {
            AcceptedUse::Access => Self::Access,
            AcceptedUse::Id => Self::Id,
            AcceptedUse::Either => Self::Either,
        }
    }
}
