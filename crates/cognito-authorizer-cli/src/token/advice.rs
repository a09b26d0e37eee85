//! What to do about a refusal of the server.

/// What to do about an error code of the token endpoint (RFC 6749 §5.2), of Cognito's API or of a local pool. Empty if nothing is
/// known.
pub(super) fn fix(code: &str, message: &str) -> &'static str {
    match code {
        "invalid_client" => "check the app client's id and its secret",
        // Cognito answers `invalid_grant` for a scope that exists but that only another client is allowed.
        "invalid_scope" | "invalid_grant" => {
            "allow the app client the scope (custom scopes of a resource server), or ask for another"
        }
        "unauthorized_client" => "allow the app client the grant `client_credentials`, which needs a secret",
        "ResourceNotFoundException" => "check the app client's id and the Region",
        "unknown_user" => "name another with `--as`, or add the user to the file of the pool",
        "unknown_client" => "name another with `--client`, or add the app client to the file of the pool",
        "user_needed" => "name the user with `--as`, or the machine with `--client`",
        "UserNotConfirmedException" => "confirm the user first",
        "PasswordResetRequiredException" => "the user has to set a new password first",
        "NotAuthorizedException" if message.contains("SECRET_HASH was not received") => {
            "the app client has a secret: name it with `--client-secret-env`"
        }
        "NotAuthorizedException" if message.contains("secret hash was received") => {
            "the app client has no secret: leave `--client-secret-env` out"
        }
        "NotAuthorizedException" if message.contains("secret hash") => "check the app client's secret",
        "InvalidParameterException" if message.contains("flow not enabled") => {
            "allow the app client `ALLOW_USER_PASSWORD_AUTH`"
        }
        _ => "",
    }
}
