//! The known word that a misspelt one is most like.

/// The word that is most like this one, if one is like it at all.
pub(crate) fn nearest<'w>(word: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let most = (word.chars().count() / 3).clamp(1, 3);
    words
        .into_iter()
        .map(|other| (distance(&word.to_lowercase(), &other.to_lowercase(), most), other))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other)
}

/// How many letters must be changed, added or left out to make one word of the other; more than `most` is not counted
/// out.
fn distance(one: &str, other: &str, most: usize) -> usize {
    let other: Vec<char> = other.chars().collect();
    if one.chars().count().abs_diff(other.len()) > most {
        return most + 1;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut next = vec![line + 1];
        for (column, (above, pair)) in other.iter().zip(row.windows(2)).enumerate() {
            let (diagonal, up) = match pair {
                [diagonal, up] => (*diagonal, *up),
                _ => (column, column),
            };
            let left = next.last().copied().unwrap_or_default();
            let changed = diagonal + usize::from(letter != *above);
            next.push(changed.min(up + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
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
            ("somethingElse", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, words), meant, "{word}");
        }
    }
}
