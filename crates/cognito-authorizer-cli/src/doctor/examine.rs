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
    let text = error.to_string();
    let advice = if text.contains("certificate") {
        "The certificate is not trusted here. If a proxy of your network opens TLS, its root certificate has to be in this \
         machine's store; in a container, install `ca-certificates`."
    } else if text.starts_with("http:") {
        "Does the pool run, and on this port? `cognito-authorizer pool` starts one."
    } else if text.contains("lookup") || text.contains("resolve") || text.contains("dns") {
        "The host is not known. Is the Region in the pool's id right? If a proxy is needed to get out, set HTTPS_PROXY."
    } else {
        "Can this machine get out to that host? Look at firewalls, security groups and HTTPS_PROXY; in a private subnet, \
         Cognito needs a NAT gateway or a VPC endpoint."
    };
    Finding::unreachable(subject, text).advise(advice)
}
