use std::sync::Arc;

use super::*;

#[test]
fn an_event_is_logged_once_in_a_period_with_its_count() {
    let limiter = LogLimiter::once_in(Duration::from_secs(60));
    let at = |seconds: i64| limiter.happened(UnixTime::from_secs(1_700_000_000 + seconds));
    assert_eq!([at(0), at(0), at(1), at(59)], [Some(1), None, None, None]);
    assert_eq!([at(60), at(119), at(121)], [Some(4), None, Some(2)]);
    // The clock is set back, by years.
    assert_eq!([at(-100_000_000), at(-100_000_000), at(-99_999_940)], [Some(1), None, Some(2)]);
}

#[test]
fn of_concurrent_events_one_is_logged() {
    let limiter = Arc::new(LogLimiter::once_in(Duration::from_secs(60)));
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let limiter = limiter.clone();
            std::thread::spawn(move || {
                let now = UnixTime::from_secs(1_700_000_000);
                (0..1000).filter(|_| limiter.happened(now).is_some()).count()
            })
        })
        .collect();
    assert_eq!(threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>(), 1);
}

const START: UnixTime = UnixTime::from_secs(1_700_000_000);
const MILLI: Duration = Duration::from_millis(1);

#[test]
fn the_first_events_of_each_kind_are_logged_and_the_rest_are_counted() {
    let budget = LineBudget::new();
    let said = |kind, now| budget.happened(kind, now).has_line;
    assert_eq!((0..10_000).filter(|_| said("a", START)).count(), LINES as usize);
    assert_eq!((0..30).filter(|_| said("b", START + PERIOD / 2)).count(), LINES as usize, "another kind");
    assert_eq!(budget.next_end(), Some(START + PERIOD));
    assert_eq!(budget.ended(START + PERIOD - MILLI), []);
    // The count comes with the next of any kind, once, and a new period begins.
    let next = budget.happened("c", START + PERIOD);
    let a = Withheld { kind: "a", count: 9_980, within: PERIOD };
    assert_eq!((next.before, next.has_line), (vec![a], true));
    assert!(said("a", START + PERIOD) && !said("b", START + PERIOD));
    let later = START + 3 * PERIOD / 2 + MILLI;
    assert_eq!(budget.next_end(), Some(START + 3 * PERIOD / 2));
    assert_eq!(budget.ended(later), [Withheld { kind: "b", count: 11, within: PERIOD + MILLI }]);
    assert_eq!((budget.ended(later), budget.next_end()), (vec![], None));
}

#[test]
fn the_first_event_that_is_only_counted_is_marked() {
    let budget = LineBudget::new();
    let first = (0..100).filter(|_| budget.happened((), START).is_first_withheld).count();
    assert_eq!(first, 1);
    budget.ended(START + PERIOD);
    let first = (0..100).filter(|_| budget.happened((), START + PERIOD).is_first_withheld).count();
    assert_eq!(first, 1, "once in each period");
}

#[test]
fn counts_are_not_lost_at_the_end() {
    let budget = LineBudget::new();
    for kind in ["a", "b", "b"].repeat(15) {
        budget.happened(kind, START);
    }
    budget.happened("c", START + MILLI);
    assert_eq!(budget.all(), [Withheld { kind: "b", count: 10, within: MILLI }]);
    assert_eq!(budget.all(), []);
}

#[test]
fn a_clock_that_is_set_back_ends_every_period() {
    let budget = LineBudget::new();
    for _ in 0..25 {
        budget.happened("a", START);
    }
    let said = budget.happened("a", START - Duration::from_secs(3600));
    assert_eq!((said.before.len(), said.has_line), (1, true));
    assert_eq!(said.before[0].count, 5);
}

#[test]
fn a_long_text_is_cut_and_its_length_is_shown() {
    for short in ["", "a valid token", &"x".repeat(LONGEST)] {
        assert_eq!(Bounded(short).to_string(), short);
        assert_eq!(bounded(short), short);
    }
    let long = "x".repeat(LONGEST + 1);
    let shown = format!("{}… (301 bytes in all)", "x".repeat(LONGEST));
    assert_eq!((Bounded(&long).to_string(), &*bounded(&long)), (shown.clone(), &*shown));
    // Written in parts, and cut between characters.
    let parts = "é".repeat(200);
    let shown = Bounded(format_args!("x{parts}{parts}y")).to_string();
    assert_eq!(shown, format!("x{}… (802 bytes in all)", "é".repeat(149)));
}
