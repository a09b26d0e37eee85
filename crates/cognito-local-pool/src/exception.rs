//! Refusals in the words of Cognito's API.

/// An exception of Cognito's API: its type, such as `NotAuthorizedException`, and its message.
///
/// The sign-in API answers with both; a page of managed login shows the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exception {
    kind: &'static str,
    message: String,
}

impl Exception {
    pub(crate) fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    pub(crate) fn not_authorized(message: impl Into<String>) -> Self {
        Self::new("NotAuthorizedException", message)
    }

    pub(crate) fn invalid_parameter(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterException", message)
    }

    /// For administrators, and users with an access token. Others must not learn which users exist.
    pub(crate) fn no_such_user() -> Self {
        Self::new("UserNotFoundException", "User does not exist.")
    }

    pub(crate) fn no_self_sign_up() -> Self {
        Self::not_authorized("SignUp is not permitted for this user pool")
    }

    /// Only an administrator can say that an address is verified.
    pub(crate) fn not_writable() -> Self {
        Self::not_authorized("A client attempted to write unauthorized attribute")
    }

    pub(crate) fn code_mismatch() -> Self {
        Self::new("CodeMismatchException", "Invalid verification code provided, please try again.")
    }

    /// Too many wrong codes, of a code or of a user.
    pub(crate) fn attempt_limit() -> Self {
        Self::new("LimitExceededException", "Attempt limit exceeded, please try after some time.")
    }

    pub(crate) fn kind(&self) -> &'static str {
        self.kind
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }
}
