//! The last sign-ins, tokens, codes and refusals.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::decoded::written;
use crate::directory::CodePurpose;
use crate::http::Shared;
use crate::journal::{Entry, Event};
use crate::pool::LocalPool;
use crate::trigger::TriggerSource;

/// `GET /console/activity`: only the entries, for the script of the page.
pub(super) async fn list(State(shared): State<Shared>) -> Response {
    ([(CONTENT_TYPE, "text/html; charset=utf-8")], entries(&shared.pool).into_string()).into_response()
}

/// The entries, newest first.
pub(super) fn entries(pool: &LocalPool) -> Markup {
    let entries = pool.events();
    html! {
        @if entries.is_empty() {
            p.soft { "Nothing yet. Sign in, or let a client ask for a token." }
        } @else {
            ol.events {
                @for entry in &entries { (item(entry)) }
            }
        }
    }
}

fn item(entry: &Entry) -> Markup {
    let at = written(entry.at).unwrap_or_default();
    html! {
        li {
            time datetime=(at) { (at) }
            " "
            @match &entry.event {
                Event::SignedIn { username } => {
                    span.kind.good { "sign-in" } " " b { (username) } " on the login page"
                }
                Event::Issued { username, client, source } => {
                    span.kind.good { "tokens" } " " b { (username) } " through " code { (client) } ": " (way(*source))
                }
                Event::IssuedToMachine { client } => {
                    span.kind.good { "tokens" } " machine " code { (client) } ": client credentials"
                }
                Event::Minted { subject, token_use } => {
                    span.kind { "minted" } " " (if *token_use == "id" { "ID" } else { "access" }) " token of " b { (subject) }
                }
                Event::Sent { username, purpose, code } => {
                    span.kind { "code" } " " b { (username) } ", " (what_for(*purpose)) ": "
                    @if let Some(code) = code { code.big { (code) } } @else { "the temporary password is not shown here" }
                }
                Event::NotKept { reason } => {
                    span.kind.bad { "state" } " not kept: " (reason)
                }
                Event::Refused { request, status, reason } => {
                    span.kind.bad { "refused" } " " code { (request) } " " (status) " " (reason)
                }
            }
        }
    }
}

fn way(source: TriggerSource) -> &'static str {
    match source {
        TriggerSource::HostedAuth => "managed login",
        TriggerSource::Authentication => "sign-in by the API",
        TriggerSource::NewPasswordChallenge => "sign-in by the API, with a new password",
        TriggerSource::AuthenticateDevice => "sign-in by the API, with a device",
        TriggerSource::RefreshTokens => "refresh",
        TriggerSource::ClientCredentials => "client credentials",
    }
}

fn what_for(purpose: CodePurpose) -> &'static str {
    match purpose {
        CodePurpose::ConfirmSignUp => "to confirm the sign-up",
        CodePurpose::ForgotPassword => "to choose a new password",
        CodePurpose::Invitation => "invitation",
    }
}
