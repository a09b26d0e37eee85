//! "Did you mean": finds the known names that are most similar to an unknown one.

use strsim::osa_distance;

/// The largest number of names that are listed.
const MOST: usize = 3;
/// Longer names are not compared.
const LONGEST: usize = 256;

/// The most similar name, if one is similar enough.
pub(crate) fn nearest<'w>(word: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let near = words.into_iter().filter_map(|other| Some((distance(word, other)?, other)));
    near.min_by_key(|(distance, _)| *distance).map(|(_, other)| other)
}

/// `did you mean …?` with the most similar names. Each name has a short form, which is compared too.
pub(crate) fn did_you_mean<'n>(
    word: &str,
    names: impl IntoIterator<Item = (&'n str, &'n str)>,
) -> Option<String> {
    let near = |(name, short): (&'n str, &'n str)| {
        let distance = [distance(word, name), distance(word, short)].into_iter().flatten().min()?;
        Some((distance, name))
    };
    let mut near: Vec<(usize, &str)> = names.into_iter().filter_map(near).collect();
    near.sort_unstable();
    near.dedup();
    let least = near.first()?.0;
    let meant: Vec<String> = near
        .iter()
        .take_while(|(distance, _)| *distance == least)
        .take(MOST)
        .map(|(_, name)| format!("`{name}`"))
        .collect();
    Some(format!("did you mean {}?", meant.join(" or ")))
}

/// The number of differing letters, ignoring case, if it is small for a name of this length. Two swapped letters count
/// once.
fn distance(word: &str, other: &str) -> Option<usize> {
    let (length, other_length) = (word.chars().count(), other.chars().count());
    let most = (length / 3).clamp(1, 3);
    if length > LONGEST || length.abs_diff(other_length) > most {
        return None;
    }
    Some(osa_distance(&word.to_lowercase(), &other.to_lowercase())).filter(|distance| *distance <= most)
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
            ("mehtod", Some("method")),
            ("pth", Some("path")),
            ("somethingElse", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, words), meant, "{word}");
        }
    }

    #[test]
    fn every_name_that_is_as_near_is_listed() {
        let names = [("Customers.Pool", "Pool"), ("Staff.Pool", "Pool"), ("Staff.Client", "Client")];
        for (word, meant) in [
            ("Pol", Some("did you mean `Customers.Pool` or `Staff.Pool`?")),
            ("Customer.Pool", Some("did you mean `Customers.Pool`?")),
            ("Nothing", None),
        ] {
            assert_eq!(did_you_mean(word, names).as_deref(), meant, "{word}");
        }
    }
}
