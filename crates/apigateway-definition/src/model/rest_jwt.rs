//! `JWT` authorizers of REST APIs.

use std::fmt;

use cognito_verify::{Requirement, any_of, any_user_pool, claim, claim_is};

use crate::{
    model::value::{PoolRef, Value},
    source::Location,
};

/// A `JWT` authorizer of a REST API ("Control access to REST APIs using JWT authorizers", API Gateway developer guide).
///
/// A token must be of one of the issuers, and meet what that issuer asks for.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RestJwtAuthorizer {
    /// Its name in the definition: the logical id, or the name of the security scheme.
    pub name: String,
    /// The issuers, at least one.
    pub issuers: Vec<TrustedIssuer>,
    /// The request header with the token, as the definition writes it.
    pub header: String,
    /// Where it is declared.
    pub source: Location,
}

/// An issuer that a `JWT` authorizer of a REST API trusts.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TrustedIssuer {
    /// The issuer that a token's `iss` must be.
    pub issuer: Value,
    /// The user pool with that issuer, if there is one.
    pub pool: Option<PoolRef>,
    /// The audiences, at least one. A token's `aud`, or `client_id` if it has no `aud`, must be one of them.
    pub audiences: Vec<Value>,
    /// What else a token of this issuer must have.
    pub additional_claims: Vec<AdditionalClaim>,
}

/// A claim that a token must have.
///
/// API Gateway lets a token without the claim in if the claim is not `Required`. Here the token is refused, and the import warns.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AdditionalClaim {
    /// The name of the claim.
    pub name: String,
    /// The strings of which the claim must be one. If there are none, it only has to be there.
    pub values: Vec<String>,
}

impl RestJwtAuthorizer {
    /// The requirement of the additional claims. `None` if it depends on the issuer, and the user pool of an issuer is not known.
    pub(crate) fn requirement(&self) -> Option<Requirement> {
        if self.issuers.iter().all(|issuer| issuer.additional_claims.is_empty()) {
            return Some(Requirement::nothing());
        }
        if let [issuer] = self.issuers.as_slice() {
            return Some(issuer.claims());
        }
        let of_issuer = |issuer: &TrustedIssuer| {
            let pool = issuer.pool.as_ref()?.id().ok()?;
            Some(any_user_pool([pool.clone()]).and(issuer.claims()))
        };
        let all: Option<Vec<Requirement>> = self.issuers.iter().map(of_issuer).collect();
        all.map(any_of)
    }
}

impl TrustedIssuer {
    fn claims(&self) -> Requirement {
        self.additional_claims.iter().fold(Requirement::nothing(), |all, asked| all.and(asked.requirement()))
    }
}

impl AdditionalClaim {
    fn requirement(&self) -> Requirement {
        match self.values.as_slice() {
            [] => claim(&self.name),
            values => any_of(values.iter().map(|value| claim_is(&self.name, value))),
        }
    }
}

/// One line: `rest-jwt(Auth) header=Authorization issuer=https://… audience=…`.
impl fmt::Display for RestJwtAuthorizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rest-jwt({}) header={}", self.name, self.header)?;
        for issuer in &self.issuers {
            let audiences: Vec<String> = issuer.audiences.iter().map(ToString::to_string).collect();
            write!(f, " issuer={} audience={}", issuer.issuer, audiences.join(","))?;
            for claim in &issuer.additional_claims {
                write!(f, " claim={claim}")?;
            }
        }
        Ok(())
    }
}

/// `name`, or `name=value,value`.
impl fmt::Display for AdditionalClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if self.values.is_empty() { Ok(()) } else { write!(f, "={}", self.values.join(",")) }
    }
}
