//! How many lines something gets in the log, however often it happens, and how long they are.

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

/// Counts what happens, and lets it be said once in a period. Whoever asks waits for nobody.
#[derive(Debug)]
pub(crate) struct LogLimiter {
    period: Duration,
    /// In milliseconds.
    said_at: AtomicI64,
    unsaid: AtomicU64,
}

impl LogLimiter {
    /// Nothing has happened yet; the first time will be said.
    pub(crate) const fn once_in(period: Duration) -> Self {
        Self { period, said_at: AtomicI64::new(i64::MIN), unsaid: AtomicU64::new(0) }
    }

    /// It has happened. If it is to be said now: how many times since it was last said, this one included.
    pub(crate) fn happened(&self, now: UnixTime) -> Option<u64> {
        self.unsaid.fetch_add(1, Relaxed);
        let said_at = self.said_at.load(Relaxed);
        let last = UnixTime::from_millis(said_at);
        // A clock that was set back does not silence it.
        if last <= now && now.since(last) < self.period {
            return None;
        }
        // Of those who come at the same time, one says it.
        let is_mine = self.said_at.compare_exchange(said_at, now.as_millis(), Relaxed, Relaxed).is_ok();
        is_mine.then(|| self.unsaid.swap(0, Relaxed))
    }
}

/// How many lines of one kind there are in a period.
pub(crate) const LINES: u32 = 20;
/// How long that period is.
pub(crate) const PERIOD: Duration = Duration::from_secs(60);

/// Lets something be said [`LINES`] times in a [`PERIOD`], for each kind of it, and counts the rest.
#[derive(Debug)]
pub(crate) struct LineBudget<K> {
    windows: Mutex<Windows<K>>,
}

#[derive(Debug)]
struct Windows<K> {
    /// A period for each kind of what has happened since it began. There are as many kinds as the program has.
    all: Vec<Window<K>>,
    /// When the first of them ends.
    first_end: UnixTime,
    /// The last time that was told; a clock that is set back ends all of them.
    last: UnixTime,
}

#[derive(Debug)]
struct Window<K> {
    kind: K,
    began: UnixTime,
    lines: u32,
    withheld: u64,
}

/// What was counted instead of being said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Withheld<K> {
    pub(crate) kind: K,
    pub(crate) count: u64,
    /// In how long.
    pub(crate) within: Duration,
}

/// What to say of something that has happened.
#[derive(Debug)]
pub(crate) struct Said<K> {
    /// What was counted in periods that have ended.
    pub(crate) before: Vec<Withheld<K>>,
    /// Whether it gets a line of its own.
    pub(crate) has_line: bool,
    /// Whether it is the first of its period that gets none.
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

    /// What was counted in periods that have ended by now, each once.
    pub(crate) fn ended(&self, now: UnixTime) -> Vec<Withheld<K>> {
        self.windows().take_ended(now)
    }

    /// What was counted so far, each once.
    pub(crate) fn all(&self) -> Vec<Withheld<K>> {
        let mut windows = self.windows();
        let last = windows.last;
        windows.first_end = NEVER;
        mem::take(&mut windows.all).into_iter().filter_map(|window| window.withheld(last)).collect()
    }

    /// When the first period ends in which something was counted.
    pub(crate) fn next_end(&self) -> Option<UnixTime> {
        let windows = self.windows();
        let counted = windows.all.iter().filter(|window| window.withheld > 0);
        counted.map(|window| window.began + PERIOD).min()
    }

    /// Nothing panics while it holds the lock, and if it did the counts would still be whole.
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

/// How many bytes of a text a line has, so that no list of a configuration makes it long.
const LONGEST: usize = 300;

/// Shows the beginning of a long text, and how long it is.
pub(crate) struct Bounded<T>(pub(crate) T);

impl<T: Display> Display for Bounded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut beginning = Beginning { text: f, bytes: 0, is_cut: false };
        write!(beginning, "{}", self.0)?;
        let Beginning { text, bytes, is_cut } = beginning;
        if is_cut { write!(text, "… ({bytes} bytes in all)") } else { Ok(()) }
    }
}

/// Passes on the first [`LONGEST`] bytes, and counts all.
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

/// The same of a text that is at hand.
pub(crate) fn bounded(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST { text.into() } else { Bounded(text).to_string().into() }
}

#[cfg(test)]
mod tests;
