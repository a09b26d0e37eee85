//! The import: reads files and inputs into a definition.

mod from_files;

use std::{io, sync::Arc};

use apigateway_routes::PathPattern;

use crate::{
    diagnostic::{Problems, Severity},
    facts_files,
    help::ImportInput,
    imported::Imported,
    inputs::{BasePath, FactsFile, Inputs},
    model::ApiKind,
    read,
    session::{Blocked, Finished, Session},
};

/// Reads a definition from files and from inputs such as parameters and deployed values.
///
/// It does not use AWS or the network. It opens no files, except those that [`from_path`](Self::from_path),
/// [`from_root`](Self::from_root) or [`includes`](Self::includes) allow.
///
/// ```
/// use apigateway_definition::Import;
///
/// let template = r#"
/// Resources:
///   Pool: {Type: AWS::Cognito::UserPool}
///   Api: {Type: AWS::ApiGateway::RestApi}
///   Auth:
///     Type: AWS::ApiGateway::Authorizer
///     Properties:
///       RestApiId: !Ref Api
///       Type: COGNITO_USER_POOLS
///       ProviderARNs: [!GetAtt Pool.Arn]
///       IdentitySource: method.request.header.Authorization
///   Orders: {Type: AWS::ApiGateway::Resource, Properties: {RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: orders}}
///   List:
///     Type: AWS::ApiGateway::Method
///     Properties:
///       RestApiId: !Ref Api
///       ResourceId: !Ref Orders
///       HttpMethod: GET
///       AuthorizationType: COGNITO_USER_POOLS
///       AuthorizerId: !Ref Auth
///       AuthorizationScopes: [orders/read]
/// "#;
/// let imported = Import::new().file("template.yaml", template).bind("Pool", "eu-west-1_Ab12Cd34E").read()?;
///
/// let routes: Vec<String> = imported.definition.routes().map(ToString::to_string).collect();
/// assert_eq!(routes, ["GET /orders cognito(Auth) scopes=orders/read"]);
/// # Ok::<(), apigateway_definition::Problems>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Import {
    inputs: Inputs,
}

impl Import {
    /// An import without files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a definition. Its format is detected from its content, not from its name. The name is used in diagnostics, and to
    /// resolve the files that the definition refers to. Several definitions are read together, like the stacks of one application,
    /// in any order. A file that another one nests is read only as that nested stack.
    pub fn file(mut self, name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        self.inputs.files.push((name.into(), bytes.into()));
        self
    }

    /// Reads the files that a definition refers to (`${file(…)}`, nested templates) with this function.
    ///
    /// Its argument is a path without `..`, relative to the same directory as the names of the definitions, with `/` as
    /// separator. [`io::ErrorKind::NotFound`] means that there is no such file.
    pub fn includes(
        mut self,
        resolver: impl Fn(&str) -> io::Result<Vec<u8>> + Send + Sync + 'static,
    ) -> Self {
        self.inputs.resolver = Some(Arc::new(resolver));
        self
    }

    /// The stage of a Serverless Framework service, as `serverless --stage` sets it. Without it, a value that depends on the stage
    /// and decides what a request needs is an error. Giving a stage for other definitions is an error, because they have none.
    pub fn stage(mut self, stage: impl Into<String>) -> Self {
        self.inputs.stage = Some(stage.into());
        self
    }

    /// The Region that the definition is deployed to.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.inputs.region = Some(region.into());
        self
    }

    /// The AWS account that the definition is deployed to.
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.inputs.account = Some(account.into());
        self
    }

    /// The value of a template's parameter, or of the Serverless Framework's `${param:…}`.
    ///
    /// If a parameter decides what a request needs, for example by a condition, its default is not used, because the template may
    /// be deployed with another value. Such a parameter must be given, unless
    /// [`accept_parameter_defaults`](Self::accept_parameter_defaults) confirms the defaults.
    ///
    /// For a parameter of a type such as `AWS::SSM::Parameter::Value<String>` this is the value itself, or the name of the
    /// parameter in Systems Manager if it begins with `/` or [`values`](Self::values) has it.
    ///
    /// ```
    /// use apigateway_definition::{Import, Problems};
    ///
    /// let template = r#"
    /// Parameters: {Step: {Type: String, Default: dev}}
    /// Conditions: {Live: !Equals [!Ref Step, prod]}
    /// Resources:
    ///   Api: {Type: AWS::ApiGateway::RestApi}
    ///   Get:
    ///     Type: AWS::ApiGateway::Method
    ///     Properties:
    ///       RestApiId: !Ref Api
    ///       ResourceId: !GetAtt Api.RootResourceId
    ///       HttpMethod: GET
    ///       AuthorizationType: !If [Live, AWS_IAM, NONE]
    /// "#;
    /// let import = Import::new().file("template.yaml", template);
    /// let routes = |import: &Import| -> Result<Vec<String>, Problems> {
    ///     Ok(import.read()?.definition.routes().map(ToString::to_string).collect())
    /// };
    ///
    /// let problems = routes(&import).unwrap_err().to_string();
    /// assert!(problems.contains("what a request needs depends on `Step`, which was not given"), "{problems}");
    /// assert_eq!(routes(&import.clone().parameter("Step", "prod"))?, ["GET / refused (AWS_IAM)"]);
    /// assert_eq!(routes(&import.accept_parameter_defaults())?, ["GET / open"]);
    /// # Ok::<(), Problems>(())
    /// ```
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.inputs.parameters.insert(name.into(), value.into());
        self
    }

    /// Confirms that the template is deployed with the defaults of all parameters that were not [given](Self::parameter), so that
    /// they may decide what a request needs. [`Route::decided_by`](crate::Route::decided_by) lists those that do.
    pub fn accept_parameter_defaults(mut self) -> Self {
        self.inputs.parameter_defaults = true;
        self
    }

    /// An option of the Serverless Framework's command line: `${opt:…}`.
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.inputs.options.insert(name.into(), value.into());
        self
    }

    /// An environment variable for `${env:…}`. The environment of this process is never read.
    pub fn environment(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.inputs.environment.insert(name.into(), value.into());
        self
    }

    /// Gives the deployed value of a name: the id of a user pool or app client for its logical id, an attribute for
    /// `Resource.Attribute`, or the value of an export for its name.
    ///
    /// A resource in a nested stack is named `Stack.LogicalId`, with the logical ids of all nested stacks on the way to it
    /// (`Outer.Inner.Pool`). [`Symbol::names`](crate::Symbol::names) and the diagnostics use these names. If several files have the
    /// name, put the name of the file before it: `customers.yaml:Pool`. If only one stack has the logical id, the logical id alone is
    /// enough.
    ///
    /// A value given here takes precedence over [`stack_resources`](Self::stack_resources) and
    /// [`exports`](Self::exports). The order of the calls does not matter.
    ///
    /// [`read`](Self::read) fails if a name matches more than one thing, if it matches nothing, or if one thing is given
    /// two different values.
    ///
    /// ```
    /// use apigateway_definition::{Code, Import};
    ///
    /// let people = "
    /// Resources: {Pool: {Type: AWS::Cognito::UserPool}}
    /// Outputs: {Arn: {Value: !GetAtt Pool.Arn}}
    /// ";
    /// let main = "
    /// Resources:
    ///   Customers: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: people.yaml}}
    ///   Staff: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: people.yaml}}
    /// ";
    /// let import = Import::new().file("main.yaml", main).includes(move |name| match name {
    ///     "people.yaml" => Ok(people.into()),
    ///     _ => Err(std::io::ErrorKind::NotFound.into()),
    /// });
    ///
    /// let definition = import.clone().bind("Staff.Pool", "eu-west-1_Ab12Cd34E").read()?.definition;
    /// let pools: Vec<String> = definition.user_pools.iter().map(|pool| pool.pool.to_string()).collect();
    /// assert_eq!(pools, ["${Customers.Pool}", "eu-west-1_Ab12Cd34E"]);
    ///
    /// // Both nested stacks have a `Pool`.
    /// let problems = import.bind("Pool", "eu-west-1_Ab12Cd34E").read().unwrap_err();
    /// assert_eq!(problems.diagnostics()[0].code(), Code::BIND_003);
    /// # Ok::<(), apigateway_definition::Problems>(())
    /// ```
    pub fn bind(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.inputs.bindings.push((name.into(), value.into()));
        self
    }

    /// Gives the user pools and app clients of deployed stacks: the output of
    /// `aws cloudformation describe-stack-resources` or `list-stack-resources`.
    ///
    /// Each stack is matched with its template. A nested stack is matched by its ARN, which the resources of the stack
    /// that nests it contain; another stack by its name, if a file or a Serverless service has the same name, or by a value
    /// given to [`bind`](Self::bind). Without any of these, a stack is matched only if a single template has a user pool,
    /// app client or nested stack in common with it; more than one such template is an error. Resources that no template
    /// has are ignored.
    ///
    /// The order of several files does not matter.
    pub fn stack_resources(mut self, json: impl Into<Vec<u8>>) -> Self {
        self.inputs.stack_resources.push(FactsFile::unnamed(json));
        self
    }

    /// [`stack_resources`](Self::stack_resources) from a file with this name, which diagnostics then use.
    pub fn stack_resources_file(mut self, name: impl Into<String>, json: impl Into<Vec<u8>>) -> Self {
        self.inputs.stack_resources.push(FactsFile::named(name, json));
        self
    }

    /// Gives the exports of other stacks: the output of `aws cloudformation list-exports`, or an object of names and
    /// values.
    ///
    /// Export names are unique within one account and Region, so [`read`](Self::read) fails if an export has two different
    /// values.
    pub fn exports(mut self, json: impl Into<Vec<u8>>) -> Self {
        self.inputs.exports.push(FactsFile::unnamed(json));
        self
    }

    /// [`exports`](Self::exports) from a file with this name, which diagnostics then use.
    pub fn exports_file(mut self, name: impl Into<String>, json: impl Into<Vec<u8>>) -> Self {
        self.inputs.exports.push(FactsFile::named(name, json));
        self
    }

    /// Gives values from elsewhere, an object such as
    /// `{"cf:stack.Output": "…", "ssm:/name": "…", "s3:bucket/key": "…"}`.
    ///
    /// [`read`](Self::read) fails if a name has two different values, or if the definition does not refer to it.
    pub fn values(mut self, json: impl Into<Vec<u8>>) -> Self {
        self.inputs.values.push(FactsFile::unnamed(json));
        self
    }

    /// [`values`](Self::values) from a file with this name, which diagnostics then use.
    pub fn values_file(mut self, name: impl Into<String>, json: impl Into<Vec<u8>>) -> Self {
        self.inputs.values.push(FactsFile::named(name, json));
        self
    }

    /// Confirms that a route, such as `GET /health`, is meant to be open, if the definition may leave it open by mistake. This does
    /// not open routes that the definition protects. A route that the definition does not have is an error.
    pub fn allow_open(mut self, route: impl Into<String>) -> Self {
        self.inputs.allowed_open.insert(route.into());
        self
    }

    /// Reads only the API with this logical id; if several stacks have the id, use a name as described at [`bind`](Self::bind). By
    /// default, all APIs are read.
    pub fn api(mut self, id: impl Into<String>) -> Self {
        self.inputs.api = Some(id.into());
        self
    }

    /// Of a cloud assembly of the CDK, reads only this stack, or the stacks of this stage, with the stacks that they depend on. The
    /// name is that of the stack, its id in the assembly, or its path, such as `Prod/Orders`. By default, all stacks are read.
    ///
    /// [`read`](Self::read) fails if no assembly has the stack.
    pub fn stack(mut self, name: impl Into<String>) -> Self {
        self.inputs.stacks.push(name.into());
        self
    }

    /// The kind of API of an OpenAPI document, if the document does not say it.
    pub fn kind(mut self, kind: ApiKind) -> Self {
        self.inputs.kind = Some(kind);
        self
    }

    /// How to use the base path of an OpenAPI document; ignored by default, as in AWS.
    pub fn base_path(mut self, base_path: BasePath) -> Self {
        self.inputs.base_path = base_path;
        self
    }

    /// The path of the parent of the definition's resources, if the parent is declared elsewhere.
    pub fn prefix(mut self, path: PathPattern) -> Self {
        self.inputs.prefix = Some(path);
        self
    }

    /// Refuses routes with a problem (they are never open) instead of failing the import.
    pub fn partial(mut self) -> Self {
        self.inputs.partial = true;
        self
    }

    /// The severity of an unused input: a parameter, option, environment variable, stage, binding, value or confirmation that
    /// nothing in the definition uses. By default it is an error, because the name may be misspelt. A program that gives the same
    /// inputs to several imports, for example of an old and a new version of a definition, can make it a warning.
    pub fn unused_inputs(mut self, severity: Severity) -> Self {
        self.inputs.unused = Some(severity);
        self
    }

    /// How the help of a diagnostic names a missing input, for programs whose users do not call these methods: a command, for
    /// example, names its options. By default, the help names the method call in backticks, as [`ImportInput`] prints it.
    ///
    /// ```
    /// use apigateway_definition::{Import, ImportInput};
    ///
    /// let service = r#"{service: a, provider: {name: aws}, functions: {f: {events: [{http: "GET /${env:PART}"}]}}}"#;
    /// let import = Import::new().file("serverless.yml", service).name_inputs(|input| match input {
    ///     ImportInput::Environment(name) => format!("`--env {name}=…`"),
    ///     other => format!("`{other}`"),
    /// });
    /// let problems = import.read().unwrap_err();
    /// assert_eq!(problems.diagnostics()[0].help(), Some("give it with `--env PART=…`"));
    /// ```
    pub fn name_inputs(mut self, name: fn(&ImportInput) -> String) -> Self {
        self.inputs.input_name = Some(name);
        self
    }

    /// Reads the definition.
    ///
    /// # Errors
    ///
    /// All problems of the definition, found in one run.
    pub fn read(&self) -> Result<Imported, Problems> {
        let mut session = Session::new(&self.inputs);
        session.add_facts(facts_files::read);
        let mut definition = read::definition(&session);
        let Finished { diagnostics, left_out, blocked } = session.finish();
        match blocked {
            Blocked::Nothing => {
                definition.not_carried_over = left_out;
                Ok(Imported { definition, diagnostics })
            }
            Blocked::Routes => Err(Problems { diagnostics, only_routes: true }),
            Blocked::Import => Err(Problems { diagnostics, only_routes: false }),
        }
    }
}
