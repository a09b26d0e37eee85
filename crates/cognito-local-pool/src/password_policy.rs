//! Which passwords users may choose.

use crate::error::PoolError;
use crate::exception::Exception;
use crate::random;

/// The longest password that Cognito keeps, in characters.
const MAX_LENGTH: usize = 256;
/// Characters that count as symbols, besides a space that is neither first nor last.
const SYMBOLS: &str = "^$*.[]{}()?-\"!@#%&/\\,><':;|_~`=+";

/// The password policy of a pool, with Cognito's default: at least 8 characters, among them an upper-case letter, a
/// lower-case letter, a number and a symbol.
///
/// It holds for passwords that users choose or an administrator sets while the pool runs, and not for those of
/// [`User::new`](crate::User::new). See [Password requirements][aws].
///
/// [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-settings-policies.html
///
/// ```
/// use cognito_local_pool::PasswordPolicy;
///
/// let lenient = PasswordPolicy::new().minimum_length(6).without_symbols().without_uppercase();
/// ```
#[derive(Clone, Debug)]
pub struct PasswordPolicy {
    pub(crate) minimum_length: usize,
    pub(crate) temporary_days: u32,
    required: Vec<Required>,
}

/// A kind of character that each password must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Required {
    Lowercase,
    Uppercase,
    Number,
    Symbol,
}

impl Required {
    fn is_in(self, password: &str) -> bool {
        let inner = password.trim_matches(' ');
        match self {
            Self::Lowercase => password.chars().any(|c| c.is_ascii_lowercase()),
            Self::Uppercase => password.chars().any(|c| c.is_ascii_uppercase()),
            Self::Number => password.chars().any(|c| c.is_ascii_digit()),
            Self::Symbol => password.chars().any(|c| SYMBOLS.contains(c)) || inner.contains(' '),
        }
    }

    fn missing(self) -> &'static str {
        match self {
            Self::Lowercase => "Password must have lowercase characters",
            Self::Uppercase => "Password must have uppercase characters",
            Self::Number => "Password must have numeric characters",
            Self::Symbol => "Password must have symbol characters",
        }
    }
}

impl PasswordPolicy {
    /// Cognito's default policy.
    #[must_use]
    pub fn new() -> Self {
        let required = vec![Required::Lowercase, Required::Uppercase, Required::Number, Required::Symbol];
        Self { minimum_length: 8, temporary_days: 7, required }
    }

    /// The fewest characters (`MinimumLength`): 6 to 99, 8 by default.
    #[must_use]
    pub fn minimum_length(mut self, length: usize) -> Self {
        self.minimum_length = length;
        self
    }

    /// How many days a temporary password can be used (`TemporaryPasswordValidityDays`): 1 to 365, 7 by default.
    #[must_use]
    pub fn temporary_password_days(mut self, days: u32) -> Self {
        self.temporary_days = days;
        self
    }

    /// Accepts passwords without a lower-case letter (`RequireLowercase`).
    #[must_use]
    pub fn without_lowercase(self) -> Self {
        self.without(Required::Lowercase)
    }

    /// Accepts passwords without an upper-case letter (`RequireUppercase`).
    #[must_use]
    pub fn without_uppercase(self) -> Self {
        self.without(Required::Uppercase)
    }

    /// Accepts passwords without a number (`RequireNumbers`).
    #[must_use]
    pub fn without_numbers(self) -> Self {
        self.without(Required::Number)
    }

    /// Accepts passwords without a symbol (`RequireSymbols`).
    #[must_use]
    pub fn without_symbols(self) -> Self {
        self.without(Required::Symbol)
    }

    fn without(mut self, required: Required) -> Self {
        self.required.retain(|kind| *kind != required);
        self
    }

    /// The requirements for a password, under the names of `PasswordPolicyType`.
    pub(crate) fn requirements(&self) -> [(&'static str, bool); 4] {
        [
            ("RequireLowercase", Required::Lowercase),
            ("RequireNumbers", Required::Number),
            ("RequireSymbols", Required::Symbol),
            ("RequireUppercase", Required::Uppercase),
        ]
        .map(|(name, kind)| (name, self.required.contains(&kind)))
    }

    /// A random password that the policy accepts.
    pub(crate) fn make_up(&self) -> String {
        let mut password = random::secret();
        password.truncate(20);
        // One of each kind that a policy can ask for, whatever the random ones are.
        password.push_str("aA1!");
        while password.len() < self.minimum_length {
            password.push_str(&random::secret());
        }
        password
    }

    pub(crate) fn check(&self) -> Result<(), PoolError> {
        if !(6..=99).contains(&self.minimum_length) {
            return Err(PoolError::PasswordLength { length: self.minimum_length });
        }
        if !(1..=365).contains(&self.temporary_days) {
            return Err(PoolError::TemporaryPasswordDays { days: self.temporary_days });
        }
        Ok(())
    }

    /// Whether a user may have this password, in the words of Cognito.
    pub(crate) fn accept(&self, password: &str) -> Result<(), Exception> {
        let length = password.chars().count();
        let refuse = |why: &str| {
            Err(Exception::new(
                "InvalidPasswordException",
                format!("Password did not conform with policy: {why}"),
            ))
        };
        if length < self.minimum_length {
            return refuse("Password not long enough");
        }
        if length > MAX_LENGTH {
            return refuse("Password is too long");
        }
        match self.required.iter().find(|kind| !kind.is_in(password)) {
            Some(kind) => refuse(kind.missing()),
            None => Ok(()),
        }
    }
}

impl Default for PasswordPolicy {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_refused_for_the_first_thing_that_it_lacks() {
        let policy = PasswordPolicy::new();
        let why = |password: &str| policy.accept(password).err().map(|refused| refused.message().to_owned());
        let cases = [
            ("Aa1!aaaa", None),
            ("Aa1 aaaa", None),
            ("Aa1!aaa", Some("Password not long enough")),
            ("AA1!AAAA", Some("Password must have lowercase characters")),
            ("aa1!aaaa", Some("Password must have uppercase characters")),
            ("Aaa!aaaa", Some("Password must have numeric characters")),
            ("Aa1aaaaa", Some("Password must have symbol characters")),
            ("Aa1aaaa ", Some("Password must have symbol characters")),
            (&"Aa1!".repeat(65), Some("Password is too long")),
        ];
        for (password, expected) in cases {
            let expected = expected.map(|why| format!("Password did not conform with policy: {why}"));
            assert_eq!(why(password), expected, "{password}");
        }
    }

    #[test]
    fn a_made_up_password_is_one_that_the_policy_accepts() {
        for policy in [PasswordPolicy::new(), PasswordPolicy::new().minimum_length(99)] {
            let password = policy.make_up();
            assert!(policy.accept(&password).is_ok(), "{password}");
            assert_ne!(password, policy.make_up());
        }
    }

    #[test]
    fn a_policy_can_ask_for_less() {
        let policy = PasswordPolicy::new().minimum_length(6);
        let policy = policy.without_symbols().without_uppercase().without_numbers();
        assert!(policy.accept("secret").is_ok() && policy.accept("short").is_err());
        assert!(policy.accept("SECRET").is_err());
        assert!(policy.without_lowercase().accept("SECRET").is_ok());
    }
}
