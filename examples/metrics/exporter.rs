//! The recorder of the metrics, and the endpoint from which Prometheus scrapes them.

use axum::{
    Router,
    extract::State,
    http::{HeaderName, header::CONTENT_TYPE},
    routing::get,
};
use cognito_authorizer::{CognitoAuthLayer, metrics::describe_metrics};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;

use crate::settings::{self, SettingError};

const VARIABLE: &str = "METRICS_LISTEN";
/// Upper bounds in seconds: a verification takes some 20 µs, and a fetch of keys at most its time-out.
const BUCKETS: [f64; 12] =
    [0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.001, 0.01, 0.1, 0.25, 0.5, 1.0, 2.5];

/// A separate address for Prometheus, which clients of the API do not reach.
pub(crate) async fn listener() -> Result<TcpListener, SettingError> {
    let address = settings::text(VARIABLE, std::env::var_os(VARIABLE))?;
    let address = address.as_deref().unwrap_or("127.0.0.1:9464");
    TcpListener::bind(address).await.map_err(|error| SettingError {
        variable: VARIABLE,
        problem: format!("cannot listen on `{address}`: {error}"),
        fix: "set it to another address, such as `127.0.0.1:0` for a free port",
    })
}

/// Installs the recorder, and describes the series to it.
pub(crate) fn install() -> Result<PrometheusHandle, BuildError> {
    let seconds = Matcher::Suffix("_seconds".to_owned());
    let builder = PrometheusBuilder::new().set_buckets_for_metric(seconds, &BUCKETS)?;
    let recorder = builder.install_recorder()?;
    describe_metrics();
    Ok(recorder)
}

/// `GET /metrics`.
pub(crate) fn router(recorder: PrometheusHandle, auth: CognitoAuthLayer) -> Router {
    Router::new().route("/metrics", get(scrape)).with_state((recorder, auth))
}

async fn scrape(
    State((recorder, auth)): State<(PrometheusHandle, CognitoAuthLayer)>,
) -> ([(HeaderName, &'static str); 1], String) {
    auth.record_key_metrics(); // the current age of the keys
    recorder.run_upkeep();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], recorder.render())
}
