//! The two forms of the page.

use maud::{Markup, html};

use super::order::client_of_users;
use crate::parameters::Parameters;
use crate::pool::LocalPool;

/// The most suggestions for a field.
const SUGGESTIONS: usize = 100;

/// The values in the forms.
pub(super) struct Forms<'a> {
    pub(super) pool: &'a LocalPool,
    pub(super) csrf: String,
    /// The submitted order, which is filled in again.
    pub(super) order: Parameters,
    pub(super) route: Option<&'a str>,
    /// The token that is shown.
    pub(super) token: Option<&'a str>,
}

/// The form that mints a token.
pub(super) fn mint(form: &Forms<'_>) -> Markup {
    let pool = form.pool;
    let value = |name: &str| form.order.get(name).unwrap_or_default();
    let users: Vec<String> =
        pool.directory().iter().take(SUGGESTIONS).map(|account| account.username.clone()).collect();
    let chosen = form.order.get("client").or(client_of_users(pool));
    let is_id = value("use") == "id";
    html! {
        section aria-labelledby="mint-title" {
            h2 id="mint-title" { "Mint a token" }
            form method="post" action="/console/token" {
                input type="hidden" name="_csrf" value=(form.csrf);
                label for="as" { "User" }
                input id="as" name="as" type="text" list="users" maxlength="128" autocomplete="off" autocapitalize="none"
                    spellcheck="false" aria-describedby="as-hint" value=(value("as"));
                p.hint id="as-hint" { "Leave it empty for the token of a machine." }
                datalist id="users" { @for user in &users { option value=(user) {} } }
                label for="client" { "App client" }
                select id="client" name="client" {
                    @for client in pool.clients() {
                        option value=(client.id()) selected[chosen == Some(client.id())] { (client.id()) }
                    }
                }
                label for="scopes" { "Scopes" }
                input id="scopes" name="scopes" type="text" autocomplete="off" autocapitalize="none" spellcheck="false"
                    aria-describedby="scopes-hint" value=(value("scopes"));
                p.hint id="scopes-hint" {
                    "Between spaces"
                    @if let Some(scope) = pool.scopes().first() { ", such as " code { (scope) } }
                    "."
                }
                label for="groups" { "More groups" }
                input id="groups" name="groups" type="text" autocomplete="off" autocapitalize="none" spellcheck="false"
                    aria-describedby="groups-hint" value=(value("groups"));
                p.hint id="groups-hint" { "Between spaces, beside the groups of the user." }
                label for="claims" { "More claims" }
                textarea id="claims" name="claims" rows="3" spellcheck="false" aria-describedby="claims-hint" {
                    (value("claims"))
                }
                p.hint id="claims-hint" { "A JSON object, such as " code { "{\"tenant\": \"a\"}" } "." }
                fieldset {
                    legend { "Kind" }
                    div.choices {
                        label.choice { input type="radio" name="use" value="access" checked[!is_id]; "access token" }
                        label.choice { input type="radio" name="use" value="id" checked[is_id]; "ID token" }
                        label.choice {
                            input type="checkbox" name="expired" value="yes" checked[!value("expired").is_empty()];
                            "expired"
                        }
                    }
                }
                button { "Mint" }
            }
        }
    }
}

/// The form that decodes a token, and explains it if the pool can.
pub(super) fn decode(form: &Forms<'_>) -> Markup {
    let explainer = form.pool.explainer();
    let routes = explainer.iter().flat_map(|explainer| explainer.routes.iter()).take(SUGGESTIONS * 10);
    let routes: Vec<&String> = routes.collect();
    html! {
        section aria-labelledby="decode-title" {
            h2 id="decode-title" { @if explainer.is_some() { "Explain a token" } @else { "Decode a token" } }
            form method="post" action="/console/decode" {
                input type="hidden" name="_csrf" value=(form.csrf);
                label for="token" { "Token" }
                textarea id="token" name="token" rows="6" required autocomplete="off" autocapitalize="none" spellcheck="false" {
                    @if let Some(shown) = form.token { (shown) }
                }
                @if !routes.is_empty() {
                    label for="route" { "Route" }
                    input id="route" name="route" type="text" list="routes" autocomplete="off" autocapitalize="none"
                        spellcheck="false" aria-describedby="route-hint" value=(form.route.unwrap_or_default());
                    p.hint id="route-hint" { "A route of the definition, or a request such as " code { "GET /orders/7" } "." }
                    datalist id="routes" { @for route in &routes { option value=(route) {} } }
                }
                button { @if explainer.is_some() { "Explain" } @else { "Decode" } }
            }
        }
    }
}
