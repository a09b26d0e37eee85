//! A thousand instances of a service and one key endpoint that limits its callers, in simulated time and with the schedule that
//! the layer uses.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    time::Duration,
};

use cognito_authorizer::{
    UnixTime,
    keys::schedule::{Demand, Outcome, Schedule, Timing},
};
use expect_test::{Expect, expect};

use super::{DAY, HOUR, SECOND};

const REPLICAS: usize = 1_000;
const MINUTE: Duration = Duration::from_secs(60);
/// How many requests the endpoint answers in a second; it refuses the others.
const RATE: u64 = 100;

/// The layer's defaults.
const TIMING: Timing = Timing {
    interval: HOUR,
    max_stale: DAY,
    cool_down: Duration::from_secs(5),
    first_timeout: Duration::from_secs(3),
    timeout: Duration::from_millis(1500),
};

struct Replica {
    schedule: Schedule,
    /// The version of the key set that it has.
    version: Option<u64>,
}

struct Simulation {
    replicas: Vec<Replica>,
    /// The moments at which replicas act next.
    due: BinaryHeap<Reverse<(UnixTime, usize)>>,
    now: UnixTime,
    random: fastrand::Rng,
    /// Which version of the key set the endpoint has, and whether it answers at all.
    version: u64,
    is_down: bool,
    /// Requests by second.
    requests: BTreeMap<i64, u64>,
    refused: u64,
}

fn start() -> UnixTime {
    UnixTime::from_secs(1_767_225_600)
}

impl Simulation {
    /// Replicas that start within this time.
    fn new(within: Duration) -> Self {
        let mut random = fastrand::Rng::with_seed(14);
        let starts: Vec<_> = (0..REPLICAS).map(|_| start() + within.mul_f64(random.f64())).collect();
        let replicas =
            starts.iter().map(|at| Replica { schedule: Schedule::new(TIMING, *at), version: None }).collect();
        let due = starts.into_iter().enumerate().map(|(index, at)| Reverse((at, index))).collect();
        let (requests, refused) = (BTreeMap::new(), 0);
        Self { replicas, due, now: start(), random, version: 1, is_down: false, requests, refused }
    }

    /// The endpoint's answer to a request now.
    fn answer(&mut self) -> Outcome {
        let in_second = self.requests.entry(self.now.as_secs()).or_default();
        *in_second += 1;
        if self.is_down || *in_second > RATE {
            self.refused += 1;
            return Outcome::Failed;
        }
        Outcome::Fetched { max_age: None }
    }

    /// Lets time pass until this moment after the start.
    fn run_until(&mut self, after: Duration) {
        let end = start() + after;
        while let Some(Reverse((at, index))) = self.due.peek().copied().filter(|due| due.0.0 <= end) {
            self.due.pop();
            self.now = at;
            let pause = self.replicas[index].schedule.until_next(at);
            if pause.is_zero() {
                self.replicas[index].schedule.begin(at);
                let outcome = self.answer();
                let random = self.random.f64();
                let version = self.version;
                let replica = &mut self.replicas[index];
                replica.schedule.end(outcome, at, random);
                if outcome != Outcome::Failed {
                    replica.version = Some(version);
                }
            }
            let replica = &mut self.replicas[index];
            replica.schedule.drop_stale(at);
            // At least a millisecond, which is the resolution of the clock.
            let pause = replica.schedule.until_next(at).max(Duration::from_millis(1));
            self.due.push(Reverse((at + pause, index)));
        }
        self.now = end;
    }

    /// A token with an unknown `kid` arrives at this replica now.
    fn unknown_key(&mut self, index: usize) {
        let schedule = &mut self.replicas[index].schedule;
        let now = self.now;
        if let Some(awaited) = schedule.await_key(now, TIMING.timeout, 0).filter(|awaited| awaited.wakes_task)
        {
            schedule.want(Demand { for_key: awaited.attempt, refresh: 0 }, now);
            let at = now + schedule.until_next(now);
            self.due.push(Reverse((at, index)));
        }
    }

    fn with_keys(&self) -> usize {
        self.replicas.iter().filter(|replica| replica.schedule.has_keys(self.now)).count()
    }

    fn with_version(&self, version: u64) -> usize {
        self.replicas.iter().filter(|replica| replica.version == Some(version)).count()
    }

    /// Requests, the most in a second, and refused ones, since the last call.
    fn traffic(&mut self) -> String {
        let requests = std::mem::take(&mut self.requests);
        let total: u64 = requests.values().sum();
        let peak = requests.values().max().copied().unwrap_or_default();
        format!("{total} requests, at most {peak} in a second, {} refused", std::mem::take(&mut self.refused))
    }
}

fn minutes(number: u32) -> Duration {
    MINUTE * number
}

fn assert_report(lines: &[String], expected: &Expect) {
    expected.assert_eq(&format!("{}\n", lines.join("\n")));
}

#[test]
fn a_thousand_replicas_start_at_once_behind_a_rate_limit() {
    let mut simulation = Simulation::new(SECOND / 10);
    let mut lines = Vec::new();
    for seconds in [1, 10, 30, 60, 120, 300] {
        simulation.run_until(Duration::from_secs(seconds));
        lines.push(format!("after {seconds} s: {} of {REPLICAS} have keys", simulation.with_keys()));
    }
    lines.push(simulation.traffic());
    assert_eq!(simulation.with_keys(), REPLICAS);
    assert_report(
        &lines,
        &expect![[r"
        after 1 s: 103 of 1000 have keys
        after 10 s: 507 of 1000 have keys
        after 30 s: 1000 of 1000 have keys
        after 60 s: 1000 of 1000 have keys
        after 120 s: 1000 of 1000 have keys
        after 300 s: 1000 of 1000 have keys
        4094 requests, at most 1701 in a second, 3094 refused
    "]],
    );
}

#[test]
fn a_day_of_a_thousand_replicas_is_one_small_request_an_hour_each() {
    let mut simulation = Simulation::new(HOUR);
    simulation.run_until(HOUR * 2);
    simulation.traffic();
    simulation.run_until(HOUR * 26);
    assert_eq!(simulation.with_keys(), REPLICAS);
    assert_report(
        &[simulation.traffic()],
        &expect![[r"
        25238 requests, at most 4 in a second, 0 refused
    "]],
    );
}

#[test]
fn a_rotation_reaches_every_replica_with_the_first_token_of_the_new_key() {
    let mut simulation = Simulation::new(HOUR);
    simulation.run_until(HOUR * 3);
    simulation.traffic();
    // The key is published, and the pool signs with it at once: the worst case. Each replica sees its first token within a minute.
    simulation.version = 2;
    for second in 0..60 {
        simulation.run_until(HOUR * 3 + SECOND * second);
        for index in (0..REPLICAS).filter(|index| index % 60 == second as usize) {
            simulation.unknown_key(index);
        }
    }
    simulation.run_until(HOUR * 3 + minutes(1) + SECOND * 10);
    let lines =
        [format!("{} of {REPLICAS} have the new key", simulation.with_version(2)), simulation.traffic()];
    assert_eq!(simulation.with_version(2), REPLICAS);
    assert_report(
        &lines,
        &expect![[r"
        1000 of 1000 have the new key
        1011 requests, at most 19 in a second, 0 refused
    "]],
    );
}

#[test]
fn an_outage_is_survived_with_the_known_keys_and_ends_without_a_burst() {
    let mut simulation = Simulation::new(HOUR);
    simulation.run_until(HOUR * 3);
    simulation.traffic();
    simulation.is_down = true;
    simulation.run_until(HOUR * 9);
    let mut lines =
        vec![format!("after 6 h: {} of {REPLICAS} have keys", simulation.with_keys()), simulation.traffic()];
    assert_eq!(simulation.with_keys(), REPLICAS, "keys are trusted for a day");
    simulation.is_down = false;
    simulation.version = 2;
    simulation.run_until(HOUR * 9 + minutes(6));
    lines.push(format!("6 min after its end: {} of {REPLICAS} are fresh", simulation.with_version(2)));
    lines.push(simulation.traffic());
    assert_eq!(simulation.with_version(2), REPLICAS);
    assert_report(
        &lines,
        &expect![[r"
        after 6 h: 1000 of 1000 have keys
        83392 requests, at most 13 in a second, 83392 refused
        6 min after its end: 1000 of 1000 are fresh
        1000 requests, at most 10 in a second, 0 refused
    "]],
    );
}

/// Anyone can send tokens with unknown keys to every replica.
#[test]
fn forged_tokens_at_every_replica_cause_no_more_than_the_cool_down_lets_through() {
    let mut simulation = Simulation::new(HOUR);
    simulation.run_until(HOUR * 3);
    simulation.traffic();
    for tick in 0..600 {
        simulation.run_until(HOUR * 3 + SECOND / 10 * tick);
        (0..REPLICAS).for_each(|index| simulation.unknown_key(index));
    }
    simulation.run_until(HOUR * 3 + minutes(1));
    let lines = [format!("{} of {REPLICAS} have keys", simulation.with_keys()), simulation.traffic()];
    assert_eq!(simulation.with_keys(), REPLICAS);
    assert_report(
        &lines,
        &expect![[r"
        1000 of 1000 have keys
        17000 requests, at most 1900 in a second, 14500 refused
    "]],
    );
}
