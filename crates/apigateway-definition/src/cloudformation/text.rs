//! Texts in which some parts exist only once the stack is deployed.

use crate::{
    cloudformation::plain,
    help::{Help, ImportInput},
    model::{Symbol, Value},
    source::Span,
    tree::Scalar,
};

/// A text of several parts: known text, and references to values that are known only after deployment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Text {
    pub(crate) pieces: Vec<TextPart>,
    pub(crate) span: Span,
    /// The scalar without quotes that it is made from, if tools read that differently.
    pub(crate) unclear: Option<Span>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TextPart {
    Known(String),
    Reference(Reference),
}

/// A value that is known only after deployment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reference {
    /// `Ref` of a resource of the template with this index, and the name that binds it.
    Resource { stack: usize, id: String, name: String },
    /// `Fn::GetAtt` of such a resource, and the name that binds it.
    Attribute { stack: usize, id: String, name: String, bound_by: BoundBy },
    /// `Fn::ImportValue`
    Import(String),
    /// `AWS::Region` and other pseudo parameters without a given value.
    Pseudo(String),
}

/// The name that gives an attribute its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum BoundBy {
    /// The name of the resource, because the attribute only identifies the user pool or app client.
    Resource(String),
    /// The name of the attribute: `Resource.Attribute`.
    Attribute(String),
}

impl Reference {
    /// The name that binds it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Resource { name, .. } | Self::Import(name) | Self::Pseudo(name) => name.clone(),
            Self::Attribute { bound_by: BoundBy::Resource(name) | BoundBy::Attribute(name), .. } => {
                name.clone()
            }
        }
    }

    /// The input that the import needs.
    pub(crate) fn input(&self) -> ImportInput {
        match self {
            Self::Pseudo(name) if name == "AWS::AccountId" => ImportInput::Account,
            Self::Pseudo(name) if matches!(&**name, "AWS::Region" | "AWS::Partition" | "AWS::URLSuffix") => {
                ImportInput::Region
            }
            other => ImportInput::Binding(other.name()),
        }
    }

    /// The form of `Fn::Sub`, with the full names of resources in other stacks.
    fn placeholder(&self) -> String {
        match self {
            Self::Attribute { name, bound_by: BoundBy::Resource(resource), .. } => {
                format!("${{{resource}.{name}}}")
            }
            other => format!("${{{}}}", other.name()),
        }
    }
}

impl Text {
    pub(crate) fn of(text: impl Into<String>, span: Span) -> Self {
        Self { pieces: vec![TextPart::Known(text.into())], ..Self::empty(span) }
    }

    /// The text that CloudFormation makes of a scalar of a file.
    pub(crate) fn of_scalar(scalar: &Scalar, span: Span) -> Self {
        Self { unclear: plain::is_unclear(scalar).then_some(span), ..Self::of(scalar.as_text(), span) }
    }

    /// No text, to which others are appended.
    pub(crate) fn empty(span: Span) -> Self {
        Self { pieces: Vec::new(), span, unclear: None }
    }

    pub(crate) fn reference(reference: Reference, span: Span) -> Self {
        Self { pieces: vec![TextPart::Reference(reference)], ..Self::empty(span) }
    }

    /// The text, if all of it is known.
    pub(crate) fn known(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [TextPart::Known(text)] => Some(text),
            _ => None,
        }
    }

    /// The reference, if the text consists of exactly one.
    pub(crate) fn only_reference(&self) -> Option<&Reference> {
        match self.pieces.as_slice() {
            [TextPart::Reference(reference)] => Some(reference),
            _ => None,
        }
    }

    /// Appends the other text.
    pub(crate) fn append(&mut self, other: Self) {
        self.unclear = self.unclear.or(other.unclear);
        for piece in other.pieces {
            match (self.pieces.last_mut(), piece) {
                (_, TextPart::Known(more)) if more.is_empty() => {}
                (Some(TextPart::Known(text)), TextPart::Known(more)) => text.push_str(&more),
                (_, piece) => self.pieces.push(piece),
            }
        }
    }

    /// The length, in which a reference counts as one byte.
    pub(crate) fn length(&self) -> usize {
        self.pieces.iter().map(|piece| if let TextPart::Known(text) = piece { text.len() } else { 1 }).sum()
    }

    /// The inputs that would make all of it known.
    pub(crate) fn help(&self) -> Help {
        let inputs = self.pieces.iter().filter_map(|piece| match piece {
            TextPart::Reference(reference) => Some(reference.input()),
            TextPart::Known(_) => None,
        });
        inputs.enumerate().fold(Help::from("give what was deployed with "), |help, (index, input)| {
            let help = if index == 0 { help } else { help.text(" and ") };
            help.input(input)
        })
    }

    /// The text with references in the form of `Fn::Sub`.
    pub(crate) fn display(&self) -> String {
        let piece = |piece: &TextPart| match piece {
            TextPart::Known(text) => text.clone(),
            TextPart::Reference(reference) => reference.placeholder(),
        };
        self.pieces.iter().map(piece).collect()
    }

    /// The value of the model: known, or a symbol to be bound.
    pub(crate) fn value(&self) -> Value {
        match self.known() {
            Some(text) => Value::Known(text.into()),
            None => Value::Symbol(self.symbol()),
        }
    }

    pub(crate) fn symbol(&self) -> Symbol {
        let mut names: Vec<String> = Vec::new();
        for piece in &self.pieces {
            if let TextPart::Reference(reference) = piece {
                let name = reference.name();
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        Symbol { text: self.display(), names }
    }
}
