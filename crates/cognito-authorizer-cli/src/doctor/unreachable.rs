//! Advice if there is no response.

use crate::{doctor::finding::Finding, http::HttpError};

pub(super) fn unreachable(subject: &'static str, error: &HttpError) -> Finding {
    Finding::unreachable(subject, error.to_string()).advise(advice(error))
}

fn advice(error: &HttpError) -> &'static str {
    match error {
        HttpError::Redirected { .. } => {
            "A user pool does not redirect. Is this a proxy, or a sign-in page of your network? For an emulator, give its URLs \
             with `--issuer` and `--jwks-url`."
        }
        HttpError::TooLarge { .. } => "A user pool's response is never that large. Is the URL right?",
        HttpError::Client { .. } => "TLS needs root certificates: in a container, install `ca-certificates`.",
        HttpError::Transport { problem, .. } if problem.contains("proxy authorization required") => {
            "The proxy answers 407: it needs a user name and a password. Give them in the variable, \
             `HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT`, for this command and for the service."
        }
        HttpError::Transport { problem, .. } if problem.contains("tunnel error") => {
            "The proxy does not connect to that host. Let its administrator allow the host, or name it in NO_PROXY if it is \
             reached without the proxy."
        }
        HttpError::Transport { problem, .. } if problem.contains("certificate") => {
            "The certificate is not trusted here. If a proxy of your network opens TLS connections, this machine needs its root \
             certificate; in a container, install `ca-certificates`."
        }
        // For rustls, the response of a server without TLS is a corrupt record.
        HttpError::Transport { problem, .. } if problem.contains("corrupt message") => {
            "The server does not speak TLS on this port: give an `http` URL, or the port that uses TLS."
        }
        HttpError::Transport { problem, .. } if problem.contains("lookup") => {
            "There is no such host. Is the Region in the pool's id right? If this machine needs a proxy, set HTTPS_PROXY."
        }
        // For hyper, the alert of a server with TLS is a response with an invalid HTTP version.
        HttpError::Transport { url, problem }
            if is_plain(url)
                && (problem.contains("HTTP version") || problem.contains("connection closed")) =>
        {
            "The server does not speak plain HTTP on this port. If it uses TLS, give an `https` URL."
        }
        HttpError::Transport { url, .. } | HttpError::TimedOut { url, .. } if is_plain(url) => {
            "Is the pool running, and on this port? `cognito-authorizer pool` starts one."
        }
        HttpError::Transport { .. } | HttpError::TimedOut { .. } => {
            "Can this machine reach that host? Look at firewalls, security groups and HTTPS_PROXY. A private subnet needs a NAT \
             gateway, or a VPC endpoint for `cognito-idp`, whose URL `--jwks-url` takes."
        }
    }
}

fn is_plain(url: &str) -> bool {
    url.starts_with("http:")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_reason_has_its_advice() {
        let url = || "https://cognito-idp.eu-west-1.amazonaws.com/a".to_owned();
        let transport = |problem: &str| HttpError::Transport { url: url(), problem: problem.to_owned() };
        let plain = |problem: &str| HttpError::Transport {
            url: "http://127.0.0.1:9229/a".to_owned(),
            problem: problem.to_owned(),
        };
        for (error, expected) in [
            (transport("invalid peer certificate: UnknownIssuer"), "The certificate is not trusted here"),
            (transport("failed to lookup address information"), "Is the Region in the pool's id right?"),
            (transport("Connection refused"), "Can this machine reach that host"),
            (transport("received corrupt message of type InvalidContentType"), "does not speak TLS"),
            (transport("tunnel error: proxy authorization required"), "answers 407"),
            (transport("tunnel error: unsuccessful"), "does not connect to that host"),
            (plain("invalid HTTP version parsed"), "give an `https` URL"),
            (plain("connection closed before message completed"), "give an `https` URL"),
            (plain("Connection refused"), "Is the pool running"),
            (
                HttpError::TimedOut { url: url(), after: Duration::from_secs(5) },
                "Can this machine reach that host",
            ),
            (
                HttpError::TimedOut { url: "http://[::1]:1".into(), after: Duration::ZERO },
                "Is the pool running",
            ),
            (HttpError::Redirected { url: url(), status: 302 }, "A user pool does not redirect"),
            (HttpError::TooLarge { url: url(), limit: 1 }, "response is never that large"),
            (HttpError::Client { problem: "no CA".into() }, "install `ca-certificates`"),
        ] {
            assert!(advice(&error).contains(expected), "{error}: {}", advice(&error));
        }
    }
}
