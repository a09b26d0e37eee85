//! What a route requires of a request, for comparison.

use std::{cmp::Ordering, collections::BTreeSet, fmt};

use apigateway_definition::{ApiKey, OpenReason, Route, Rule, TrustedIssuer};

use crate::{
    routes::row::{self, AcceptedToken},
    style::printable,
};

/// What a route requires of its requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// There is no route for the request.
    NoRoute,
    /// Every request is refused.
    Refused,
    /// A token is required.
    Token(Box<TokenRule>),
    /// CORS preflights need no token. Another route decides about other requests.
    Preflights,
    /// No token is required.
    Open,
}

/// What a token must have, and where it is in the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TokenRule {
    token: AcceptedToken,
    /// One of them is enough. If there are none, nothing is required.
    scopes: BTreeSet<String>,
    /// The user pools, or the issuer.
    trusted: BTreeSet<String>,
    /// One of them is enough. If there are none, nothing is required.
    audiences: BTreeSet<String>,
    /// All of them are required.
    claims: BTreeSet<String>,
    expression: Option<String>,
    source: String,
    api_key: bool,
}

impl Access {
    pub(super) fn of(route: Option<&Route>) -> Self {
        let Some(route) = route else { return Self::NoRoute };
        let scopes = |scopes: &[String]| scopes.iter().cloned().collect();
        let (trusted, audiences, expression, source) = match &route.rule {
            Rule::Open(OpenReason::Preflight) => return Self::Preflights,
            Rule::Open(_) => return Self::Open,
            Rule::Cognito { authorizer, .. } => (
                authorizer.pools.iter().map(ToString::to_string).collect(),
                BTreeSet::new(),
                authorizer.validation_expression.clone(),
                authorizer.header.to_ascii_lowercase(),
            ),
            Rule::Jwt { authorizer, .. } => (
                BTreeSet::from([authorizer.issuer.to_string()]),
                authorizer.audiences.iter().map(ToString::to_string).collect(),
                None,
                authorizer.identity_source.to_string(),
            ),
            Rule::RestJwt { authorizer, .. } => (
                authorizer.issuers.iter().map(|trusted| trusted.issuer.to_string()).collect(),
                authorizer.issuers.iter().flat_map(audiences).collect(),
                None,
                authorizer.header.to_ascii_lowercase(),
            ),
            _ => return Self::Refused,
        };
        Self::Token(Box::new(TokenRule {
            token: AcceptedToken::of(&route.rule),
            scopes: row::authorizer(&route.rule).map(|(_, of)| scopes(of)).unwrap_or_default(),
            trusted,
            audiences,
            claims: claims(&route.rule),
            expression,
            source,
            api_key: route.api_key == ApiKey::Required,
        }))
    }
}

impl TokenRule {
    /// Whether it accepts more tokens than the other rule, or fewer. `None` if each accepts tokens that the other refuses, or if
    /// that is unknown.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        let all = [
            tokens(self.token, other.token),
            sets(&self.trusted, &other.trusted),
            restricting(&self.scopes, &other.scopes),
            restricting(&self.audiences, &other.audiences),
            sets(&other.claims, &self.claims),
            match (&self.expression, &other.expression) {
                (one, other) if one == other => Some(Ordering::Equal),
                (None, Some(_)) => Some(Ordering::Greater),
                (Some(_), None) => Some(Ordering::Less),
                _ => None,
            },
            (self.source == other.source).then_some(Ordering::Equal),
            // A rule that also needs an API key accepts fewer requests.
            Some(other.api_key.cmp(&self.api_key)),
        ];
        all.into_iter().try_fold(Ordering::Equal, |so_far, one| match (so_far, one?) {
            (Ordering::Equal, one) => Some(one),
            (so_far, one) if one == Ordering::Equal || one == so_far => Some(so_far),
            _ => None,
        })
    }
}

/// The audiences of an issuer. They count only with it, so one that several issuers have is several.
fn audiences(trusted: &TrustedIssuer) -> impl Iterator<Item = String> + '_ {
    trusted.audiences.iter().map(|audience| format!("{audience} of {}", trusted.issuer))
}

/// The claims that the tokens of each issuer must have.
fn claims(rule: &Rule) -> BTreeSet<String> {
    let Rule::RestJwt { authorizer, .. } = rule else { return BTreeSet::new() };
    let of_issuer = |trusted: &TrustedIssuer| {
        let issuer = trusted.issuer.to_string();
        trusted.additional_claims.iter().map(|claim| format!("{claim} of {issuer}")).collect::<Vec<_>>()
    };
    authorizer.issuers.iter().flat_map(of_issuer).collect()
}

fn tokens(one: AcceptedToken, other: AcceptedToken) -> Option<Ordering> {
    match (one, other) {
        (one, other) if one == other => Some(Ordering::Equal),
        (AcceptedToken::Either, _) => Some(Ordering::Greater),
        (_, AcceptedToken::Either) => Some(Ordering::Less),
        _ => None,
    }
}

fn sets(one: &BTreeSet<String>, other: &BTreeSet<String>) -> Option<Ordering> {
    match (one.is_subset(other), one.is_superset(other)) {
        (true, true) => Some(Ordering::Equal),
        (true, false) => Some(Ordering::Less),
        (false, true) => Some(Ordering::Greater),
        (false, false) => None,
    }
}

/// Compares sets of which one member is enough. An empty set requires nothing.
fn restricting(one: &BTreeSet<String>, other: &BTreeSet<String>) -> Option<Ordering> {
    match (one.is_empty(), other.is_empty()) {
        (true, true) => Some(Ordering::Equal),
        (true, false) => Some(Ordering::Greater),
        (false, true) => Some(Ordering::Less),
        (false, false) => sets(one, other),
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRoute => f.write_str("no route"),
            Self::Refused => f.write_str("refused"),
            Self::Preflights => f.write_str("open to CORS preflights"),
            Self::Open => f.write_str("open"),
            Self::Token(rule) => rule.fmt(f),
        }
    }
}

impl fmt::Display for TokenRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |set: &BTreeSet<String>| {
            printable(&set.iter().map(String::as_str).collect::<Vec<_>>().join(" or "))
        };
        let kind = if self.token == AcceptedToken::Either { "any" } else { self.token.word() };
        write!(f, "{kind} token of {} in {}", list(&self.trusted), printable(&self.source))?;
        if !self.scopes.is_empty() {
            write!(f, ", scope {}", list(&self.scopes))?;
        }
        if !self.audiences.is_empty() {
            write!(f, ", audience {}", list(&self.audiences))?;
        }
        if !self.claims.is_empty() {
            let claims: Vec<&str> = self.claims.iter().map(String::as_str).collect();
            write!(f, ", claim {}", printable(&claims.join(" and ")))?;
        }
        if let Some(expression) = &self.expression {
            write!(f, ", `aud` like {}", printable(expression))?;
        }
        f.write_str(if self.api_key { ", API key" } else { "" })
    }
}
