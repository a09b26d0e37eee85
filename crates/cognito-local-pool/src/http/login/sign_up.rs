//! `/signup`, if the pool lets users sign themselves up.

use axum::response::Response;

use super::forms::SignUpPage;
use super::visit::{Submitted, Visit};
use crate::directory::NewUser;
use crate::exception::Exception;
use crate::parameters::Parameters;

/// `GET /signup`.
pub(super) async fn page(visit: Visit) -> Response {
    if visit.pool.allows_self_sign_up() {
        visit.ask_sign_up(&Parameters::default(), None)
    } else {
        visit.ask_password("", Some(&Exception::no_self_sign_up()))
    }
}

/// `POST /signup`: adds the user, and asks for the code.
pub(super) async fn submit(Submitted { visit, form }: Submitted) -> Response {
    let attributes = ["email", "phone_number"].into_iter();
    let attributes = attributes.filter_map(|name| Some((name.to_owned(), form.owned(name)?))).collect();
    let new = NewUser {
        username: form.owned("username").unwrap_or_default(),
        password: form.owned("password").unwrap_or_default(),
        attributes,
    };
    match visit.pool.sign_up(new) {
        Ok((account, _)) => visit.confirm(&account),
        Err(refused) => visit.ask_sign_up(&form, Some(&refused)),
    }
}

impl Visit {
    fn ask_sign_up(self, given: &Parameters, problem: Option<&Exception>) -> Response {
        let names = self.pool.directory().names().clone();
        let value = |name: &str| given.get(name).unwrap_or_default();
        let page = SignUpPage {
            names: &names,
            username: value("username"),
            email: value("email"),
            phone: value("phone_number"),
        };
        self.show(problem, |frame, form| page.show(frame, form))
    }
}
