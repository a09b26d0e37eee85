//! The words of the pages, by language. Errors are Cognito's and stay in English.

use std::sync::LazyLock;

use serde::Deserialize;

/// The texts of the pages in one language, from `texts.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Texts {
    /// A language tag for `lang`.
    pub(super) language: &'static str,
    pub(super) sign_in: &'static str,
    pub(super) sign_up: &'static str,
    pub(super) username: &'static str,
    pub(super) email: &'static str,
    pub(super) phone: &'static str,
    pub(super) email_or_phone: &'static str,
    pub(super) password: &'static str,
    pub(super) new_account: &'static str,
    pub(super) have_account: &'static str,
    pub(super) new_password_title: &'static str,
    pub(super) new_password_lead: &'static str,
    pub(super) new_password: &'static str,
    pub(super) repeat_password: &'static str,
    pub(super) change_password: &'static str,
    pub(super) passwords_differ: &'static str,
    pub(super) code_title: &'static str,
    pub(super) code_lead: &'static str,
    pub(super) code: &'static str,
    pub(super) proceed: &'static str,
    pub(super) confirm_title: &'static str,
    /// Before the address that the code would go to.
    pub(super) confirm_lead: &'static str,
    pub(super) no_mail: &'static str,
    pub(super) confirm: &'static str,
    pub(super) resend: &'static str,
    pub(super) resent: &'static str,
    pub(super) expired: &'static str,
    pub(super) local: &'static str,
}

/// English first.
#[expect(clippy::expect_used, reason = "the file is part of the crate, and a test reads it")]
static LANGUAGES: LazyLock<[Texts; 4]> = LazyLock::new(|| {
    serde_json::from_str(include_str!("texts.json")).expect("four languages with all texts")
});

/// The texts in the language of `lang`, such as `de` or `de-AT`; English for an unsupported language.
pub(super) fn of(lang: Option<&str>) -> &'static Texts {
    let language = lang.unwrap_or_default().split('-').next().unwrap_or_default().to_ascii_lowercase();
    let [english, others @ ..] = &*LANGUAGES;
    others.iter().find(|texts| texts.language == language).unwrap_or(english)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_goes_by_its_tag_and_falls_back_to_english() {
        let cases = [
            (None, "en"),
            (Some("de"), "de"),
            (Some("DE-at"), "de"),
            (Some("fr-CA"), "fr"),
            (Some("es"), "es"),
            (Some("ja"), "en"),
            (Some("<script>"), "en"),
        ];
        for (lang, expected) in cases {
            assert_eq!(of(lang).language, expected, "{lang:?}");
        }
    }
}
