//! The guide, from a first service to operating it.
//!
//! Read the chapters in this order, or only those that you need:
//!
//! | chapter | about |
//! |---|---|
//! | [Getting started](getting_started) | a new service, with a test, run with a local user pool |
//! | [Scopes, groups and route tables](requirements) | what a route requires: in the handler, at the route, in a table |
//! | [Audiences, delegation, step-up](access) | which tokens are for this API, who acts for the user, how and when the user signed in |
//! | [Moving off API Gateway](moving) | serve an API from its `serverless.yml`, SAM, CloudFormation, CDK, OpenAPI, Terraform or Pulumi definition, or from what is deployed |
//! | [From the console to a file](from_the_console) | an API without a definition: read what is deployed with the AWS CLI |
//! | [Settings of API Gateway and Cognito](settings) | every setting of the two consoles, and its equivalent here |
//! | [A local pool for the front end](local_pool) | real sign-ins without AWS |
//! | [Testing](testing) | good and faulty tokens of every sort, without a network |
//! | [OpenAPI](openapi) | documents that state what each operation requires, and Swagger UI that signs in |
//! | [Operating](operating) | readiness, alarms, Lambda, load balancers, gRPC, WebSockets |
//! | [Logging](logging) | every event, its level and fields |
//! | [Keys and outages](keys) | how keys are fetched, cached and kept, and what happens while they cannot be fetched |
//! | [Forward auth](forward_auth) | the same decisions for services in other languages |
//! | [Security model](security) | what the layer defends against, what it does not, and which test checks which claim |
//! | [Other libraries](neighbours) | how they handle the same questions, with the source of each answer |
//! | [Errors](errors) | every reason for a refusal and every diagnostic, with what to do |
//!
//! The code in the chapters is compiled with the tests of the project.

// The chapters use reference links. Each defines its references for readers of the files, with URLs and paths; `links.md` defines them for
// rustdoc. It comes first, because the first definition of a reference counts.
macro_rules! chapters {
    ($($name:ident = $($file:literal),+: $title:literal;)*) => {$(
        #[doc = $title]
        ///
        #[doc = include_str!("guide/links.md")]
        ///
        $(#[doc = include_str!(concat!("../docs/", $file))])+
        pub mod $name {}
    )*};
}

chapters! {
    getting_started = "getting-started.md": "Getting started: a new service, with a test, run with a local user pool.";
    requirements = "requirements.md": "Scopes, groups and route tables.";
    access = "access.md": "Audiences, delegation and step-up authentication.";
    moving = "moving.md": "Moving an API off API Gateway.";
    from_the_console = "from-the-console.md": "From the console to a file: an API that has no definition.";
    settings = "cognito.md", "api-gateway.md": "The settings of API Gateway and Cognito, and their equivalents here.";
    local_pool = "local-pool.md": "A local user pool for the front end.";
    testing = "testing.md": "Testing a protected service.";
    openapi = "openapi.md": "OpenAPI documents that state what each operation requires.";
    operating = "operating.md": "Operating a protected service.";
    logging = "logging.md": "Logging: every event, its level and fields.";
    keys = "keys.md": "Keys and outages.";
    forward_auth = "forward-auth.md": "Forward auth: the same decisions for services in other languages.";
    security = "security.md": "The security model.";
    neighbours = "neighbours.md", "neighbours-requests.md": "Other libraries: how they handle the same questions.";
    errors = "errors.md": "Every reason for a refusal and every diagnostic, with what to do.";
}
