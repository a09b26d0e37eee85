//! The limits on memory.

use cognito_verify::Verifier;

/// Limits on the memory that a layer uses; for [`CognitoAuthBuilder::limits`](crate::CognitoAuthBuilder::limits).
///
/// ```
/// use cognito_authorizer::{CognitoAuthLayer, Limits};
///
/// let builder = CognitoAuthLayer::builder("ap-south-1_abcdefghi").client("4example23456789");
/// let builder = builder.limits(Limits::new().token_bytes(4096).cached_tokens(100_000));
/// ```
///
/// | setting | default | least |
/// |---|---|---|
/// | [`token_bytes`](Self::token_bytes) | 16 KiB | 512 bytes |
/// | [`cached_tokens`](Self::cached_tokens) | 16,384 | 0: no cache |
#[derive(Clone, Debug)]
#[must_use = "give the limits to `.limits(…)` of the builder"]
pub struct Limits {
    pub(crate) token_bytes: usize,
    pub(crate) cached_tokens: usize,
    /// The names of the settings that were called, in order.
    pub(crate) given: Vec<&'static str>,
}

impl Limits {
    /// The default limits.
    pub fn new() -> Self {
        Self { token_bytes: Verifier::DEFAULT_TOKEN_LIMIT, cached_tokens: 16 * 1024, given: Vec::new() }
    }

    /// The longest token to accept, in bytes; 16 KiB by default, 512 bytes at least. A header value that exceeds this by more
    /// than 64 bytes is refused, and only its scheme is read.
    pub fn token_bytes(mut self, bytes: usize) -> Self {
        self.given.push("token_bytes");
        self.token_bytes = bytes;
        self
    }

    /// How many verified tokens are cached, 16,384 by default; the least used ones are evicted. A token takes about twice the
    /// memory of its text, typically 2 KB. A token of more than 2 KiB counts as several.
    pub fn cached_tokens(mut self, tokens: usize) -> Self {
        self.given.push("cached_tokens");
        self.cached_tokens = tokens;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}
