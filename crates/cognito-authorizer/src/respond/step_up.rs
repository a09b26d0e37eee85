//! What the challenge of RFC 9470 asks for: another sign-in of the user.

use cognito_verify::{Denied, Requirement};

/// `acr_values` and `max_age` (RFC 9470 §3), as far as the requirement names them.
pub(super) fn parameters(denied: &Denied) -> Vec<(&'static str, String)> {
    let required = required(denied);
    let mut levels: Vec<&str> = Vec::new();
    for level in required.iter().flat_map(|required| required.acr_values()) {
        if !levels.contains(&level) {
            levels.push(level);
        }
    }
    let age = required.iter().filter_map(|required| required.max_sign_in_age()).min();
    let levels = (!levels.is_empty()).then(|| ("acr_values", levels.join(" ")));
    levels.into_iter().chain(age.map(|age| ("max_age", age.as_secs().to_string()))).collect()
}

/// What each sign-in that would help must meet.
fn required(denied: &Denied) -> Vec<&Requirement> {
    match denied {
        Denied::Authentication { required } => vec![required],
        Denied::Alternatives { reasons, .. } => reasons.iter().flat_map(required).collect(),
        _ => Vec::new(),
    }
}
