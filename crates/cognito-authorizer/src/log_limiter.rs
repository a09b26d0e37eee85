//! Limits how many log lines an event gets, however often it happens, and how long the lines are.

use std::{
    borrow::Cow,
    fmt::{self, Display, Write},
    mem,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use cognito_verify::UnixTime;

/// Counts an event and logs it at most once a period. Never blocks.
#[derive(Debug)]
pub(crate) struct LogLimiter {
    period: Duration,
    /// In milliseconds.
    said_at: AtomicI64,
    unsaid: AtomicU64,
}

impl LogLimiter {
    /// Nothing has happened yet; the first event will be logged.
    pub(crate) const fn once_in(period: Duration) -> Self {
        Self { period, said_at: AtomicI64::new(i64::MIN), unsaid: AtomicU64::new(0) }
    }

    /// Counts one event. Returns the number of events since the last logged one, including this one, if it is to be logged now.
    pub(crate) fn happened(&self, now: UnixTime) -> Option<u64> {
        self.unsaid.fetch_add(1, Relaxed);
        let said_at = self.said_at.load(Relaxed);
        let last = UnixTime::from_millis(said_at);
        // If the clock was set back, log now instead of waiting for it to catch up.
        if last <= now && now.since(last) < self.period {
            return None;
        }
        // Of concurrent callers, only one logs.
        let is_mine = self.said_at.compare_exchange(said_at, now.as_millis(), Relaxed, Relaxed).is_ok();
        is_mine.then(|| self.unsaid.swap(0, Relaxed))
    }
}

/// How many lines each kind of event gets in a period.
pub(crate) const LINES: u32 = 20;
/// The length of a period.
pub(crate) const PERIOD: Duration = Duration::from_secs(60);

/// Logs [`LINES`] events of each kind in a [`PERIOD`], and counts the rest.
#[derive(Debug)]
pub(crate) struct LineBudget<K> {
    windows: Mutex<Windows<K>>,
}

#[derive(Debug)]
struct Windows<K> {
    /// The current period of each kind of event. The number of kinds is fixed by the program.
    all: Vec<Window<K>>,
    /// When the first period ends.
    first_end: UnixTime,
    /// The last time seen; a clock that is set back ends all periods.
    last: UnixTime,
}

#[derive(Debug)]
struct Window<K> {
    kind: K,
    began: UnixTime,
    lines: u32,
    withheld: u64,
}

/// Events that were counted instead of logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Withheld<K> {
    pub(crate) kind: K,
    pub(crate) count: u64,
    /// The time in which they happened.
    pub(crate) within: Duration,
}

/// What to log for an event.
#[derive(Debug)]
pub(crate) struct Said<K> {
    /// The counts of periods that have ended.
    pub(crate) before: Vec<Withheld<K>>,
    /// Whether the event gets its own line.
    pub(crate) has_line: bool,
    /// Whether the event is the first of its period without a line.
    pub(crate) is_first_withheld: bool,
}

const NEVER: UnixTime = UnixTime::from_millis(i64::MAX);
const ALWAYS: UnixTime = UnixTime::from_millis(i64::MIN);

impl<K: Copy + PartialEq> LineBudget<K> {
    pub(crate) const fn new() -> Self {
        let windows = Windows { all: Vec::new(), first_end: NEVER, last: ALWAYS };
        Self { windows: Mutex::new(windows) }
    }

    /// It has happened.
    pub(crate) fn happened(&self, kind: K, now: UnixTime) -> Said<K> {
        let mut windows = self.windows();
        let before = windows.take_ended(now);
        let (has_line, is_first_withheld) = match windows.all.iter_mut().find(|window| window.kind == kind) {
            Some(window) if window.lines < LINES => {
                window.lines += 1;
                (true, false)
            }
            Some(window) => {
                window.withheld += 1;
                (false, window.withheld == 1)
            }
            None => {
                windows.all.push(Window { kind, began: now, lines: 1, withheld: 0 });
                windows.first_end = windows.first_end.min(now + PERIOD);
                (true, false)
            }
        };
        Said { before, has_line, is_first_withheld }
    }

    /// The counts of periods that have ended by `now`, each returned once.
    pub(crate) fn ended(&self, now: UnixTime) -> Vec<Withheld<K>> {
        self.windows().take_ended(now)
    }

    /// All counts so far, each returned once.
    pub(crate) fn all(&self) -> Vec<Withheld<K>> {
        let mut windows = self.windows();
        let last = windows.last;
        windows.first_end = NEVER;
        mem::take(&mut windows.all).into_iter().filter_map(|window| window.withheld(last)).collect()
    }

    /// When the first period with a count ends.
    pub(crate) fn next_end(&self) -> Option<UnixTime> {
        let windows = self.windows();
        let counted = windows.all.iter().filter(|window| window.withheld > 0);
        counted.map(|window| window.began + PERIOD).min()
    }

    /// Ignores poisoning: no code panics while it holds the lock, and the counts would still be consistent.
    fn windows(&self) -> MutexGuard<'_, Windows<K>> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Copy> Windows<K> {
    fn take_ended(&mut self, now: UnixTime) -> Vec<Withheld<K>> {
        let is_set_back = now < mem::replace(&mut self.last, now);
        if now < self.first_end && !is_set_back {
            return Vec::new();
        }
        let has_ended = |window: &mut Window<K>| is_set_back || window.began + PERIOD <= now;
        let ended = self.all.extract_if(.., has_ended).filter_map(|window| window.withheld(now)).collect();
        self.first_end = self.all.iter().map(|window| window.began + PERIOD).min().unwrap_or(NEVER);
        ended
    }
}

impl<K: Copy> Window<K> {
    fn withheld(&self, now: UnixTime) -> Option<Withheld<K>> {
        let Self { kind, began, withheld: count, .. } = *self;
        (count > 0).then(|| Withheld { kind, count, within: now.since(began) })
    }
}

/// How many bytes of a text are logged, so that a long configuration does not make long lines.
const LONGEST: usize = 300;

/// Displays the beginning of a long text, and its length.
pub(crate) struct Bounded<T>(pub(crate) T);

impl<T: Display> Display for Bounded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut beginning = Beginning { text: f, bytes: 0, is_cut: false };
        write!(beginning, "{}", self.0)?;
        let Beginning { text, bytes, is_cut } = beginning;
        if is_cut { write!(text, "… ({bytes} bytes in all)") } else { Ok(()) }
    }
}

/// Passes on the first [`LONGEST`] bytes, and counts all bytes.
struct Beginning<'a, 'f> {
    text: &'a mut fmt::Formatter<'f>,
    bytes: usize,
    is_cut: bool,
}

impl Write for Beginning<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = LONGEST.saturating_sub(self.bytes);
        self.bytes += text.len();
        if self.is_cut {
            return Ok(());
        }
        let end =
            (0..=room.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
        self.is_cut = end < text.len();
        self.text.write_str(text.get(..end).unwrap_or_default())
    }
}

/// The same for a `&str`.
pub(crate) fn bounded(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST { text.into() } else { Bounded(text).to_string().into() }
}

#[cfg(test)]
mod tests;
