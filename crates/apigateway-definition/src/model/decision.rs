//! What decided a route: parameters of the template.

use std::fmt;

/// A parameter whose value decides that a route is there, or what it needs.
///
/// ```
/// use apigateway_definition::Import;
///
/// let template = r#"
/// Parameters: {Step: {Type: String}}
/// Conditions: {Live: !Equals [!Ref Step, prod]}
/// Resources:
///   Api: {Type: AWS::ApiGatewayV2::Api, Properties: {ProtocolType: HTTP}}
///   Debug: {Type: AWS::ApiGatewayV2::Route, Condition: Live, Properties: {ApiId: !Ref Api, RouteKey: GET /debug}}
/// "#;
/// let import = Import::new().file("template.yaml", template).parameter("Step", "prod");
/// let definition = import.read()?.definition;
/// let route = definition.open_routes().next().expect("it is open");
/// assert_eq!(route.decided_by[0].to_string(), "Step=prod");
/// # Ok::<(), apigateway_definition::Problems>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct DecidingParameter {
    /// Its name.
    pub name: String,
    /// Its value; `None` where the template says that it is a secret (`NoEcho`), or it is in Systems Manager.
    pub value: Option<String>,
    /// Where the value comes from.
    pub source: ParameterSource,
}

/// Where the value of a parameter comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ParameterSource {
    /// [`Import::parameter`](crate::Import::parameter)
    Given,
    /// The template's default, by [`Import::accept_parameter_defaults`](crate::Import::accept_parameter_defaults).
    Default,
}

/// A route that the definition has and a parameter leaves out, so that a broader route takes its requests.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DisplacedRoute {
    /// The route that is left out, such as `GET /admin`; a path alone where all of its methods are.
    pub key: String,
    /// The parameters by which it is left out.
    pub decided_by: Vec<DecidingParameter>,
}

/// `Step=dev`, or `Step` where the value is not told.
impl fmt::Display for DecidingParameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "{}={value}", self.name),
            None => f.write_str(&self.name),
        }
    }
}
