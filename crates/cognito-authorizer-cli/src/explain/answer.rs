//! What the client gets.

use std::fmt;

use cognito_authorizer::{Profile, explain::Explanation};
use http::StatusCode;
use serde::Serialize;

use crate::style::printable;

/// What the client gets.
#[derive(Debug)]
pub(super) struct Answer {
    profile: Profile,
    /// `None` if the request is accepted: the service answers then.
    refused: Option<(StatusCode, String)>,
}

impl Answer {
    /// The response of [`Refused::response`](cognito_authorizer::Refused::response).
    pub(super) fn of(explanation: &Explanation, profile: Profile) -> Self {
        let refused = explanation.outcome().err().map(|refused| {
            let response = refused.response();
            (response.status(), String::from_utf8_lossy(response.body()).into_owned())
        });
        Self { profile, refused }
    }

    pub(super) fn is_refused(&self) -> bool {
        self.refused.is_some()
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.profile {
            Profile::RestApi => "A REST API answers: ",
            Profile::HttpApi => "An HTTP API answers: ",
            _ => "The client gets: ",
        })?;
        match &self.refused {
            Some((status, body)) => write!(f, "{} {}", status.as_u16(), printable(body)),
            None => f.write_str("what the service answers, because the request is accepted"),
        }
    }
}

/// The answer as JSON.
#[derive(Debug, Serialize)]
pub(super) struct JsonAnswer<'a> {
    profile: &'static str,
    /// Null if the service answers.
    status: Option<u16>,
    body: Option<&'a str>,
}

impl<'a> From<&'a Answer> for JsonAnswer<'a> {
    fn from(answer: &'a Answer) -> Self {
        let profile = match answer.profile {
            Profile::RestApi => "rest-api",
            Profile::HttpApi => "http-api",
            _ => "standard",
        };
        let (status, body) = answer.refused.as_ref().map(|(status, body)| (status.as_u16(), &**body)).unzip();
        Self { profile, status, body }
    }
}
