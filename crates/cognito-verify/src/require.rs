//! What a route requires of a verified token.

mod acr;
mod actor;
mod alternatives;
mod check;
mod choice;
mod convert;
mod error;
mod named;
mod possible;
mod requirement;
mod sign_in;

pub use acr::{COGNITO_ACR_LEVELS, acr_at_least, is_acr};
pub use actor::{actor, no_actor};
pub use choice::{all_of, any_of};
pub use convert::IntoRequirement;
pub use error::RequirementError;
pub use named::{all_scopes, any_group, any_scope, any_user_pool, claim, claim_is, group, scope, token_use};
pub use requirement::Requirement;
pub use sign_in::signed_in_within;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::token_use::TokenUse;

    #[test]
    fn requirements_read_as_sentences() {
        let (a, b, g) = (scope("r/a"), scope("r/b"), group("ops"));
        for (requirement, text) in [
            (Requirement::nothing(), "a valid token"),
            (a.clone(), "scope r/a"),
            (a.clone().or(b.clone()), "scope r/a or r/b"),
            (all_scopes(["r/a", "r/b"]), "scope r/a and r/b"),
            (a.clone().or(b.clone()).and(g.clone()), "scope r/a or r/b, and group ops"),
            (a.clone().and(g.clone()).or(b.clone()), "(scope r/a, and group ops), or scope r/b"),
            (group("x").or(group("y")).and(token_use(TokenUse::Id)), "group x or y, and ID token"),
            (Requirement::nothing().and(a.clone()), "scope r/a"),
            (a.clone().and(Requirement::nothing()).or(g.clone()), "scope r/a, or group ops"),
            (any_of([a.clone(), b.clone()]), "scope r/a or r/b"),
            (any_of([a.clone(), g.clone(), b.clone()]), "scope r/a, or group ops, or scope r/b"),
            (a.clone().or(g.clone().or(token_use(TokenUse::Id))), "scope r/a, or group ops, or ID token"),
            (any_of([a.clone().or(g.clone())]), "scope r/a, or group ops"),
            (any_of(["r/a"]), "scope r/a"),
            (all_of([a.clone(), b.clone().and(g.clone())]), "scope r/a, and scope r/b, and group ops"),
            (claim("email").and(claim_is("t", "x")), "claim email, and claim t with the value x"),
            (a.clone().and("r/b").or("r/c".to_owned()), "(scope r/a, and scope r/b), or scope r/c"),
            (actor("proxy").or(no_actor()), "actor proxy, or no actor"),
            (actor("a\nb"), "actor a\\nb"),
            (
                acr_at_least("urn:cognito:loa:3", COGNITO_ACR_LEVELS)
                    .and(signed_in_within(Duration::from_secs(300))),
                "acr urn:cognito:loa:3 or urn:cognito:loa:4, and sign-in within 300 s",
            ),
        ] {
            assert_eq!(requirement.to_string(), text);
        }
        assert_eq!(a.clone().or(b).and(g).and(a).scopes(), ["r/a", "r/b"]);
    }

    #[test]
    fn a_mistake_is_never_lost() {
        let scope_error = RequirementError::Scope { scope: "a b".into() };
        for (mistaken, error) in [
            (scope("a b"), &scope_error),
            (scope("a b").or(scope("r/a")), &scope_error),
            (scope("r/a").or(scope("a b")), &scope_error),
            (Requirement::nothing().or(scope("a b")), &scope_error),
            (group("ops").and(scope("r/a").and(scope("a b"))), &scope_error),
            (scope("r/a").or(group("ops").and(scope("a b"))), &scope_error),
            (group("ops").and(scope("a b")).or(scope("r/a")), &scope_error),
            (Requirement::nothing().or(group("ops").and(scope("a b"))), &scope_error),
            (any_scope(["r/a", "a b"]), &scope_error),
            (group("a b"), &RequirementError::Group { group: "a b".into() }),
            (all_scopes(Vec::<String>::new()), &RequirementError::Empty),
            (any_group(Vec::<String>::new()), &RequirementError::Empty),
            (any_of(Vec::<Requirement>::new()), &RequirementError::Empty),
            (all_of(Vec::<Requirement>::new()), &RequirementError::Empty),
            (any_of([scope("r/a"), any_of(Vec::<String>::new())]), &RequirementError::Empty),
            (any_of(["r/a", "a b"]), &scope_error),
            (claim(""), &RequirementError::Claim),
            (claim_is("", "x"), &RequirementError::Claim),
            (scope("r/a").and("a b"), &scope_error),
            (actor(""), &RequirementError::Actor),
            (acr_at_least("gold", ["silver"]), &RequirementError::Acr { level: "gold".into() }),
            (acr_at_least("gold", ["gold", "gold"]), &RequirementError::Acr { level: "gold".into() }),
            (acr_at_least("gold", ["a b", "gold"]), &RequirementError::AcrName { level: "a b".into() }),
            (acr_at_least("gold", Vec::<String>::new()), &RequirementError::Acr { level: "gold".into() }),
            (signed_in_within(Duration::ZERO), &RequirementError::SignInAge { given: Duration::ZERO }),
            (signed_in_within(Duration::MAX), &RequirementError::SignInAge { given: Duration::MAX }),
        ] {
            assert_eq!(mistaken.error(), Some(error), "{mistaken:?}");
        }
        assert_eq!(scope("r/a").and(group("ops")).error(), None);
        let invisible = group("ops\u{200b}").error().unwrap().to_string();
        assert!(invisible.starts_with("`ops\\u{200b}` is not a group name"), "{invisible}");
    }
}
