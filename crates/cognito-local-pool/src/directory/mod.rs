//! The users of a running pool: found by name, alias or `sub`, created and changed while it runs.

mod account;
mod administration;
mod attributes;
mod code;
mod codes_of_account;
mod decoys;
mod forgot;
mod names;
mod sign_in;
mod sign_up;
mod software_token;
mod wrong_codes;

use std::collections::BTreeMap;

pub(crate) use account::Account;
pub(crate) use administration::{Enabled, Invitation};
pub(crate) use code::Destination;
pub use code::{CodePurpose, SentCode};
pub(crate) use decoys::Decoys;
pub use names::SignInAttribute;
pub(crate) use names::SignInNames;
pub(crate) use sign_up::NewUser;
pub(crate) use software_token::SoftwareTokenMfa;

use crate::error::PoolError;
use crate::exception::Exception;
use crate::grant::Holder;
use crate::user::User;

/// The most users that can be created. Configured users do not count.
const MOST: usize = 10_000;
/// The most bytes that users who were created while the pool runs may have together, and configured users beside them.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// Users by their user name.
pub(crate) struct Directory {
    accounts: BTreeMap<String, Account>,
    names: SignInNames,
    most: usize,
    most_bytes: usize,
}

impl Directory {
    /// A directory without users, whose users have only user names.
    pub(crate) fn empty() -> Self {
        Self { accounts: BTreeMap::new(), names: SignInNames::default(), most: MOST, most_bytes: MOST_BYTES }
    }

    /// The directory with the configured users.
    pub(crate) fn new(
        names: SignInNames,
        users: &[User],
        pool_id: &str,
        now: i64,
    ) -> Result<Self, PoolError> {
        let mut directory = Self::with_room_for(names, users);
        for user in users {
            directory.add(user, pool_id, now)?;
        }
        Ok(directory)
    }

    fn with_room_for(names: SignInNames, users: &[User]) -> Self {
        let of_user = |user: &User| account::size(&user.name, &user.password, &user.attributes);
        let configured = users.iter().map(of_user).fold(0, usize::saturating_add);
        // The name of a user may be an attribute as well.
        let most_bytes = MOST_BYTES.saturating_add(configured.saturating_mul(2));
        Self { names, most: MOST.saturating_add(users.len()), most_bytes, ..Self::empty() }
    }

    /// The directory with the users that were kept, and with the configured ones that are not among them.
    pub(crate) fn restore(
        names: SignInNames,
        kept: Vec<Account>,
        users: &[User],
        pool_id: &str,
        now: i64,
    ) -> Result<Self, PoolError> {
        let mut directory = Self::with_room_for(names, users);
        for account in kept {
            if directory.accounts.insert(account.username.clone(), account).is_some() {
                return Err(PoolError::damaged_state("a user is there twice"));
            }
        }
        for user in users {
            if directory.find(&user.name).is_none() {
                directory.add(user, pool_id, now)?;
            }
        }
        Ok(directory)
    }

    fn add(&mut self, user: &User, pool_id: &str, now: i64) -> Result<(), PoolError> {
        let (name, subject) = (user.name.clone(), user.subject_in(pool_id));
        let account = if self.names.username.is_empty() {
            Account::of(user, name.clone(), subject, now)
        } else {
            let expected = self.names.expected();
            let attribute = self.names.username_attribute_of(&name);
            let attribute =
                attribute.ok_or_else(|| PoolError::UsernameFormat { name: name.clone(), expected })?;
            let mut account = Account::of(user, subject.clone(), subject, now);
            account.set_attribute(attribute.name(), &name);
            account
        };
        self.create(account).map_err(|taken| {
            let what = if taken.kind() == "AliasExistsException" { "alias of the user" } else { "user" };
            PoolError::Duplicate { what, id: name }
        })
    }

    pub(crate) fn names(&self) -> &SignInNames {
        &self.names
    }

    /// The user of this user name, alias or `sub`.
    pub(crate) fn find(&self, name: &str) -> Option<&Account> {
        self.accounts
            .get(name)
            .or_else(|| self.accounts.values().find(|account| self.knows_as(account, name)))
            .or_else(|| self.accounts.values().find(|account| account.subject == name))
    }

    /// As [`find`](Self::find), to change the user.
    pub(crate) fn find_mut(&mut self, name: &str) -> Option<&mut Account> {
        let username = self.find(name)?.username.clone();
        self.accounts.get_mut(&username)
    }

    /// Like [`find`](Self::find), for calls that require the user to exist.
    pub(crate) fn known(&self, name: &str) -> Result<&Account, Exception> {
        self.find(name).ok_or_else(Exception::no_such_user)
    }

    /// As [`known`](Self::known), to change the user.
    pub(crate) fn known_mut(&mut self, name: &str) -> Result<&mut Account, Exception> {
        self.find_mut(name).ok_or_else(Exception::no_such_user)
    }

    /// Replaces a user by a changed one, unless one of its names is taken.
    pub(crate) fn update(&mut self, account: Account) -> Result<(), Exception> {
        for attribute in &self.names.username {
            let value = account.attribute(attribute.name());
            let taken = value.and_then(|value| self.find(value));
            if taken.is_some_and(|other| other.username != account.username) {
                return Err(alias_exists(*attribute));
            }
        }
        self.check_aliases(&account)?;
        self.check_room(&account)?;
        self.accounts.insert(account.username.clone(), account);
        Ok(())
    }

    /// Whether there is room for the texts of `account`, in place of those that it had.
    fn check_room(&self, account: &Account) -> Result<(), Exception> {
        let before = self.accounts.get(&account.username).map_or(0, Account::size);
        if account.size() <= before {
            return Ok(());
        }
        let all = self.accounts.values().map(Account::size).fold(0, usize::saturating_add);
        if all.saturating_sub(before).saturating_add(account.size()) <= self.most_bytes {
            return Ok(());
        }
        Err(Exception::new(
            "LimitExceededException",
            format!("the users of this local pool have {all} bytes, and it takes no more"),
        ))
    }

    /// Adds a user, unless the name or one of the aliases is taken.
    pub(crate) fn create(&mut self, account: Account) -> Result<(), Exception> {
        let exists = |message: String| Err(Exception::new("UsernameExistsException", message));
        // Also if the name is an alias or the `sub` of another user, which would then mean this one.
        if self.find(&account.username).is_some() {
            return exists("User already exists".to_owned());
        }
        for attribute in &self.names.username {
            let value = account.attribute(attribute.name());
            if value.is_some_and(|value| self.find(value).is_some()) {
                let what = if *attribute == SignInAttribute::Email { "email" } else { "phone number" };
                return exists(format!("An account with the given {what} already exists."));
            }
        }
        self.check_aliases(&account)?;
        self.check_room(&account)?;
        if self.accounts.len() >= self.most {
            return Err(Exception::new(
                "LimitExceededException",
                format!("this local pool has {} users and takes no more", self.accounts.len()),
            ));
        }
        self.accounts.insert(account.username.clone(), account);
        Ok(())
    }

    /// Whether the aliases of `account` are free, as they must be before it is confirmed or an attribute verified.
    pub(crate) fn check_aliases(&self, account: &Account) -> Result<(), Exception> {
        for attribute in &self.names.alias {
            let Some(value) = alias(account, *attribute) else { continue };
            let taken = self.find(value).is_some_and(|other| other.username != account.username);
            if taken {
                return Err(alias_exists(*attribute));
            }
        }
        Ok(())
    }

    /// Removes this user, but not another user of the same name.
    pub(crate) fn remove(&mut self, user: &Holder) {
        if self.accounts.get(&user.username).is_some_and(|account| user.is(account)) {
            self.accounts.remove(&user.username);
        }
    }

    /// All users, by user name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Account> {
        self.accounts.values()
    }

    fn knows_as(&self, account: &Account, name: &str) -> bool {
        let username = self.names.username.iter();
        username.into_iter().any(|attribute| account.attribute(attribute.name()) == Some(name))
            || self.names.alias.iter().any(|attribute| alias(account, *attribute) == Some(name))
    }
}

fn alias_exists(attribute: SignInAttribute) -> Exception {
    let what = attribute.name().replace('_', " ");
    Exception::new("AliasExistsException", format!("An account with the {what} already exists."))
}

/// The values by which `account` can sign in. An address counts once it is verified.
fn alias(account: &Account, attribute: SignInAttribute) -> Option<&str> {
    let value = account.attribute(attribute.name())?;
    let verified = attribute.verified_by().is_none_or(|by| account.attribute(by) == Some("true"));
    verified.then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(name: &str) -> Account {
        Account::new(name.to_owned(), format!("sub-of-{name}"), "x".to_owned(), 0)
    }

    fn directory(username: &[SignInAttribute], alias: &[SignInAttribute]) -> Directory {
        let names = SignInNames { username: username.to_vec(), alias: alias.to_vec() };
        Directory::new(names, &[], "a_b", 0).unwrap()
    }

    #[test]
    fn an_alias_counts_once_it_is_verified() {
        let mut directory = directory(&[], &[SignInAttribute::Email, SignInAttribute::PreferredUsername]);
        let mut ada = account("ada");
        ada.set_attribute("email", "ada@example.com");
        ada.set_attribute("preferred_username", "countess");
        ada.set_attribute("phone_number", "+441");
        ada.set_attribute("phone_number_verified", "true");
        directory.create(ada).unwrap();
        let known = |directory: &Directory, name: &str| directory.find(name).is_some();
        assert!(known(&directory, "ada") && known(&directory, "countess") && known(&directory, "sub-of-ada"));
        assert!(!known(&directory, "ada@example.com") && !known(&directory, "+441"));
        directory.find_mut("ada").unwrap().set_attribute("email_verified", "true");
        assert!(known(&directory, "ada@example.com"));
    }

    #[test]
    fn two_users_do_not_share_a_name_or_an_alias() {
        let mut directory = directory(&[], &[SignInAttribute::Email]);
        let with_email = |name: &str| {
            let mut account = account(name);
            account.set_attribute("email", "a@example.com");
            account.set_attribute("email_verified", "true");
            account
        };
        directory.create(with_email("ada")).unwrap();
        let kind = |result: Result<(), Exception>| result.unwrap_err().kind();
        assert_eq!(kind(directory.create(account("ada"))), "UsernameExistsException");
        assert_eq!(kind(directory.create(with_email("bob"))), "AliasExistsException");
        assert!(directory.check_aliases(&with_email("ada")).is_ok(), "one's own alias is free");
    }

    #[test]
    fn users_of_a_pool_with_username_attributes_have_their_subject_as_user_name() {
        let names = SignInNames { username: vec![SignInAttribute::Email], alias: Vec::new() };
        let ada = User::new("ada@example.com", "x");
        let directory = Directory::new(names.clone(), &[ada], "a_b", 0).unwrap();
        let found = directory.find("ada@example.com").unwrap();
        assert_eq!(found.username, found.subject);
        assert_eq!(found.attribute("email"), Some("ada@example.com"));
        let wrong = Directory::new(names, &[User::new("ada", "x")], "a_b", 0).err().unwrap();
        assert_eq!(
            wrong.to_string(),
            "the users of this pool are known by an email address; `ada` is not one"
        );
    }

    #[test]
    fn a_name_that_means_another_user_is_taken() {
        let mut directory = directory(&[], &[SignInAttribute::PreferredUsername]);
        let mut ada = account("ada");
        ada.set_attribute("preferred_username", "countess");
        directory.create(ada).unwrap();
        for name in ["ada", "countess", "sub-of-ada"] {
            assert_eq!(
                directory.create(account(name)).unwrap_err().kind(),
                "UsernameExistsException",
                "{name}"
            );
            assert_eq!(directory.find(name).map(|found| &*found.username), Some("ada"));
        }
    }

    #[test]
    fn attributes_cannot_fill_the_memory() {
        let mut directory = Directory { most_bytes: 100, ..directory(&[], &[]) };
        let with_name = |length: usize| {
            let mut ada = account("ada");
            ada.set_attribute("name", &"x".repeat(length));
            ada
        };
        assert_eq!(directory.create(with_name(100)).unwrap_err().kind(), "LimitExceededException");
        directory.create(with_name(50)).unwrap();
        directory.update(with_name(60)).unwrap();
        assert_eq!(directory.update(with_name(100)).unwrap_err().kind(), "LimitExceededException");
        assert_eq!(
            directory.create(account("b".repeat(40).as_str())).unwrap_err().kind(),
            "LimitExceededException"
        );
        directory.update(with_name(10)).unwrap();
        directory.create(account("b".repeat(40).as_str())).unwrap();
    }

    #[test]
    fn a_full_directory_takes_no_more_users() {
        let mut directory = Directory { most: 1, ..directory(&[], &[]) };
        directory.create(account("ada")).unwrap();
        assert_eq!(directory.create(account("bob")).unwrap_err().kind(), "LimitExceededException");
        assert_eq!(directory.iter().count(), 1);
    }
}
