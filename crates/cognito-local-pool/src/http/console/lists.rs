//! Lists the pool's clients, scopes, users and groups, without secrets and passwords.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::client::OAuthFlow;
use crate::directory::Account;
use crate::pool::LocalPool;

/// The most users that are shown.
const MOST: usize = 200;

pub(super) fn clients(pool: &LocalPool) -> Markup {
    html! {
        section aria-labelledby="clients-title" {
            h2 id="clients-title" { "App clients" }
            @if pool.clients().is_empty() { p.soft { "None." } }
            @for client in pool.clients() {
                h3 { code { (client.id()) } " " span.soft { (if client.has_secret() { "confidential" } else { "public" }) } }
                ul {
                    @let flows: Vec<&str> = client.flows().into_iter().map(OAuthFlow::name).collect();
                    li { "Flows: " (list_or_none(flows.iter().copied())) }
                    li { "Scopes: " (list_or_none(client.scopes.iter().map(String::as_str))) }
                    @for url in &client.callback_urls { li { "Callback " code { (url) } } }
                    @for url in &client.logout_urls { li { "Sign-out " code { (url) } } }
                }
            }
        }
    }
}

pub(super) fn scopes(pool: &LocalPool) -> Markup {
    html! {
        section aria-labelledby="scopes-title" {
            h2 id="scopes-title" { "Scopes" }
            @if pool.scopes().is_empty() { p.soft { "No resource server defines one." } } @else {
                ul { @for scope in pool.scopes() { li { code { (scope) } } } }
            }
        }
    }
}

pub(super) fn users(pool: &LocalPool) -> Markup {
    let (users, count) = {
        let directory = pool.directory();
        let users: Vec<Account> = directory.iter().take(MOST).cloned().collect();
        (users, directory.iter().count())
    };
    html! {
        section aria-labelledby="users-title" {
            h2 id="users-title" { "Users" }
            @if users.is_empty() { p.soft { "None." } } @else {
                ul {
                    @for user in &users {
                        li {
                            b { (user.username) }
                            @if let Some(email) = user.attribute("email") { " " (email) }
                            " " span.soft { (user.status.name()) @if !user.enabled { ", disabled" } }
                            @if !user.groups.is_empty() { ", groups " (list_or_none(user.groups.iter().map(String::as_str))) }
                        }
                    }
                }
            }
            @if count > users.len() { p.soft { "… and " (count.saturating_sub(users.len())) " more." } }
        }
    }
}

pub(super) fn groups(pool: &LocalPool) -> Markup {
    let mut groups: BTreeMap<String, usize> = BTreeMap::new();
    for group in pool.directory().iter().flat_map(|account| &account.groups) {
        let members = groups.entry(group.clone()).or_default();
        *members = members.saturating_add(1);
    }
    html! {
        section aria-labelledby="groups-title" {
            h2 id="groups-title" { "Groups" }
            @if groups.is_empty() { p.soft { "None." } } @else {
                ul {
                    @for (group, members) in groups.iter().take(MOST) {
                        li { code { (group) } ", " (members) (if *members == 1 { " user" } else { " users" }) }
                    }
                }
            }
        }
    }
}

fn list_or_none<'a>(names: impl Iterator<Item = &'a str>) -> Markup {
    let names: Vec<&str> = names.collect();
    html! {
        @if names.is_empty() { "none" }
        @for (index, name) in names.iter().enumerate() { @if index > 0 { ", " } code { (name) } }
    }
}
