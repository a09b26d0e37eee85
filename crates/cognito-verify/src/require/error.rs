//! What cannot be required of a token.

use std::time::Duration;

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
    /// An actor without a name.
    #[error("the subject of an actor is empty; name the one that may act, or use `no_actor()`")]
    Actor,
    /// A level is not among the levels, or occurs there twice.
    #[error(
        "the authentication level `{level}` must be among the levels exactly once; give all levels, lowest first, such as \
         `COGNITO_ACR_LEVELS`"
    )]
    Acr {
        /// The level.
        level: String,
    },
    /// The text cannot be the name of an authentication level.
    #[error(
        "`{}` is not the name of an authentication level; one has 1 to 256 characters of visible ASCII, without quotes and \
         backslashes", .level.escape_debug()
    )]
    AcrName {
        /// The text.
        level: String,
    },
    /// The greatest age of a sign-in is out of bounds.
    #[error("`signed_in_within({given:?})` is out of bounds; give between 1 second and 10 years")]
    SignInAge {
        /// What was given.
        given: Duration,
    },
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
