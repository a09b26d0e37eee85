//! Pagination of lists.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::exception::Exception;

/// The largest page, and the default size.
const MOST: usize = 60;

/// The names on a page, in their order, and the token of the next page.
pub(super) struct Page {
    names: Vec<String>,
    next: Option<String>,
}

impl Page {
    /// The page of `names` that `token` leads to; `member` is the name of the limit in messages. A token holds the last
    /// name of the page before, so pages stay consistent if the list changes between two calls.
    pub(super) fn new(
        names: BTreeSet<String>,
        member: &str,
        limit: Option<i64>,
        token: Option<&str>,
    ) -> Result<Self, Exception> {
        let limit = match limit {
            None | Some(0) => MOST,
            Some(limit) => usize::try_from(limit).ok().filter(|limit| *limit <= MOST).ok_or_else(|| {
                Exception::invalid_parameter(format!(
                    "1 validation error detected: Value at '{member}' failed to satisfy constraint: Member must have \
                     value less than or equal to {MOST}"
                ))
            })?,
        };
        let after = token.map(decode).transpose()?;
        let mut rest = names.into_iter().filter(|name| after.as_ref().is_none_or(|after| name > after));
        let names: Vec<String> = rest.by_ref().take(limit).collect();
        let more = rest.next().is_some();
        let next = names.last().filter(|_| more).map(|last| URL_SAFE_NO_PAD.encode(last));
        Ok(Self { names, next })
    }

    /// The answer with the items under `list`, and the token under `token` if there is another page.
    pub(super) fn answer(self, list: &str, token: &str, item: impl Fn(&str) -> Option<Value>) -> Value {
        let items: Vec<Value> = self.names.iter().filter_map(|name| item(name)).collect();
        let mut answer = Map::from_iter([(list.to_owned(), items.into())]);
        answer.extend(self.next.map(|next| (token.to_owned(), next.into())));
        answer.into()
    }
}

fn decode(token: &str) -> Result<String, Exception> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| Exception::invalid_parameter("Invalid pagination token."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(limit: Option<i64>, token: Option<&str>) -> Result<(String, Option<String>), Exception> {
        let names = ["a", "b", "c"].map(str::to_owned).into();
        Page::new(names, "limit", limit, token).map(|page| (page.names.join(""), page.next))
    }

    #[test]
    fn a_list_is_read_page_by_page() {
        assert_eq!(page(None, None).unwrap(), ("abc".to_owned(), None));
        assert_eq!(page(Some(0), None).unwrap(), ("abc".to_owned(), None));
        let (names, next) = page(Some(2), None).unwrap();
        assert_eq!(names, "ab");
        assert_eq!(page(Some(2), next.as_deref()).unwrap(), ("c".to_owned(), None));
        assert_eq!(page(Some(3), None).unwrap(), ("abc".to_owned(), None), "no empty page follows");
    }

    #[test]
    fn bad_limits_and_tokens_are_refused() {
        assert!(page(Some(61), None).is_err() && page(Some(-1), None).is_err());
        assert!(page(None, Some("?")).is_err() && page(None, Some("_w")).is_err());
    }
}
