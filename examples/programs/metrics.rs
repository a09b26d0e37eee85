//! What Prometheus scrapes from `metrics`, and what its alert rules and its dashboard ask for.

use std::collections::{BTreeMap, BTreeSet};

use cognito_authorizer::{Refusal, metrics as names};

use crate::{Program, curl};

/// Every series.
const NAMES: [&str; 11] = [
    names::CACHE_ENTRIES,
    names::CACHE_TOTAL,
    names::DECISIONS_TOTAL,
    names::KEYS,
    names::KEYS_AGE_SECONDS,
    names::KEYS_STALE,
    names::KEY_FETCHES_TOTAL,
    names::KEY_FETCH_SECONDS,
    names::REVOCATION_CHECKS_TOTAL,
    names::UNKNOWN_KID_TOTAL,
    names::VERIFY_SECONDS,
];

/// The labels of each series beside `pool`, `instance` and `le`, with the values that a query may compare them with.
fn labels() -> BTreeMap<&'static str, BTreeMap<&'static str, Vec<&'static str>>> {
    let reasons = vec!["keys_unavailable", "no_layer", "mistaken_requirement"];
    let results = vec!["fetched"];
    let of = |labels: &[(&'static str, Vec<&'static str>)]| labels.iter().cloned().collect();
    BTreeMap::from([
        (names::CACHE_ENTRIES, of(&[])),
        (names::CACHE_TOTAL, of(&[("outcome", vec!["hit", "miss", "dropped_key"])])),
        (
            names::DECISIONS_TOTAL,
            of(&[
                ("decision", vec!["allowed", "refused"]),
                ("reason", reasons),
                ("token_use", vec!["access", "id", "none"]),
            ]),
        ),
        (names::KEYS, of(&[("pool", vec![])])),
        (names::KEYS_AGE_SECONDS, of(&[("pool", vec![])])),
        (names::KEYS_STALE, of(&[("pool", vec![])])),
        (names::KEY_FETCHES_TOTAL, of(&[("pool", vec![]), ("cause", vec![]), ("result", results.clone())])),
        (names::KEY_FETCH_SECONDS, of(&[("pool", vec![]), ("result", results)])),
        (
            names::REVOCATION_CHECKS_TOTAL,
            of(&[("result", vec!["in_force", "revoked", "failed", "timed_out"])]),
        ),
        (names::UNKNOWN_KID_TOTAL, of(&[("pool", vec![]), ("outcome", vec!["fetched", "cooled_down"])])),
        (names::VERIFY_SECONDS, of(&[("result", vec!["accepted", "rejected"])])),
    ])
}

#[tokio::test]
async fn a_scrape_shows_what_the_lines_of_metrics_caused_and_no_caller() {
    let program = Program::start("metrics", &[]);
    let variables = program.variables();
    assert_eq!(program.try_all().await, 8);
    let scrape = curl("curl $METRICS/metrics", &variables).await;
    assert_eq!(scrape.headers()["content-type"], "text/plain; version=0.0.4");
    let scrape = scrape.text().await.expect("text");
    // Durations differ, and so does the age.
    let is_exact = |line: &&str| {
        !line.starts_with('#') && !["_seconds", "_bucket"].iter().any(|part| line.contains(part))
    };
    let exact: BTreeSet<&str> = scrape.lines().filter(is_exact).filter(|line| !line.is_empty()).collect();
    let expected: BTreeSet<&str> = include_str!("../metrics/scrape.txt").lines().collect();
    assert_eq!(exact, expected, "{scrape}");
    for line in [
        "# TYPE cognito_authorizer_decisions_total counter",
        "# TYPE cognito_authorizer_keys_age_seconds gauge",
        "# TYPE cognito_authorizer_verify_seconds histogram",
        "# HELP cognito_authorizer_keys Usable keys of a user pool.",
        r#"cognito_authorizer_verify_seconds_count{result="accepted"} 2"#,
        r#"cognito_authorizer_verify_seconds_count{result="rejected"} 2"#,
        r#"cognito_authorizer_key_fetch_seconds_count{pool="ap-south-1_LocalPool",result="fetched"} 1"#,
    ] {
        assert!(scrape.lines().any(|found| found == line), "{line} is not in\n{scrape}");
    }
    let secrets = ["bob", "eyJ", "orders/read", "/orders", "4example23456789"];
    assert!(!secrets.iter().any(|secret| scrape.contains(secret)), "{scrape}");
    // Clients of the API do not get it.
    assert_eq!(curl("curl $API/metrics", &variables).await.status(), 404);
}

/// The series of a query, each with the label matchers behind it.
fn series(query: &str) -> Vec<(String, Vec<(String, String)>)> {
    const PREFIX: &str = "cognito_authorizer_";
    let one = |part: &str| {
        let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(part.len());
        let (name, behind) = part.split_at(end);
        let name =
            ["_bucket", "_sum", "_count"].iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
        let matchers = behind.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let matchers = matchers.map(|(inner, _)| inner).unwrap_or_default().split(',');
        let matchers = matchers.filter(|matcher| !matcher.is_empty()).map(|matcher| {
            let (label, value) = matcher.split_once(['=', '!']).expect("a comparison");
            (label.to_owned(), value.trim_start_matches(['=', '~']).trim_matches('"').to_owned())
        });
        (format!("{PREFIX}{name}"), matchers.collect())
    };
    query.split(PREFIX).skip(1).map(one).collect()
}

/// Checks that an expression asks for what is recorded. Returns its series.
fn check(expression: &str) -> Vec<String> {
    let all = labels();
    let found = series(expression);
    assert!(!found.is_empty(), "{expression}");
    let mut grouped: Vec<&str> = Vec::new();
    for part in expression.split("by (").skip(1) {
        grouped.extend(part.split(')').next().expect("its end").split(", "));
    }
    for (name, matchers) in &found {
        let labels = all.get(&**name).unwrap_or_else(|| panic!("{name} is not recorded: {expression}"));
        for (label, values) in matchers {
            let known = labels.get(&**label).unwrap_or_else(|| panic!("{name} has no {label}: {expression}"));
            for value in values.split('|') {
                assert!(known.contains(&value), "{label} is never {value}: {expression}");
            }
        }
        for label in &grouped {
            let is_known = labels.contains_key(label) || ["instance", "le"].contains(label);
            assert!(is_known, "{name} has no {label}: {expression}");
        }
    }
    found.into_iter().map(|(name, _)| name).collect()
}

#[test]
fn every_alert_asks_for_what_is_recorded() {
    let rules = include_str!("../metrics/alerts.yml");
    let expressions: Vec<&str> =
        rules.lines().filter_map(|line| line.trim().strip_prefix("expr: ")).collect();
    assert_eq!(expressions.len(), rules.matches("- alert: ").count());
    let asked: BTreeSet<String> = expressions.iter().flat_map(|expression| check(expression)).collect();
    for name in [names::KEYS_AGE_SECONDS, names::KEYS_STALE, names::UNKNOWN_KID_TOTAL, names::DECISIONS_TOTAL]
    {
        assert!(asked.contains(name), "{name}");
    }
    // The reasons are those of refusals.
    let retry_after = std::time::Duration::ZERO;
    for refusal in [Refusal::KeysUnavailable { retry_after }, Refusal::RevocationUnknown] {
        assert!(!refusal.code().is_empty());
    }
    assert_eq!(Refusal::KeysUnavailable { retry_after }.code(), "keys_unavailable");
}

/// Prometheus's own tool runs the cases: `.ci/run alerts`.
#[test]
fn every_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not() {
    let (rules, cases) = (include_str!("../metrics/alerts.yml"), include_str!("../metrics/alerts.test.yml"));
    let alerts: Vec<&str> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(alerts.len() >= 7, "{alerts:?}");
    for alert in alerts {
        let of_alert = cases.split("- alertname: ").filter(|case| case.lines().next() == Some(alert));
        let (silent, firing): (Vec<&str>, Vec<&str>) =
            of_alert.partition(|case| case.contains("exp_alerts: []"));
        assert!(!silent.is_empty(), "{alert} has no case in which it does not fire");
        assert!(
            firing.iter().any(|case| case.contains("exp_labels: ")),
            "{alert} has no case in which it fires"
        );
    }
}

#[test]
fn the_dashboard_shows_every_series() {
    let dashboard: serde_json::Value =
        serde_json::from_str(include_str!("../metrics/dashboard.json")).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().expect("targets"));
    let asked: BTreeSet<String> =
        targets.flat_map(|target| check(target["expr"].as_str().expect("a query"))).collect();
    assert_eq!(asked, NAMES.map(str::to_owned).into_iter().collect());
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64()).collect();
    assert_eq!(ids.len(), panels.len(), "each panel has an id of its own");
}
