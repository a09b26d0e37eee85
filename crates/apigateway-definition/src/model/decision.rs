//! The template parameters that decided a route.

use std::fmt;

/// A parameter whose value decides whether a route exists, or what its requests need.
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
    /// Its value; `None` if the template declares it a secret (`NoEcho`), or if it is in Systems Manager.
    pub value: Option<String>,
    /// The source of the value.
    pub source: ParameterSource,
}

/// The source of a parameter's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ParameterSource {
    /// Given by [`Import::parameter`](crate::Import::parameter).
    Given,
    /// The template's default, confirmed by [`Import::accept_parameter_defaults`](crate::Import::accept_parameter_defaults).
    Default,
}

/// A route that a parameter leaves out, so that a broader route handles its requests.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DisplacedRoute {
    /// The route that is left out, such as `GET /admin`. Only the path if all of its methods are left out.
    pub key: String,
    /// The parameters that leave it out.
    pub decided_by: Vec<DecidingParameter>,
}

/// `Step=dev`, or `Step` if the value is not shown.
impl fmt::Display for DecidingParameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "{}={value}", self.name),
            None => f.write_str(&self.name),
        }
    }
}
