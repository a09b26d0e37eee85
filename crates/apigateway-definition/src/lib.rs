//! Reads the API definition that a team already has, and says what each route asks of a request.
//!
//! Bytes go in, an [`ApiDefinition`] comes out: from CloudFormation (also as the CDK and the Serverless Framework
//! write it). Nothing is asked of AWS or of the network.
//!
//! # What is never guessed
//!
//! A route is open only where the definition says so, by one of the ways of [`OpenReason`]. A value that decides about
//! authorization and cannot be resolved is an error with file, line and column, or, in a
//! [partial](Import::partial) import, a refused route. All problems are found in one run.

mod cloudformation;
mod code;
mod diagnostic;
mod facts;
mod import;
mod inputs;
#[cfg(feature = "miette")]
mod miette;
mod model;
mod openapi;
mod problem;
mod read;
mod sam;
mod serverless;
mod session;
mod source;
mod tree;
mod yaml;

pub use code::Code;
pub use diagnostic::{Diagnostic, Label, Problems, Severity};
pub use import::{Import, Imported};
pub use inputs::BasePath;
pub use model::{
    Api, ApiDefinition, ApiKey, ApiKind, AppClient, Authorizer, CognitoAuthorizer, Cors, GatewayResponse,
    IdentitySource, JwtAuthorizer, Method, MethodError, NotCarriedOver, OpenReason, Origin, PathError,
    PathPattern, PoolGroup, PoolRef, PoolUser, RefusedReason, ResourceServer, ResourceServerScope, Route,
    Rule, Segment, Symbol, UserPoolResource, Value,
};
pub use source::Location;
