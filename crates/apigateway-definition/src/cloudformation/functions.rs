//! The functions that make texts and lists of others.

use crate::{
    cloudformation::{
        scope::{Evaluated, Scope, expected},
        template::PROCESSED,
        text::{Reference, Text},
    },
    code::Code,
    problem::{Problem, error},
    source::Span,
    tree::Node,
};

/// The longest text that intrinsics may produce. An ARN has at most 2,048 characters.
const LONGEST_TEXT: usize = 64 * 1024;

impl Scope<'_> {
    pub(super) fn substitute(self, argument: &Node, span: Span, depth: usize) -> Result<Text, Problem> {
        let (template, names) = match argument.items() {
            Some([template, names]) => (template, names.map()),
            Some(_) => return Err(expected("a text and a map", "a list", argument.span)),
            None => (argument, None),
        };
        let source = match template.scalar() {
            Some(_) => self.needed_known(template, depth)?,
            None => return Err(expected("a text in `Fn::Sub`", template.describe(), template.span)),
        };
        let mut text = Text::empty(span);
        let mut rest = source.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            text.append(Text::of(before, span));
            let Some((name, after)) = after.split_once('}') else {
                return Err(expected("`}` after `${` in `Fn::Sub`", "the end", template.span));
            };
            rest = after;
            let name = name.trim();
            let part = match (name.strip_prefix('!'), names.and_then(|names| names.find(name))) {
                (Some(literal), _) => Text::of(format!("${{{literal}}}"), span),
                (None, Some(node)) => self.needed(node, depth)?,
                (None, None) => match name.split_once('.') {
                    Some((id, attribute)) => self.attribute_of(id, attribute, template.span, depth)?,
                    None => match self.reference(name, template.span, depth)? {
                        Evaluated::Text(text) => text,
                        _ => return Err(expected("a string", &format!("`{name}`"), template.span)),
                    },
                },
            };
            text.append(part);
            bounded(&text)?;
        }
        text.append(Text::of(rest, span));
        Ok(text)
    }

    pub(super) fn join(self, argument: &Node, span: Span, depth: usize) -> Result<Text, Problem> {
        let Some([delimiter, list]) = argument.items() else {
            return Err(expected("a delimiter and a list", argument.describe(), argument.span));
        };
        let delimiter = match delimiter.scalar() {
            Some(scalar) => scalar.text.to_string(),
            None => self.needed_known(delimiter, depth)?,
        };
        let Evaluated::List(items) = self.evaluate(list, depth)? else {
            return Err(expected("a list to join", list.describe(), list.span));
        };
        let mut text = Text::empty(span);
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                text.append(Text::of(&*delimiter, span));
            }
            text.append(self.needed(item, depth)?);
            bounded(&text)?;
        }
        Ok(text)
    }

    pub(super) fn split(self, argument: &Node, span: Span, depth: usize) -> Result<Vec<Node>, Problem> {
        let Some([delimiter, text]) = argument.items() else {
            return Err(expected("a delimiter and a text", argument.describe(), argument.span));
        };
        let delimiter = self.needed_known(delimiter, depth)?;
        let text = self.needed_known(text, depth)?;
        Ok(text.split(&*delimiter).map(|part| Node::string(part, span)).collect())
    }

    pub(super) fn select(self, argument: &Node, span: Span, depth: usize) -> Result<Evaluated, Problem> {
        let Some([index, list]) = argument.items() else {
            return Err(expected("an index and a list", argument.describe(), argument.span));
        };
        let index = self.needed_known(index, depth)?;
        let Evaluated::List(items) = self.evaluate(list, depth)? else {
            return Err(expected("a list to select from", list.describe(), list.span));
        };
        match index.parse::<usize>().ok().and_then(|index| items.get(index)) {
            Some(item) => self.evaluate(item, depth),
            None => Err(expected(&format!("an index below {}", items.len()), &format!("`{index}`"), span)),
        }
    }

    pub(super) fn find_in_map(self, argument: &Node, span: Span, depth: usize) -> Result<Evaluated, Problem> {
        let Some([map, first, second]) = argument.items() else {
            return Err(expected("a mapping and two keys", argument.describe(), argument.span));
        };
        let (map, first, second) = (
            self.needed_known(map, depth)?,
            self.needed_known(first, depth)?,
            self.needed_known(second, depth)?,
        );
        let mut found = self.template.mappings.find(&map).cloned();
        for key in [&first, &second] {
            let node = found.as_ref().map(|node| self.resolved(node)).transpose()?;
            found = node.and_then(|node| under(&node, key).cloned());
        }
        match found {
            Some(node) => self.evaluate(&node, depth),
            None => Err(error!(CFN_010, "`{map}.{first}.{second}` is not in the mappings")
                .at(span, "it is looked up here")),
        }
    }

    /// The value of an export of another template of the import, or else one that was given.
    pub(super) fn import_value(
        self,
        argument: &Node,
        span: Span,
        depth: usize,
    ) -> Result<Evaluated, Problem> {
        let name = self.needed(argument, depth)?;
        let Some(known) = name.known() else {
            return Ok(Evaluated::Text(Text::reference(Reference::Import(name.display()), span)));
        };
        if let Some(value) = self.bound_elsewhere(known).or_else(|| self.session.facts.export(known)) {
            return Ok(Evaluated::Text(Text::of(value, span)));
        }
        match self.exported(known)? {
            Some((scope, value)) => scope.evaluate(value, depth),
            None => Ok(Evaluated::Text(Text::reference(Reference::Import(known.into()), span))),
        }
    }

    /// Reads the file of `AWS::Include`. Other transforms are run only by AWS.
    pub(super) fn transform(self, argument: &Node, span: Span, depth: usize) -> Result<Evaluated, Problem> {
        let elsewhere = |text: String| {
            Err(Problem::error(Code::CFN_020, text).at(span, "this transform").help(PROCESSED))
        };
        let name = argument.text_at("Name").unwrap_or_default();
        if name != "AWS::Include" {
            return elsewhere(format!("the macro `{name}` is run by AWS"));
        }
        let location = argument.find("Parameters").and_then(|parameters| parameters.find("Location"));
        let Some(location) = location else { return elsewhere("`AWS::Include` without a location".into()) };
        let path = self.needed_known(location, depth)?;
        if path.contains("://") {
            return elsewhere(format!("`{path}` is not next to the template"));
        }
        match self.session.include(&path, location.span)? {
            Some(node) => self.evaluate(&node, depth),
            None => elsewhere(format!("there is no file `{path}`")),
        }
    }
}

/// The value under a key of a mapping. A key without quotes may be a truth value, of which CloudFormation makes `true` or
/// `false`; if that makes two keys the same, none is found.
fn under<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    let spellings: &[&str] = match key {
        "true" => &["true", "True", "TRUE"],
        "false" => &["false", "False", "FALSE"],
        _ => return node.find(key),
    };
    let mut found = spellings.iter().filter_map(|spelling| node.find(spelling));
    let value = found.next();
    value.filter(|_| found.next().is_none())
}

/// An error if the text is longer than any value of an API.
fn bounded(text: &Text) -> Result<(), Problem> {
    if text.length() <= LONGEST_TEXT {
        return Ok(());
    }
    Err(error!(CFN_010, "a text of more than {LONGEST_TEXT} bytes").at(text.span, "put together here"))
}
