//! Types that stand for authentication levels, with names checked at compile time.

/// Authentication levels, of which a token needs one. Implemented by the types that [`acr_levels!`](crate::acr_levels) defines.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an authentication level",
    label = "this type stands for no level",
    note = "make one: `acr_levels! {{ pub Strong = \"urn:cognito:loa:3\"; }}`, then `RequireAcr<Strong>`"
)]
pub trait RequiredAcr: Send + Sync + 'static {
    /// The level that is required at least.
    const AT_LEAST: &'static str;
    /// All levels, lowest first.
    const LEVELS: &'static [&'static str];
}

/// Defines types that stand for authentication levels, for `RequireAcr` in handlers and wherever a requirement is expected. After `of`
/// come all levels, lowest first; without it, they are [Cognito's](crate::requirement::COGNITO_ACR_LEVELS). The `;` after the last type
/// is optional.
///
/// ```
/// cognito_authorizer::acr_levels! {
///     pub Strong = "urn:cognito:loa:3";
///     pub Gold = "gold" of ["bronze", "silver", "gold"];
/// }
/// assert_eq!(Strong::requirement().to_string(), "acr urn:cognito:loa:3 or urn:cognito:loa:4");
/// assert_eq!(Gold::requirement().acr_values(), ["gold"]);
/// ```
///
/// A level that is not among the levels is a compile error, as is a name that no challenge can contain:
///
/// ```compile_fail
/// cognito_authorizer::acr_levels! { Strong = "urn:cognito:loa:5"; }
/// ```
///
/// ```compile_fail
/// cognito_authorizer::acr_levels! { Gold = "very gold" of ["gold", "very gold"]; }
/// ```
#[macro_export]
macro_rules! acr_levels {
    ($(
        $(#[$attribute:meta])* $visibility:vis $name:ident = $level:literal $(of [$($all:literal),+ $(,)?])?
    );* $(;)?) => {$(
        $(#[$attribute])*
        #[doc = concat!("The authentication level `", $level, "` or above.")]
        #[derive(Clone, Copy, Debug)]
        $visibility struct $name;

        impl $name {
            /// The same as a requirement.
            $visibility fn requirement() -> $crate::Requirement {
                $crate::acr_at_least(
                    <Self as $crate::RequiredAcr>::AT_LEAST,
                    <Self as $crate::RequiredAcr>::LEVELS.iter().copied(),
                )
            }
        }

        impl $crate::IntoRequirement for $name {
            fn into_requirement(self) -> $crate::Requirement {
                Self::requirement()
            }
        }

        impl $crate::RequiredAcr for $name {
            const AT_LEAST: &'static str = $level;
            const LEVELS: &'static [&'static str] = $crate::acr_levels!(@levels $([$($all),+])?);
        }

        const _: () = assert!(
            $crate::levels_contain(<$name as $crate::RequiredAcr>::LEVELS, $level),
            concat!("`", $level, "` must be among the levels exactly once, and each level must be one word of visible ASCII")
        );
    )*};
    (@levels) => { &$crate::COGNITO_ACR_LEVELS };
    (@levels [$($all:literal),+]) => { &[$($all),+] };
}

/// Whether the levels are valid and different, and contain this one.
#[doc(hidden)]
#[must_use]
pub const fn levels_contain(levels: &[&str], level: &str) -> bool {
    let mut contains = false;
    let mut rest = levels;
    while let [first, others @ ..] = rest {
        if !cognito_verify::is_acr(first) {
            return false;
        }
        let mut later = others;
        while let [other, more @ ..] = later {
            if is_same(first, other) {
                return false;
            }
            later = more;
        }
        contains |= is_same(first, level);
        rest = others;
    }
    contains
}

/// `==` of two texts, which is not `const` yet.
const fn is_same(one: &str, two: &str) -> bool {
    let (mut one, mut two) = (one.as_bytes(), two.as_bytes());
    while let ([first, rest @ ..], [second, others @ ..]) = (one, two) {
        if *first != *second {
            return false;
        }
        (one, two) = (rest, others);
    }
    one.is_empty() && two.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_among_different_levels() {
        assert!(levels_contain(&["a", "ab"], "ab") && levels_contain(&["a"], "a"));
        for (levels, level) in [
            (&[][..], "a"),
            (&["a"], "b"),
            (&["a", "b", "a"], "a"),
            (&["a", "b", "b"], "a"),
            (&["a b", "a"], "a"),
            (&["a"], ""),
            (&[""], ""),
            (&["ab"], "a"),
        ] {
            assert!(!levels_contain(levels, level), "{levels:?} {level}");
        }
    }
}
