//! Keys that a map may have: a misspelt one must not be taken for one left out.

use crate::{
    code::Code,
    problem::Problem,
    tree::{Entry, Map},
};

/// A key that a plugin reads and that decides about requests.
pub(super) struct PluginKey {
    pub(super) key: &'static str,
    pub(super) plugin: &'static str,
}

/// An error for the first key that is neither known nor a plugin's that does not matter.
pub(super) fn only_known(
    map: &Map,
    known: &[&str],
    plugins: &[PluginKey],
    what: &str,
) -> Result<(), Problem> {
    let unknown = map.entries().iter().find(|entry| !known.contains(&&*entry.key.text));
    let Some(entry) = unknown else { return Ok(()) };
    match plugins.iter().find(|plugin| *plugin.key == *entry.key.text) {
        Some(plugin) => Err(Problem::error(
            Code::SLS_030,
            format!("`{}` is read by the plugin {}, which is not reproduced", entry.key.text, plugin.plugin),
        )
        .at(entry.key.span, "this decides what a request needs")
        .help(PACKAGE)),
        None => Err(misspelt(entry, known, what)),
    }
}

/// What to do where something happens outside the file.
pub(super) const PACKAGE: &str =
    "run `serverless package` and read `.serverless/cloudformation-template-update-stack.json`";

/// An error for a key that is not known.
pub(super) fn misspelt(entry: &Entry, known: &[&str], what: &str) -> Problem {
    let problem = Problem::error(Code::SLS_010, format!("{what} has no `{}`", entry.key.text))
        .at(entry.key.span, "this key");
    match nearest(&entry.key.text, known.iter().copied()) {
        Some(nearest) => problem.help(format!("did you mean `{nearest}`?")),
        None => problem.help(format!("its keys are `{}`", known.join("`, `"))),
    }
}

/// The word that is most like this one, if one is like it at all.
pub(super) fn nearest<'w>(word: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let most = (word.chars().count() / 3).clamp(1, 3);
    words
        .into_iter()
        .map(|other| (distance(&word.to_lowercase(), &other.to_lowercase(), most), other))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other)
}

/// How many letters must be changed, added or left out to make one word of the other; more than `most` is not counted
/// out.
fn distance(one: &str, other: &str, most: usize) -> usize {
    let other: Vec<char> = other.chars().collect();
    if one.chars().count().abs_diff(other.len()) > most {
        return most + 1;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut next = vec![line + 1];
        for (column, (above, pair)) in other.iter().zip(row.windows(2)).enumerate() {
            let (diagonal, up) = match pair {
                [diagonal, up] => (*diagonal, *up),
                _ => (column, column),
            };
            let left = next.last().copied().unwrap_or_default();
            let changed = diagonal + usize::from(letter != *above);
            next.push(changed.min(up + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_word_finds_what_was_meant() {
        let words = ["authorizer", "authorizerId", "path", "method"];
        for (word, meant) in [
            ("authoriser", Some("authorizer")),
            ("Authorizer", Some("authorizer")),
            ("authorizerID", Some("authorizerId")),
            ("metod", Some("method")),
            ("pth", Some("path")),
            ("somethingElse", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, words), meant, "{word}");
        }
    }
}
