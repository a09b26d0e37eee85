//! Known values, and symbols for values that must be bound.

use std::fmt;

use cognito_verify::UserPoolId;

/// The name of something that only exists once it is deployed, such as `${Pool}`, or `${Customers.Pool}` in a nested
/// stack; see [`Import::bind`](crate::Import::bind).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol {
    pub(crate) text: String,
    pub(crate) names: Vec<String>,
}

impl Symbol {
    /// What must be bound: logical ids with their stacks, export names, pseudo parameters.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}

/// Reads as `Fn::Sub` would write it: `https://cognito-idp.eu-west-1.amazonaws.com/${Pool}`.
impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A user pool that an authorizer trusts.
///
/// There is no id to take from a symbol, so nothing can be served with one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PoolRef {
    /// A pool with a known id.
    Id(UserPoolId),
    /// A pool that the definition makes or imports: its id must be bound.
    Symbol(Symbol),
}

impl PoolRef {
    /// The pool's id.
    ///
    /// # Errors
    ///
    /// The symbol that must be bound first.
    pub fn id(&self) -> Result<&UserPoolId, &Symbol> {
        match self {
            Self::Id(id) => Ok(id),
            Self::Symbol(symbol) => Err(symbol),
        }
    }
}

impl fmt::Display for PoolRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Symbol(symbol) => symbol.fmt(f),
        }
    }
}

/// A text such as an issuer or an audience.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Value {
    /// The text is known.
    Known(String),
    /// It has parts that must be bound.
    Symbol(Symbol),
}

impl Value {
    /// The text.
    ///
    /// # Errors
    ///
    /// The symbol that must be bound first.
    pub fn known(&self) -> Result<&str, &Symbol> {
        match self {
            Self::Known(text) => Ok(text),
            Self::Symbol(symbol) => Err(symbol),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(text) => f.write_str(text),
            Self::Symbol(symbol) => symbol.fmt(f),
        }
    }
}
