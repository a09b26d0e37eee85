//! Finds the context of a variable in HTML or XML, and which values are safe there.
//!
//! Values are escaped only for the text of elements and for quoted attributes. This module parses the markup of a template as far
//! as needed to recognize those contexts, as the HTML standard's tokenizer and XML 1.0 do. Where a browser could parse the rest in
//! another way (raw text inside `svg`, `<!--` in a script, a stray quote), no value is considered safe after that point.

use super::markup_names::{Dialect, Safe, is_script_or_style, safe_in_attribute};

const SCRIPT: &str = "a script or a style sheet";
const TAG: &str = "a tag, outside its attributes";
const MALFORMED: &str = "or after markup that is not well-formed";
const BEHIND_RAW: &str =
    "or after an element whose content browsers read in more than one way, such as `noscript`";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MarkupState {
    Text,
    /// After `<`, and after `</`.
    Open,
    OpenEnd,
    TagName,
    BetweenAttributes,
    AttributeName,
    AfterAttributeName,
    BeforeValue,
    Quoted(char),
    Unquoted,
    /// After `<!`.
    Declaration,
    Comment,
    /// Contains the open quote.
    Doctype(Option<char>),
    Instruction,
    CharacterData,
    /// In an element whose content ends only at its end tag.
    Raw,
    Unclear(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TagKind {
    Start,
    End,
}

/// Reads markup character by character.
#[derive(Debug)]
pub(super) struct Scanner {
    dialect: Dialect,
    state: MarkupState,
    /// After `&` and text that may belong to the same character reference.
    in_reference: bool,
    tag: String,
    tag_kind: TagKind,
    /// Whether the last character of the tag was `/`.
    is_empty_tag: bool,
    attribute: String,
    /// The name of the element that is read as raw text.
    raw: String,
    /// The text read in this state, if a sequence of characters ends the state.
    seen: String,
    /// In XML, the elements that are open.
    open: Vec<String>,
    /// In HTML, whether what follows may be in `svg`, `math` or `select`, where no element is raw text.
    is_raw_unsure: bool,
}

impl Scanner {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            state: MarkupState::Text,
            in_reference: false,
            tag: String::new(),
            tag_kind: TagKind::Start,
            is_empty_tag: false,
            attribute: String::new(),
            raw: String::new(),
            seen: String::new(),
            open: Vec::new(),
            is_raw_unsure: false,
        }
    }

    /// Which values are safe after the text read so far.
    pub(super) fn safe(&self) -> Safe {
        if self.in_reference {
            return Safe::None("a character reference, directly behind `&`");
        }
        match self.state {
            MarkupState::Text if self.open.iter().any(|name| is_script_or_style(name)) => Safe::None(SCRIPT),
            MarkupState::Raw if is_script_or_style(&self.raw) => Safe::None(SCRIPT),
            MarkupState::Raw if !self.seen.is_empty() => Safe::None(TAG),
            MarkupState::Text | MarkupState::Raw => Safe::All,
            MarkupState::Quoted(_) if self.tag_kind == TagKind::End => Safe::None("an end tag"),
            MarkupState::Quoted(_) => safe_in_attribute(self.dialect, &self.attribute),
            MarkupState::BeforeValue | MarkupState::Unquoted => Safe::None("an attribute without quotes"),
            MarkupState::Comment => Safe::None("a comment"),
            MarkupState::Declaration | MarkupState::Doctype(_) | MarkupState::Instruction => {
                Safe::None("a declaration")
            }
            MarkupState::CharacterData => Safe::None("a CDATA section"),
            MarkupState::Unclear(place) => Safe::None(place),
            _ => Safe::None(TAG),
        }
    }

    /// The name of the attribute whose value was read last.
    pub(super) fn attribute(&self) -> &str {
        &self.attribute
    }

    /// Reads the next character of the template.
    pub(super) fn read(&mut self, c: char) {
        if c == '\0' {
            self.state = MarkupState::Unclear(MALFORMED);
        }
        match self.state {
            MarkupState::Text if c == '<' => self.enter(MarkupState::Open),
            MarkupState::Text => self.read_reference(c),
            MarkupState::Open => self.read_open(c),
            MarkupState::OpenEnd => match c {
                '>' if self.is_html() => self.enter(MarkupState::Text),
                c if self.starts_name(c) => self.start_tag(c, TagKind::End),
                _ => self.state = MarkupState::Unclear(MALFORMED),
            },
            MarkupState::TagName
            | MarkupState::BetweenAttributes
            | MarkupState::AttributeName
            | MarkupState::AfterAttributeName
            | MarkupState::BeforeValue
            | MarkupState::Quoted(_)
            | MarkupState::Unquoted => self.read_tag(c),
            MarkupState::Declaration => self.read_declaration(c),
            MarkupState::Comment => self.read_comment(c),
            MarkupState::Doctype(quote) => self.read_doctype(c, quote),
            MarkupState::Instruction => self.read_instruction(c),
            MarkupState::CharacterData => {
                self.seen.push(c);
                if self.seen.ends_with("]]>") {
                    self.enter(MarkupState::Text);
                }
            }
            MarkupState::Raw => self.read_raw(c),
            MarkupState::Unclear(_) => {}
        }
    }

    fn enter(&mut self, state: MarkupState) {
        self.state = state;
        self.seen.clear();
        self.in_reference = false;
    }

    fn is_html(&self) -> bool {
        self.dialect == Dialect::Html
    }

    fn starts_name(&self, c: char) -> bool {
        c.is_ascii_alphabetic() || !self.is_html() && (c.is_alphabetic() || c == '_' || c == ':')
    }

    fn read_reference(&mut self, c: char) {
        self.in_reference = c == '&' || self.in_reference && (c.is_ascii_alphanumeric() || c == '#');
    }

    fn read_open(&mut self, c: char) {
        match c {
            '/' => self.enter(MarkupState::OpenEnd),
            '!' => self.enter(MarkupState::Declaration),
            '?' if !self.is_html() => self.enter(MarkupState::Instruction),
            c if self.starts_name(c) => self.start_tag(c, TagKind::Start),
            // In HTML, a `<` that does not start a tag is text.
            c if self.is_html() && c != '?' => {
                self.enter(MarkupState::Text);
                self.read(c);
            }
            _ => self.state = MarkupState::Unclear(MALFORMED),
        }
    }

    fn start_tag(&mut self, first: char, kind: TagKind) {
        self.enter(MarkupState::TagName);
        self.tag_kind = kind;
        self.is_empty_tag = false;
        self.tag.clear();
        self.push_name(first);
    }

    /// HTML names are compared case-insensitively (ASCII), XML names exactly.
    fn push_name(&mut self, c: char) {
        let c = if self.is_html() { c.to_ascii_lowercase() } else { c };
        if self.state == MarkupState::TagName { self.tag.push(c) } else { self.attribute.push(c) }
    }

    fn read_tag(&mut self, c: char) {
        let was_slash = std::mem::take(&mut self.is_empty_tag);
        let is_space = matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}');
        match (self.state, c) {
            (MarkupState::Quoted(quote), c) if c == quote => self.enter(MarkupState::BetweenAttributes),
            (MarkupState::Quoted(_), '<') if !self.is_html() => self.state = MarkupState::Unclear(MALFORMED),
            (MarkupState::Quoted(_), c) => self.read_reference(c),
            (MarkupState::BeforeValue, '"' | '\'') => self.enter(MarkupState::Quoted(c)),
            (_, '"' | '\'' | '<' | '`') | (MarkupState::BeforeValue, '>') => {
                self.state = MarkupState::Unclear(MALFORMED);
            }
            (_, '>') => self.end_tag(was_slash),
            (MarkupState::BeforeValue, _) if is_space => {}
            (MarkupState::BeforeValue, _) if self.is_html() => self.state = MarkupState::Unquoted,
            (MarkupState::TagName | MarkupState::Unquoted, _) if is_space => {
                self.state = MarkupState::BetweenAttributes;
            }
            (MarkupState::BeforeValue, _) | (MarkupState::Unquoted, '=') => {
                self.state = MarkupState::Unclear(MALFORMED);
            }
            (MarkupState::Unquoted, _) => {}
            (_, '/') => {
                self.is_empty_tag = true;
                self.state = MarkupState::BetweenAttributes;
            }
            (MarkupState::AttributeName, _) if is_space => self.state = MarkupState::AfterAttributeName,
            (MarkupState::AttributeName | MarkupState::AfterAttributeName, '=') => {
                self.state = MarkupState::BeforeValue;
            }
            (MarkupState::BetweenAttributes | MarkupState::AfterAttributeName, _) if is_space => {}
            (MarkupState::BetweenAttributes, '=') => self.state = MarkupState::Unclear(MALFORMED),
            (MarkupState::BetweenAttributes | MarkupState::AfterAttributeName, c) => {
                self.attribute.clear();
                self.state = MarkupState::AttributeName;
                self.push_name(c);
            }
            (_, c) => self.push_name(c),
        }
    }

    /// At the `>` of a tag.
    fn end_tag(&mut self, is_empty: bool) {
        self.enter(MarkupState::Text);
        let tag = std::mem::take(&mut self.tag);
        if !self.is_html() {
            match self.tag_kind {
                TagKind::End if self.open.pop().as_ref() != Some(&tag) => {
                    self.state = MarkupState::Unclear(MALFORMED);
                }
                TagKind::Start if !is_empty => self.open.push(tag),
                _ => {}
            }
            return;
        }
        match &*tag {
            _ if self.tag_kind == TagKind::End => {}
            "script" | "style" | "title" | "textarea" => {
                self.raw = tag;
                self.state = MarkupState::Raw;
            }
            "frameset" | "iframe" | "noembed" | "noframes" | "noscript" | "plaintext" | "xmp" => {
                self.state = MarkupState::Unclear(BEHIND_RAW);
            }
            "math" | "select" | "svg" => self.is_raw_unsure = true,
            _ => {}
        }
    }

    fn read_raw(&mut self, c: char) {
        self.read_reference(c);
        if self.seen.is_empty() && c != '<' {
            return;
        }
        if c == '<' && (self.seen.is_empty() || !self.is_raw_unsure) {
            self.seen = c.into();
            return;
        }
        self.seen.push(c.to_ascii_lowercase());
        let end = format!("</{}", self.raw);
        if end.starts_with(&self.seen) || self.raw == "script" && "<!-".starts_with(&self.seen) {
            return;
        }
        let seen = std::mem::take(&mut self.seen);
        match (seen.strip_prefix(&end), c) {
            (Some(_), '>') => self.enter(MarkupState::Text),
            (Some(_), ' ' | '\t' | '\n' | '\r' | '\u{c}' | '/') => {
                self.enter(MarkupState::BetweenAttributes);
                self.tag_kind = TagKind::End;
                self.tag.clear();
            }
            // From here on, an end tag may not end the script ("script data double escaped state" in the HTML standard).
            _ if self.raw == "script" && seen == "<!--" => self.state = MarkupState::Unclear(BEHIND_RAW),
            // If the element may not be raw text, any `<` in it other than its end tag could start a tag.
            _ if self.is_raw_unsure => self.state = MarkupState::Unclear(BEHIND_RAW),
            _ => {}
        }
    }

    fn read_declaration(&mut self, c: char) {
        self.seen.push(c);
        let seen = &*self.seen;
        let is_doctype = |text: &str| "doctype".starts_with(&text.to_ascii_lowercase());
        match seen {
            "--" => self.enter(MarkupState::Comment),
            "[CDATA[" if !self.is_html() => self.enter(MarkupState::CharacterData),
            _ if is_doctype(seen) && seen.len() == "doctype".len() => self.enter(MarkupState::Doctype(None)),
            _ if "--".starts_with(seen) || is_doctype(seen) => {}
            _ if "[CDATA[".starts_with(seen) && !self.is_html() => {}
            _ => self.state = MarkupState::Unclear(MALFORMED),
        }
    }

    fn read_comment(&mut self, c: char) {
        self.seen.push(c);
        let is_malformed = if self.is_html() {
            matches!(&*self.seen, ">" | "->") || self.seen.ends_with("--!>")
        } else {
            let before = self.seen.strip_suffix(c).unwrap_or_default();
            before.ends_with("--") && c != '>'
        };
        if is_malformed {
            self.state = MarkupState::Unclear(MALFORMED);
        } else if self.seen.ends_with("-->") {
            self.enter(MarkupState::Text);
        }
    }

    fn read_doctype(&mut self, c: char, quote: Option<char>) {
        match (c, quote) {
            ('>', None) => self.enter(MarkupState::Text),
            ('>', Some(_)) | ('[', None) => self.state = MarkupState::Unclear(MALFORMED),
            ('"' | '\'', None) => self.state = MarkupState::Doctype(Some(c)),
            (c, Some(open)) if c == open => self.state = MarkupState::Doctype(None),
            _ => {}
        }
    }

    /// Only a correct XML declaration is known to have no effect.
    fn read_instruction(&mut self, c: char) {
        self.seen.push(c);
        if !self.seen.ends_with("?>") {
            return;
        }
        let declaration = self.seen.to_ascii_lowercase();
        let is_utf8 = |rest: &str| {
            let value = rest.trim_start().strip_prefix('=').map(str::trim_start);
            value.is_some_and(|value| value.starts_with("\"utf-8\"") || value.starts_with("'utf-8'"))
        };
        if declaration.starts_with("xml ") && declaration.split("encoding").skip(1).all(is_utf8) {
            self.enter(MarkupState::Text);
        } else {
            self.state = MarkupState::Unclear("or behind a processing instruction");
        }
    }
}
