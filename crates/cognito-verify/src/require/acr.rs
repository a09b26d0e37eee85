//! Requirements about how strongly the user authenticated.

use super::{
    error::RequirementError,
    requirement::{Node, Requirement},
};

/// Cognito's names of its four authentication levels, lowest first ("Authentication levels with ACR and AMR claims", Amazon Cognito
/// developer guide). A user pool can give them other names.
pub const COGNITO_ACR_LEVELS: [&str; 4] =
    ["urn:cognito:loa:1", "urn:cognito:loa:2", "urn:cognito:loa:3", "urn:cognito:loa:4"];

/// The longest name of a level, in bytes.
const LONGEST: usize = 256;

/// Requires that the user authenticated at this level or above: the claim `acr`. `levels` are the names of all levels, lowest first,
/// such as [`COGNITO_ACR_LEVELS`]. Names are compared exactly, and a level that is not listed is not enough.
///
/// A token below the level is refused with 401 and the challenge of RFC 9470, which names the sufficient levels, so that the client
/// can have the user sign in again. A level that is not among `levels`, or occurs there twice, is an
/// [`error`](Requirement::error).
///
/// ```
/// use cognito_verify::{COGNITO_ACR_LEVELS, acr_at_least};
///
/// let strong = acr_at_least("urn:cognito:loa:3", COGNITO_ACR_LEVELS);
/// assert_eq!(strong.acr_values(), ["urn:cognito:loa:3", "urn:cognito:loa:4"]);
/// assert!(acr_at_least("urn:cognito:loa:5", COGNITO_ACR_LEVELS).error().is_some());
/// ```
pub fn acr_at_least(
    level: impl Into<String>,
    levels: impl IntoIterator<Item = impl Into<String>>,
) -> Requirement {
    let level = level.into();
    let levels: Vec<String> = levels.into_iter().map(Into::into).collect();
    let mistaken = |error| Requirement { node: Node::Mistaken(error) };
    if let Some(name) = levels.iter().find(|name| !is_acr(name)) {
        return mistaken(RequirementError::AcrName { level: name.clone() });
    }
    let is_repeated = |name: &&String| levels.iter().filter(|other| other == name).count() > 1;
    if let Some(name) = levels.iter().find(is_repeated) {
        return mistaken(RequirementError::Acr { level: name.clone() });
    }
    let sufficient = levels.into_iter().skip_while(|name| *name != level).map(Into::into);
    let sufficient: Vec<Box<str>> = sufficient.collect();
    if sufficient.is_empty() {
        return mistaken(RequirementError::Acr { level });
    }
    Requirement { node: Node::Acr(sufficient) }
}

/// Whether the text can be the name of a level in a challenge (RFC 9470 §3): 1 to 256 characters of visible ASCII, without `"` and
/// `\\`.
#[must_use]
pub const fn is_acr(text: &str) -> bool {
    let mut rest = text.as_bytes();
    if rest.is_empty() || rest.len() > LONGEST {
        return false;
    }
    while let [first, others @ ..] = rest {
        if !matches!(*first, 0x21 | 0x23..=0x5B | 0x5D..=0x7E) {
            return false;
        }
        rest = others;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_one_word_that_needs_no_escapes() {
        for good in ["a", "urn:cognito:loa:1", "https://example.com/acr#gold", &"x".repeat(256)] {
            assert!(is_acr(good), "{good}");
        }
        for bad in ["", " ", "a b", "a\"", "a\\", "a\n", "ä", "\u{7f}", &"x".repeat(257)] {
            assert!(!is_acr(bad), "{bad}");
        }
    }

    #[test]
    fn the_order_is_the_callers() {
        let from = |level: &str, levels: &[&str]| acr_at_least(level, levels.iter().copied()).to_string();
        assert_eq!(from("b", &["a", "b", "c"]), "acr b or c");
        assert_eq!(from("b", &["c", "b", "a"]), "acr b or a");
        assert_eq!(from("a", &["a"]), "acr a");
    }
}
