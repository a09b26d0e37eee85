//! What was pasted, and the header that a client would send.

use serde_json::Value;

use crate::{error::InputError, secret::Secret, surroundings::Surroundings};

/// The most that is read: four times the longest token.
const LIMIT: usize = 64 * 1024;

/// What was pasted, as the value of the header that has the token.
#[derive(Debug)]
pub(super) struct Pasted {
    pub(super) origin: Origin,
    pub(super) around: Vec<Around>,
    /// The value that a client would send.
    pub(super) value: Secret,
    /// The token, if the value has exactly one word that can be one.
    pub(super) token: Option<Secret>,
    /// What is wrong with the value, if it does not have exactly one token. It explains a refusal, and decides nothing.
    pub(super) problem: Option<PasteProblem>,
}

/// Where it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Argument,
    Input,
    Page,
}

/// What was around the token and was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Around {
    /// A line of headers or of a `curl` command, with the name of the header.
    Header(&'static str),
    Quotes,
    Bearer,
    /// The JSON response of a token endpoint or of the sign-in API, and the member that was used.
    Json(&'static str),
}

/// Which token of a response with several is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Access,
    Id,
}

/// Why a value does not have exactly one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PasteProblem {
    BearerTwice,
    OtherScheme,
    WhiteSpace,
    Several,
}

/// The headers that have tokens, in the order in which they are looked for.
const HEADERS: [(&str, &str); 3] = [
    ("authorization:", "Authorization"),
    ("x-amzn-oidc-accesstoken:", "x-amzn-oidc-accesstoken"),
    ("x-amzn-oidc-data:", "x-amzn-oidc-data"),
];
/// The members that have tokens: of a token endpoint (RFC 6749 §5.1), of Cognito's API, and of Amplify and other libraries.
const ACCESS: [&str; 3] = ["access_token", "AccessToken", "accessToken"];
const ID: [&str; 3] = ["id_token", "IdToken", "idToken"];
const REFRESH: [&str; 3] = ["refresh_token", "RefreshToken", "refreshToken"];
/// Where the tokens are in a response of Cognito's API, and of libraries.
const NESTED: [&str; 3] = ["AuthenticationResult", "tokens", "data"];

impl Pasted {
    /// Reads the arguments, or the standard input if there is none or it is `-`.
    pub(super) fn read(
        arguments: &[Secret],
        wanted: Wanted,
        surroundings: &mut Surroundings<'_>,
    ) -> Result<Self, InputError> {
        let words: Vec<&str> = arguments.iter().map(Secret::reveal).collect();
        match words.as_slice() {
            [] | ["-"] => Self::parse(Origin::Input, &surroundings.read_input("token", LIMIT)?, wanted),
            words => Self::parse(Origin::Argument, &words.join(" "), wanted),
        }
    }

    /// Reads the field of a pool's page.
    pub(super) fn on_page(text: &str, wanted: Wanted) -> Result<Self, InputError> {
        Self::parse(Origin::Page, text, wanted)
    }

    /// Whether `Bearer` occurs twice.
    pub(super) fn is_bearer_twice(&self) -> bool {
        self.problem == Some(PasteProblem::BearerTwice)
    }

    fn parse(origin: Origin, text: &str, wanted: Wanted) -> Result<Self, InputError> {
        let mut around = Vec::new();
        let json = from_json(text.trim(), wanted)?;
        let mut rest = match &json {
            Some((member, token)) => {
                around.push(Around::Json(member));
                token.reveal()
            }
            None => unquoted(text.trim(), &mut around),
        };
        if let Some((name, value)) = header_line(rest) {
            around.push(Around::Header(name));
            rest = unquoted(value, &mut around);
        }
        let word = strip_word(rest, "Bearer").filter(|token| token.starts_with(char::is_whitespace));
        if word.is_some() {
            around.push(Around::Bearer);
        }
        let token = word.unwrap_or(rest).trim();
        if token.is_empty() || token.eq_ignore_ascii_case("Bearer") {
            return Err(InputError::Empty {
                what: "token",
                fix: "give it as the argument or on standard input; is a variable not set?",
            });
        }
        let problem = problem(token, word.is_some());
        // A single word is a token, and clients put the scheme before it. Anything else is sent as it is.
        let value =
            if word.is_none() && problem.is_none() { format!("Bearer {token}") } else { rest.to_owned() };
        let token = problem.is_none().then(|| Secret::from(token.to_owned()));
        Ok(Self { origin, around, value: value.into(), token, problem })
    }
}

/// What is wrong with the text after `Bearer`, or with the whole value.
fn problem(text: &str, after_bearer: bool) -> Option<PasteProblem> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let dots = text.matches('.').count();
    match words.as_slice() {
        [first, ..] if after_bearer && first.eq_ignore_ascii_case("Bearer") => {
            Some(PasteProblem::BearerTwice)
        }
        [_] if text.contains(',') => Some(PasteProblem::Several),
        [_] => None,
        [first, ..] if dots <= 2 && first.contains('.') => Some(PasteProblem::WhiteSpace),
        // The first line of a token that was broken into lines. No scheme is that long.
        [first, ..] if dots == 2 && first.len() > 20 => Some(PasteProblem::WhiteSpace),
        [first, ..] if after_bearer || first.contains('.') => Some(PasteProblem::Several),
        _ => Some(PasteProblem::OtherScheme),
    }
}

/// The token of a JSON response, and the member that it is in. `None` if the text is not a JSON object.
fn from_json(text: &str, wanted: Wanted) -> Result<Option<(&'static str, Secret)>, InputError> {
    if !text.starts_with('{') {
        return Ok(None);
    }
    let Ok(response) = serde_json::from_str::<Value>(text) else { return Ok(None) };
    let nested = NESTED.into_iter().filter_map(|name| response.get(name));
    let objects: Vec<&Value> = std::iter::once(&response).chain(nested).collect();
    let names = match wanted {
        Wanted::Access => [ACCESS, ID, REFRESH],
        Wanted::Id => [ID, ACCESS, REFRESH],
    };
    for name in names.into_iter().flatten() {
        let found = objects.iter().find_map(|object| object.get(name)?.as_str());
        if let Some(token) = found.filter(|token| !token.is_empty()) {
            return Ok(Some((name, token.to_owned().into())));
        }
    }
    Err(InputError::NoTokenInJson)
}

/// The value of the line that has the token, among the headers of a request or the options of a `curl` command.
fn header_line(text: &str) -> Option<(&'static str, &str)> {
    HEADERS.into_iter().find_map(|(start, name)| {
        let mut values = text.lines().filter_map(|line| strip_word(header(line), start));
        let value = values.next()?;
        // Of several, it is not clear which is meant: the text is sent as it is, and refused.
        values.next().is_none().then(|| (name, value.trim().trim_end_matches(['\\', ' '])))
    })
}

/// A line without the marks of `curl -v` and without the option that has the header.
fn header(line: &str) -> &str {
    let line = line.trim_start().trim_start_matches("> ").trim_start();
    let option = ["-H", "--header"].into_iter().find_map(|option| line.strip_prefix(option));
    option
        .map_or(line, |value| value.trim_start_matches([' ', '=']).trim_start_matches(['\'', '"']))
        .trim_start()
}

/// Without quotes around it, or a single one after it, which the option of a `curl` command leaves.
fn unquoted<'t>(text: &'t str, around: &mut Vec<Around>) -> &'t str {
    let text = text.trim();
    for quote in ['"', '\''] {
        let inner = text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
        if let Some(inner) = inner {
            around.push(Around::Quotes);
            return inner.trim();
        }
        if around.iter().any(|one| matches!(one, Around::Header(_)))
            && let Some(inner) = text.strip_suffix(quote)
        {
            return inner.trim();
        }
    }
    text
}

/// The text after this word, in any case.
fn strip_word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let (start, rest) = text.split_at_checked(word.len())?;
    start.eq_ignore_ascii_case(word).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Pasted {
        Pasted::parse(Origin::Input, text, Wanted::Access).unwrap_or_else(|error| panic!("{text:?}: {error}"))
    }

    #[test]
    fn what_is_around_a_token_is_removed_and_reported() {
        use Around::{Bearer, Header, Quotes};
        let cases: [(&str, &[Around]); 12] = [
            ("a.b.c", &[]),
            (" a.b.c\n", &[]),
            ("bearer   a.b.c", &[Bearer]),
            ("Bearer\ta.b.c", &[Bearer]),
            ("\"a.b.c\"", &[Quotes]),
            ("Authorization: Bearer a.b.c\r\n", &[Header("Authorization"), Bearer]),
            ("'authorization: Bearer a.b.c'", &[Quotes, Header("Authorization"), Bearer]),
            ("\"Bearer a.b.c\"", &[Quotes, Bearer]),
            ("-H 'Authorization: Bearer a.b.c' \\", &[Header("Authorization"), Bearer]),
            (
                "> GET /orders HTTP/1.1\n> Host: api.example\n> Authorization: Bearer a.b.c\n> Accept: */*",
                &[Header("Authorization"), Bearer],
            ),
            ("Host: api.example\nauthorization: a.b.c\n", &[Header("Authorization")]),
            ("x-amzn-oidc-data: a.b.c", &[Header("x-amzn-oidc-data")]),
        ];
        for (text, around) in cases {
            let pasted = parse(text);
            assert_eq!(pasted.around, around, "{text:?}");
            assert_eq!(pasted.token.unwrap().reveal(), "a.b.c", "{text:?}");
        }
    }

    #[test]
    fn a_client_would_send_the_value_as_it_is() {
        for (text, value) in [
            ("a.b.c", "Bearer a.b.c"),
            ("Bearer a.b.c", "Bearer a.b.c"),
            ("bearer   a.b.c", "bearer   a.b.c"),
            // The middleware refuses it, so it must not be mended here.
            ("Bearer\ta.b.c", "Bearer\ta.b.c"),
            ("Authorization: Basic dXNlcjpwYXNz", "Basic dXNlcjpwYXNz"),
            ("a.b.c d.e.f", "a.b.c d.e.f"),
            ("Bearer Bearer a.b.c", "Bearer Bearer a.b.c"),
        ] {
            assert_eq!(parse(text).value.reveal(), value, "{text:?}");
        }
    }

    #[test]
    fn a_value_without_a_single_token_says_why() {
        let line = "e".repeat(76);
        for (text, problem) in [
            ("Bearer Bearer a.b.c", PasteProblem::BearerTwice),
            ("bearer bearer bearer a.b.c", PasteProblem::BearerTwice),
            ("Basic dXNlcjpwYXNz", PasteProblem::OtherScheme),
            ("a.b\n.c", PasteProblem::WhiteSpace),
            ("a.b c.d", PasteProblem::WhiteSpace),
            (&format!("{line}\n{line}.{line}\n.{line}"), PasteProblem::WhiteSpace),
            ("a.b.c d.e.f", PasteProblem::Several),
            ("a.b.c,d.e.f", PasteProblem::Several),
            ("Bearer a.b.c, Bearer d.e.f", PasteProblem::Several),
        ] {
            let pasted = parse(text);
            assert!(pasted.problem == Some(problem) && pasted.token.is_none(), "{text:?}: {pasted:?}");
        }
        for text in ["no-dots", "Bearerx.b.c"] {
            assert_eq!(parse(text).token.unwrap().reveal(), text);
        }
    }

    #[test]
    fn the_response_of_a_token_endpoint_has_the_wanted_token() {
        let of_endpoint =
            r#"{"access_token":"a.b.c","id_token":"d.e.f","refresh_token":"r","expires_in":3600}"#;
        let of_api =
            r#"{"ChallengeParameters":{},"AuthenticationResult":{"AccessToken":"a.b.c","IdToken":"d.e.f"}}"#;
        let of_library = "  {\n \"tokens\": {\"idToken\": \"d.e.f\", \"accessToken\": \"a.b.c\"}}\n";
        for (text, access, id) in [
            (of_endpoint, "access_token", "id_token"),
            (of_api, "AccessToken", "IdToken"),
            (of_library, "accessToken", "idToken"),
        ] {
            for (wanted, member, token) in [(Wanted::Access, access, "a.b.c"), (Wanted::Id, id, "d.e.f")] {
                let pasted = Pasted::parse(Origin::Input, text, wanted).unwrap();
                assert_eq!(pasted.around, [Around::Json(member)], "{text}");
                assert_eq!(pasted.token.unwrap().reveal(), token, "{text}");
            }
        }
        assert_eq!(parse(r#"{"refresh_token":"r"}"#).around, [Around::Json("refresh_token")]);
        for none in ["{}", r#"{"error":"invalid_grant"}"#, r#"{"access_token":""}"#, r#"{"access_token":7}"#]
        {
            let error = Pasted::parse(Origin::Input, none, Wanted::Access).unwrap_err();
            assert!(matches!(error, InputError::NoTokenInJson), "{none}: {error}");
        }
    }

    #[test]
    fn an_empty_text_has_no_token() {
        for text in ["", " \n", "Bearer", "Bearer ", "\"\"", "Authorization:", "Authorization: Bearer"] {
            let error = Pasted::parse(Origin::Input, text, Wanted::Access).unwrap_err();
            assert!(matches!(error, InputError::Empty { .. }), "{text:?}");
        }
    }
}
