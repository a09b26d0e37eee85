//! The token as it was given, and what stood around it.

use crate::{error::InputError, secret::Secret, surroundings::Surroundings};

/// The most that is read: four times the longest token.
const LIMIT: usize = 64 * 1024;

/// What was given, seen as the value of an `Authorization` header.
#[derive(Debug)]
pub(super) struct Presented {
    pub(super) origin: Origin,
    pub(super) around: Vec<Around>,
    pub(super) token: Result<Secret, NoToken>,
    /// What a client would send, without what no client sends.
    value: Secret,
}

/// Where it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Argument,
    Input,
    Page,
}

/// What stood around the token and was taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Around {
    HeaderName,
    Quotes,
    Bearer,
}

/// Why a header of this value would have no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoToken {
    #[error("`Bearer` occurs twice")]
    BearerTwice,
    #[error("the credentials are not a bearer token")]
    OtherScheme,
    #[error("there is white space inside the token")]
    WhiteSpace,
    #[error("there is more than one token")]
    Several,
}

impl NoToken {
    /// A short name for other programs.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::BearerTwice => "bearer_twice",
            Self::OtherScheme => "other_scheme",
            Self::WhiteSpace => "white_space",
            Self::Several => "several_tokens",
        }
    }
}

impl Presented {
    /// Reads the arguments, or the standard input where there is none or it is `-`.
    pub(super) fn read(
        arguments: &[Secret],
        surroundings: &mut Surroundings<'_>,
    ) -> Result<Self, InputError> {
        let words: Vec<&str> = arguments.iter().map(Secret::reveal).collect();
        match words.as_slice() {
            [] | ["-"] => Self::parse(Origin::Input, &surroundings.read_input("token", LIMIT)?),
            words => Self::parse(Origin::Argument, &words.join(" ")),
        }
    }

    /// Reads what is on the page of a pool.
    pub(super) fn on_page(text: &str) -> Result<Self, InputError> {
        Self::parse(Origin::Page, text)
    }

    #[cfg(test)]
    pub(super) fn given(text: &str) -> Result<Self, InputError> {
        Self::parse(Origin::Argument, text)
    }

    /// The value of a header that has it.
    pub(super) fn header(&self) -> Secret {
        format!("Bearer {}", self.value.reveal()).into()
    }

    fn parse(origin: Origin, text: &str) -> Result<Self, InputError> {
        let mut around = Vec::new();
        let mut rest = unquoted(text.trim(), &mut around);
        if let Some(value) = strip_word(rest, "authorization:") {
            around.push(Around::HeaderName);
            rest = unquoted(value.trim_start(), &mut around);
        }
        if let Some(token) = strip_word(rest, "Bearer").filter(|token| token.starts_with(char::is_whitespace))
        {
            around.push(Around::Bearer);
            rest = token.trim_start();
        }
        if rest.is_empty() || rest.eq_ignore_ascii_case("Bearer") {
            return Err(InputError::Empty {
                what: "token",
                fix: "give it as the argument or on standard input; is a variable not set?",
            });
        }
        let value = Secret::from(rest.to_owned());
        Ok(Self { origin, token: one_token(rest, &around), around, value })
    }
}

fn one_token(text: &str, around: &[Around]) -> Result<Secret, NoToken> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let dots = text.matches('.').count();
    match words.as_slice() {
        [first, ..] if around.contains(&Around::Bearer) && first.eq_ignore_ascii_case("Bearer") => {
            Err(NoToken::BearerTwice)
        }
        [_] if text.contains(',') => Err(NoToken::Several),
        [token] => Ok(Secret::from((*token).to_owned())),
        [first, ..] if dots <= 2 && first.contains('.') => Err(NoToken::WhiteSpace),
        // The first line of a token that was broken into several; no scheme is so long.
        [first, ..] if dots == 2 && first.len() > 20 => Err(NoToken::WhiteSpace),
        [first, _] if !first.contains('.') => Err(NoToken::OtherScheme),
        _ => Err(NoToken::Several),
    }
}

fn unquoted<'t>(text: &'t str, around: &mut Vec<Around>) -> &'t str {
    for quote in ['"', '\'', '`'] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            around.push(Around::Quotes);
            return inner.trim();
        }
    }
    text
}

/// What stands behind this word, in any case, if the text starts with it.
fn strip_word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let (start, rest) = text.split_at_checked(word.len())?;
    start.eq_ignore_ascii_case(word).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> Result<String, NoToken> {
        Presented::parse(Origin::Argument, text).unwrap().token.map(|token| token.reveal().to_owned())
    }

    #[test]
    fn what_stands_around_a_token_is_taken_off_and_told() {
        use Around::{Bearer, HeaderName, Quotes};
        let cases: [(&str, &[Around]); 8] = [
            ("a.b.c", &[]),
            (" a.b.c\n", &[]),
            ("bearer   a.b.c", &[Bearer]),
            ("Bearer\ta.b.c", &[Bearer]),
            ("\"a.b.c\"", &[Quotes]),
            ("Authorization: Bearer a.b.c\r\n", &[HeaderName, Bearer]),
            ("'authorization: Bearer a.b.c'", &[Quotes, HeaderName, Bearer]),
            ("\"Bearer a.b.c\"", &[Quotes, Bearer]),
        ];
        for (text, around) in cases {
            let presented = Presented::parse(Origin::Input, text).unwrap();
            assert_eq!(presented.around, around, "{text:?}");
            assert_eq!(presented.token.unwrap().reveal(), "a.b.c", "{text:?}");
        }
    }

    #[test]
    fn a_header_that_has_no_single_token_is_named() {
        let line = "e".repeat(76);
        for (text, problem) in [
            ("Bearer Bearer a.b.c", NoToken::BearerTwice),
            ("bearer bearer bearer a.b.c", NoToken::BearerTwice),
            ("Basic dXNlcjpwYXNz", NoToken::OtherScheme),
            ("a.b\n.c", NoToken::WhiteSpace),
            ("a.b c.d", NoToken::WhiteSpace),
            (&format!("{line}\n{line}.{line}\n.{line}"), NoToken::WhiteSpace),
            ("a.b.c d.e.f", NoToken::Several),
            ("a.b.c,d.e.f", NoToken::Several),
            ("Bearer a.b.c, Bearer d.e.f", NoToken::Several),
        ] {
            assert_eq!(token(text), Err(problem), "{text:?}");
        }
        assert_eq!(token("no-dots"), Ok("no-dots".to_owned()));
        assert_eq!(token("Bearerx.b.c"), Ok("Bearerx.b.c".to_owned()));
    }

    #[test]
    fn nothing_is_no_token() {
        for text in ["", " \n", "Bearer", "Bearer ", "\"\"", "Authorization:", "Authorization: Bearer"] {
            assert!(
                matches!(Presented::parse(Origin::Input, text), Err(InputError::Empty { .. })),
                "{text:?}"
            );
        }
    }
}
