//! Reads an existing API definition and reports what each route requires of a request.
//!
//! An [`Import`] turns files into an [`ApiDefinition`]. It reads `serverless.yml`, SAM, CloudFormation (including the output of
//! the CDK and of `serverless package`), OpenAPI 3 or Swagger 2 with the extensions of API Gateway, states and plans of Terraform and
//! OpenTofu, stacks of Pulumi, and the deployed API as the AWS CLI prints it. It detects the format from the content of a file. It does
//! not use AWS or the network, and runs no code.
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
//! // The ids exist only after deployment. Routes can be inspected without them, but not served.
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
//! - A route is open only if the definition says so, for one of the reasons in [`OpenReason`];
//!   [`ApiDefinition::open_routes`] lists the open routes. Routes that may be open by mistake must be confirmed with
//!   [`Import::allow_open`].
//! - The default of a template's parameter decides what a request needs only if that is confirmed; see
//!   [`Import::parameter`].
//! - A value that affects authorization and cannot be resolved is an error with file, line and column, or, in a
//!   [partial](Import::partial) import, a refused route. One run reports all problems.
//! - AWS IAM, Lambda authorizers and API keys are not reproduced: their routes are refused, with a warning.
//! - Anything that only AWS can resolve stops the import, because it may contain routes: macros, modules, documents in S3, and
//!   nested stacks whose template is missing.
//! - A key that looks like authorization, in a place where no framework reads it, is an error.
//! - A parameter, option, environment variable or stage that is given but not used is an error, because it may be
//!   misspelt.
//! - [`ApiDefinition::not_carried_over`] lists everything that was found and left out.
//!
//! # Hostile files
//!
//! The size and depth of files, the number of values after expanding aliases, the number of resolution steps, and the files that a
//! definition can refer to are limited.
//! A key that occurs twice is an error where anything reads it, because parsers disagree about which of the two counts, and
//! a warning otherwise.

// Labels each item with the feature that enables it, where docs.rs or `.ci/run docs` builds the pages.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod casing;
mod cdk_out;
mod cloudformation;
mod code;
mod decisions;
mod deployed;
mod diagnostic;
mod elements;
mod entries;
mod facts;
mod facts_files;
mod files;
mod given;
mod help;
mod import;
mod imported;
mod inputs;
mod json;
mod key_lists;
mod line_ends;
mod listed;
mod misplaced;
mod model;
mod nearest;
mod openapi;
mod problem;
mod provider;
mod pulumi;
mod read;
mod refusals;
mod repeated;
mod route_key;
mod sam;
mod secrets;
mod serverless;
mod session;
mod source;
mod sources;
mod state;
mod terraform;
mod tools;
mod tree;
mod unique;
mod values;
mod yaml;

pub use apigateway_routes::{PathPattern, PathPatternError, RouteKey, RouteMethod};
pub use code::Code;
pub use diagnostic::{Diagnostic, Label, Problems, Severity};
pub use help::ImportInput;
pub use import::Import;
pub use imported::Imported;
pub use inputs::BasePath;
pub use model::{
    AdditionalClaim, Api, ApiDefinition, ApiKey, ApiKind, AppClient, Authorizer, CognitoAuthorizer, Cors,
    DecidingParameter, DisplacedRoute, GatewayResponse, IdentitySource, JwtAuthorizer, NotCarriedOver,
    OpenReason, Origin, ParameterSource, PasswordPolicy, PoolGroup, PoolRef, PoolUser, RefusedReason,
    ResourceServer, ResourceServerScope, RestJwtAuthorizer, Route, Rule, Symbol, TrustedIssuer,
    UserPoolResource, Value,
};
pub use source::Location;
