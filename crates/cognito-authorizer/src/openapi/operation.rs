//! What one operation states, whatever library writes the document.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use cognito_verify::{Denied, Granted, Requirement};
use http::Request;

use crate::{
    authorizer::{IdentityError, Refusal, RequestHead},
    respond::Responder,
};

/// The security of one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OperationSecurity {
    /// Whether a request without a token is let in.
    #[cfg(feature = "utoipa")]
    pub(super) is_optional: bool,
    /// The scopes of each security requirement; a client needs to meet one of them.
    pub(super) alternatives: Vec<Vec<String>>,
    pub(super) groups: Vec<String>,
    /// The requirement, if the scopes do not state all of it.
    pub(super) beyond_scopes: Option<String>,
    /// The requirement in words, for the description.
    pub(super) text: String,
}

impl OperationSecurity {
    pub(super) fn new(requirement: &Requirement) -> Self {
        // A requirement with too many alternatives is stated only in words.
        let alternatives = requirement.scope_alternatives().unwrap_or_else(|| [BTreeSet::new()].into());
        Self {
            #[cfg(feature = "utoipa")]
            is_optional: false,
            alternatives: alternatives.into_iter().map(strings).collect(),
            groups: strings(requirement.groups()),
            beyond_scopes: (!requirement.is_stated_by_scopes()).then(|| requirement.to_string()),
            text: format!("Requires {requirement}."),
        }
    }

    /// The security of an operation whose token is optional, and must meet this if it is sent.
    #[cfg(feature = "utoipa")]
    pub(super) fn optional(requirement: &Requirement) -> Self {
        let text = if *requirement == Requirement::nothing() {
            TOKEN_IS_OPTIONAL.to_owned()
        } else {
            format!("A token is optional; if it is sent, it must have {requirement}.")
        };
        Self { is_optional: true, text, ..Self::new(requirement) }
    }

    /// The description of an operation, with the requirement as its last paragraph; once, even if it is described again.
    #[cfg(feature = "utoipa")]
    pub(super) fn description(&self, before: Option<&str>) -> String {
        with_paragraph(before, &self.text)
    }
}

/// What the description of an operation says where any token, or none, will do.
pub(super) const TOKEN_IS_OPTIONAL: &str = "A token is optional.";

/// The description with this as its last paragraph.
pub(super) fn with_paragraph(before: Option<&str>, text: &str) -> String {
    match before {
        None | Some("") => text.to_owned(),
        Some(before) if before.ends_with(text) => before.to_owned(),
        Some(before) => format!("{before}\n\n{text}"),
    }
}

fn strings<'s>(names: impl IntoIterator<Item = &'s str>) -> Vec<String> {
    names.into_iter().map(str::to_owned).collect()
}

/// The statuses of refusals, each with its description, in ascending order.
pub(super) type Statuses = BTreeMap<u16, String>;

/// The responses of a layer with the default settings, for extractors that do not know their layer.
#[cfg(feature = "aide")]
pub(super) fn standard_refusals() -> Statuses {
    statuses(&Responder::default())
}

/// The responses of this layer: each profile has its own statuses.
pub(super) fn refusals(engine: &crate::authorizer::Engine) -> Statuses {
    statuses(&engine.responder)
}

fn statuses(responder: &Responder) -> Statuses {
    let request = Request::new(());
    let status = |refusal: Refusal| {
        responder.respond(refusal, &[], RequestHead::from(&request), None).status().as_u16()
    };
    let denied = Denied::Scope { required: Requirement::nothing(), granted: Granted::from_iter([]) };
    let mut texts: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    for (refusal, text) in [
        (Refusal::Identity(IdentityError::Missing), "the request has no valid token"),
        (Refusal::Denied(denied), "the token does not grant what the operation requires"),
        (
            Refusal::KeysUnavailable { retry_after: Duration::ZERO },
            "the token cannot be verified at the moment; try again later",
        ),
    ] {
        texts.entry(status(refusal)).or_default().push(text);
    }
    texts.into_iter().map(|(status, texts)| (status, sentence(&texts))).collect()
}

fn sentence(texts: &[&str]) -> String {
    let text = texts.join(", or ");
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}
