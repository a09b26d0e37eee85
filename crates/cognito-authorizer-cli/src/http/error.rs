//! Why there is no response.

use std::time::Duration;

/// Why there is no response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// It took too long.
    #[error("{url} gave no complete answer within {} s", .after.as_secs())]
    TimedOut {
        /// The URL of the request.
        url: String,
        /// The time-out.
        after: Duration,
    },
    /// There is no connection or no TLS session, or the connection broke.
    #[error("{url} could not be reached: {problem}")]
    Transport {
        /// The URL of the request.
        url: String,
        /// What the transport reports.
        problem: String,
    },
    /// A redirect, which is not followed.
    #[error(
        "{url} answers with a redirect (status {status}), which is not followed; give the URL that it leads to"
    )]
    Redirected {
        /// The URL of the request.
        url: String,
        /// The status.
        status: u16,
    },
    /// The body is too large.
    #[error("{url} answers with more than {limit} bytes")]
    TooLarge {
        /// The URL of the request.
        url: String,
        /// The limit.
        limit: usize,
    },
    /// The system has no HTTP client: most often, because it has no root certificates.
    #[error("no HTTP client: {problem}")]
    Client {
        /// What is wrong.
        problem: String,
    },
}
