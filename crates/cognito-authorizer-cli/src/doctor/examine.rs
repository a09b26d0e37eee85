//! The examination: what is requested, in order.

use cognito_verify::UnixTime;

use crate::{
    doctor::{
        clock,
        discovery::{self, Document},
        finding::{Finding, Findings},
        keys,
        target::{self, ExaminedPool, Fetched, KeysUrl},
    },
    http::{HttpClient, HttpUrl, SecureUrl, UrlError},
};

/// Requests the documents of the pool, and whether it also answers at `updated`, AWS's other issuer.
pub(super) async fn examine(
    target: &ExaminedPool,
    updated: Option<&SecureUrl>,
    http: HttpClient,
    now: &dyn Fn() -> UnixTime,
) -> Findings {
    let mut findings = Findings::default();
    let document = document(target, http, now).await;
    let keys = target::fetch(target.keys.url(), http, now).await;
    findings.add(transport(target, document.as_ref(), &keys));
    findings.add(discovery::other_pools(target));
    findings.add([discovery(target, updated, document.as_ref(), &keys, http).await]);
    findings.add(keys::findings(&keys.response));
    let fetched = document.as_ref().map(|document| &document.fetched);
    findings.add(clock::finding([Some(&keys), fetched].into_iter().flatten()));
    // If one form is unreachable, so is the other.
    let is_reached = document.is_some_and(|document| document.fetched.response.is_ok());
    let is_aws = matches!(target.keys, KeysUrl::BelowIssuer(_));
    if let Some(updated) = updated.filter(|_| is_reached && is_aws) {
        let other = target::fetch(&target::document(updated), http, now).await;
        findings.add([discovery::updated_form(updated, &other.response)]);
    }
    findings
}

/// The response at the URL of a discovery document.
struct FetchedDocument {
    url: SecureUrl,
    fetched: Fetched,
}

/// Requests the discovery document. If the keys are not below the issuer, it is requested from their server, because services fetch
/// from that server; otherwise from the issuer. `None` if neither may be requested.
async fn document(
    target: &ExaminedPool,
    http: HttpClient,
    now: &dyn Fn() -> UnixTime,
) -> Option<FetchedDocument> {
    let mut last = None;
    for url in [target.keys_document(), target.issuer_document()].into_iter().flatten() {
        let fetched = target::fetch(&url, http, now).await;
        let is_document = Document::read(&fetched.response).is_some();
        last = Some(FetchedDocument { url, fetched });
        if is_document {
            break;
        }
    }
    last
}

/// Checks what the discovery document says about the issuer and the keys.
async fn discovery(
    target: &ExaminedPool,
    updated: Option<&SecureUrl>,
    fetched: Option<&FetchedDocument>,
    keys: &Fetched,
    http: HttpClient,
) -> Finding {
    let read = fetched.and_then(|FetchedDocument { url, fetched }| {
        let document = Document::read(&fetched.response)?;
        Some((url, document))
    });
    let Some((url, document)) = read else {
        return match (&target.keys, fetched) {
            (KeysUrl::BelowIssuer(_), Some(fetched)) => {
                discovery::without_document(&fetched.url, &fetched.fetched.response)
            }
            _ => discovery::unknown_keys(target),
        };
    };
    if !document.has_issuer_of(target) {
        return discovery::other_issuer(target, &document, updated);
    }
    let is_of_keys = Some(url) == target.keys_document().as_ref();
    match &document.jwks_uri {
        Some(named) if !is_of_keys && named != target.keys.url().as_str() => {
            discovery::compared_keys(target, named, compare(target, named, keys, http).await)
        }
        _ => discovery::expected_issuer(target),
    }
}

/// Compares the keys with those at the URL that the discovery document names.
async fn compare(
    target: &ExaminedPool,
    named: &str,
    keys: &Fetched,
    http: HttpClient,
) -> Result<keys::Common, String> {
    let url: HttpUrl = named.parse().map_err(|error: UrlError| error.to_string())?;
    let url = url.secure(target.allowed_http.as_deref()).map_err(|error| error.to_string())?;
    if url.is_on_loopback() && !target.keys.url().is_on_loopback() {
        // A remote server must not make this command send requests to this machine.
        return Err("it is on this machine, and the pool is not".to_owned());
    }
    let other = http.get(&url).await.map_err(|error| error.to_string())?;
    let here = keys.response.as_ref().map_err(|_| "there are no keys to compare".to_owned())?;
    keys::common(here, &other).ok_or_else(|| "one of the two has no keys".to_owned())
}

/// Whether the connection used TLS.
fn transport(target: &ExaminedPool, document: Option<&FetchedDocument>, keys: &Fetched) -> Option<Finding> {
    let document = document.filter(|document| document.fetched.response.is_ok());
    let keys_url = keys.response.is_ok().then(|| target.keys.url());
    let mut reached = document.map(|document| &document.url).into_iter().chain(keys_url).peekable();
    reached.peek()?;
    Some(match reached.find(|url| !url.has_tls()) {
        None => Finding::good("TLS", "with certificates that this machine trusts"),
        Some(url) if url.is_on_loopback() => Finding::note("TLS", "none: a loopback address"),
        Some(_) => Finding::note(
            "TLS",
            "none, as `--dangerous-allow-http` allows: anyone who can change the traffic can replace the keys",
        ),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{clock::system_time, http::HttpError};

    #[tokio::test]
    async fn a_pool_elsewhere_cannot_make_this_machine_ask_itself() {
        let issuer: HttpUrl = "https://idp.example/eu-west-1_Ab12Cd34E".parse().unwrap();
        let url = issuer.secure(None).unwrap();
        let target = ExaminedPool {
            pool: "eu-west-1_Ab12Cd34E".parse().unwrap(),
            keys: KeysUrl::BelowIssuer(url.join("/.well-known/jwks.json")),
            issuer_url: Some(url),
            issuer,
            allowed_http: None,
        };
        let response = Err(HttpError::Client { problem: "not requested".to_owned() });
        let keys = Fetched { response, before: system_time(), after: system_time() };
        let http = HttpClient::new(Duration::from_secs(1));
        let error = compare(&target, "http://127.0.0.1:1/keys", &keys, http).await.unwrap_err();
        assert_eq!(error, "it is on this machine, and the pool is not");
    }
}
