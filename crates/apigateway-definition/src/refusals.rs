//! Routes whose protection cannot be reproduced, reported together.

use std::cell::RefCell;

use crate::{code::Code, listed::listed, model::RefusedReason, problem::Problem, source::Span};

/// The routes that are refused because of AWS IAM or of a Lambda authorizer.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    routes: RefCell<Vec<Refusal>>,
}

#[derive(Debug)]
struct Refusal {
    reason: RefusedReason,
    route: String,
    span: Span,
}

impl Refusals {
    pub(crate) fn add(&self, reason: RefusedReason, route: String, span: Span) {
        self.routes.borrow_mut().push(Refusal { reason, route, span });
    }

    /// One warning for the routes of each file with the same protection.
    pub(crate) fn into_problems(self) -> impl Iterator<Item = Problem> {
        let mut groups: Vec<Vec<Refusal>> = Vec::new();
        let mut routes = self.routes.into_inner();
        routes.sort_by_key(|refusal| (refusal.span.file, refusal.span.start));
        for refusal in routes {
            let group = groups.iter_mut().find(|group| {
                let first = group.first();
                first.is_some_and(|first| {
                    first.reason == refusal.reason && first.span.file == refusal.span.file
                })
            });
            match group {
                Some(group) => group.push(refusal),
                None => groups.push(vec![refusal]),
            }
        }
        groups.into_iter().filter_map(|group| problem(&group))
    }
}

fn problem(group: &[Refusal]) -> Option<Problem> {
    let first = group.first()?;
    let (code, protection) = match first.reason {
        RefusedReason::Iam => (Code::DENY_001, "AWS IAM"),
        _ => (Code::DENY_002, "a Lambda authorizer"),
    };
    if group.len() == 1 {
        let message =
            format!("the route is protected by {protection}, which is not reproduced: it is refused");
        return Some(Problem::warning(code, message).at(first.span, "this route"));
    }
    let named = listed(group.iter().map(|refusal| &*refusal.route));
    let message = format!(
        "{} routes are protected by {protection}, which is not reproduced, and are refused: {named}",
        group.len()
    );
    Some(Problem::warning(code, message).at(first.span, "the first of these routes"))
}
