//! Prints the codes that Cognito would send by email or text message.

use std::fmt::{self, Write};

use cognito_local_pool::{CodePurpose, SentCode};
use tokio::sync::mpsc;

/// Sends a line for each code to the channel.
pub(super) fn printer(lines: mpsc::Sender<String>) -> impl Fn(&SentCode) + Send + Sync + 'static {
    move |sent: &SentCode| {
        // A line is dropped if the channel is full; the user can ask for another code.
        let _ = lines.try_send(line(sent.purpose(), sent.username(), sent.destination(), sent.code()));
    }
}

fn line(purpose: CodePurpose, user: &str, destination: Option<&str>, code: &str) -> String {
    let what = match purpose {
        CodePurpose::ConfirmSignUp => "code to confirm the sign-up of",
        CodePurpose::ForgotPassword => "code for a new password of",
        CodePurpose::Invitation => "temporary password of",
        _ => "code for",
    };
    let mut line = format!("{what} {}", Visible(user));
    if let Some(destination) = destination.filter(|destination| *destination != user) {
        // Writing to a string does not fail.
        let _ = write!(line, " ({})", Visible(destination));
    }
    format!("{line}: {}", Visible(code))
}

/// Text of a client, on one line and without control characters.
struct Visible<'t>(&'t str);

impl fmt::Display for Visible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| f.write_char(if c.is_control() { '\u{FFFD}' } else { c }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_the_code_is_for_and_cannot_control_the_terminal() {
        for (purpose, user, destination, expected) in [
            (
                CodePurpose::ConfirmSignUp,
                "ada",
                Some("ada@example.com"),
                "code to confirm the sign-up of ada (ada@example.com): 123456",
            ),
            (CodePurpose::ForgotPassword, "ada", None, "code for a new password of ada: 123456"),
            (CodePurpose::Invitation, "a@b.c", Some("a@b.c"), "temporary password of a@b.c: 123456"),
            (
                CodePurpose::ConfirmSignUp,
                "a\u{1b}[2J",
                Some("a\n@b"),
                "code to confirm the sign-up of a\u{FFFD}[2J (a\u{FFFD}@b): 123456",
            ),
        ] {
            assert_eq!(line(purpose, user, destination, "123456"), expected);
        }
    }
}
