//! Checks that the definitions use every input that the caller gave. The name of an unused input may be misspelt, and the input
//! would otherwise be ignored silently.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    cloudformation::Template,
    diagnostic::Severity,
    help::{Help, ImportInput},
    listed::listed,
    nearest::nearest,
    problem::{Problem, error},
    session::Session,
    tree::{Map, Node},
};

/// How many otherwise unneeded files to search for variables.
const MOST_FILES: usize = 64;
/// No name or path that people type is longer, in bytes.
const LONGEST: usize = 1024;

/// The kinds of inputs with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum InputKind {
    Parameter,
    Option,
    Environment,
}

impl InputKind {
    const ALL: [Self; 3] = [Self::Parameter, Self::Option, Self::Environment];

    /// The source of a variable of the Serverless Framework: `${param:…}`.
    fn source(self) -> &'static str {
        match self {
            Self::Parameter => "param:",
            Self::Option => "opt:",
            Self::Environment => "env:",
        }
    }

    fn describe(self) -> &'static str {
        match self {
            Self::Parameter => "the parameter",
            Self::Option => "the option",
            Self::Environment => "the environment variable",
        }
    }

    fn input(self, name: &str) -> ImportInput {
        let of = match self {
            Self::Parameter => ImportInput::Parameter,
            Self::Option => ImportInput::Option,
            Self::Environment => ImportInput::Environment,
        };
        of(name.to_owned())
    }

    fn given<'s>(self, session: &'s Session<'_>) -> &'s BTreeMap<String, String> {
        match self {
            Self::Parameter => &session.inputs.parameters,
            Self::Option => &session.inputs.options,
            Self::Environment => &session.inputs.environment,
        }
    }
}

/// The names that the definitions use.
#[derive(Debug, Default)]
pub(crate) struct UsedNames {
    by_kind: BTreeMap<InputKind, BTreeSet<String>>,
    /// Kinds with a name that contains other variables, so that any name may be used.
    any: BTreeSet<InputKind>,
    /// Files from which the Serverless Framework would read values.
    files: BTreeSet<String>,
    services: Vec<Node>,
}

impl UsedNames {
    /// Adds the parameters of a template that the caller gave (not of a nested one).
    pub(crate) fn add_template(&mut self, template: &Template) {
        for key in template.parameters.keys() {
            self.add(InputKind::Parameter, &key.text);
        }
    }

    /// Adds a service of the Serverless Framework.
    pub(crate) fn add_service(&mut self, root: &Node) {
        for name in ["stage", "region", "s", "r"] {
            self.add(InputKind::Option, name);
        }
        let stages = |section: &str| root.map_at(section).map_or(&[][..], Map::unread);
        let params = stages("params").iter().map(|entry| &entry.value);
        let of_stages = stages("stages").iter().filter_map(|entry| entry.value.find("params"));
        for key in params.chain(of_stages).filter_map(Node::map).flat_map(Map::keys) {
            self.add(InputKind::Parameter, &key.text);
        }
        self.services.push(root.clone());
    }

    fn add(&mut self, kind: InputKind, name: &str) {
        self.by_kind.entry(kind).or_default().insert(name.to_owned());
    }

    fn has(&self, kind: InputKind, name: &str) -> bool {
        self.any.contains(&kind) || self.by_kind.get(&kind).is_some_and(|names| names.contains(name))
    }

    /// Reports unused inputs, after the definitions were read.
    pub(crate) fn check(mut self, session: &Session<'_>) {
        self.check_stage(session);
        let unused = |names: &Self| -> Vec<(InputKind, String)> {
            let all = InputKind::ALL
                .into_iter()
                .flat_map(|kind| kind.given(session).keys().map(move |name| (kind, name)));
            all.filter(|(kind, name)| !names.has(*kind, name))
                .map(|(kind, name)| (kind, name.clone()))
                .collect()
        };
        if !self.services.is_empty() && !unused(&self).is_empty() {
            self.look_for_variables(session);
        }
        for (kind, name) in unused(&self) {
            report(
                session,
                error!(
                    FILE_002,
                    "{} `{name}` was given, and nothing in the definition has this name",
                    kind.describe()
                )
                .help(self.meant(kind, &name)),
            );
        }
    }

    /// Checks the stage, which only services of the Serverless Framework have.
    fn check_stage(&self, session: &Session<'_>) {
        let Some(stage) = session.inputs.stage.as_ref().filter(|_| self.services.is_empty()) else { return };
        let is_stage = |name: &&String| {
            let name = name.to_ascii_lowercase();
            name.contains("stage") || name.contains("env")
        };
        let parameters = self.by_kind.get(&InputKind::Parameter);
        let help = if let Some(name) = parameters.and_then(|names| names.iter().find(is_stage)) {
            Help::from("did you mean ").input(ImportInput::Parameter(name.clone())).text("?")
        } else {
            let parameters = listed(parameters.into_iter().flatten().map(String::as_str));
            let instead = if parameters.is_empty() {
                "leave it out".to_owned()
            } else {
                format!("leave it out, or give the parameter that is meant, of {parameters}")
            };
            Help::from(format!("only services of the Serverless Framework have stages: {instead}"))
        };
        report(
            session,
            error!(FILE_002, "the stage `{stage}` was given, and the definition has no stages").help(help),
        );
    }

    /// The help for an unused name: what it may have meant.
    fn meant(&self, kind: InputKind, name: &str) -> Help {
        let known = self.by_kind.get(&kind);
        let known = || known.into_iter().flatten().map(String::as_str);
        if let Some(nearest) = nearest(name, known()) {
            return Help::from("did you mean ").input(kind.input(nearest)).text("?");
        }
        if let Some(other) = InputKind::ALL
            .into_iter()
            .find(|other| self.by_kind.get(other).is_some_and(|names| names.contains(name)))
        {
            return Help::from("did you mean ").input(other.input(name)).text("?");
        }
        match known().next() {
            None => Help::from("leave it out: the definition uses none"),
            Some(_) => Help::from(format!("leave it out, or give one of these: {}", listed(known()))),
        }
    }

    /// Adds the names in the variables of every file, including files from which no value was needed.
    fn look_for_variables(&mut self, session: &Session<'_>) {
        for text in session.texts() {
            self.add_variables(&text);
        }
        let Some(root) = self.services.first().map(|root| root.span) else { return };
        let mut seen = BTreeSet::new();
        while let Some(file) = self.files.pop_first() {
            if seen.len() < MOST_FILES
                && seen.insert(file.clone())
                && let Some(text) = session.peek(&file, root)
            {
                self.add_variables(&text);
            }
        }
    }

    fn add_variables(&mut self, text: &str) {
        for kind in InputKind::ALL {
            for address in addresses(text, kind.source()) {
                if address.contains("${") {
                    self.any.insert(kind);
                } else {
                    self.add(kind, address);
                }
            }
        }
        self.files.extend(addresses(text, "file(").filter(|path| !path.contains("${")).map(str::to_owned));
    }
}

/// The addresses that follow each occurrence of this source of variables. Those without a variable of their own do not overlap,
/// and none is longer than [`LONGEST`], so a text that repeats the source takes no more memory than the text.
fn addresses<'t>(text: &'t str, source: &'t str) -> impl Iterator<Item = &'t str> {
    let is_start = |at: usize| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        before.is_some_and(|before| !before.is_alphanumeric() && !matches!(before, '_' | '-' | '.'))
    };
    let mut taken = 0;
    text.match_indices(source).filter(move |(at, _)| is_start(*at)).filter_map(move |(at, _)| {
        let rest = text.get(at + source.len()..).filter(|_| at >= taken)?.trim_start_matches(' ');
        let longest = (0..=LONGEST.min(rest.len())).rev().find(|end| rest.is_char_boundary(*end))?;
        let beginning = rest.get(..longest)?;
        let end = beginning.find([',', '}', ')', ' ', '"', '\'', '\n', '\r']);
        let address = beginning.get(..end.unwrap_or(longest))?;
        if !address.contains("${") {
            // Without an end within the limit, it is not a name.
            if end.is_none() && longest < rest.len() {
                return None;
            }
            taken = text.len() - rest.len() + address.len();
        }
        Some(address).filter(|address| !address.is_empty())
    })
}

fn report(session: &Session<'_>, problem: Problem) {
    Problem { severity: session.inputs.unused.unwrap_or(Severity::Error), ..problem }.report(session);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_in_variables_are_found() {
        for (text, source, names) in [
            ("${env:A}", "env:", &["A"][..]),
            ("x-${self:a, env:A, env:B, 'c'}", "env:", &["A", "B"]),
            ("${env: A }", "env:", &["A"]),
            ("${env:${self:a}}", "env:", &["${self:a"]),
            ("environment: {A: 1}", "env:", &[]),
            ("${file(a/b.yml):c}", "file(", &["a/b.yml"]),
            ("${file(./a.yml, x):c}", "file(", &["./a.yml"]),
            ("myenv:A", "env:", &[]),
            ("", "env:", &[]),
        ] {
            assert_eq!(addresses(text, source).collect::<Vec<_>>(), names, "{text}");
        }
    }

    #[test]
    fn a_source_that_is_repeated_without_end_takes_no_more_than_its_text() {
        for unit in [";param:", ";param: ", ";param:a", ";param:é"] {
            for end in ["", "}"] {
                let text = unit.repeat(2000) + end;
                let bytes: usize = addresses(&text, "param:").map(str::len).sum();
                assert!(bytes <= text.len(), "{unit:?} and {end:?}: {bytes} bytes of {}", text.len());
            }
        }
        let text = "${file(".repeat(2000);
        assert!(addresses(&text, "file(").all(|address| address.len() <= LONGEST));
        // The names after it are still found.
        let text = format!("{} ${{param:a}} ${{param:${{param:b}}}}", ";param:".repeat(2000));
        let found: Vec<&str> = addresses(&text, "param:").collect();
        assert!(found.ends_with(&["a", "${param:b", "b"]), "{found:?}");
    }
}
