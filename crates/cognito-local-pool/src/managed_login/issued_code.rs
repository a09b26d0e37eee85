//! An issued code, until it is exchanged.

use super::pkce::PkceChallenge;
use crate::bounded::Bounded;
use crate::grant::Grant;
use crate::random;
use crate::trigger::Changes;

/// How long a code can be exchanged, in seconds.
const LIFETIME: i64 = 5 * 60;

/// The authorization that a code is exchanged for.
pub(super) struct IssuedCode {
    pub(super) grant: Grant,
    pub(super) changes: Changes,
    pub(super) redirect_uri: String,
    pub(super) challenge: Option<PkceChallenge>,
}

impl IssuedCode {
    pub(super) fn keep(self, codes: &mut Bounded<Self>, now: i64) -> String {
        let code = random::uuid();
        codes.insert(code.clone(), self, now.saturating_add(LIFETIME));
        code
    }
}
