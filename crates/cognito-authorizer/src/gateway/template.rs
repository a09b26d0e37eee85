//! Texts with variables in them: read once, filled in for each response.

use std::borrow::Cow;

use http::HeaderValue;

use super::{
    error::ResponseProblem,
    variable::{Occasion, Settings, Variable},
};

/// The most variables of one template, so that a short request cannot ask for a huge answer.
const MOST_VARIABLES: usize = 64;

/// The body for one media type.
#[derive(Clone, Debug)]
pub(super) struct Template {
    /// The media type as it was given, with its parameters.
    pub(super) content_type: HeaderValue,
    /// `type/subtype` in lower case.
    pub(super) essence: Box<str>,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
enum Piece {
    Text(Box<str>),
    Value(Variable, Place),
}

/// Where a value stands, and so how it is escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Between the quotes of a JSON string.
    JsonString,
    /// Where JSON has a value.
    JsonValue,
    /// In XML or HTML.
    Markup,
    /// In anything else.
    Plain,
}

impl Template {
    /// Reads a template. The media type has no wildcards, and the text none but known variables.
    pub(super) fn parse(
        media_type: &str,
        text: &str,
        settings: &Settings<'_>,
    ) -> Result<Self, ResponseProblem> {
        let content_type = HeaderValue::from_str(media_type).map_err(|_| ResponseProblem::MediaType)?;
        let essence = essence(media_type).ok_or(ResponseProblem::MediaType)?;
        let place = place(&essence);
        let pieces = Reader::new(place, settings).read(text)?;
        let template = Self { content_type, essence, pieces };
        if place == Place::JsonValue {
            template.check_json()?;
        }
        Ok(template)
    }

    /// The body for this occasion.
    pub(super) fn fill(&self, occasion: &Occasion<'_>) -> String {
        let mut body = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => body.push_str(text),
                Piece::Value(variable, place) => place.write(variable.value(occasion), &mut body),
            }
        }
        body
    }

    /// JSON with `null` for each value is JSON with any other value too. Within a string `z` stands for the content: after
    /// a backslash, or among the digits of an escape, it is as wrong as most values would be.
    fn check_json(&self) -> Result<(), ResponseProblem> {
        let mut sample = String::new();
        for piece in &self.pieces {
            sample.push_str(match piece {
                Piece::Text(text) => text,
                Piece::Value(_, Place::JsonString) => "z",
                Piece::Value(..) => "null",
            });
        }
        match serde_json::from_str::<serde_json::Value>(&sample) {
            Ok(_) => Ok(()),
            Err(error) => Err(ResponseProblem::NotJson { line: error.line(), column: error.column() }),
        }
    }
}

/// `type/subtype` in lower case, if that is what stands before the parameters (RFC 9110 §8.3.1).
fn essence(media_type: &str) -> Option<Box<str>> {
    // RFC 9110 §5.6.2, without the wildcard of ranges.
    let is_token = |text: &str| {
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'+-.^_`|~".contains(&b))
    };
    let essence = media_type.split_once(';').map_or(media_type, |(essence, _)| essence).trim_end();
    let (kind, subtype) = essence.split_once('/')?;
    (is_token(kind) && is_token(subtype)).then(|| essence.to_ascii_lowercase().into())
}

/// Where a variable stands in such a body, outside any string.
fn place(essence: &str) -> Place {
    let (kind, subtype) = essence.split_once('/').unwrap_or_default();
    match subtype {
        "json" if matches!(kind, "application" | "text") => Place::JsonValue,
        _ if subtype.ends_with("+json") => Place::JsonValue,
        "xml" => Place::Markup,
        "html" if kind == "text" => Place::Markup,
        _ if subtype.ends_with("+xml") => Place::Markup,
        _ => Place::Plain,
    }
}

/// Takes a template apart.
struct Reader<'s> {
    outside: Place,
    settings: &'s Settings<'s>,
    pieces: Vec<Piece>,
    text: String,
    /// Inside a JSON string, and there after a backslash.
    in_string: bool,
    escaped: bool,
}

impl<'s> Reader<'s> {
    fn new(outside: Place, settings: &'s Settings<'s>) -> Self {
        Self { outside, settings, pieces: Vec::new(), text: String::new(), in_string: false, escaped: false }
    }

    fn read(mut self, text: &str) -> Result<Vec<Piece>, ResponseProblem> {
        let mut rest = text;
        let mut in_word = false;
        let mut variables = 0;
        while let Some(next) = rest.chars().next() {
            if let Some((name, after)) = reference(rest, in_word)? {
                self.variable(name)?;
                variables += 1;
                if variables > MOST_VARIABLES {
                    return Err(ResponseProblem::TooManyVariables { most: MOST_VARIABLES });
                }
                rest = after;
                in_word = true;
            } else {
                self.character(next);
                rest = rest.strip_prefix(next).unwrap_or_default();
                in_word = is_word(next);
            }
        }
        self.end_text();
        Ok(self.pieces)
    }

    fn character(&mut self, character: char) {
        if self.outside == Place::JsonValue {
            match character {
                _ if self.escaped => self.escaped = false,
                '\\' => self.escaped = self.in_string,
                '"' => self.in_string = !self.in_string,
                _ => {}
            }
        }
        self.text.push(character);
    }

    fn variable(&mut self, name: &str) -> Result<(), ResponseProblem> {
        let variable = Variable::parse(name, self.settings)?;
        let place = if self.in_string { Place::JsonString } else { self.outside };
        self.escaped = false;
        match variable {
            // A number is meant as a number: `{"limit":$stageVariables.limit}`.
            Variable::Constant(value) if place == Place::JsonValue && is_json(&value) => {
                self.text.push_str(&value);
            }
            // The quotes are those of the place.
            Variable::MessageString if matches!(place, Place::JsonValue | Place::JsonString) => {
                self.value(Variable::Message, place);
            }
            variable => self.value(variable, place),
        }
        Ok(())
    }

    fn value(&mut self, variable: Variable, place: Place) {
        self.end_text();
        self.pieces.push(Piece::Value(variable, place));
    }

    fn end_text(&mut self) {
        if !self.text.is_empty() {
            self.pieces.push(Piece::Text(std::mem::take(&mut self.text).into()));
        }
    }
}

/// The variable that the text begins with, without `$`, and what follows it.
fn reference(text: &str, in_word: bool) -> Result<Option<(&str, &str)>, ResponseProblem> {
    let velocity = |found: &str| Err(ResponseProblem::Velocity { found: found.to_owned() });
    if let Some(directive) = text.strip_prefix('#') {
        let word = prefix(directive, |c| c.is_ascii_alphabetic());
        let called = directive.strip_prefix(word).is_some_and(|rest| rest.trim_start().starts_with('('));
        let directives =
            ["set", "if", "elseif", "foreach", "macro", "parse", "include", "evaluate", "define"];
        return if called && directives.contains(&word) { velocity(&format!("#{word}")) } else { Ok(None) };
    }
    let Some(variable) = text.strip_prefix('$') else {
        // «in the form of `method.request.param-position.param-name`», says the developer guide.
        let bare = !in_word && text.starts_with("method.request.");
        return Ok(bare.then(|| name(text)));
    };
    match variable.chars().next() {
        Some('{') => velocity("${"),
        Some('!') => velocity("$!"),
        Some(first) if first.is_ascii_alphabetic() => Ok(Some(name(variable))),
        _ => Ok(None),
    }
}

/// The name that the text begins with, and what follows it. Only parameters of requests have hyphens, and a full stop at
/// the end is the sentence's.
fn name(text: &str) -> (&str, &str) {
    let hyphens = text.starts_with("method.request.");
    let name = prefix(text, |c| is_word(c) || c == '.' || hyphens && c == '-').trim_end_matches(['.', '-']);
    (name, text.strip_prefix(name).unwrap_or_default())
}

fn prefix(text: &str, belongs: impl Fn(char) -> bool) -> &str {
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(text).is_ok()
}

impl Place {
    fn write(self, value: Option<Cow<'_, str>>, body: &mut String) {
        match (self, value) {
            (Self::JsonValue, value) => body.push_str(&json(value.as_deref())),
            (_, None) => {}
            (Self::JsonString, Some(value)) => {
                let quoted = json(Some(&value));
                let content = quoted.strip_prefix('"').and_then(|quoted| quoted.strip_suffix('"'));
                body.push_str(content.unwrap_or_default());
            }
            (Self::Markup, Some(value)) => {
                for character in value.chars() {
                    match character {
                        '&' => body.push_str("&amp;"),
                        '<' => body.push_str("&lt;"),
                        '>' => body.push_str("&gt;"),
                        '"' => body.push_str("&quot;"),
                        '\'' => body.push_str("&#39;"),
                        character if is_plain(character) => body.push(character),
                        _ => {}
                    }
                }
            }
            (Self::Plain, Some(value)) => body.extend(value.chars().filter(|&character| is_plain(character))),
        }
    }
}

fn json(value: Option<&str>) -> String {
    // Text can always be written as JSON.
    serde_json::to_string(&value).unwrap_or_else(|_| "null".to_owned())
}

/// No control character but tab and line feed, and nothing that XML 1.0 §2.2 lacks.
fn is_plain(character: char) -> bool {
    matches!(character, '\t' | '\n')
        || !character.is_control() && !matches!(character, '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use http::{HeaderMap, Method, Uri};

    use super::*;
    use crate::gateway::{RequestFacts, ResponseType};

    const HOSTILE: &str = "\",\"admin\":true,\"<b>&'\\\r\u{1}\t\u{7f}ä";

    fn parse(media_type: &str, text: &str) -> Result<Template, ResponseProblem> {
        let stage_variables = BTreeMap::from([("tier", "gold"), ("limit", "3"), ("open", "true")]);
        Template::parse(
            media_type,
            text,
            &Settings { stage: Some("prod"), stage_variables, secret_header: None },
        )
    }

    fn fill(media_type: &str, text: &str, message: Option<&str>) -> String {
        let template = parse(media_type, text).unwrap_or_else(|problem| panic!("{text}: {problem}"));
        let facts = RequestFacts {
            request_id: Some("id"),
            extended_request_id: Some("extended="),
            method: &Method::GET,
            uri: &Uri::from_static("/orders"),
            headers: &HeaderMap::new(),
            resource_path: None,
            path_parameters: &[("id", HOSTILE)],
        };
        template.fill(&Occasion { response_type: ResponseType::Unauthorized, message, facts: &facts })
    }

    #[test]
    fn the_default_template_is_the_built_in_body() {
        for (message, body) in [
            (Some("Unauthorized"), r#"{"message":"Unauthorized"}"#),
            (Some("The incoming token has expired"), r#"{"message":"The incoming token has expired"}"#),
            (None, r#"{"message":null}"#),
        ] {
            assert_eq!(
                fill("application/json", r#"{"message":$context.error.messageString}"#, message),
                body
            );
        }
    }

    #[test]
    fn in_json_a_variable_is_a_string_or_the_content_of_one() {
        for (template, body) in [
            (r#"{"m":"$context.error.message"}"#, r#"{"m":"No \"x\""}"#),
            (r#"{"m":"$context.error.messageString"}"#, r#"{"m":"No \"x\""}"#),
            (r#"{"m":$context.error.message}"#, r#"{"m":"No \"x\""}"#),
            (r#"{"m":$context.error.messageString}"#, r#"{"m":"No \"x\""}"#),
            (r#"{"t":$context.error.responseType}"#, r#"{"t":"UNAUTHORIZED"}"#),
            (r#"{"t":"$context.error.responseType!"}"#, r#"{"t":"UNAUTHORIZED!"}"#),
            (r#"{"v":$context.error.validationErrorString}"#, r#"{"v":null}"#),
            (r#"{"v":"$context.error.validationErrorString"}"#, r#"{"v":""}"#),
            (r#"{"s":"a \" $context.stage"}"#, r#"{"s":"a \" prod"}"#),
            (r#"{"s":"\\$context.stage"}"#, r#"{"s":"\\prod"}"#),
            (r#"{"s":$context.stage}"#, r#"{"s":"prod"}"#),
            (r#"{"n":$stageVariables.limit,"b":$stageVariables.open}"#, r#"{"n":3,"b":true}"#),
            (r#"{"n":"$stageVariables.limit"}"#, r#"{"n":"3"}"#),
            (r#"["$context.requestId.","$context.requestId-$context.stage"]"#, r#"["id.","id-prod"]"#),
            (r#"{"stageVariables.a":"'404'"}"#, r#"{"stageVariables.a":"'404'"}"#),
            (r#"{"$context.stage":1}"#, r#"{"prod":1}"#),
            (r#""costs $5, $ and #4""#, r#""costs $5, $ and #4""#),
            (r#""method.request.path.none method.request""#, r#"" method.request""#),
            (r#""xmethod.request.path.id""#, r#""xmethod.request.path.id""#),
        ] {
            assert_eq!(fill("application/json", template, Some("No \"x\"")), body, "{template}");
        }
    }

    #[test]
    fn a_value_is_escaped_for_its_place() {
        let json = r#"{"a":"$method.request.path.id","b":$method.request.path.id}"#;
        let content = r#"\",\"admin\":true,\"<b>&'\\\r\u0001\t"#;
        for media_type in ["application/json", "Text/JSON; charset=utf-8", "application/problem+json"] {
            let expected = format!("{{\"a\":\"{content}\u{7f}ä\",\"b\":\"{content}\u{7f}ä\"}}");
            assert_eq!(fill(media_type, json, None), expected, "{media_type}");
        }
        let markup = "&quot;,&quot;admin&quot;:true,&quot;&lt;b&gt;&amp;&#39;\\\tä";
        for media_type in
            ["text/html", "text/xml", "application/xml", "image/svg+xml", "application/xhtml+XML ;q=1"]
        {
            let filled = fill(media_type, "<a>$method.request.path.id</a>", None);
            assert_eq!(filled, format!("<a>{markup}</a>"), "{media_type}");
        }
        for media_type in ["text/plain", "application/x-json", "text/csv"] {
            let filled = fill(media_type, "$method.request.path.id", None);
            assert_eq!(filled, "\",\"admin\":true,\"<b>&'\\\tä", "{media_type}");
        }
    }

    #[test]
    fn text_has_the_message_bare_or_in_quotes() {
        let template = "$context.error.message / $context.error.messageString";
        assert_eq!(fill("text/plain", template, Some("Unauthorized")), "Unauthorized / \"Unauthorized\"");
        assert_eq!(fill("text/plain", template, None), " / null");
        assert_eq!(fill("text/xml", template, Some("No")), "No / &quot;No&quot;");
        assert_eq!(fill("text/plain", "", None), "");
    }

    #[test]
    fn velocity_is_refused() {
        for (template, found) in [
            ("${context.requestId}", "${"),
            ("$!context.requestId", "$!"),
            ("#set($a = 1)", "#set"),
            ("#if ($context.stage)x#end", "#if"),
            ("a #foreach(b", "#foreach"),
        ] {
            let problem = ResponseProblem::Velocity { found: found.into() };
            assert_eq!(parse("text/plain", template).unwrap_err(), problem, "{template}");
        }
        for name in [
            "input.json",
            "input",
            "util.escapeJavaScript",
            "context.authorizer.claims.sub",
            "foo",
            "context",
        ] {
            let problem = ResponseProblem::UnknownVariable { name: name.into() };
            assert_eq!(parse("text/plain", &format!("a ${name}('b')")).unwrap_err(), problem, "{name}");
        }
        for good in ["<a href=\"#end\">#</a>", "#settled", "#set", "$$", "US$ 5"] {
            assert_eq!(fill("text/html", good, None), good);
        }
    }

    #[test]
    fn a_template_for_json_makes_json() {
        for template in [
            "",
            "{",
            "{'message':$context.error.messageString}",
            r#"{"message":Access denied}"#,
            "{$context.stage:1}",
            r#"{"a":1$context.requestId}"#,
            r#"{"a":$context.requestId$context.requestId}"#,
            r#"{"a":"$context.requestId}"#,
            r#"{"a":"\$context.requestId"}"#,
            r#"{"a":"\u00$context.requestId"}"#,
            r#"{"a":"\u00$context.requestId 41"}"#,
            "\"a\nb\"",
        ] {
            let problem = parse("application/json", template).unwrap_err();
            assert!(matches!(problem, ResponseProblem::NotJson { .. }), "{template}: {problem}");
            assert!(parse("text/plain", template).is_ok(), "{template}");
        }
    }

    #[test]
    fn a_media_type_is_one() {
        for bad in [
            "",
            "json",
            "application/",
            "/json",
            "*/*",
            "text/*",
            "a b/c",
            "a/b c",
            "text/html\n",
            "ä/b",
            ";a/b",
        ] {
            assert_eq!(parse(bad, "1").unwrap_err(), ResponseProblem::MediaType, "{bad:?}");
        }
        let template = parse("Application/JSON ; charset=UTF-8", "1").unwrap();
        assert_eq!(
            (&*template.essence, template.content_type),
            ("application/json", "Application/JSON ; charset=UTF-8".parse().unwrap())
        );
    }

    #[test]
    fn a_template_has_so_many_variables() {
        assert!(parse("text/plain", &"$context.path ".repeat(MOST_VARIABLES)).is_ok());
        let problem = ResponseProblem::TooManyVariables { most: MOST_VARIABLES };
        assert_eq!(parse("text/plain", &"$context.path ".repeat(MOST_VARIABLES + 1)).unwrap_err(), problem);
    }
}
