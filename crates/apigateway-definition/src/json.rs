//! JSON of which only some parts become a tree: state files have megabytes that are not about an API.
//!
//! A value is first skipped, which finds only its end. The needed parts are then read by the rules of RFC 8259, and with the
//! bounds of [`yaml`](crate::yaml).

use std::collections::BTreeSet;

use crate::{
    problem::{Problem, error},
    source::Span,
    tree::{Entry, Key, Map, Node},
    yaml::{DEEPEST, MOST_NODES},
};

/// The text of a JSON file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Document<'t> {
    text: &'t str,
    file: usize,
}

/// A value that was skipped.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raw {
    start: usize,
    end: usize,
}

impl<'t> Document<'t> {
    pub(crate) fn new(text: &'t str, file: usize) -> Self {
        Self { text, file }
    }

    /// The only value of the document.
    pub(crate) fn root(self) -> Result<Raw, Problem> {
        let bytes = self.text.as_bytes();
        let start = blank(bytes, if self.text.starts_with('\u{feff}') { 3 } else { 0 });
        let root = self.skip(start)?;
        let end = blank(bytes, root.end);
        if end < bytes.len() { Err(self.wrong("more than one value", end)) } else { Ok(root) }
    }

    /// Where the value is.
    pub(crate) fn span(self, raw: Raw) -> Span {
        Span { file: self.file, start: raw.start, end: raw.end }
    }

    /// The entries of an object, in order; `None` for any other value.
    ///
    /// # Errors
    ///
    /// If a key occurs twice: programs write each key once, and readers disagree about which of the two counts.
    pub(crate) fn entries(self, object: Raw) -> Result<Option<Vec<(Key, Raw)>>, Problem> {
        let mut reader = Reader { document: self, at: object.start, nodes: 0 };
        if !reader.take(b'{') {
            return Ok(None);
        }
        let mut entries: Vec<(Key, Raw)> = Vec::new();
        let mut seen = BTreeSet::new();
        reader.each(b'}', |reader| {
            let key = reader.key()?;
            if !seen.insert(key.text.clone()) {
                return Err(repeated(&key));
            }
            let value = self.skip(reader.at)?;
            reader.at = value.end;
            entries.push((key, value));
            Ok(())
        })?;
        Ok(Some(entries))
    }

    /// The items of an array; `None` for any other value.
    pub(crate) fn items(self, array: Raw) -> Result<Option<Vec<Raw>>, Problem> {
        let mut reader = Reader { document: self, at: array.start, nodes: 0 };
        if !reader.take(b'[') {
            return Ok(None);
        }
        let mut items = Vec::new();
        reader.each(b']', |reader| {
            let item = self.skip(reader.at)?;
            reader.at = item.end;
            items.push(item);
            Ok(())
        })?;
        Ok(Some(items))
    }

    /// The value as a tree.
    pub(crate) fn tree(self, raw: Raw) -> Result<Node, Problem> {
        Reader { document: self, at: raw.start, nodes: 0 }.value(0)
    }

    /// The value, if it is a string, as it is in the file without its quotes. Strings with escapes are no names.
    pub(crate) fn word(self, raw: Raw) -> Option<&'t str> {
        let text = self.text.get(raw.start..raw.end)?.strip_prefix('"')?.strip_suffix('"')?;
        if text.contains('\\') { None } else { Some(text) }
    }

    fn wrong(self, message: &str, at: usize) -> Problem {
        let at = at.min(self.text.len());
        error!(YAML_001, "this is not JSON: {message}")
            .at(Span { file: self.file, start: at, end: at }, "here")
    }

    /// Finds the end of the value that starts here, without looking into it.
    fn skip(self, start: usize) -> Result<Raw, Problem> {
        let bytes = self.text.as_bytes();
        let mut at = start;
        // One bit for each open array or object: whether it is an object.
        let (mut open, mut depth): (u128, usize) = (0, 0);
        loop {
            let Some(byte) = bytes.get(at) else { return Err(self.wrong("it ends too early", at)) };
            match byte {
                b'"' => {
                    at = end_of_string(bytes, at + 1)
                        .ok_or_else(|| self.wrong("a string without an end", at))?;
                }
                b'{' | b'[' => {
                    if depth >= DEEPEST {
                        return Err(too_deep(self.file, at));
                    }
                    open = open << 1 | u128::from(*byte == b'{');
                    depth += 1;
                    at += 1;
                    continue;
                }
                b'}' | b']' if depth > 0 && (open & 1 == 1) == (*byte == b'}') => {
                    open >>= 1;
                    depth -= 1;
                    at += 1;
                }
                b'}' | b']' => return Err(self.wrong("a bracket that closes nothing", at)),
                b' ' | b'\n' | b'\r' | b'\t' | b',' | b':' if depth > 0 => {
                    at += 1;
                    continue;
                }
                byte if byte.is_ascii_alphanumeric() || *byte == b'-' => {
                    let end = end_of_word(bytes, at);
                    if !is_literal(self.text.get(at..end).unwrap_or_default()) {
                        return Err(self.wrong("expected a value", at));
                    }
                    at = end;
                }
                _ => return Err(self.wrong("expected a value", at)),
            }
            if depth == 0 {
                return Ok(Raw { start, end: at });
            }
        }
    }
}

/// Reads values, each byte once.
struct Reader<'t> {
    document: Document<'t>,
    at: usize,
    nodes: usize,
}

impl Reader<'_> {
    fn bytes(&self) -> &[u8] {
        self.document.text.as_bytes()
    }

    fn wrong(&self, message: &str) -> Problem {
        self.document.wrong(message, self.at)
    }

    fn span(&self, start: usize) -> Span {
        Span { file: self.document.file, start, end: self.at }
    }

    /// Takes the byte and the white space behind it.
    fn take(&mut self, byte: u8) -> bool {
        let found = self.bytes().get(self.at) == Some(&byte);
        if found {
            self.at = blank(self.bytes(), self.at + 1);
        }
        found
    }

    /// Calls the function for each element up to this bracket, which it takes.
    fn each(
        &mut self,
        end: u8,
        mut element: impl FnMut(&mut Self) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        if self.bytes().get(self.at) == Some(&end) {
            self.at += 1;
            return Ok(());
        }
        loop {
            element(self)?;
            self.at = blank(self.bytes(), self.at);
            if self.take(b',') {
                continue;
            }
            if self.bytes().get(self.at) == Some(&end) {
                self.at += 1;
                return Ok(());
            }
            return Err(self.wrong("expected `,` or the end of the list"));
        }
    }

    /// A key with its colon, up to its value.
    fn key(&mut self) -> Result<Key, Problem> {
        let start = self.at;
        let text = self.string()?;
        let span = self.span(start);
        self.at = blank(self.bytes(), self.at);
        if self.take(b':') { Ok(Key { text: text.into(), span }) } else { Err(self.wrong("expected `:`")) }
    }

    fn value(&mut self, depth: usize) -> Result<Node, Problem> {
        let start = self.at;
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            let problem = error!(YAML_001, "more than {MOST_NODES} values");
            return Err(problem.at(self.span(start), "too many here"));
        }
        if depth >= DEEPEST {
            return Err(too_deep(self.document.file, start));
        }
        match self.bytes().get(start) {
            Some(b'"') => {
                let text = self.string()?;
                Ok(Node::string(text, self.span(start)))
            }
            Some(b'[') => {
                self.take(b'[');
                let mut items = Vec::new();
                self.each(b']', |reader| {
                    items.push(reader.value(depth + 1)?);
                    Ok(())
                })?;
                Ok(Node::list(items, self.span(start)))
            }
            Some(b'{') => {
                self.take(b'{');
                let mut entries = Vec::new();
                self.each(b'}', |reader| {
                    let key = reader.key()?;
                    entries.push(Entry { key, value: reader.value(depth + 1)? });
                    Ok(())
                })?;
                let (map, again) = Map::new(entries);
                match again.first().map(|again| repeated(&again.key)).or(map.function().map(is_function)) {
                    Some(problem) => Err(problem),
                    None => Ok(Node::from_map(map, self.span(start))),
                }
            }
            _ => self.word(),
        }
    }

    /// A number, a truth value or null.
    fn word(&mut self) -> Result<Node, Problem> {
        let start = self.at;
        let end = end_of_word(self.bytes(), start);
        let text = self.document.text.get(start..end).unwrap_or_default();
        if !is_literal(text) {
            return Err(self.wrong("expected a value"));
        }
        self.at = end;
        Ok(Node::plain(text, self.span(start)))
    }

    /// A string with its escapes resolved (RFC 8259 §7).
    fn string(&mut self) -> Result<String, Problem> {
        if self.bytes().get(self.at) != Some(&b'"') {
            return Err(self.wrong("expected a string"));
        }
        let start = self.at + 1;
        let end = end_of_string(self.bytes(), start).ok_or_else(|| self.wrong("a string without an end"))?;
        let raw = self.document.text.get(start..end - 1).unwrap_or_default();
        if raw.bytes().any(|byte| byte < 0x20) {
            return Err(self.wrong("a control character in a string"));
        }
        let text = if raw.contains('\\') { unescape(raw) } else { Some(raw.to_owned()) };
        let text = text.ok_or_else(|| self.wrong("an escape that JSON does not have"))?;
        self.at = end;
        Ok(text)
    }
}

fn repeated(key: &Key) -> Problem {
    error!(YAML_001, "the key `{}` occurs twice in one map", key.text)
        .at(key.span, "again here")
        .help("keep one: readers of this format disagree about which of the two counts")
}

/// The value becomes part of a template, which would evaluate the function: `{"Ref": "AWS::NoValue"}` would become no value.
fn is_function(key: &Key) -> Problem {
    error!(STATE_001, "`{}` is a function of a template, and this file has only data", key.text)
        .at(key.span, "here")
        .help("read the file as the tool writes it")
}

fn too_deep(file: usize, at: usize) -> Problem {
    error!(YAML_001, "nested more than {DEEPEST} deep").at(Span { file, start: at, end: at }, "too deep here")
}

/// The first byte from here that is not white space.
fn blank(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
    from + rest.iter().position(|byte| !is_blank(byte)).unwrap_or(rest.len())
}

/// The byte behind the quote that ends a string.
fn end_of_string(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let rest = bytes.get(at..)?;
        at += rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            _ => at += 2,
        }
    }
}

fn end_of_word(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
    from + rest.iter().position(|byte| !is_word(byte)).unwrap_or(rest.len())
}

/// A number, a truth value or null.
fn is_literal(text: &str) -> bool {
    matches!(text, "true" | "false" | "null") || is_number(text)
}

/// A number of RFC 8259 §6.
fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (text, exponent) = match text.split_once(['e', 'E']) {
        Some((text, exponent)) => (text, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (text, None),
    };
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole)
        && (whole.len() == 1 || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(digits)
}

fn unescape(raw: &str) -> Option<String> {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        text.push_str(rest.get(..at)?);
        let mut letters = rest.get(at + 1..)?.chars();
        match letters.next()? {
            letter @ ('"' | '\\' | '/') => text.push(letter),
            'b' => text.push('\u{8}'),
            'f' => text.push('\u{c}'),
            'n' => text.push('\n'),
            'r' => text.push('\r'),
            't' => text.push('\t'),
            'u' => {
                let (letter, behind) = code_point(letters.as_str())?;
                text.push(letter);
                letters = behind.chars();
            }
            _ => return None,
        }
        rest = letters.as_str();
    }
    text.push_str(rest);
    Some(text)
}

/// The character of `\uXXXX`, which may be two such escapes, and the text after it.
fn code_point(text: &str) -> Option<(char, &str)> {
    let unit = |text: &str| {
        let digits = text.get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        u32::from_str_radix(digits, 16).ok()
    };
    let (high, rest) = (unit(text)?, text.get(4..)?);
    if !(0xD800..0xDC00).contains(&high) {
        return Some((char::from_u32(high)?, rest));
    }
    let rest = rest.strip_prefix("\\u")?;
    let low = unit(rest).filter(|low| (0xDC00..0xE000).contains(low))?;
    Some((char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))?, rest.get(4..)?))
}

#[cfg(test)]
mod tests;
