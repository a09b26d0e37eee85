//! Recent events for the page of the pool: sign-ins, tokens, codes and refusals.

use std::collections::VecDeque;

use crate::directory::{CodePurpose, SentCode};
use crate::trigger::TriggerSource;

/// The most entries. A new one beyond that replaces the oldest.
const MOST: usize = 100;
/// The longest text of an entry, in characters.
const LONGEST: usize = 240;
/// A longer word may be a token, a code or a secret, and is left out.
const LONGEST_WORD: usize = 32;

/// The last entries, oldest first. Passwords and tokens are never among them.
#[derive(Default)]
pub(crate) struct Journal(VecDeque<Entry>);

/// One event and when it happened, in seconds since 1970.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) at: i64,
    pub(crate) event: Event,
}

/// An event.
#[derive(Clone)]
pub(crate) enum Event {
    /// A user signed in on the pages of managed login.
    SignedIn { username: String },
    /// Tokens were issued to a user.
    Issued { username: String, client: String, source: TriggerSource },
    /// A token was issued to a machine.
    IssuedToMachine { client: String },
    /// A token was minted on demand. `subject` is a user or an app client.
    Minted { subject: String, token_use: &'static str },
    /// Cognito would have sent a code by mail or text message.
    Sent { username: String, purpose: CodePurpose, code: Option<String> },
    /// The state could not be kept ([`on_state`](crate::LocalPoolBuilder::on_state)).
    NotKept { reason: String },
    /// A request was refused.
    Refused { request: String, status: u16, reason: String },
}

impl Event {
    /// A code that was sent. The temporary password of an invitation is a password, so it is left out.
    pub(crate) fn sent(sent: &SentCode) -> Self {
        let code = (sent.purpose() != CodePurpose::Invitation).then(|| sent.code().to_owned());
        Self::Sent { username: sent.username().to_owned(), purpose: sent.purpose(), code }
    }

    /// A state that was not kept. `reason` may name a file.
    pub(crate) fn not_kept(reason: &str) -> Self {
        Self::NotKept { reason: without_long_words(reason) }
    }

    /// A refusal. `request` and `reason` may contain text from a client.
    pub(crate) fn refused(request: &str, status: u16, reason: &str) -> Self {
        Self::Refused { request: without_long_words(request), status, reason: without_long_words(reason) }
    }
}

impl Journal {
    pub(crate) fn add(&mut self, at: i64, event: Event) {
        if self.0.len() >= MOST {
            self.0.pop_front();
        }
        self.0.push_back(Entry { at, event });
    }

    /// The entries, newest first.
    pub(crate) fn newest_first(&self) -> Vec<Entry> {
        self.0.iter().rev().cloned().collect()
    }
}

/// The text with `…` in place of words that are long enough for a token or a secret, and at most [`LONGEST`] long.
fn without_long_words(text: &str) -> String {
    let mut short = String::new();
    let mut word = String::new();
    let is_of_word = |c: char| c.is_alphanumeric() || "-_.~+=%".contains(c);
    // A space at the end completes the last word.
    for c in text.chars().take(LONGEST.saturating_mul(4)).chain([' ']) {
        if is_of_word(c) {
            word.push(c);
            continue;
        }
        short.push_str(if word.chars().count() > LONGEST_WORD { "…" } else { &word });
        word.clear();
        short.push(if c.is_control() { ' ' } else { c });
    }
    let short = short.trim();
    if short.chars().count() <= LONGEST {
        return short.to_owned();
    }
    short.chars().take(LONGEST).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_entry_makes_room() {
        let mut journal = Journal::default();
        for status in 0..150 {
            journal.add(0, Event::refused("GET /", status, ""));
        }
        let entries = journal.newest_first();
        let status = |entry: Option<&Entry>| match entry.map(|entry| &entry.event) {
            Some(Event::Refused { status, .. }) => *status,
            _ => 0,
        };
        assert_eq!((entries.len(), status(entries.first()), status(entries.last())), (MOST, 149, 50));
    }

    #[test]
    fn what_may_be_a_token_is_left_out() {
        let token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl";
        let cases = [
            (format!("User pool client {token} does not exist."), "User pool client … does not exist."),
            (format!("GET /{token}/x"), "GET /…/x"),
            ("NotAuthorizedException: Incorrect.".to_owned(), "NotAuthorizedException: Incorrect."),
            ("a\r\nb\u{1b}[2J".to_owned(), "a  b [2J"),
        ];
        for (text, expected) in cases {
            assert_eq!(without_long_words(&text), expected);
        }
        assert_eq!(without_long_words(&"ab ".repeat(1000)).chars().count(), LONGEST + 1);
    }
}
