//! The settings of customised gateway responses.

use super::response_type::ResponseType;

/// Customised responses to refused requests: a status, headers and a body for each type of response.
///
/// They have the form and the meaning of those in an API Gateway definition (`x-amazon-apigateway-gateway-responses` in OpenAPI,
/// `AWS::ApiGateway::GatewayResponse` in CloudFormation); see "Gateway responses for REST APIs in API Gateway" in the API Gateway
/// developer guide. HTTP APIs have no gateway responses.
///
/// ```
/// use cognito_authorizer::gateway::{GatewayResponse, GatewayResponses, ResponseType};
///
/// let responses = GatewayResponses::new()
///     .response(
///         ResponseType::Unauthorized,
///         GatewayResponse::new()
///             .header("Access-Control-Allow-Origin", "'*'")
///             .template(
///                 "application/json",
///                 r#"{"message":$context.error.messageString,"type":"$context.error.responseType"}"#,
///             ),
///     )
///     .stage_variable("tier", "gold");
/// ```
///
/// # Which response is used
///
/// The response of the type itself, otherwise that of `DEFAULT_4XX` or `DEFAULT_5XX`, otherwise the built-in one. A status set on
/// `DEFAULT_4XX` is therefore the status of every 4XX type that is not customised. Responses are not merged: parts that the chosen
/// one omits are built in, which means the type's own status, no headers, and the body `{"message":"…"}`.
///
/// # Variables
///
/// Templates are not Velocity templates. Each variable is replaced by its value, once.
///
/// | in a template | in a header | value |
/// |---|---|---|
/// | `$context.error.message` | `context.error.message` | the message |
/// | `$context.error.messageString` | `context.error.messageString` | the message in quotes; `null` if there is none |
/// | `$context.error.responseType` | `context.error.responseType` | the type that caused the response, such as `UNAUTHORIZED` |
/// | `$context.error.validationErrorString` | `context.error.validationErrorString` | empty: request bodies are not validated here |
/// | `$context.requestId`, `$context.extendedRequestId` | `context.…` | the ids of the request; empty in the standard profile, which has none |
/// | `$context.httpMethod`, `$context.path` | `context.…` | the client's method and path |
/// | `$context.resourcePath` | `context.resourcePath` | the path pattern of the route, such as `/orders/{id}`, if it is known |
/// | `$context.stage` | `context.stage` | the name given to [`stage`](Self::stage) |
/// | `$stageVariables.<name>` | `stageVariables.<name>` | the value given to [`stage_variable`](Self::stage_variable) |
/// | `$method.request.header.<name>` | `method.request.header.<name>` | the client's header; the first, if there are several |
/// | `$method.request.querystring.<name>` | `method.request.querystring.<name>` | the client's query parameter, decoded; the first, if there are several |
/// | `$method.request.path.<name>` | `method.request.path.<name>` | a variable of the route's path pattern |
///
/// In a template, `method.request.…` also works without `$`, as the developer guide writes it. All other variables of API Gateway,
/// and variables that are not set, are errors when the layer is built.
///
/// # Security
///
/// Unlike API Gateway, the layer escapes each value for its context, so that a client's value is always text: it can neither end its
/// context nor make a browser act on it. Where this cannot be guaranteed, the template is an error:
///
/// - In JSON (`application/json`, `text/json`, `…+json`), a variable inside a string becomes part of the string. Outside a string, it
///   becomes a string with its quotes, or `null` if there is no value. `"$context.error.messageString"` and
///   `$context.error.messageString` therefore mean the same. The value of a stage variable outside a string stays a number, `true`,
///   `false` or `null` if it is one. A template that is not JSON is an error.
/// - In XML and HTML (`…/xml`, `…+xml`, `text/html`), `&`, `<`, `>`, `"`, `'` and `]` are written as entities, and characters that
///   XML does not permit are removed. This is safe in the text of an element and in a quoted attribute. A variable anywhere else is
///   an error: in a script or a style sheet, in an attribute without quotes, in `style`, `srcdoc` and `on…`, in a tag, a comment or a
///   CDATA section, and after markup that browsers may parse in another way (`noscript`, a stray quote).
///   In HTML, XHTML and SVG, values that a client chooses (its method, path, headers and parameters) are allowed only in the attributes
///   `alt`, `title`, `label`, `placeholder`, `value` and some of `aria-…`, because browsers act on others, such as `href`.
/// - In `text/plain`, control characters other than tab and line feed are removed.
/// - Scripts and style sheets (media types with `script` in their name, `text/css`, XSLT) are errors. For any other media type, such
///   as `text/csv`, no escape is known, so a variable that a client chooses is an error.
/// - In a header, only visible ASCII, space and tab are kept. A header without a value is not sent. A client's value is the whole
///   value of the header, so do not use one in a header that makes browsers act, such as `Location`, `Link`, `Refresh` or
///   `Set-Cookie`.
///
/// The stage and its variables are not chosen by clients and contain no quotes, white space or angle brackets, so they are allowed
/// anywhere. The body is UTF-8; a media type with another `charset` is an error.
///
/// Of each value that a client sends, at most 1,024 bytes are used. Unlike API Gateway, the layer never sends back credentials: the
/// headers `Authorization`, `Proxy-Authorization` and `Cookie`, and the headers and query parameters with the token, have no value
/// here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct GatewayResponses {
    pub(super) responses: Vec<(ResponseType, GatewayResponse)>,
    pub(super) stage: Option<String>,
    pub(super) stage_variables: Vec<(String, String)>,
}

impl GatewayResponses {
    /// Customises no response.
    pub fn new() -> Self {
        Self::default()
    }

    /// Customises the responses of one type.
    pub fn response(mut self, response_type: ResponseType, response: GatewayResponse) -> Self {
        self.responses.push((response_type, response));
        self
    }

    /// The value of `$context.stage`. Not set by default.
    pub fn stage(mut self, name: impl Into<String>) -> Self {
        self.stage = Some(name.into());
        self
    }

    /// The value of `$stageVariables.<name>`. Names can have letters, digits and `_`; values also `-._~:/?#&=,` ("Use stage variables
    /// for a REST API" in the API Gateway developer guide).
    pub fn stage_variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.stage_variables.push((name.into(), value.into()));
        self
    }
}

/// One customised response. See [`GatewayResponses`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct GatewayResponse {
    pub(super) status: Option<u16>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) templates: Vec<(String, String)>,
}

impl GatewayResponse {
    /// A response like the built-in one. Customising a type with it still keeps `DEFAULT_4XX` and `DEFAULT_5XX` from applying.
    pub fn new() -> Self {
        Self::default()
    }

    /// The status, 200 to 599. The type's own by default.
    ///
    /// API Gateway also accepts 100 to 199, but such a status is not the final one of a request. Responses with 204, 205 and 304 have
    /// no body (RFC 9110 §6.4.1).
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// A header. The value is written as in a definition: a text in single quotes, such as `'*'`, or a variable, such as
    /// `method.request.header.Origin`. The name may have the prefix `gatewayresponse.header.`, as in a definition.
    ///
    /// `Content-Type` is an error, because the template sets it, and so are headers that the server sets, such as `Content-Length`,
    /// `Transfer-Encoding` and `Connection`.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The body for a media type, which is then the response's `Content-Type`. `application/json` with
    /// `{"message":$context.error.messageString}` by default.
    ///
    /// If there are several, the client's `Accept` decides (RFC 9110 §12.5.1), then `application/json` is preferred, then the one that
    /// was added first.
    ///
    /// A variable where no value is safe, and the media type of a script or a style sheet, are errors when the layer is built; see
    /// [`GatewayResponses`].
    pub fn template(mut self, media_type: impl Into<String>, template: impl Into<String>) -> Self {
        self.templates.push((media_type.into(), template.into()));
        self
    }
}
