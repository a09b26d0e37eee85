//! The purpose of a value, which decides whether the default of a parameter may be used.

/// The purpose of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It decides which routes exist, or what they need: the default of a parameter must be confirmed.
    Deciding,
    /// It is only displayed, or affects no route.
    Informing,
}
