//! The grammar of variables: `${source(param, …):address, fallback}` ("Variables", guides of the Serverless Framework).

/// A text with variables in it.
pub(super) type VariableParts = Vec<VariablePart>;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum VariablePart {
    Text(String),
    Variable(Variable),
}

/// The sources, which are tried in this order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Variable {
    pub(super) sources: Vec<VariableSource>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum VariableSource {
    /// `self:custom.a`, `file(a.yml):b`, `strToBool(true)`
    Lookup(Lookup),
    /// `'text'` or `"text"`
    Text(String),
    /// `true`, `false`, `null` or a number, as it would be written in the file.
    Plain(String),
    /// A variable as a source, as in early versions of the framework.
    Nested(Variable),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lookup {
    pub(super) kind: String,
    pub(super) params: Vec<VariableParts>,
    pub(super) address: VariableParts,
}

/// Variables in variables in variables.
const DEEPEST: usize = 16;

/// Why a text with the start of a variable is invalid.
pub(super) type Wrong = &'static str;

/// Splits the text at its variables. A `${…}` without a source, such as `${AWS::Region}`, belongs to CloudFormation and stays text.
pub(super) fn parse(text: &str) -> Result<VariableParts, Wrong> {
    Parser { text, at: 0 }.text()
}

/// Whether the text has a variable, or something that could be one.
pub(super) fn has_variable(text: &str) -> bool {
    text.contains("${")
        && parse(text)
            .map_or(true, |pieces| pieces.iter().any(|piece| matches!(piece, VariablePart::Variable(_))))
}

struct Parser<'t> {
    text: &'t str,
    /// Always at the start of a character.
    at: usize,
}

/// What `${` starts.
enum Head<'t> {
    Source(&'t str),
    Foreign,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn advance(&mut self, bytes: usize) {
        self.at += bytes;
    }

    fn skip_spaces(&mut self) {
        let rest = self.rest();
        self.advance(rest.len() - rest.trim_start_matches(' ').len());
    }

    /// Takes the text if it comes next.
    fn takes(&mut self, text: &str) -> bool {
        let comes = self.rest().starts_with(text);
        if comes {
            self.advance(text.len());
        }
        comes
    }

    /// The whole of a value.
    fn text(&mut self) -> Result<VariableParts, Wrong> {
        let mut pieces = Vec::new();
        while let Some(next) = self.rest().find(['\\', '$']) {
            push(&mut pieces, self.rest().get(..next).unwrap_or_default());
            self.advance(next);
            let slashes = self.rest().len() - self.rest().trim_start_matches('\\').len();
            let opens = self.rest().get(slashes..).is_some_and(|after| after.starts_with("${"));
            if !opens {
                let plain = slashes.max(1);
                push(&mut pieces, self.rest().get(..plain).unwrap_or_default());
                self.advance(plain);
                continue;
            }
            // Of a pair of backslashes one is left; a single one makes text of the variable.
            self.advance(slashes);
            push(&mut pieces, &"\\".repeat(slashes / 2));
            let head = if slashes.is_multiple_of(2) { self.head() } else { Head::Foreign };
            match head {
                Head::Source(_) => pieces.push(VariablePart::Variable(self.variable(0)?)),
                Head::Foreign => {
                    push(&mut pieces, "${");
                    self.advance(2);
                }
            }
        }
        push(&mut pieces, self.rest());
        Ok(pieces)
    }

    /// Looks behind a `${`, which is next, and takes nothing.
    fn head(&self) -> Head<'t> {
        let inside = self.rest().get(2..).unwrap_or_default();
        let end = inside.find(|c: char| !is_word(c)).unwrap_or(inside.len());
        let (name, after) = inside.split_at_checked(end).unwrap_or_default();
        let names_source = name.starts_with(|c: char| c.is_ascii_lowercase());
        let address = after.strip_prefix(':').map(|address| address.trim_start_matches(' '));
        // `a::b` is not an address.
        let is_source = after.starts_with('(') || address.is_some_and(|address| !address.starts_with(':'));
        if names_source && is_source { Head::Source(name) } else { Head::Foreign }
    }

    /// A variable, whose `${` is next.
    fn variable(&mut self, depth: usize) -> Result<Variable, Wrong> {
        if depth >= DEEPEST {
            return Err("variables are nested too deep");
        }
        let Head::Source(name) = self.head() else { return Err("a `${` here must name a source") };
        self.advance(2 + name.len());
        let mut sources = vec![VariableSource::Lookup(self.lookup(name, depth)?)];
        loop {
            match self.peek() {
                Some('}') => {
                    self.advance(1);
                    return Ok(Variable { sources });
                }
                Some(',') => {
                    self.advance(1);
                    self.skip_spaces();
                    sources.push(self.fallback(depth)?);
                    self.skip_spaces();
                }
                _ => return Err("its closing `}` is missing"),
            }
        }
    }

    fn fallback(&mut self, depth: usize) -> Result<VariableSource, Wrong> {
        match self.peek() {
            Some(quote @ ('\'' | '"')) => Ok(VariableSource::Text(self.quoted(quote)?)),
            Some('$') => Ok(VariableSource::Nested(self.variable(depth + 1)?)),
            _ => {
                let end = self.rest().find(|c: char| !is_word(c)).unwrap_or(self.rest().len());
                let word = self.rest().get(..end).unwrap_or_default();
                self.advance(end);
                match self.peek() {
                    Some(':' | '(') if is_source_name(word) => {
                        Ok(VariableSource::Lookup(self.lookup(word, depth)?))
                    }
                    _ if matches!(word, "true" | "false" | "null") || is_number(word) => {
                        Ok(VariableSource::Plain(word.into()))
                    }
                    _ => Err("a fallback is a source, a quoted text, a number, true, false or null"),
                }
            }
        }
    }

    /// The rest after the name of a source.
    fn lookup(&mut self, name: &str, depth: usize) -> Result<Lookup, Wrong> {
        let mut lookup = Lookup { kind: name.into(), params: Vec::new(), address: Vec::new() };
        if self.takes("(") {
            loop {
                self.skip_spaces();
                let param = self.operand([',', ')'], depth)?;
                let comma = self.peek() == Some(',');
                if !param.is_empty() || comma {
                    lookup.params.push(param);
                }
                self.advance(1);
                if !comma {
                    break;
                }
            }
            self.skip_spaces();
        }
        if self.takes(":") {
            self.skip_spaces();
            lookup.address = self.operand([',', '}'], depth)?;
        }
        Ok(lookup)
    }

    /// A param or an address, up to one of the characters, which is next then.
    fn operand(&mut self, ends: [char; 2], depth: usize) -> Result<VariableParts, Wrong> {
        if let Some(quote @ ('\'' | '"')) = self.peek() {
            let text = self.quoted(quote)?;
            self.skip_spaces();
            if !self.peek().is_some_and(|next| ends.contains(&next)) {
                return Err("something follows a quoted text");
            }
            return Ok(vec![VariablePart::Text(text)]);
        }
        let mut pieces = Vec::new();
        loop {
            let rest = self.rest();
            let Some(next) = rest.find(|c: char| ends.contains(&c) || matches!(c, '$' | '}')) else {
                return Err("its closing `}` is missing");
            };
            push(&mut pieces, rest.get(..next).unwrap_or_default());
            self.advance(next);
            match self.peek() {
                Some('$') if self.rest().starts_with("${") => {
                    pieces.push(VariablePart::Variable(self.variable(depth + 1)?));
                }
                Some('$') => {
                    push(&mut pieces, "$");
                    self.advance(1);
                }
                Some(end) if ends.contains(&end) => break,
                _ => return Err("its closing `)` is missing"),
            }
        }
        if let Some(VariablePart::Text(last)) = pieces.last_mut() {
            last.truncate(last.trim_end().len());
        }
        pieces.retain(|piece| *piece != VariablePart::Text(String::new()));
        Ok(pieces)
    }

    /// A quoted text, whose quote is next. Double quotes have the escapes of JSON, of which only those of quotes and
    /// backslashes are taken.
    fn quoted(&mut self, quote: char) -> Result<String, Wrong> {
        self.advance(1);
        let mut text = String::new();
        let mut characters = self.rest().char_indices();
        while let Some((at, c)) = characters.next() {
            match c {
                _ if c == quote => {
                    self.advance(at + 1);
                    return Ok(text);
                }
                '\\' if quote == '"' => match characters.next() {
                    Some((_, escaped @ ('"' | '\\' | '/'))) => text.push(escaped),
                    _ => return Err("an escape in a quoted text is not taken here"),
                },
                _ => text.push(c),
            }
        }
        Err("its closing quote is missing")
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-')
}

fn is_source_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase())
}

/// Digits, a sign and a point. JavaScript has more forms of numbers, which are not used here.
fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit() || c == '-') && word.parse::<f64>().is_ok()
}

fn push(pieces: &mut VariableParts, text: &str) {
    match pieces.last_mut() {
        _ if text.is_empty() => {}
        Some(VariablePart::Text(last)) => last.push_str(text),
        _ => pieces.push(VariablePart::Text(text.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As it would be written, so that a table can be read.
    fn written(pieces: &[VariablePart]) -> String {
        let piece = |piece: &VariablePart| match piece {
            VariablePart::Text(text) => text.clone(),
            VariablePart::Variable(variable) => format!("<{}>", self::variable(variable)),
        };
        pieces.iter().map(piece).collect()
    }

    fn variable(variable: &Variable) -> String {
        let source = |source: &VariableSource| match source {
            VariableSource::Text(text) => format!("'{text}'"),
            VariableSource::Plain(text) => text.clone(),
            VariableSource::Nested(nested) => format!("<{}>", self::variable(nested)),
            VariableSource::Lookup(lookup) => {
                let params: Vec<String> = lookup.params.iter().map(|param| written(param)).collect();
                format!("{}[{}]{}", lookup.kind, params.join("|"), written(&lookup.address))
            }
        };
        variable.sources.iter().map(source).collect::<Vec<_>>().join(" or ")
    }

    #[test]
    fn variables_are_cut_out_of_texts() {
        for (text, expected) in [
            ("plain", "plain"),
            ("${self:}", "<self[]>"),
            ("${self:a.b}", "<self[]a.b>"),
            ("x${self:a}y${opt:b}z", "x<self[]a>y<opt[]b>z"),
            ("${opt:stage, self:provider.stage, 'dev'}", "<opt[]stage or self[]provider.stage or 'dev'>"),
            ("${opt:a,\"b c\"}", "<opt[]a or 'b c'>"),
            ("${opt:a, ''}", "<opt[]a or ''>"),
            ("${opt:a, null}", "<opt[]a or null>"),
            ("${opt:a, -1.5}", "<opt[]a or -1.5>"),
            ("${opt:a, true }", "<opt[]a or true>"),
            ("${opt:a, ${self:b}}", "<opt[]a or <self[]b>>"),
            ("${file(./a.yml)}", "<file[./a.yml]>"),
            (
                "${file(./a.${opt:stage, 'dev'}.yml):b.${self:c}}",
                "<file[./a.<opt[]stage or 'dev'>.yml]b.<self[]c>>",
            ),
            ("${file('a b.yml'):c}", "<file[a b.yml]c>"),
            ("${ssm(eu-west-1, raw):/p/q~true}", "<ssm[eu-west-1|raw]/p/q~true>"),
            ("${cf.eu-west-1:stack.Output}", "<cf.eu-west-1[]stack.Output>"),
            ("${strToBool(${env:X})}", "<strToBool[<env[]X>]>"),
            ("${self:a${self:b}}", "<self[]a<self[]b>>"),
            ("$${self:a}", "$<self[]a>"),
            ("${opt:a, file(b.yml)}", "<opt[]a or file[b.yml]>"),
        ] {
            assert_eq!(parse(text).map(|pieces| written(&pieces)), Ok(expected.into()), "{text}");
        }
    }

    #[test]
    fn what_names_no_source_is_left_alone() {
        for text in [
            "${AWS::Region}",
            "${Pool}",
            "${Pool.Arn}",
            "${pool}",
            "${pool.Arn}",
            "${aws::x}",
            "${}",
            "${ self:a}",
            "${",
            "$",
            "${self",
            "#{AWS::Region}",
            "a\\b",
        ] {
            assert_eq!(parse(text).map(|pieces| written(&pieces)), Ok(text.into()));
        }
        assert_eq!(written(&parse("${Foo-${self:a}}").unwrap()), "${Foo-<self[]a>}");
    }

    #[test]
    fn a_backslash_makes_text_of_a_variable() {
        for (text, expected) in
            [(r"\${self:a}", "${self:a}"), (r"\\${self:a}", r"\<self[]a>"), (r"\\\${self:a}", r"\${self:a}")]
        {
            assert_eq!(written(&parse(text).unwrap()), expected);
        }
    }

    #[test]
    fn text_that_is_not_a_variable_is_an_error() {
        for text in [
            "${self:a",
            "${self:a, }",
            "${self:a, b}",
            "${self:a, 'b}",
            "${self:a, 'b' c}",
            "${file(a.yml}",
            "${file(a.yml",
            "${self:${Pool}}",
            "${self:a, b c:d}",
            "${self:${self:${self:a}}",
            &"${self:".repeat(40),
        ] {
            assert!(parse(text).is_err(), "{text}");
            assert!(has_variable(text));
        }
    }
}
