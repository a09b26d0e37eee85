//! What is wrong with customised gateway responses.

use super::response_type::ResponseType;

/// Why gateway responses cannot be used. Each message ends with the fix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GatewayResponseError {
    /// One response is invalid.
    #[error("gateway response {response_type}, {place}: {problem}")]
    Response {
        /// Which response.
        response_type: ResponseType,
        /// Where in it: its status, one of its headers, one of its templates.
        place: String,
        /// What is wrong there.
        problem: ResponseProblem,
    },
    /// A response type is customised twice.
    #[error("gateway response {response_type} is customised twice; make one `GatewayResponse` of the two")]
    Twice {
        /// The type.
        response_type: ResponseType,
    },
    /// The text cannot be the name of a stage.
    #[error("`.stage(\"{given}\")` is not a stage; give letters, digits, `_` and `-`, 128 at most")]
    Stage {
        /// What was given.
        given: String,
    },
    /// A stage variable cannot have this name or value.
    #[error(
        "the stage variable `{name}` cannot be `{given}`; a name has letters, digits and `_`, and a value has those or \
         any of `-._~:/?#&=,`"
    )]
    StageVariable {
        /// Its name.
        name: String,
        /// Its value.
        given: String,
    },
    /// A stage variable is given twice.
    #[error("the stage variable `{name}` is given twice; give it once")]
    StageVariableTwice {
        /// Its name.
        name: String,
    },
}

/// What is wrong in one part of a gateway response. Each message ends with the fix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResponseProblem {
    /// The status cannot be sent.
    #[error("{given} is not a status that ends a request; give 200 to 599")]
    Status {
        /// What was given.
        given: u16,
    },
    /// The text is not a header name.
    #[error("this is not a header name; give letters, digits and `-`")]
    HeaderName,
    /// The header is set twice.
    #[error("the header is set twice; set it once")]
    HeaderTwice,
    /// The server sets this header.
    #[error("this header follows from the connection and the body; leave it out")]
    HeaderReserved,
    /// The template sets this header.
    #[error("this header follows from the template; give the template by `.template(\"<media type>\", …)`")]
    ContentType,
    /// The text is not a mapping value.
    #[error(
        "{given:?} is not a header's value; give a text of visible ASCII in single quotes, or one of \
         `method.request.{{header,querystring,path}}.<name>`, `context.<name>` and `stageVariables.<name>`"
    )]
    HeaderValue {
        /// What was given.
        given: String,
    },
    /// The text is not a media type.
    #[error("this is not a media type; one reads like `application/json`")]
    MediaType,
    /// There are two templates for one media type.
    #[error("the media type has two templates; give one")]
    MediaTypeTwice,
    /// The media type is that of a script or a style sheet, which browsers run.
    #[error(
        "this is a script or a style sheet, which browsers run; give it as `application/json`, `text/plain` or `text/html`"
    )]
    ActiveMediaType,
    /// The media type names an encoding other than UTF-8, the encoding of the body.
    #[error("the body is sent in UTF-8 and not in `{given}`; write `charset=utf-8` once, or leave it out")]
    Charset {
        /// The encoding that was given.
        given: String,
    },
    /// The variable is one that clients choose, and no escape is known for the media type.
    #[error(
        "`{name}` is chosen by the client, and values cannot be escaped in this media type; leave it out, or use JSON, XML, \
         `text/html` or `text/plain`"
    )]
    ClientValue {
        /// The variable's name, without the `$`.
        name: String,
    },
    /// The variable is one that clients choose, in an attribute that browsers act on.
    #[error(
        "`{name}` is chosen by the client and is in the attribute `{attribute}`, on which browsers may act, as on a URL; \
         write it in the text of an element, or in a quoted attribute that is only shown, such as `title`"
    )]
    ClientAttribute {
        /// The variable's name, without the `$`.
        name: String,
        /// The attribute's name.
        attribute: String,
    },
    /// The variable is at a point of HTML or XML where no value is safe.
    #[error(
        "`{name}` is in {place}, where no value is safe; write it in the text of an element, or in a quoted attribute \
         such as `title`"
    )]
    UnsafePlace {
        /// The variable's name, without the `$`.
        name: String,
        /// What surrounds the variable.
        place: &'static str,
    },
    /// The variable cannot be used here.
    #[error(
        "`{name}` cannot be used here; use `$context.error.message`, `.messageString`, `.responseType` or \
         `.validationErrorString`, `$context.requestId`, `.extendedRequestId`, `.httpMethod`, `.path`, `.resourcePath` \
         or `.stage`, `$stageVariables.<name>`, or `$method.request.{{header,querystring,path}}.<name>`"
    )]
    UnknownVariable {
        /// Its name, without the `$`.
        name: String,
    },
    /// `$context.stage` is used but not set.
    #[error("`$context.stage` is not set; set it by `GatewayResponses::stage`")]
    StageUnset,
    /// A stage variable is used but not set.
    #[error("the stage variable `{name}` is not set; set it by `GatewayResponses::stage_variable`")]
    StageVariableUnset {
        /// Its name.
        name: String,
    },
    /// The template is written for the Velocity engine, which does not read gateway responses.
    #[error(
        "`{found}` is Velocity, which gateway responses do not support; write text and plain `$variables`"
    )]
    Velocity {
        /// The first sign of it.
        found: String,
    },
    /// The template has a JSON media type but does not produce JSON.
    #[error(
        "the template does not produce JSON (line {line}, column {column}, with `null` for each variable outside a string \
         and `z` inside); quote names and texts by `\"`, or give it the media type `text/plain`"
    )]
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// The template has too many variables.
    #[error("the template has more than {most} variables; use fewer")]
    TooManyVariables {
        /// The limit.
        most: usize,
    },
}
