//! Sends requests.

use std::{error::Error, time::Duration};

use cognito_verify::UnixTime;
use reqwest::{Client, RequestBuilder, header, redirect::Policy};

use crate::{
    http::{error::HttpError, url::SecureUrl},
    moment,
    style::printable,
};

/// API Gateway's limit on the body of a JWK Set. Nothing else that is requested here is larger.
const MAX_BODY: usize = 150_000;

const AGENT: &str = concat!("cognito-authorizer-cli/", env!("CARGO_PKG_VERSION"));

/// Sends requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HttpClient {
    timeout: Duration,
}

/// A response, whatever its status.
#[derive(Debug)]
pub(crate) struct HttpResponse {
    pub(crate) status: u16,
    /// The header `Date`, if it can be read.
    pub(crate) date: Option<UnixTime>,
    pub(crate) body: Vec<u8>,
}

impl HttpClient {
    /// A client whose requests may each take this long.
    pub(crate) fn new(timeout: Duration) -> Self {
        Self { timeout }
    }

    pub(crate) async fn get(self, url: &SecureUrl) -> Result<HttpResponse, HttpError> {
        let request = self.client(url)?.get(url.as_str()).header(header::ACCEPT, "application/json");
        self.send(url, request).await
    }

    pub(crate) async fn post(
        self,
        url: &SecureUrl,
        headers: &[(&'static str, &'static str)],
        body: String,
    ) -> Result<HttpResponse, HttpError> {
        let request = self.client(url)?.post(url.as_str()).body(body);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.send(url, request).await
    }

    /// A client for this URL. It is made only when it is needed: making one for TLS fails where there are no root
    /// certificates, such as in a bare container, and neither files nor loopback addresses need them.
    fn client(self, url: &SecureUrl) -> Result<Client, HttpError> {
        let client = Client::builder().redirect(Policy::none()).timeout(self.timeout).user_agent(AGENT);
        let client = if url.has_tls() {
            client
        } else {
            // Plain http is for loopback and for hosts that an option names, and must not go through a proxy.
            client.no_proxy().tls_certs_only([])
        };
        client.build().map_err(|error| HttpError::Client { problem: root_cause(&error) })
    }

    async fn send(self, url: &SecureUrl, request: RequestBuilder) -> Result<HttpResponse, HttpError> {
        let requested = || url.as_str().to_owned();
        let failed = |error: reqwest::Error| {
            if error.is_timeout() {
                HttpError::TimedOut { url: requested(), after: self.timeout }
            } else {
                HttpError::Transport { url: requested(), problem: root_cause(&error) }
            }
        };
        let mut response = request.send().await.map_err(failed)?;
        if response.status().is_redirection() {
            return Err(HttpError::Redirected { url: requested(), status: response.status().as_u16() });
        }
        let date = response.headers().get(header::DATE).and_then(|date| date.to_str().ok());
        let mut read = HttpResponse {
            status: response.status().as_u16(),
            date: date.and_then(moment::parse_http_date),
            body: Vec::new(),
        };
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if read.body.len() + chunk.len() > MAX_BODY {
                return Err(HttpError::TooLarge { url: requested(), limit: MAX_BODY });
            }
            read.body.extend_from_slice(&chunk);
        }
        Ok(read)
    }
}

/// The deepest source. The errors around it say only that something failed.
fn root_cause(error: &dyn Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    // It may have text of the server in it, such as the names of its certificate.
    printable(&deepest.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_server_that_does_not_answer_is_given_up_after_the_time_out() {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url: SecureUrl = format!("http://{}", silent.local_addr().unwrap()).parse().unwrap();
        let after = Duration::from_millis(50);
        let error = HttpClient::new(after).get(&url).await.unwrap_err();
        assert_eq!(error, HttpError::TimedOut { url: url.as_str().to_owned(), after });
    }

    #[test]
    fn the_text_of_a_server_cannot_steer_the_terminal() {
        let error = std::io::Error::other("certificate is for \u{1b}]0;evil\u{7}\u{202e}");
        assert_eq!(root_cause(&error), r"certificate is for \u{1b}]0;evil\u{7}\u{202e}");
    }
}
