//! The paths that are not checks: `/livez`, `/readyz` and `/status`.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use arc_swap::ArcSwap;
use bytes::Bytes;
use cognito_authorizer::CognitoAuthorizer;
use http::{HeaderValue, Request, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::Full;
use serde_json::json;

/// The prefix of the paths of checks.
pub(super) const PREFIX: &str = "/check";

/// The state that the probes report.
pub(super) struct Probes {
    authorizer: ArcSwap<CognitoAuthorizer>,
    draining: AtomicBool,
    replaced: AtomicU64,
    failed: AtomicBool,
}

impl Probes {
    pub(super) fn new(authorizer: CognitoAuthorizer) -> Self {
        let (draining, failed) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { authorizer: ArcSwap::from_pointee(authorizer), draining, replaced: AtomicU64::new(0), failed }
    }

    /// The routes were replaced.
    pub(super) fn set_authorizer(&self, authorizer: CognitoAuthorizer) {
        self.authorizer.store(authorizer.into());
        self.replaced.fetch_add(1, Ordering::Relaxed);
        self.failed.store(false, Ordering::Relaxed);
    }

    /// The routes could not be replaced; the old ones stay in force.
    pub(super) fn set_failed(&self) {
        self.failed.store(true, Ordering::Relaxed);
    }

    /// The process is about to end.
    pub(super) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    fn is_ready(&self) -> bool {
        !self.draining.load(Ordering::Relaxed) && self.authorizer.load().status().is_ready()
    }

    fn status(&self) -> String {
        let status = self.authorizer.load().status();
        let pools = status.pools.iter().map(|pool| {
            json!({
                "pool": pool.pool.as_str(),
                "keys": pool.key_ids.len(),
                "age_seconds": pool.age.map(|age| age.as_secs()),
                "failures": pool.failures,
                "last_error": pool.last_error.as_ref().map(ToString::to_string),
            })
        });
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "ready": self.is_ready(),
            "draining": self.draining.load(Ordering::Relaxed),
            "replaced": self.replaced.load(Ordering::Relaxed),
            "last_replacement_failed": self.failed.load(Ordering::Relaxed),
            "pools": pools.collect::<Vec<_>>(),
        })
        .to_string()
    }
}

/// The response of a probe; `None` if the request is a check. Probes respond with 204, not 200: if a proxy is configured without the
/// prefix, it sends the check to the path of the original request, and must not mistake a probe's response for an allowed check.
pub(super) fn answer<B>(probes: &Probes, request: &Request<B>) -> Option<Response<Full<Bytes>>> {
    let path = request.uri().path();
    let is_check = path.strip_prefix(PREFIX).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if is_check {
        return None;
    }
    Some(match path {
        "/livez" => empty(StatusCode::NO_CONTENT),
        "/readyz" if probes.is_ready() => empty(StatusCode::NO_CONTENT),
        "/readyz" => empty(StatusCode::SERVICE_UNAVAILABLE),
        "/status" => {
            let mut response = Response::new(Full::from(probes.status()));
            // Not 200, for the reason above.
            *response.status_mut() = StatusCode::NON_AUTHORITATIVE_INFORMATION;
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            response
        }
        _ => empty(StatusCode::NOT_FOUND),
    })
}

fn empty(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}
