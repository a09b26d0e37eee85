//! What cannot be required of a token.

/// What cannot be required, with the fix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequirementError {
    /// The text cannot be a scope; see [`is_scope`](crate::is_scope).
    #[error(
        "`{scope}` is not a scope; a custom one reads `resource-server/name`, without spaces, quotes or backslashes"
    )]
    Scope {
        /// The text.
        scope: String,
    },
    /// The text cannot be a group; see [`is_group`](crate::is_group).
    #[error(
        "`{}` is not a group name; one has 1 to 128 characters, none of them white space or invisible",
        .group.escape_debug()
    )]
    Group {
        /// The text.
        group: String,
    },
    /// A claim without a name.
    #[error("a claim has a name, and this one is empty; name the claim that the token must have")]
    Claim,
    /// An empty list of alternatives or requirements.
    #[error(
        "an empty list of scopes, groups, user pools or alternatives; name at least one, or use `Requirement::nothing()`"
    )]
    Empty,
    /// A choice that every valid token meets, so that its other alternatives have no effect.
    #[error(
        "`{choice}` is met by every valid token, so it checks nothing; remove the alternative that asks for no scope or \
         group; for a list, use `any_of([…])` instead of a fold that starts with `Requirement::nothing()`"
    )]
    AlwaysMet {
        /// The choice as a sentence.
        choice: String,
    },
}
