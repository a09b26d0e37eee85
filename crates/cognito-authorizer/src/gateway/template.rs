//! Templates: texts with variables, parsed once and filled in for each response.

use std::borrow::Cow;

use super::{
    error::ResponseProblem,
    markup::Scanner,
    markup_names::{Dialect, Safe, names_active_namespace},
    media_type::{MediaType, Syntax},
    variable::{Occasion, Settings, Variable},
};

/// The most variables in one template, so that a short request cannot cause a huge response.
const MOST_VARIABLES: usize = 64;

/// The body for one media type.
#[derive(Clone, Debug)]
pub(super) struct Template {
    pub(super) media_type: MediaType,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
enum Piece {
    Text(Box<str>),
    Value(Variable, Place),
}

/// The context of a variable, which decides how its value is escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Between the quotes of a JSON string.
    JsonString,
    /// Where JSON has a value.
    JsonValue,
    /// In the text of an element, or in a quoted attribute.
    Markup,
    /// In plain text.
    Plain,
}

impl Template {
    /// Parses a template, whose text may contain only known variables.
    pub(super) fn parse(
        media_type: &str,
        text: &str,
        settings: &Settings<'_>,
    ) -> Result<Self, ResponseProblem> {
        let media_type = MediaType::parse(media_type)?;
        let pieces = Reader::new(media_type.syntax, text, settings).read(text)?;
        let template = Self { media_type, pieces };
        if template.media_type.syntax == Syntax::Json {
            template.check_json()?;
        }
        Ok(template)
    }

    /// The body for one response.
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

    /// If a template is JSON with `null` for each value, it is JSON with any other value. Inside a string, `z` is filled in: after a
    /// backslash, or among the digits of an escape, it is invalid, as most values would be.
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

/// Splits a template into text and variables.
struct Reader<'s> {
    syntax: Syntax,
    settings: &'s Settings<'s>,
    pieces: Vec<Piece>,
    text: String,
    /// Whether the position is inside a JSON string, and whether it is after a backslash there.
    in_string: bool,
    escaped: bool,
    /// The state of the parser of HTML and XML.
    markup: Option<Scanner>,
}

impl<'s> Reader<'s> {
    fn new(syntax: Syntax, text: &str, settings: &'s Settings<'s>) -> Self {
        let dialect = match syntax {
            Syntax::Html => Some(Dialect::Html),
            Syntax::ActiveXml => Some(Dialect::ActiveXml),
            Syntax::Xml if names_active_namespace(text) => Some(Dialect::ActiveXml),
            Syntax::Xml => Some(Dialect::Xml),
            Syntax::Json | Syntax::Text | Syntax::Other => None,
        };
        let markup = dialect.map(Scanner::new);
        Self {
            syntax,
            settings,
            pieces: Vec::new(),
            text: String::new(),
            in_string: false,
            escaped: false,
            markup,
        }
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
        if self.syntax == Syntax::Json {
            match character {
                _ if self.escaped => self.escaped = false,
                '\\' => self.escaped = self.in_string,
                '"' => self.in_string = !self.in_string,
                _ => {}
            }
        }
        if let Some(markup) = &mut self.markup {
            markup.read(character);
        }
        self.text.push(character);
    }

    fn variable(&mut self, name: &str) -> Result<(), ResponseProblem> {
        let variable = Variable::parse(name, self.settings)?;
        let place = match (self.place(name, &variable), &variable) {
            (Ok(place), _) => place,
            // The author chooses the stage and its variables, which have no quotes, spaces or angle brackets.
            (Err(ResponseProblem::UnsafePlace { .. }), Variable::Constant(value)) => {
                value.chars().for_each(|character| self.character(character));
                return Ok(());
            }
            (Err(problem), _) => return Err(problem),
        };
        self.escaped = false;
        match variable {
            // A number is meant as a number: `{"limit":$stageVariables.limit}`.
            Variable::Constant(value) if place == Place::JsonValue && is_json(&value) => {
                self.text.push_str(&value);
            }
            // The template has the quotes.
            Variable::MessageString if matches!(place, Place::JsonValue | Place::JsonString) => {
                self.value(Variable::Message, place);
            }
            variable => self.value(variable, place),
        }
        Ok(())
    }

    /// The context of the variable, if its values are safe there.
    fn place(&self, name: &str, variable: &Variable) -> Result<Place, ResponseProblem> {
        let name = || name.to_owned();
        if let Some(markup) = &self.markup {
            return match markup.safe() {
                Safe::All => Ok(Place::Markup),
                Safe::NotTheClients if !variable.is_the_clients() => Ok(Place::Markup),
                Safe::NotTheClients => {
                    let attribute = markup.attribute().to_owned();
                    Err(ResponseProblem::ClientAttribute { name: name(), attribute })
                }
                Safe::None(place) => Err(ResponseProblem::UnsafePlace { name: name(), place }),
            };
        }
        match self.syntax {
            Syntax::Json if self.in_string => Ok(Place::JsonString),
            Syntax::Json => Ok(Place::JsonValue),
            Syntax::Text => Ok(Place::Plain),
            _ if variable.is_the_clients() => Err(ResponseProblem::ClientValue { name: name() }),
            _ => Ok(Place::Plain),
        }
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

/// The variable that the text begins with, without `$`, and the rest of the text.
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
        // The developer guide writes "in the form of `method.request.param-position.param-name`".
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

/// The name that the text begins with, and the rest of the text. Only parameters of requests have hyphens. A full stop at the end
/// is not part of the name.
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
                        // `]]` before a `>` of the template would not be XML.
                        ']' => body.push_str("&#93;"),
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

/// Removes control characters other than tab and line feed, and characters that XML 1.0 §2.2 does not permit.
fn is_plain(character: char) -> bool {
    matches!(character, '\t' | '\n')
        || !character.is_control() && !matches!(character, '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests;
