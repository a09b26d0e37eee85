//! `known ROUNDS`: what `known` of the other program measures, with the feature `metrics` but without a recorder. `recorded ROUNDS`: the
//! same with the recorder of Prometheus.

use std::env;

use cognito_authorizer::metrics::describe_metrics;
use metrics_exporter_prometheus::PrometheusBuilder;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [what, rounds] = &arguments[..] else { panic!("usage: `known ROUNDS` or `recorded ROUNDS`") };
    let rounds = rounds.parse().expect("a number");
    match &**what {
        "known" => cognito_bench::known::print(rounds),
        "recorded" => {
            let recorder = PrometheusBuilder::new().install_recorder().expect("the only recorder");
            describe_metrics();
            cognito_bench::known::print(rounds);
            let text = recorder.render();
            assert!(text.contains(r#"decision="allowed""#), "the requests were recorded");
        }
        _ => panic!("usage: `known ROUNDS` or `recorded ROUNDS`"),
    }
}
