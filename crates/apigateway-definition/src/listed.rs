//! Lists names in a message, up to a limit.

/// How many names a message lists.
const MOST: usize = 10;

/// `` `a`, `b` and 3 more ``
pub(crate) fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let mut names = names.into_iter();
    let first: Vec<String> = names.by_ref().take(MOST).map(|name| format!("`{name}`")).collect();
    let first = first.join(", ");
    match names.count() {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_cut() {
        assert_eq!(listed([]), "");
        assert_eq!(listed(["a"]), "`a`");
        assert_eq!(listed(["a", "b"]), "`a`, `b`");
        assert!(listed(["a"; 10]).ends_with("`a`"));
        assert!(listed(["a"; 12]).ends_with("`a` and 2 more"));
    }
}
