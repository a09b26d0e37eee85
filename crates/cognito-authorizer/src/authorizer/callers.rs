//! Who called, for logs outside the layer: fields of the current span, and the token in the response.

use std::{fmt::Write, sync::Arc};

use aws_lc_rs::digest::{SHA256, digest};
use cognito_verify::{TokenUse, Verified};
use http::Response;
use tracing::Span;

use crate::log_limiter::bounded;

/// How many bytes of the hash of a subject are written, each as two hexadecimal digits.
const HASH_BYTES: usize = 16;

/// What a layer records about the caller in the current [`tracing`] span; for
/// [`CognitoAuthLayer::log_callers`](crate::CognitoAuthLayer::log_callers).
///
/// | field | value | recorded |
/// |---|---|---|
/// | `cognito.client_id` | the app client of the token | always |
/// | `cognito.token_use` | `access` or `id` | always |
/// | `cognito.subject` | the user, or the machine's app client | after [`subject`](Self::subject) |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "give it to `.log_callers(…)` of a layer"]
pub struct CallerFields {
    subject: Option<SubjectField>,
}

/// How the subject of a token (`sub`) is written into a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SubjectField {
    /// The first 32 hexadecimal digits of the SHA-256 of the user pool's id, a space and the subject. It tells callers apart
    /// without naming them. The lines of a known user are found by computing the same:
    ///
    /// ```text
    /// printf '%s %s' eu-west-1_Ab12Cd34E 7f2c9d1e-5a40-4c1b-9e33-0d5f6a7b8c9d | sha256sum | cut -c -32
    /// ```
    ///
    /// *Security*: the hash is a pseudonym, not anonymous: a reader of the log who knows a subject can find its lines.
    Hashed,
    /// The subject as it is.
    Plain,
}

impl CallerFields {
    /// The app client and the token use.
    pub fn new() -> Self {
        Self::default()
    }

    /// Records the subject too.
    pub fn subject(mut self, subject: SubjectField) -> Self {
        self.subject = Some(subject);
        self
    }

    /// Records the caller in the current span. Fields that the span does not have are left out.
    fn record(self, verified: &Verified) {
        let span = Span::current();
        if span.is_disabled() {
            return;
        }
        span.record("cognito.client_id", &*bounded(verified.client_id()));
        span.record("cognito.token_use", code_of(verified.token_use()));
        match self.subject {
            Some(SubjectField::Plain) => _ = span.record("cognito.subject", &*bounded(verified.subject())),
            Some(SubjectField::Hashed) if span.has_field("cognito.subject") => {
                span.record("cognito.subject", &*hashed(verified));
            }
            Some(SubjectField::Hashed) | None => {}
        }
    }
}

/// The value of the claim `token_use`.
fn code_of(token_use: TokenUse) -> &'static str {
    match token_use {
        TokenUse::Access => "access",
        TokenUse::Id => "id",
        // A later version of the verifier may know more.
        _ => "other",
    }
}

fn hashed(verified: &Verified) -> String {
    let text = format!("{} {}", verified.pool(), verified.subject());
    let hash = digest(&SHA256, text.as_bytes());
    hash.as_ref().iter().take(HASH_BYTES).fold(String::new(), |mut text, byte| {
        // Writing to a `String` does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What a layer tells logs outside it about callers. Nothing, unless the program asks for it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CallerLog {
    pub(crate) fields: Option<CallerFields>,
    /// Whether the verified token is put into the extensions of responses.
    pub(crate) in_responses: bool,
}

impl CallerLog {
    /// Records the owner of a verified token in the current span.
    pub(crate) fn record(self, verified: &Verified) {
        if let Some(fields) = self.fields {
            fields.record(verified);
        }
    }

    /// What to put into the response of a request that is let in with this token.
    pub(crate) fn for_response(self, verified: &Arc<Verified>) -> Option<Arc<Verified>> {
        self.in_responses.then(|| verified.clone())
    }
}

/// Puts the caller into the extensions of a response, unless a layer nearer to the handler has done so.
pub(crate) fn insert_caller<B>(response: &mut Response<B>, verified: Arc<Verified>) {
    let extensions = response.extensions_mut();
    if extensions.get::<Arc<Verified>>().is_none() {
        extensions.insert(verified);
    }
}
