//! The import: files and facts in, a definition out.

use std::{
    fs, io,
    path::{Component, Path},
    sync::Arc,
};

use crate::{
    diagnostic::{Diagnostic, Problems, Severity},
    files,
    help::ImportInput,
    inputs::{BasePath, FactsFile, Inputs},
    model::{ApiDefinition, ApiKind, PathPattern},
    read,
    session::{Blocked, Finished, Session},
};

/// Reads a definition: what is to be read, and what is known beyond the files.
///
/// Nothing is asked of AWS or of the network, and no file is opened that was not given, unless
/// [`from_path`](Self::from_path) or [`includes`](Self::includes) says so.
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

/// What an import gives: the definition, and what is worth knowing about it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Imported {
    /// The definition.
    pub definition: ApiDefinition,
    /// Warnings, in the order of the files; after a [partial](Import::partial) import also the errors of the routes
    /// that are refused because of them.
    pub diagnostics: Vec<Diagnostic>,
}

impl Import {
    /// An import of nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a definition. Its format is told from what it says, not from its name; the name is for the diagnostics and
    /// for files that it names beside itself. Several are read together, as the stacks of one application are, in any
    /// order. A file that another one nests is read as that nested stack alone.
    pub fn file(mut self, name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        self.inputs.files.push((name.into(), bytes.into()));
        self
    }

    /// Reads the files that a definition names (`${file(…)}`, nested templates) by this function.
    ///
    /// It is given a path without `..`, relative to where the names of the definitions start, with `/` between the
    /// parts. [`io::ErrorKind::NotFound`] says that there is no such file.
    pub fn includes(
        mut self,
        resolver: impl Fn(&str) -> io::Result<Vec<u8>> + Send + Sync + 'static,
    ) -> Self {
        self.inputs.resolver = Some(Arc::new(resolver));
        self
    }

    /// Adds the definition in this file, and reads what it names from the same folder and those below.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or is a directory, a FIFO or a device.
    pub fn from_path(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref();
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let name = path.strip_prefix(folder).unwrap_or(path);
        Self::new().from_root(folder, [name])
    }

    /// Adds definitions below a folder, and reads what they name from anywhere in it.
    ///
    /// # Errors
    ///
    /// A file cannot be read, lies outside, or is a directory, a FIFO or a device: those are never opened.
    pub fn from_root(
        mut self,
        root: impl AsRef<Path>,
        files: impl IntoIterator<Item = impl AsRef<Path>>,
    ) -> io::Result<Self> {
        let root = fs::canonicalize(root)?;
        for file in files {
            let file = file.as_ref();
            let parts: Vec<_> = file
                .components()
                .filter(|part| !matches!(part, Component::CurDir))
                .map(|part| part.as_os_str().to_string_lossy())
                .collect();
            let bytes = files::read_below(&root, file)?;
            self = self.file(parts.join("/"), bytes);
        }
        Ok(self.includes(move |name| files::read_below(&root, Path::new(name))))
    }

    /// The stage of a service of the Serverless Framework: its `--stage`. Without one, a value that depends on the stage
    /// is an error where it decides what a request needs. Other definitions have no such stage, and giving one is an
    /// error.
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
    /// The default of a parameter is not used where it would decide what a request needs, such as by a condition: the
    /// template may be deployed with another value. Such a parameter must be given, unless
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

    /// Lets the defaults of parameters that were not [given](Self::parameter) decide what a request needs: says that the
    /// template is deployed with them. [`Route::decided_by`](crate::Route::decided_by) tells which decided.
    pub fn accept_parameter_defaults(mut self) -> Self {
        self.inputs.parameter_defaults = true;
        self
    }

    /// An option of the Serverless Framework's command line: `${opt:…}`.
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.inputs.options.insert(name.into(), value.into());
        self
    }

    /// A variable of the environment that `${env:…}` sees. The environment of this process is never looked at.
    pub fn environment(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.inputs.environment.insert(name.into(), value.into());
        self
    }

    /// Gives the deployed value of a name: the id of a user pool or app client for its logical id, an attribute for
    /// `Resource.Attribute`, the value of an export for its name.
    ///
    /// A resource in a nested stack is called `Stack.LogicalId`, with the logical id of each nested stack on the way
    /// to it (`Outer.Inner.Pool`). [`Symbol::names`](crate::Symbol::names) and the diagnostics use these names. Where several of the files have a
    /// name, put the file's before it: `customers.yaml:Pool`. A logical id by itself is enough where only one stack has
    /// it.
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

    /// Confirms that a route, such as `GET /health`, may be open where the definition leaves it open by what may be an
    /// oversight. It opens no route that the definition protects, and a route that the definition does not have is an
    /// error.
    pub fn allow_open(mut self, route: impl Into<String>) -> Self {
        self.inputs.allowed_open.insert(route.into());
        self
    }

    /// Reads this API alone, by its logical id, or by the name that [`bind`](Self::bind) describes where several stacks
    /// have the id. All APIs are read otherwise.
    pub fn api(mut self, id: impl Into<String>) -> Self {
        self.inputs.api = Some(id.into());
        self
    }

    /// The kind of API of an OpenAPI document that does not tell.
    pub fn kind(mut self, kind: ApiKind) -> Self {
        self.inputs.kind = Some(kind);
        self
    }

    /// How the base path of an OpenAPI document counts; it is ignored by default, as AWS does.
    pub fn base_path(mut self, base_path: BasePath) -> Self {
        self.inputs.base_path = base_path;
        self
    }

    /// The path of the resource, declared elsewhere, that the definition's resources hang from.
    pub fn prefix(mut self, path: PathPattern) -> Self {
        self.inputs.prefix = Some(path);
        self
    }

    /// Reads what can be read: a route with a problem is refused, never open. An import fails otherwise.
    pub fn partial(mut self) -> Self {
        self.inputs.partial = true;
        self
    }

    /// How much it matters if a parameter, option, environment variable, stage, binding, value or confirmation was given and
    /// nothing in the definition has that name. By default it is an error, because the name may be misspelt. Programs that give
    /// the same inputs to several imports, such as those of an old and a new version of a definition, make it a warning.
    pub fn unused_inputs(mut self, severity: Severity) -> Self {
        self.inputs.unused = Some(severity);
        self
    }

    /// How the help of a diagnostic names what would have to be given, for programs whose callers do not call these
    /// methods: a command line names its options. By default it is the method's call in backticks, as [`ImportInput`]
    /// prints it.
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
    /// Everything that is wrong with it, found in one run.
    pub fn read(&self) -> Result<Imported, Problems> {
        let session = Session::new(&self.inputs);
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
