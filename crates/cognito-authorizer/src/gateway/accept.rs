//! Content negotiation: which media type a client prefers.

use http::{HeaderMap, header::ACCEPT};

/// The quality of the media type `kind/subtype` in `Accept`, from 0 to 1 (RFC 9110 §12.5.1): that of the most specific range that
/// contains it. Parameters other than `q` are ignored. Without the header, every media type has quality 1.
pub(super) fn quality(essence: &str, headers: &HeaderMap) -> f32 {
    let mut values = headers.get_all(ACCEPT).iter().peekable();
    if values.peek().is_none() {
        return 1.0;
    }
    let ranges = values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let matching = ranges.filter_map(|range| Some((specificity(range, essence)?, weight(range)?)));
    matching
        .reduce(|best, range| if range.0 > best.0 { range } else { best })
        .map_or(0.0, |(_, weight)| weight)
}

/// How specific a range that contains the media type is: `*/*`, `type/*` or `type/subtype`. `None` if it does not contain it.
fn specificity(range: &str, essence: &str) -> Option<u8> {
    let range = range.split(';').next().unwrap_or_default().trim();
    if range.eq_ignore_ascii_case(essence) {
        return Some(2);
    }
    match range.split_once('/')? {
        ("*", "*") => Some(0),
        (kind, "*") => {
            essence.split_once('/').is_some_and(|(own, _)| own.eq_ignore_ascii_case(kind)).then_some(1)
        }
        _ => None,
    }
}

/// The parameter `q`; 1 if it is absent. `None` if it is not a valid quality: the range is then ignored.
fn weight(range: &str) -> Option<f32> {
    let parameters = range.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let Some((_, q)) = parameters.into_iter().find(|(name, _)| name.trim().eq_ignore_ascii_case("q")) else {
        return Some(1.0);
    };
    q.trim().parse().ok().filter(|q| (0.0..=1.0).contains(q))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_range_decides() {
        for (accept, essence, expected) in [
            (&[][..], "text/html", 1.0),
            (&[""], "text/html", 0.0),
            (&["*/*"], "text/html", 1.0),
            (&["text/*;q=0.5"], "text/html", 0.5),
            (&["text/*;q=0.5"], "application/json", 0.0),
            (&["*/*;q=0.1, text/html;q=0.2 , text/*;q=0.9"], "text/html", 0.2),
            (&["*/*;q=0.1, text/html;q=0.2 , text/*;q=0.9"], "text/xml", 0.9),
            (&["*/*;q=0.1", "TEXT/HTML;level=1;Q=0.2"], "text/html", 0.2),
            (&["text/html;q=0, */*"], "text/html", 0.0),
            (&["text/html;q=NaN, */*;q=0.3"], "text/html", 0.3),
            (&["text/html;q=2, text/html;q=-1, text/html;q=, text/html;q=a"], "text/html", 0.0),
            (&["text/html;q=0.3, text/html;q=0.9"], "text/html", 0.3),
            (&["html, */html, text, ;q=1, ,"], "text/html", 0.0),
        ] {
            let headers = accept.iter().map(|value| (ACCEPT, value.parse().unwrap())).collect();
            let found = quality(essence, &headers);
            assert!((found - expected).abs() < 0.001, "{accept:?}: {found}");
        }
    }
}
