//! Values that were given (`Import::values`) and that the definition does not refer to.

use std::sync::Arc;

use crate::{nearest::did_you_mean, serverless, session::Session};

/// Represents any text in a name with variables. Files cannot contain it.
pub(crate) const ANY: char = '\0';

/// Reports each. A name that the definition mentions but never resolves, because no route depends on it, is used.
pub(crate) fn check(session: &Session<'_>) {
    let names = session.facts.unused_values();
    if names.is_empty() {
        return;
    }
    let mentions = NamesOfValues::of(session);
    for name in names {
        if !mentions.has(name) {
            let mut known = session.facts.looked_up();
            known.extend(mentions.names.iter().filter(|name| !name.contains(ANY)).cloned());
            let help = did_you_mean(name, known.iter().map(|known| (&**known, &**known)));
            session.report_unmatched(
                format!("a value is given for `{name}`, and the definition has no `{name}`"),
                help,
            );
        }
    }
}

/// The names in the texts of a definition.
struct NamesOfValues {
    texts: Vec<Arc<str>>,
    /// With [`ANY`] for each variable.
    names: Vec<String>,
    /// Whether there may be names that were not found.
    is_partial: bool,
}

impl NamesOfValues {
    fn of(session: &Session<'_>) -> Self {
        let texts = session.texts();
        let (mut names, mut is_partial) = (Vec::new(), false);
        for text in &texts {
            match serverless::names_of_values(text) {
                Some(found) => names.extend(found),
                None => is_partial = true,
            }
            names.extend(dynamic_references(text));
        }
        Self { texts, names, is_partial }
    }

    fn has(&self, name: &str) -> bool {
        // The default of a parameter of an SSM type is a name without `ssm:`.
        let parameter = name.strip_prefix("ssm:").filter(|name| !name.is_empty());
        let is_default = |name: &str| self.texts.iter().any(|text| has_word(text, name));
        self.is_partial
            || self.names.iter().any(|pattern| matches(pattern, name))
            || parameter.is_some_and(is_default)
    }
}

/// The names in `{{resolve:…}}`.
fn dynamic_references(text: &str) -> Vec<String> {
    let references = text.split("{{resolve:").skip(1).filter_map(|rest| rest.split_once("}}"));
    references.map(|(name, _)| without_substitutions(name)).collect()
}

/// The text with [`ANY`] for each `${…}`.
fn without_substitutions(text: &str) -> String {
    let mut parts = text.split("${");
    let mut name = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        name.push(ANY);
        name.push_str(part.split_once('}').map_or("", |(_, rest)| rest));
    }
    name
}

/// Whether the pattern matches the name for some values of its variables.
fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split(ANY);
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    true
}

/// Whether the text has the name, and it is not a part of a longer one.
fn has_word(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_.-/".contains(c);
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + name.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_variables_is_any_name_that_they_may_come_to() {
        for (pattern, name, is_match) in [
            ("ssm:/a", "ssm:/a", true),
            ("ssm:/a", "ssm:/ab", false),
            ("ssm:/\0/a", "ssm:/prod/a", true),
            ("ssm:/\0/a", "ssm:/prod/b", false),
            ("ssm:/\0/a/\0", "ssm:/prod/a/b", true),
            ("ssm:/\0/a/\0", "ssm:/prod/b/b", false),
            ("\0", "ssm:/a", true),
            ("", "ssm:/a", false),
        ] {
            assert_eq!(matches(pattern, name), is_match, "{pattern:?} {name}");
        }
    }

    #[test]
    fn a_name_inside_a_longer_one_is_another_name() {
        for (text, is_there) in [
            ("Default: /a/b", true),
            ("['/a/b']", true),
            ("/a/bc", false),
            ("/x/a/b", false),
            ("/a/b/c", false),
        ] {
            assert_eq!(has_word(text, "/a/b"), is_there, "{text}");
        }
    }

    #[test]
    fn substitutions_in_dynamic_references_are_variables() {
        assert_eq!(dynamic_references("x {{resolve:ssm:/${Stage}/a}} {{resolve:ssm:/b"), ["ssm:/\0/a"]);
    }
}
