//! Keys that a map may have: a misspelt one must not be taken for one left out.

use std::sync::LazyLock;

pub(super) use crate::nearest::nearest;
use crate::{
    key_lists::KeyLists,
    problem::{Problem, error},
    tree::{Key, Map},
};

/// A key that a plugin reads and that affects what a request needs.
pub(super) struct PluginKey {
    pub(super) key: &'static str,
    pub(super) plugin: &'static str,
}

/// A list of `keys.txt`.
pub(super) fn list(name: &str) -> &'static [&'static str] {
    static LISTS: LazyLock<KeyLists> = LazyLock::new(|| KeyLists::read(include_str!("keys.txt")));
    LISTS.list(name)
}

/// An error for the first key that is not in the list. One of a plugin that decides about requests names the plugin.
pub(super) fn only_known(map: &Map, list: &str, plugins: &[PluginKey], what: &str) -> Result<(), Problem> {
    let known = self::list(list);
    let unknown = map.keys().find(|key| !known.contains(&&*key.text));
    let Some(key) = unknown else { return Ok(()) };
    match plugins.iter().find(|plugin| *plugin.key == *key.text) {
        Some(plugin) => Err(error!(
            SLS_030,
            "`{}` is read by the plugin {}, which is not reproduced", key.text, plugin.plugin
        )
        .at(key.span, "this decides what a request needs")
        .help(PACKAGE)),
        None => Err(misspelt(key, known, what)),
    }
}

/// The help for what happens outside of the file.
pub(super) const PACKAGE: &str =
    "run `serverless package` and read `.serverless/cloudformation-template-update-stack.json`";

/// An error for a key that is not known.
pub(super) fn misspelt(key: &Key, known: &[&str], what: &str) -> Problem {
    let problem = error!(SLS_010, "{what} has no `{}`", key.text).at(key.span, "this key");
    match nearest(&key.text, known.iter().copied()) {
        Some(nearest) => problem.help(format!("did you mean `{nearest}`?")),
        None => problem.help(format!("its keys are `{}`", known.join("`, `"))),
    }
}
