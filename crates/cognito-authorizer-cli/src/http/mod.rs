//! Requests to servers: over TLS or on loopback, with limits, and without following redirects. Nothing else in the command
//! opens a connection, except the authorizer that `explain` asks, which fetches its keys itself.

mod client;
mod error;
mod url;

pub(crate) use client::{HttpClient, HttpResponse};
pub use error::HttpError;
pub use url::UrlError;
pub(crate) use url::{HttpUrl, SecureUrl};
