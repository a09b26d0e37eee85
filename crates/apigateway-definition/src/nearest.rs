//! The known word that a misspelt one is most like.

/// Longer words are not compared: the time grows with the square of their length.
const LONGEST: usize = 256;

/// The word that is most like this one, if one is like it at all.
pub(crate) fn nearest<'w>(word: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let length = word.chars().count();
    if length > LONGEST {
        return None;
    }
    let most = (length / 3).clamp(1, 3);
    words
        .into_iter()
        .filter(|other| other.chars().count().abs_diff(length) <= most)
        .map(|other| (strsim::osa_distance(&word.to_lowercase(), &other.to_lowercase()), other))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_word_finds_what_was_meant() {
        let words = ["authorizer", "authorizerId", "path", "method"];
        for (word, meant) in [
            ("authoriser", Some("authorizer")),
            ("Authorizer", Some("authorizer")),
            ("authorizerID", Some("authorizerId")),
            ("metod", Some("method")),
            ("pth", Some("path")),
            ("ptah", Some("path")),
            ("somethingElse", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, words), meant, "{word}");
        }
    }
}
