//! The feature `metrics`, without a recorder and with the one of Prometheus.
//!
//! `known ROUNDS` and `recorded ROUNDS` measure what `known` of the program `bench` measures. `hit_metered FOLDER` and `hit_recorded FOLDER` are
//! the path `hit` of the program `probe`.

use std::{env, path::Path};

use cognito_authorizer::metrics::describe_metrics;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [what, how] = &arguments[..] else {
        panic!("usage: `known ROUNDS`, `recorded ROUNDS`, `hit_metered FOLDER` or `hit_recorded FOLDER`")
    };
    let recorder = ["recorded", "hit_recorded"].contains(&&**what).then(install);
    match &**what {
        "known" | "recorded" => cognito_bench::known::print(how.parse().expect("a number")),
        "hit_metered" | "hit_recorded" => cognito_bench::probe::run("hit", Path::new(how)),
        _ => panic!("no such measurement: {what}"),
    }
    if let Some(recorder) = recorder {
        assert!(recorder.render().contains(r#"decision="allowed""#), "the requests were recorded");
    }
}

fn install() -> PrometheusHandle {
    let recorder = PrometheusBuilder::new().install_recorder().expect("the only recorder");
    describe_metrics();
    recorder
}
