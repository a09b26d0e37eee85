//! How gateway responses are customised.

use super::response_type::ResponseType;

/// What clients of a REST API are told in place of API Gateway's own responses: per type a status, headers and a body.
///
/// It takes what an API Gateway definition has (`x-amazon-apigateway-gateway-responses` in OpenAPI,
/// `AWS::ApiGateway::GatewayResponse` in CloudFormation), and treats it as «Gateway responses for REST APIs in API
/// Gateway» of the API Gateway developer guide says. HTTP APIs have nothing of the kind.
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
/// # Which response counts
///
/// That of the very type; else `DEFAULT_4XX` or `DEFAULT_5XX`, if customised; else the built-in one. A status set on
/// `DEFAULT_4XX` is thereby the status of all 4XX that are not customised themselves. One response counts as a whole:
/// what it leaves out is built in, which is the type's own status, no header, and the body `{"message":"…"}`.
///
/// # Variables
///
/// Templates are not read by the Velocity engine; each variable is replaced by its value, once.
///
/// | in a template | in a header | what it is |
/// |---|---|---|
/// | `$context.error.message` | `context.error.message` | the message |
/// | `$context.error.messageString` | `context.error.messageString` | the message in quotes, `null` if there is none |
/// | `$context.error.responseType` | `context.error.responseType` | the type that caused the response, such as `UNAUTHORIZED` |
/// | `$context.error.validationErrorString` | `context.error.validationErrorString` | nothing: no request body is validated here |
/// | `$context.requestId`, `$context.extendedRequestId` | `context.…` | the ids of the request; nothing in the standard profile, which has none |
/// | `$context.httpMethod`, `$context.path` | `context.…` | the method and the path that the client sent |
/// | `$context.resourcePath` | `context.resourcePath` | the path pattern of the route, such as `/orders/{id}`, where one is known |
/// | `$context.stage` | `context.stage` | what [`stage`](Self::stage) says |
/// | `$stageVariables.<name>` | `stageVariables.<name>` | what [`stage_variable`](Self::stage_variable) says |
/// | `$method.request.header.<name>` | `method.request.header.<name>` | the client's header; the first, if there are several |
/// | `$method.request.querystring.<name>` | `method.request.querystring.<name>` | the client's query parameter, decoded; the first, if there are several |
/// | `$method.request.path.<name>` | `method.request.path.<name>` | a variable of the route's path pattern |
///
/// In a template, `method.request.…` is understood without `$` too, as the developer guide writes it. All other
/// variables of API Gateway are errors, and so is one that is not set: at set-up, not when a client waits.
///
/// # Security
///
/// Each value is escaped for its place, which API Gateway does not do. A client's value is text wherever it is allowed: it can
/// neither end the place in which it stands nor make a browser act. Where that cannot be had, the template is an error:
///
/// - in JSON (`application/json`, `text/json`, `…+json`) a variable within a string is the string's content, and one
///   outside is a string with its quotes, or `null` if there is no value. `"$context.error.messageString"` and
///   `$context.error.messageString` therefore mean the same. A stage variable outside a string that is a number, `true`,
///   `false` or `null` stays that. A template that is not JSON is an error;
/// - in XML and HTML (`…/xml`, `…+xml`, `text/html`) `&`, `<`, `>`, `"`, `'` and `]` are written as entities, and characters
///   that XML does not have are left out. That is enough for the text of an element and for a quoted attribute, and a variable
///   anywhere else is an error: in a script or a style sheet, in an attribute without quotes, in `style`, `srcdoc` and `on…`, in a
///   tag, a comment or a CDATA section, and behind markup that browsers may read in another way (`noscript`, a stray quote).
///   In HTML, XHTML and SVG, what a client chooses (its method, path, headers and parameters) may stand in no attribute but
///   `alt`, `title`, `label`, `placeholder`, `value` and some of `aria-…`, as browsers act on others such as `href`;
/// - in `text/plain` control characters other than tab and line feed are left out, and nothing else;
/// - scripts and style sheets (media types with `script` in their name, `text/css`, XSLT) are errors. In any other media type,
///   such as `text/csv`, no escape is known, so that a variable that a client chooses is an error;
/// - in a header, visible ASCII, space and tab are kept and nothing else. A header without a value is not sent. A client's value
///   is the whole value of the header, so do not use one in a header that makes browsers act, such as `Location`, `Link`,
///   `Refresh` or `Set-Cookie`.
///
/// The stage and its variables are not the client's, and have no quotes, white space or angle brackets: they are allowed anywhere.
/// The body is UTF-8, and a media type with another `charset` is an error.
///
/// What a client sends beyond 1,024 bytes for one variable is treated as not sent. A client's credentials are never sent
/// back, though API Gateway would: the headers `Authorization`, `Proxy-Authorization` and `Cookie`, and those and the query parameters
/// that the token is taken from, have no value here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct GatewayResponses {
    pub(super) responses: Vec<(ResponseType, GatewayResponse)>,
    pub(super) stage: Option<String>,
    pub(super) stage_variables: Vec<(String, String)>,
}

impl GatewayResponses {
    /// No response is customised.
    pub fn new() -> Self {
        Self::default()
    }

    /// Customises one type.
    pub fn response(mut self, response_type: ResponseType, response: GatewayResponse) -> Self {
        self.responses.push((response_type, response));
        self
    }

    /// The value of `$context.stage`. Not set by default.
    pub fn stage(mut self, name: impl Into<String>) -> Self {
        self.stage = Some(name.into());
        self
    }

    /// The value of `$stageVariables.<name>`. What names and values may be is what «Use stage variables for a REST API»
    /// of the API Gateway developer guide allows: letters, digits and `_`; in the value `-._~:/?#&=,` too.
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
    /// A response that differs in nothing from the built-in one. Even so, `DEFAULT_4XX` or `DEFAULT_5XX` no longer counts
    /// for its type.
    pub fn new() -> Self {
        Self::default()
    }

    /// The status, 200 to 599. The type's own by default.
    ///
    /// API Gateway takes 100 to 199 too, with which no request ends. With 204, 205 and 304 there is no body (RFC 9110 §6.4.1).
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// A header. The value has the form of `gatewayresponse.header.<name>` in a definition: a text in single quotes,
    /// as `'*'`, or a variable, as `method.request.header.Origin`. The name may be written as it stands there, too.
    ///
    /// `Content-Type` is that of the template, and headers that frame the message (`Content-Length`, `Transfer-Encoding`,
    /// `Connection` and such) are the server's: they are errors.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The body for a media type, which is then the response's `Content-Type`. `application/json` with
    /// `{"message":$context.error.messageString}` by default.
    ///
    /// Among several, the client's `Accept` decides (RFC 9110 §12.5.1), then `application/json`, then the order here.
    ///
    /// A variable where no value is safe, and the media type of a script or a style sheet, are errors when the layer is built; see
    /// [`GatewayResponses`].
    pub fn template(mut self, media_type: impl Into<String>, template: impl Into<String>) -> Self {
        self.templates.push((media_type.into(), template.into()));
        self
    }
}
