//! The rules by which claims are interpreted.

/// How claims are interpreted: by the rules of one of API Gateway's two kinds of authorizers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClaimRules {
    /// As a user pool issues them; the default. The app client is `client_id` of an access token and `aud` of an ID token,
    /// scopes are in `scope`, and an ID token has none. If the pool has no [`resource`](crate::UserPool::resource) or
    /// [`audience`](crate::UserPool::audience), the `aud` of an access token must name its own app client or one given to
    /// [`client`](crate::UserPool::client); a token for another API is rejected.
    #[default]
    UserPool,
    /// As an authorizer of type `COGNITO_USER_POOLS` reads them: as [`UserPool`](Self::UserPool), except that `aud` of an access
    /// token is ignored if the pool has no resource or audience.
    RestApi,
    /// As an authorizer of type `JWT` reads them ("Control access to HTTP APIs with JWT authorizers", API Gateway developer
    /// guide). The audience is checked before times: `aud` must name an app client or a resource. Only if there is no
    /// `aud`, `client_id` must be an app client. Scopes are in `scp`, a string or an array of strings, or else in `scope`,
    /// for both token uses. If the pool has a resource or audience, the `aud` of an access token must contain it, as by the other
    /// rules.
    Jwt,
}
