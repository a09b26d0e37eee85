//! The examination: what is asked, in order.

use cognito_verify::UnixTime;

use crate::{
    doctor::{
        clock, discovery,
        finding::{Finding, Report},
        keys,
    },
    http::{Answer, Http, HttpError, SecureUrl},
};

/// What is asked.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) issuer: SecureUrl,
    pub(super) jwks_url: SecureUrl,
}

/// An answer, or why there is none, and when it came.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) answer: Result<Answer, HttpError>,
    pub(super) before: UnixTime,
    pub(super) after: UnixTime,
}

/// Asks the pool at `target`, and whether it also answers at `updated`, AWS's other issuer form.
pub(super) async fn examine(
    target: &Target,
    updated: Option<&SecureUrl>,
    http: Http,
    now: &dyn Fn() -> UnixTime,
) -> Report {
    let mut findings = Vec::new();
    let document = ask(&discovery::url(&target.issuer), http, now).await;
    let keys = ask(&target.jwks_url, http, now).await;
    findings.extend(transport(target, &document, &keys));
    findings.push(discovery::of_pool(target, updated, &document.answer));
    findings.extend(keys::findings(&keys.answer));
    findings.extend(clock::finding([&keys, &document]));
    // Where the one form is out of reach, the other is too.
    if let Some(updated) = updated.filter(|_| document.answer.is_ok()) {
        let other = ask(&discovery::url(updated), http, now).await;
        findings.push(discovery::of_updated_form(updated, &other.answer));
    }
    Report { findings }
}

async fn ask(url: &SecureUrl, http: Http, now: &dyn Fn() -> UnixTime) -> Asked {
    let before = now();
    let answer = http.get(url).await;
    Asked { answer, before, after: now() }
}

/// Whether there was a connection at all, and of what kind.
fn transport(target: &Target, document: &Asked, keys: &Asked) -> Option<Finding> {
    if document.answer.is_err() && keys.answer.is_err() {
        return None;
    }
    Some(if target.issuer.has_tls() && target.jwks_url.has_tls() {
        Finding::good("TLS", "by certificates that this machine trusts")
    } else {
        Finding::note("TLS", "none: a loopback address")
    })
}

/// What to do where there is no answer.
pub(super) fn unreachable(subject: &'static str, error: &HttpError) -> Finding {
    let advice = match error {
        HttpError::Redirected { .. } => {
            "Whatever redirects is not the pool: a proxy, or a sign-in page of your network? If it is an emulator, name its \
             URLs with `--issuer` and `--jwks-url`."
        }
        HttpError::TooLarge { .. } => "Whatever answers so much is not the pool. Is the URL right?",
        HttpError::Client { .. } => "TLS needs root certificates: in a container, install `ca-certificates`.",
        HttpError::Transport { problem, .. } if problem.contains("certificate") => {
            "The certificate is not trusted here. If a proxy of your network opens TLS, its root certificate has to be in \
             this machine's store; in a container, install `ca-certificates`."
        }
        HttpError::Transport { problem, .. } if problem.contains("lookup") => {
            "The host is not known. Is the Region in the pool's id right? If a proxy is needed to get out, set HTTPS_PROXY."
        }
        HttpError::Transport { url, .. } | HttpError::TimedOut { url, .. } if url.starts_with("http:") => {
            "Does the pool run, and on this port? `cognito-authorizer pool` starts one."
        }
        HttpError::Transport { .. } | HttpError::TimedOut { .. } => {
            "Can this machine get out to that host? Look at firewalls, security groups and HTTPS_PROXY; a private \
             subnet gets out by a NAT gateway."
        }
    };
    Finding::unreachable(subject, error.to_string()).advise(advice)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn no_answer_has_its_advice_by_the_reason() {
        let url = || "https://cognito-idp.eu-west-1.amazonaws.com/a".to_owned();
        let transport = |problem: &str| HttpError::Transport { url: url(), problem: problem.to_owned() };
        for (error, advice) in [
            (transport("invalid peer certificate: UnknownIssuer"), "The certificate is not trusted here"),
            (transport("failed to lookup address information"), "Is the Region in the pool's id right?"),
            (transport("Connection refused"), "Can this machine get out"),
            (HttpError::TimedOut { url: url(), after: Duration::from_secs(5) }, "Can this machine get out"),
            (
                HttpError::TimedOut { url: "http://[::1]:1".into(), after: Duration::ZERO },
                "Does the pool run",
            ),
            (HttpError::Redirected { url: url(), status: 302 }, "Whatever redirects is not the pool"),
            (HttpError::TooLarge { url: url(), limit: 1 }, "Whatever answers so much"),
            (HttpError::Client { problem: "no CA".into() }, "install `ca-certificates`"),
        ] {
            let found = format!("{:?}", unreachable("keys", &error));
            assert!(found.contains(advice), "{found}");
        }
    }
}
