//! Spellings of one name: `RestApiId`, `restApiId`, `rest_api_id`.

/// With a capital first letter.
fn capitalized(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// `RestApiId` to `restApiId`.
pub(crate) fn uncapitalized(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

/// `rest_api_id` to `RestApiId`.
pub(crate) fn pascal(name: &str) -> String {
    name.split('_').map(capitalized).collect()
}

/// `rest_api_id` to `restApiId`.
pub(crate) fn camel(name: &str) -> String {
    uncapitalized(&pascal(name))
}
