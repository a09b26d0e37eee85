//! Reads the API definition that a team already has, and says what each route asks of a request.
//!
//! Bytes go in, an [`ApiDefinition`] comes out: from `serverless.yml`, SAM, CloudFormation (also as the CDK and
//! `serverless package` write it) and OpenAPI 3 or Swagger 2 with the extensions of API Gateway. The format is told from
//! what a file says. Nothing is asked of AWS or of the network, and no code is run.
//!
//! ```
//! use apigateway_definition::{Import, Rule};
//!
//! let template = r#"
//! Resources:
//!   Pool: {Type: AWS::Cognito::UserPool}
//!   Client: {Type: AWS::Cognito::UserPoolClient, Properties: {UserPoolId: !Ref Pool}}
//!   Api: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: HTTP}}
//!   Jwt:
//!     Type: AWS::ApiGatewayV2::Authorizer
//!     Properties:
//!       ApiId: !Ref Api
//!       AuthorizerType: JWT
//!       IdentitySource: [$request.header.Authorization]
//!       JwtConfiguration: {Issuer: !GetAtt Pool.ProviderURL, Audience: [!Ref Client]}
//!   Orders:
//!     Type: AWS::ApiGatewayV2::Route
//!     Properties: {ApiId: !Ref Api, RouteKey: GET /orders, AuthorizationType: JWT, AuthorizerId: !Ref Jwt}
//! "#;
//! let import = Import::new().file("template.yaml", template);
//!
//! // The ids exist only once the stack is deployed. Routes can be looked at without them, and not served.
//! let definition = import.read()?.definition;
//! assert_eq!(definition.unbound().len(), 2);
//!
//! let definition = import.bind("Pool", "eu-west-1_Ab12Cd34E").bind("Client", "4example23456789").read()?.definition;
//! let Rule::Jwt { authorizer, .. } = &definition.apis[0].routes[0].rule else { panic!("it is protected") };
//! let issuer = authorizer.issuer.known().expect("all is bound");
//! assert_eq!(issuer, "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E");
//! # Ok::<(), apigateway_definition::Problems>(())
//! ```
//!
//! # What is never guessed
//!
//! - A route is open only where the definition says so, by one of the ways of [`OpenReason`];
//!   [`ApiDefinition::open_routes`] lists them. What may be an oversight must be confirmed: [`Import::allow_open`].
//! - The default of a template's parameter does not decide what a request needs, unless that is confirmed:
//!   [`Import::parameter`].
//! - A value that decides about authorization and cannot be resolved is an error with file, line and column, or, in a
//!   [partial](Import::partial) import, a refused route. All problems are found in one run.
//! - AWS IAM, Lambda authorizers and API keys are not reproduced: their routes are refused, and a warning says so.
//! - What only AWS knows stops the import, for it may have routes: macros, modules, documents in S3, nested stacks whose
//!   template is not there.
//! - A key that looks like authorization in a place where nothing reads it is an error.
//! - A parameter, option, environment variable or stage that is given and that nothing asks for is an error: it may be
//!   misspelt.
//! - Everything that was seen and left out is in [`ApiDefinition::not_carried_over`].
//!
//! # Hostile files
//!
//! Size, depth, number of values with aliases expanded, steps of resolving, and the files that may be named are bounded.
//! A key that stands twice is an error where anything reads it, because readers disagree about which of the two counts, and
//! a warning otherwise.

mod cloudformation;
mod code;
mod decisions;
mod diagnostic;
mod facts;
mod files;
mod given;
mod help;
mod import;
mod inputs;
mod listed;
#[cfg(feature = "miette")]
mod miette;
mod misplaced;
mod model;
mod nearest;
mod openapi;
mod problem;
mod read;
mod refusals;
mod repeated;
mod sam;
mod serverless;
mod session;
mod source;
mod tree;
mod values;
mod yaml;

pub use code::Code;
pub use diagnostic::{Diagnostic, Label, Problems, Severity};
pub use help::ImportInput;
pub use import::{Import, Imported};
pub use inputs::BasePath;
pub use model::{
    Api, ApiDefinition, ApiKey, ApiKind, AppClient, Authorizer, CognitoAuthorizer, Cors, DecidingParameter,
    DisplacedRoute, GatewayResponse, IdentitySource, JwtAuthorizer, Method, MethodError, NotCarriedOver,
    OpenReason, Origin, ParameterSource, PathError, PathPattern, PoolGroup, PoolRef, PoolUser, RefusedReason,
    ResourceServer, ResourceServerScope, Route, Rule, Segment, Symbol, UserPoolResource, Value,
};
pub use source::Location;
