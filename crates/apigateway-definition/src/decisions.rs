//! Records which parameters decide, while a route is evaluated.

use std::cell::RefCell;

use crate::model::DecidingParameter;

/// Both lists, each parameter once.
pub(crate) fn joined(
    mut one: Vec<DecidingParameter>,
    other: impl IntoIterator<Item = DecidingParameter>,
) -> Vec<DecidingParameter> {
    for parameter in other {
        if !one.contains(&parameter) {
            one.push(parameter);
        }
    }
    one
}

/// The parameters whose values were used since [`watch`](Self::watch) began; `None` outside of `watch`.
#[derive(Debug, Default)]
pub(crate) struct Decisions {
    used: RefCell<Option<Vec<DecidingParameter>>>,
}

impl Decisions {
    pub(crate) fn add(&self, parameter: DecidingParameter) {
        let used = self.used.take().map(|used| joined(used, [parameter]));
        self.used.replace(used);
    }

    /// Runs the closure, and returns the parameters that it used.
    pub(crate) fn watch<T>(&self, work: impl FnOnce() -> T) -> (T, Vec<DecidingParameter>) {
        let outer = self.used.replace(Some(Vec::new()));
        let done = work();
        let used = self.used.take().unwrap_or_default();
        self.used.replace(outer.map(|outer| joined(outer, used.iter().cloned())));
        (done, used)
    }
}
