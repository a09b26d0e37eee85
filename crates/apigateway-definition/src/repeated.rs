//! Keys that occur more than once in one map of a file.

use crate::{
    code::Code,
    problem::Problem,
    source::Span,
    tree::{Key, Repeated},
};

/// How many such keys a file may have.
pub(crate) const MOST_REPEATED: usize = 500;

/// Such a key and its location.
#[derive(Debug)]
pub(crate) struct RepeatedKey {
    pub(crate) key: Repeated,
    first: Span,
    again: Span,
    repetition: Repetition,
}

/// How a key occurs twice in a map.
#[derive(Clone, Copy, Debug)]
enum Repetition {
    Written,
    /// The map merges two others (`<<`) that have it.
    Merged,
}

impl RepeatedKey {
    /// The repeated occurrence of the key.
    pub(crate) fn new(again: &Key, first: Span) -> Self {
        Self { key: Repeated::new(&again.text), first, again: again.span, repetition: Repetition::Written }
    }

    /// A key of two maps that are merged into one.
    pub(crate) fn merged(again: &Key, first: Span) -> Self {
        Self { repetition: Repetition::Merged, ..Self::new(again, first) }
    }

    /// The second location.
    pub(crate) fn again(&self) -> Span {
        self.again
    }

    /// Whether anything read a value of the key.
    pub(crate) fn is_read(&self) -> bool {
        self.key.is_read()
    }

    /// An error if anything read a value of the key, otherwise a warning.
    pub(crate) fn problem(&self) -> Problem {
        if self.is_read() {
            self.as_error()
        } else {
            self.told(Problem::warning(Code::WARN_012, self.message()))
        }
    }

    /// An error, whether or not anything read a value of the key.
    pub(crate) fn as_error(&self) -> Problem {
        self.told(Problem::error(Code::YAML_001, self.message()))
    }

    fn message(&self) -> String {
        let key = self.key.key();
        match self.repetition {
            Repetition::Written => format!("the key `{key}` occurs twice in one map"),
            Repetition::Merged => format!("two maps that `<<` merges have the key `{key}`"),
        }
    }

    fn told(&self, problem: Problem) -> Problem {
        let help = match self.repetition {
            Repetition::Written => "keep one: parsers disagree about which of the two they use",
            Repetition::Merged => {
                "write the key next to `<<`: parsers disagree about which of the two they use"
            }
        };
        problem.at(self.again, "again here").at(self.first, "first here").help(help)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{source::SourceFile, yaml};

    fn parse(text: &str) -> Result<yaml::Parsed, Problem> {
        yaml::parse(0, &SourceFile::new("a.yml", text))
    }

    #[test]
    fn repeated_keys_are_reported_at_their_locations() {
        for (text, expected) in [
            ("a: 1\nb: 2\na: 3", &[("a", 10)][..]),
            ("a: {b: 1, 'b': 2}", &[("b", 10)]),
            ("a: 1\na: 2\nb: {c: 1, c: 2}", &[("c", 20), ("a", 5)]),
            ("a: &x {b: 1, b: 2}\nc: {<<: *x}\nd: {<<: *x, b: 3}", &[("b", 13)]),
        ] {
            let problems: Vec<Problem> =
                parse(text).unwrap().repeated.iter().map(RepeatedKey::problem).collect();
            let found = problems.iter().map(|problem| (problem.message.clone(), problem.labels[0].0.start));
            let expected = expected
                .iter()
                .map(|(key, place)| (format!("the key `{key}` occurs twice in one map"), *place));
            assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>(), "{text}");
            assert!(problems.iter().all(|problem| problem.code == Code::WARN_012), "{text}");
        }
    }

    #[test]
    fn a_merged_map_has_the_repeated_keys_that_it_does_not_override() {
        let parsed = parse("a: &x {b: 1, b: 2}\nc: {<<: *x}\nd: {<<: *x, b: 3}").unwrap();
        let is_read = || parsed.repeated[0].problem().code == Code::YAML_001;
        assert!(parsed.root.find("d").unwrap().find("b").is_some() && !is_read());
        assert!(parsed.root.find("c").unwrap().find("b").is_some() && is_read());
    }

    #[test]
    fn repeated_keys_are_bounded() {
        let text = format!("{{{}}}", ["a: 1"; 1000].join(", "));
        assert!(parse(&text).unwrap_err().message.contains("keys occur twice"));
    }
}
