//! Groups. A local pool stores them with its users: a group exists as long as it has members.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::admin::{self, UserRequest};
use super::page::Page;
use super::request::{Constraints, required};
use super::{Answer, caller, shape};
use crate::directory::Account;
use crate::exception::Exception;
use crate::pool::LocalPool;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GroupOfUser {
    user_pool_id: Option<String>,
    username: Option<String>,
    group_name: Option<String>,
}

impl GroupOfUser {
    fn read(&self, pool: &LocalPool) -> Result<(Account, &str), Exception> {
        let mut constraints = Constraints::default();
        let group = constraints.required("groupName", self.group_name.as_deref());
        let (pool_id, username) = (self.user_pool_id.as_deref(), self.username.as_deref());
        Ok((admin::named(pool, constraints, pool_id, username)?, group))
    }
}

/// `AdminAddUserToGroup`. The group does not have to exist: a local pool has no `CreateGroup`.
pub(super) fn add_user(pool: &LocalPool, request: &GroupOfUser) -> Answer {
    let (account, group) = request.read(pool)?;
    pool.add_to_group(&account.username, group)?;
    Ok(json!({}))
}

/// `AdminRemoveUserFromGroup`.
pub(super) fn remove_user(pool: &LocalPool, request: &GroupOfUser) -> Answer {
    let (account, group) = request.read(pool)?;
    pool.remove_from_group(&account.username, group)?;
    Ok(json!({}))
}

/// `AdminListGroupsForUser`: at most 100, which is one page.
pub(super) fn of_user(pool: &LocalPool, request: &UserRequest) -> Answer {
    let account = request.account(pool)?;
    let groups: Vec<Value> = account.groups.iter().map(|name| group(pool, name)).collect();
    Ok(json!({ "Groups": groups }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct List {
    user_pool_id: Option<String>,
    group_name: Option<String>,
    limit: Option<i64>,
    next_token: Option<String>,
}

/// `ListGroups`.
pub(super) fn list(pool: &LocalPool, request: &List) -> Answer {
    caller::check_pool_of(pool, request.user_pool_id.as_deref())?;
    let names: BTreeSet<String> =
        pool.directory().iter().flat_map(|account| account.groups.iter().cloned()).collect();
    let page = Page::new(names, "limit", request.limit, request.next_token.as_deref())?;
    Ok(page.answer("Groups", "NextToken", |name| Some(group(pool, name))))
}

/// `ListUsersInGroup`.
pub(super) fn users_in(pool: &LocalPool, request: &List) -> Answer {
    let [group] = required([("groupName", request.group_name.as_deref())])?;
    caller::check_pool_of(pool, request.user_pool_id.as_deref())?;
    let directory = pool.directory();
    let members = directory.iter().filter(|account| account.groups.iter().any(|name| name == group));
    let names: BTreeSet<String> = members.map(|account| account.username.clone()).collect();
    if names.is_empty() {
        return Err(Exception::new("ResourceNotFoundException", "Group not found."));
    }
    let page = Page::new(names, "limit", request.limit, request.next_token.as_deref())?;
    Ok(page.answer("Users", "NextToken", |name| {
        directory.find(name).map(|account| shape::user(account, "Attributes", None).into())
    }))
}

fn group(pool: &LocalPool, name: &str) -> Value {
    let created = pool.created();
    json!({
        "CreationDate": created,
        "GroupName": name,
        "LastModifiedDate": created,
        "UserPoolId": pool.id(),
    })
}
