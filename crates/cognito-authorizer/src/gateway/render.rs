//! Checks customised responses once, and renders the response to each request.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header::CONTENT_TYPE};

use super::{
    accept,
    error::{GatewayResponseError, ResponseProblem},
    response_type::ResponseType,
    responses::{GatewayResponse, GatewayResponses},
    template::Template,
    variable::{Occasion, RequestFacts, Settings, TokenPlaces, Variable},
};

/// Headers that describe the framing or coding of the message. The server sets them.
const RESERVED: [&str; 10] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-range",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
const JSON: &str = "application/json";
/// The default template: what `GetGatewayResponses` returns for every type that is not customised.
const DEFAULT_TEMPLATE: &str = r#"{"message":$context.error.messageString}"#;

/// Customised responses that were checked.
#[derive(Clone, Debug)]
pub(crate) struct PreparedResponses {
    custom: Vec<(ResponseType, Prepared)>,
    built_in: Prepared,
}

#[derive(Clone, Debug)]
struct Prepared {
    status: Option<StatusCode>,
    headers: Vec<(HeaderName, HeaderValueSource)>,
    /// The index of the template for `application/json`, or of the first one.
    preferred: Template,
    others: Vec<Template>,
}

/// Where a header's value comes from.
#[derive(Clone, Debug)]
enum HeaderValueSource {
    Fixed(HeaderValue),
    Variable(Variable),
}

impl GatewayResponses {
    /// Checks everything. The values of `secrets`, from which the token is taken, are never sent back.
    pub(crate) fn prepare(self, secrets: TokenPlaces<'_>) -> Result<PreparedResponses, GatewayResponseError> {
        let settings = self.settings(secrets)?;
        let prepare = |response_type, response: &GatewayResponse| {
            response.prepare(&settings).map_err(|(place, problem)| GatewayResponseError::Response {
                response_type,
                place,
                problem,
            })
        };
        let built_in = prepare(ResponseType::Default4xx, &GatewayResponse::new())?;
        let mut custom = Vec::new();
        for (response_type, response) in &self.responses {
            let response_type = *response_type;
            if custom.iter().any(|(found, _)| *found == response_type) {
                return Err(GatewayResponseError::Twice { response_type });
            }
            custom.push((response_type, prepare(response_type, response)?));
        }
        Ok(PreparedResponses { custom, built_in })
    }

    fn settings<'s>(&'s self, secrets: TokenPlaces<'s>) -> Result<Settings<'s>, GatewayResponseError> {
        let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let stage = self.stage.as_deref();
        let is_stage =
            |name: &str| (1..=128).contains(&name.len()) && name.bytes().all(|b| is_word(b) || b == b'-');
        if let Some(given) = stage.filter(|name| !is_stage(name)) {
            return Err(GatewayResponseError::Stage { given: given.to_owned() });
        }
        let mut stage_variables = BTreeMap::new();
        for (name, value) in &self.stage_variables {
            let good_name = !name.is_empty() && name.bytes().all(is_word);
            let good_value =
                !value.is_empty() && value.bytes().all(|b| is_word(b) || b"-.~:/?#&=,".contains(&b));
            if !good_name || !good_value {
                return Err(GatewayResponseError::StageVariable { name: name.clone(), given: value.clone() });
            }
            if stage_variables.insert(&**name, &**value).is_some() {
                return Err(GatewayResponseError::StageVariableTwice { name: name.clone() });
            }
        }
        Ok(Settings { stage, stage_variables, secrets })
    }
}

impl GatewayResponse {
    /// Adds to each error which part of the response it is in.
    fn prepare(&self, settings: &Settings<'_>) -> Result<Prepared, (String, ResponseProblem)> {
        let status = self.status.map(status).transpose().map_err(|problem| ("status".to_owned(), problem))?;
        let mut headers: Vec<(HeaderName, HeaderValueSource)> = Vec::new();
        for (given, value) in &self.headers {
            let at = |problem| (format!("header `{given}`"), problem);
            let name = header_name(given).map_err(at)?;
            if headers.iter().any(|(found, _)| *found == name) {
                return Err(at(ResponseProblem::HeaderTwice));
            }
            headers.push((name, HeaderValueSource::parse(value, settings).map_err(at)?));
        }
        let mut templates: Vec<Template> = Vec::new();
        let default = [(JSON.to_owned(), DEFAULT_TEMPLATE.to_owned())];
        let given = if self.templates.is_empty() { &default[..] } else { &self.templates };
        for (media_type, text) in given {
            let at = |problem| (format!("template for `{media_type}`"), problem);
            let template = Template::parse(media_type, text, settings).map_err(at)?;
            if templates.iter().any(|found| found.media_type.essence == template.media_type.essence) {
                return Err(at(ResponseProblem::MediaTypeTwice));
            }
            templates.push(template);
        }
        let preferred =
            templates.iter().position(|template| &*template.media_type.essence == JSON).unwrap_or(0);
        let preferred = templates.remove(preferred);
        Ok(Prepared { status, headers, preferred, others: templates })
    }
}

/// API Gateway's pattern is `[1-5]\d\d`; a 1XX is not the end of an exchange (RFC 9110 §15.2).
fn status(given: u16) -> Result<StatusCode, ResponseProblem> {
    let status = StatusCode::from_u16(given).ok().filter(|status| (200..600).contains(&status.as_u16()));
    status.ok_or(ResponseProblem::Status { given })
}

/// RFC 9110 §6.4.1, §15.3.6.
fn has_content(status: StatusCode) -> bool {
    !matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED)
}

fn header_name(given: &str) -> Result<HeaderName, ResponseProblem> {
    let name = given.strip_prefix("gatewayresponse.header.").unwrap_or(given);
    let name = HeaderName::try_from(name).map_err(|_| ResponseProblem::HeaderName)?;
    match name.as_str() {
        reserved if RESERVED.contains(&reserved) => Err(ResponseProblem::HeaderReserved),
        "content-type" => Err(ResponseProblem::ContentType),
        _ => Ok(name),
    }
}

impl HeaderValueSource {
    fn parse(given: &str, settings: &Settings<'_>) -> Result<Self, ResponseProblem> {
        let not_a_value = || ResponseProblem::HeaderValue { given: given.to_owned() };
        if let Some(literal) = given.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
            let text = sendable(literal);
            let value = HeaderValue::try_from(&text).ok().filter(|_| text == literal);
            return value.map(Self::Fixed).ok_or_else(not_a_value);
        }
        if !["method.request.", "context.", "stageVariables."].iter().any(|start| given.starts_with(start)) {
            return Err(not_a_value());
        }
        Variable::parse(given, settings).map(Self::Variable)
    }

    fn value(&self, occasion: &Occasion<'_>) -> Option<HeaderValue> {
        match self {
            Self::Fixed(value) => Some(value.clone()),
            Self::Variable(variable) => HeaderValue::try_from(sendable(&variable.value(occasion)?)).ok(),
        }
    }
}

/// The characters of the text that a header value can have (RFC 9110 §5.5, without `obs-text`).
fn sendable(text: &str) -> String {
    text.chars().filter(|character| matches!(character, ' '..='~' | '\t')).collect()
}

impl PreparedResponses {
    /// The response of this type. `built_in` is its status if none is set.
    pub(crate) fn render(
        &self,
        response_type: ResponseType,
        built_in: StatusCode,
        message: Option<&str>,
        facts: &RequestFacts<'_>,
    ) -> Response<Bytes> {
        let occasion = Occasion { response_type, message, facts };
        let prepared = self.look_up(response_type);
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = prepared.status.unwrap_or(built_in);
        if has_content(response.status()) {
            let template = prepared.template(facts);
            response.headers_mut().insert(CONTENT_TYPE, template.media_type.content_type.clone());
            *response.body_mut() = template.fill(&occasion).into();
        }
        let headers = response.headers_mut();
        for (name, source) in &prepared.headers {
            if let Some(value) = source.value(&occasion) {
                headers.insert(name, value);
            }
        }
        response
    }

    /// A type that is not customised falls back to `DEFAULT_4XX` or `DEFAULT_5XX`, and these fall back to the built-in response
    /// ("Gateway response types" in the API Gateway developer guide).
    fn look_up(&self, response_type: ResponseType) -> &Prepared {
        let custom =
            |wanted| self.custom.iter().find(|(found, _)| *found == wanted).map(|(_, prepared)| prepared);
        custom(response_type).or_else(|| custom(response_type.fallback())).unwrap_or(&self.built_in)
    }
}

impl Prepared {
    /// The template whose media type the client prefers. The default one among equals, and if the client accepts none of them, which
    /// RFC 9110 §12.5.1 permits.
    fn template(&self, facts: &RequestFacts<'_>) -> &Template {
        let mut best = (&self.preferred, accept::quality(&self.preferred.media_type.essence, facts.headers));
        for template in &self.others {
            let quality = accept::quality(&template.media_type.essence, facts.headers);
            if quality > best.1 {
                best = (template, quality);
            }
        }
        best.0
    }
}

#[cfg(test)]
mod tests;
