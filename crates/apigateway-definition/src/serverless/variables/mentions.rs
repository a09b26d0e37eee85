//! The names of values in a text, found without resolving anything.

use crate::{
    serverless::variables::{
        sources::name_of_value,
        syntax::{self, Lookup, Variable, VariablePart, VariableParts, VariableSource},
    },
    values::ANY,
};

/// The names that its variables look up in the values of an import (`ssm:/name`, `cf:stack.Output`), with [`ANY`] for each
/// variable in them; `None` if some variable cannot be read.
pub(crate) fn names_of_values(text: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    in_pieces(&syntax::parse(text).ok()?, &mut names);
    Some(names)
}

fn in_pieces(pieces: &VariableParts, names: &mut Vec<String>) {
    for piece in pieces {
        if let VariablePart::Variable(variable) = piece {
            in_variable(variable, names);
        }
    }
}

fn in_variable(variable: &Variable, names: &mut Vec<String>) {
    for source in &variable.sources {
        match source {
            VariableSource::Lookup(lookup) => in_lookup(lookup, names),
            VariableSource::Nested(nested) => in_variable(nested, names),
            VariableSource::Text(text) => names.extend(names_of_values(text).into_iter().flatten()),
            VariableSource::Plain(_) => {}
        }
    }
}

fn in_lookup(lookup: &Lookup, names: &mut Vec<String>) {
    let params: Vec<String> = lookup.params.iter().map(pattern).collect();
    names.push(name_of_value(&lookup.kind, &params, &pattern(&lookup.address)));
    lookup.params.iter().chain([&lookup.address]).for_each(|pieces| in_pieces(pieces, names));
}

fn pattern(pieces: &VariableParts) -> String {
    let piece = |piece: &VariablePart| match piece {
        VariablePart::Text(text) => text.clone(),
        VariablePart::Variable(_) => ANY.to_string(),
    };
    pieces.iter().map(piece).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_wherever_they_are_in_a_text() {
        for (text, names) in [
            ("a: ${ssm:/a}\nb: ${cf:stack.Output}", Some(&["ssm:/a", "cf:stack.Output"][..])),
            ("${ssm(eu-west-1, raw):/${opt:stage}/a}", Some(&["ssm(eu-west-1):/\0/a", "opt:stage"])),
            ("${cf.us-east-1:stack.Output}", Some(&["cf(us-east-1):stack.Output"])),
            (
                "${env:A, ssm:/b~true, ${s3:bucket/key}, '${ssm:/c}'}",
                Some(&["env:A", "ssm:/b", "s3:bucket/key", "ssm:/c"]),
            ),
            ("${AWS::Region}", Some(&[])),
            ("${ssm:/a", None),
        ] {
            let found = names_of_values(text);
            assert_eq!(
                found.as_deref(),
                names.map(|names| names.iter().map(ToString::to_string).collect::<Vec<_>>()).as_deref(),
                "{text}"
            );
        }
    }
}
