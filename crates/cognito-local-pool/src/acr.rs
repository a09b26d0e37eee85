//! Authentication levels: how strongly a user authenticated, as the claims `acr` and `amr` have it.
//!
//! See [Authentication levels with ACR and AMR claims][aws].
//!
//! [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-step-up-authentication.html

use serde::{Deserialize, Serialize};

use crate::directory::Account;
use crate::error::PoolError;

/// The longest name of a level, in characters.
const LONGEST: usize = 64;

/// An authentication level of Cognito. The factors that reach a level are fixed; its name can be
/// [changed](crate::LocalPoolBuilder::acr_name).
///
/// A local pool has passwords and authenticator apps, so its users reach the first level or the fourth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum AcrLevel {
    /// A password; `urn:cognito:loa:1` unless renamed.
    Level1,
    /// A single one-time password by mail or text message, which a local pool does not have; `urn:cognito:loa:2`.
    Level2,
    /// A passkey, or a password with a code by mail or text message, which a local pool does not have;
    /// `urn:cognito:loa:3`.
    Level3,
    /// A password with the code of an authenticator app; `urn:cognito:loa:4`.
    Level4,
}

impl AcrLevel {
    const ALL: [Self; 4] = [Self::Level1, Self::Level2, Self::Level3, Self::Level4];

    /// The key in `AcrConfiguration`.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Level1 => "Level1",
            Self::Level2 => "Level2",
            Self::Level3 => "Level3",
            Self::Level4 => "Level4",
        }
    }

    fn default_name(self) -> &'static str {
        match self {
            Self::Level1 => "urn:cognito:loa:1",
            Self::Level2 => "urn:cognito:loa:2",
            Self::Level3 => "urn:cognito:loa:3",
            Self::Level4 => "urn:cognito:loa:4",
        }
    }
}

/// The factors that a user completed at a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Factors {
    Password,
    PasswordAndApp,
}

impl Factors {
    /// The factors that this user completes at a sign-in. Every user with an authenticator app enters its code.
    pub(crate) fn of(account: &Account) -> Self {
        if account.software_token.is_some() { Self::PasswordAndApp } else { Self::Password }
    }

    fn level(self) -> AcrLevel {
        match self {
            Self::Password => AcrLevel::Level1,
            Self::PasswordAndApp => AcrLevel::Level4,
        }
    }

    /// `amr`.
    fn methods(self) -> &'static [&'static str] {
        match self {
            Self::Password => &["pwd"],
            Self::PasswordAndApp => &["pwd", "otp", "mfa"],
        }
    }
}

/// The names of the levels that are not Cognito's (`AcrConfiguration`).
#[derive(Clone, Debug, Default)]
pub(crate) struct AcrNames(Vec<(AcrLevel, String)>);

/// The levels that a client asks for, in its order (`acr_values`, `TARGET_ACR_VALUES`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AcrTarget(Vec<AcrLevel>);

/// The claims `acr` and `amr` of a sign-in. Its refreshes repeat them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Authentication {
    pub(crate) acr: String,
    pub(crate) amr: Vec<String>,
}

impl AcrNames {
    pub(crate) fn set(&mut self, level: AcrLevel, name: String) {
        self.0.push((level, name));
    }

    /// The name of each level, lowest first.
    pub(crate) fn all(&self) -> [(AcrLevel, &str); 4] {
        AcrLevel::ALL.map(|level| (level, self.of(level)))
    }

    fn of(&self, level: AcrLevel) -> &str {
        let given = self.0.iter().rev().find(|(known, _)| *known == level);
        given.map_or(level.default_name(), |(_, name)| name)
    }

    /// The level of this name.
    pub(crate) fn level(&self, name: &str) -> Option<AcrLevel> {
        AcrLevel::ALL.into_iter().find(|level| self.of(*level) == name)
    }

    /// The levels of a space-separated list. Unknown names are ignored; if all are unknown, there is no target.
    pub(crate) fn target(&self, values: &str) -> Option<AcrTarget> {
        let levels: Vec<AcrLevel> = values.split(' ').filter_map(|name| self.level(name)).collect();
        (!levels.is_empty()).then_some(AcrTarget(levels))
    }

    /// What tokens say of these factors.
    pub(crate) fn authentication(&self, factors: Factors) -> Authentication {
        let amr = factors.methods().iter().map(|method| (*method).to_owned()).collect();
        Authentication { acr: self.of(factors.level()).to_owned(), amr }
    }

    pub(crate) fn check(&self) -> Result<(), PoolError> {
        let fits = |name: &str| {
            (1..=LONGEST).contains(&name.chars().count())
                && name.chars().all(|c| c.is_ascii_graphic() && c != '"' && c != '\\')
        };
        for (level, name) in self.all() {
            if !fits(name) {
                return Err(PoolError::AcrName { name: name.to_owned() });
            }
            if self.level(name) != Some(level) {
                return Err(PoolError::Duplicate {
                    what: "name of an authentication level",
                    id: name.to_owned(),
                });
            }
        }
        Ok(())
    }
}

impl AcrTarget {
    /// Whether a sign-in with these factors reaches one of the levels.
    pub(crate) fn is_met_by(&self, factors: Factors) -> bool {
        self.is_met_at(factors.level())
    }

    /// Whether this level is one of the levels, or above one.
    pub(crate) fn is_met_at(&self, level: AcrLevel) -> bool {
        self.0.iter().any(|wanted| *wanted <= level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_met_by_factors_of_its_level_or_above() {
        let names = AcrNames::default();
        let met = |values: &str| {
            names.target(values).map(|target| {
                [Factors::Password, Factors::PasswordAndApp].map(|factors| target.is_met_by(factors))
            })
        };
        for (values, expected) in [
            ("urn:cognito:loa:1", Some([true, true])),
            ("urn:cognito:loa:3", Some([false, true])),
            ("urn:cognito:loa:4", Some([false, true])),
            ("urn:cognito:loa:4 urn:cognito:loa:1", Some([true, true])),
            ("urn:other urn:cognito:loa:4", Some([false, true])),
            ("urn:other", None),
            ("", None),
        ] {
            assert_eq!(met(values), expected, "{values}");
        }
    }

    #[test]
    fn a_level_can_be_renamed_and_its_old_name_is_unknown() {
        let mut names = AcrNames::default();
        names.set(AcrLevel::Level4, "urn:example:gold".to_owned());
        assert_eq!(names.authentication(Factors::PasswordAndApp).acr, "urn:example:gold");
        assert_eq!(names.level("urn:cognito:loa:4"), None);
        assert!(names.check().is_ok());
        for name in ["", "a b", "a\"b", &"x".repeat(65), "urn:cognito:loa:1"] {
            let mut names = AcrNames::default();
            names.set(AcrLevel::Level2, name.to_owned());
            assert!(names.check().is_err(), "{name}");
        }
    }
}
