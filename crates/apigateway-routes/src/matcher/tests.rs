use std::fmt::Write;

use proptest::prelude::*;

use super::*;

fn matcher(patterns: &[&str]) -> PathMatcher {
    let mut matcher = PathMatcher::default();
    for (index, pattern) in patterns.iter().enumerate() {
        matcher.insert(&pattern.parse().unwrap(), index).unwrap();
    }
    matcher
}

#[track_caller]
fn expect(patterns: &[&str], cases: &[(&str, &str, &str)]) {
    let matcher = matcher(patterns);
    let name = |index: Option<usize>| index.map_or("-", |index| patterns[index]);
    for (path, best, rival) in cases {
        let found = matcher.find(path);
        assert_eq!(
            (name(found.map(|found| found.best)), name(found.and_then(|found| found.rival))),
            (*best, *rival),
            "{path}"
        );
    }
}

#[test]
fn text_comes_before_a_variable_and_that_before_a_greedy_one() {
    expect(
        &["/a/{x}", "/a/{rest+}", "/a/b", "/{x}/b/{y}/d", "/a/b/{y}/e", "/", "/a", "/{x}/{proxy+}"],
        &[
            ("/", "/", "-"),
            ("/a", "/a", "-"),
            ("/z", "-", "-"),
            ("/a/b", "/a/b", "-"),
            ("/a/c", "/a/{x}", "-"),
            ("/a/b/c/e", "/a/b/{y}/e", "-"),
            ("/a/b/c", "/a/{rest+}", "-"),
            ("/z/b/c/d", "/{x}/b/{y}/d", "-"),
            ("/z/b/c", "/{x}/{proxy+}", "-"),
            // axum takes the text `a` for good; API Gateway prefers a pattern without a greedy variable.
            ("/a/b/c/d", "/a/{rest+}", "/{x}/b/{y}/d"),
        ],
    );
}

/// The table of literal children compares the whole edge: one of a hundred hashes has the same bits in its table.
#[test]
fn the_same_text_below_many_parents_is_many_children() {
    let patterns: Vec<String> = (0..2000).map(|parent| format!("/{parent}/list")).collect();
    let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
    let matcher = matcher(&patterns);
    for (index, path) in patterns.iter().enumerate() {
        assert_eq!(matcher.find(path), Some(PathMatch { best: index, rival: None }), "{path}");
    }
    for parent in 2000..4000 {
        assert_eq!(matcher.find(&format!("/{parent}/list")), None, "{parent}");
    }
}

/// The first literal child is in its node, the others are in the hash table.
#[test]
fn a_node_may_have_no_one_or_several_literal_children() {
    let long = "/orders-of-the-last-twelve-months";
    expect(&[long], &[(long, long, "-"), ("/orders-of-the-last-twelve-month", "-", "-"), ("/", "-", "-")]);
    let patterns = ["/a/list", "/a/{x}/list", long, "/b/list", "/a/list/{y}", "/a/other"];
    let mut cases = patterns.map(|pattern| (pattern, pattern, "-"));
    cases[1].0 = "/a/z/list";
    cases[4].0 = "/a/list/z";
    expect(&patterns, &cases);
    expect(&patterns, &[("/b/other", "-", "-"), ("/a/list/", "-", "-"), ("/a/z/other", "-", "-")]);
}

/// Only a pattern with a greedy variable has a rival.
#[test]
fn a_pattern_without_a_greedy_variable_has_no_rival() {
    expect(&["/a/{x}", "/{y}/b", "/{p+}"], &[("/a/b", "/a/{x}", "-"), ("/c/b", "/{y}/b", "-")]);
    expect(&["/a/{p+}", "/{y}/b"], &[("/a/b", "/a/{p+}", "/{y}/b")]);
}

#[test]
fn a_greedy_variable_takes_one_segment_or_more() {
    expect(
        &["/files/{p+}"],
        &[
            ("/files", "-", "-"),
            ("/files/", "-", "-"),
            ("/files/a", "/files/{p+}", "-"),
            ("/files/a/", "/files/{p+}", "-"),
            ("/files/a/b", "/files/{p+}", "-"),
            ("/filesa/b", "-", "-"),
            ("", "-", "-"),
            ("*", "-", "-"),
        ],
    );
}

#[test]
fn of_two_greedy_variables_api_gateway_prefers_the_longest() {
    expect(
        &["/{a+}", "/{a}/{b+}", "/{a}/{b}/{c+}", "/x/{b+}", "/{a}"],
        &[
            ("/a", "/{a}", "-"),
            ("/a/b", "/{a}/{b+}", "-"),
            ("/a/b/c/d", "/{a}/{b}/{c+}", "-"),
            ("/x/b", "/x/{b+}", "-"),
            ("/x/b/c", "/x/{b+}", "/{a}/{b}/{c+}"),
        ],
    );
}

#[test]
fn the_default_matches_what_nothing_else_does() {
    expect(&["$default", "/a"], &[("/a", "/a", "-"), ("/b", "$default", "-"), ("*", "$default", "-")]);
}

#[test]
fn a_pattern_for_the_same_paths_is_not_added_twice() {
    for (one, other) in [("/a/{x}", "/a/{y}"), ("/{a+}", "/{b+}"), ("$default", "$default"), ("/", "/")] {
        let mut matcher = matcher(&["/b", one]);
        assert_eq!(matcher.insert(&other.parse().unwrap(), 2), Err(1), "{other}");
    }
}

/// The last text is too long for the place in a node.
const SEGMENTS: [&str; 6] = ["a", "b", "ab", "a-text-of-twenty-two-b", "{v}", "{v+}"];

fn pattern() -> impl Strategy<Value = String> {
    proptest::collection::vec(0..SEGMENTS.len(), 0..5).prop_map(|chosen| {
        let mut pattern = String::new();
        for (number, segment) in chosen.iter().enumerate() {
            match SEGMENTS[*segment] {
                "{v}" => write!(pattern, "/{{v{number}}}").unwrap(),
                "{v+}" => return format!("{pattern}/{{rest+}}"),
                text => write!(pattern, "/{text}").unwrap(),
            }
        }
        if pattern.is_empty() { "/".into() } else { pattern }
    })
}

fn path() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        proptest::sample::select(vec!["a", "b", "ab", "a-text-of-twenty-two-b", "c", ""]),
        1..6,
    )
    .prop_map(|segments| format!("/{}", segments.join("/")))
}

/// In the syntax of `matchit`.
fn of_matchit(pattern: &str) -> String {
    match pattern.split_once("{rest+}") {
        Some((before, _)) => format!("{before}{{*rest}}"),
        None => pattern.to_owned(),
    }
}

/// `MATCHER_CASES=1000000 cargo test --release -p apigateway-routes` asks for more than the suite does.
fn config() -> ProptestConfig {
    let cases = std::env::var("MATCHER_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2_000);
    ProptestConfig::with_cases(cases)
}

proptest! {
    #![proptest_config(config())]

    /// Written differences: `matchit` refuses tables in which a greedy variable has siblings at its place, which are left
    /// out here; and a path with empty segments never comes to the matcher, as [`PathProblem`](crate::PathProblem) refuses
    /// it before.
    #[test]
    fn the_router_of_axum_finds_the_same_pattern(
        patterns in proptest::collection::vec(pattern(), 1..12),
        paths in proptest::collection::vec(path(), 1..12),
    ) {
        let (mut ours, mut theirs) = (PathMatcher::default(), matchit::Router::new());
        for (index, pattern) in patterns.iter().enumerate() {
            if theirs.insert(of_matchit(pattern), index).is_ok() {
                prop_assert_eq!(ours.insert(&pattern.parse().unwrap(), index), Ok(()));
            }
        }
        for path in paths.iter().filter(|path| !path.contains("//")) {
            let found = theirs.at(path).ok().map(|found| *found.value);
            prop_assert_eq!(ours.find(path).map(|found| found.best), found, "{} in {:?}", path, patterns);
        }
    }

    /// Against every pattern in turn, also those that `matchit` does not take side by side.
    #[test]
    fn the_best_and_its_rival_are_those_of_a_naive_search(
        patterns in proptest::collection::vec(pattern(), 1..12),
        paths in proptest::collection::vec(path(), 1..12),
    ) {
        let parsed: Vec<PathPattern> = patterns.iter().map(|pattern| pattern.parse().unwrap()).collect();
        let mut ours = PathMatcher::default();
        let added: Vec<usize> = parsed
            .iter()
            .enumerate()
            .filter_map(|(index, pattern)| ours.insert(pattern, index).is_ok().then_some(index))
            .collect();
        for path in paths.iter().filter(|path| !path.contains("//")) {
            let matching = || added.iter().copied().filter(|index| matches(&parsed[*index], path));
            let kinds = |index: &usize| parsed[*index].segments().map(kind).collect::<Vec<_>>();
            let best = matching().min_by_key(kinds);
            let is_greedy = |index: &usize| kinds(index).last() == Some(&2);
            let preferred = matching()
                .filter(|index| !is_greedy(index))
                .min_by_key(kinds)
                .or_else(|| matching().min_by_key(|index| (usize::MAX - kinds(index).len(), kinds(index))));
            let expected = best.map(|best| PathMatch { best, rival: preferred.filter(|rival| *rival != best && is_greedy(&best)) });
            prop_assert_eq!(ours.find(path), expected, "{} in {:?}", path, patterns);
        }
    }
}

fn kind(segment: Segment<'_>) -> u8 {
    match segment {
        Segment::Literal(_) => 0,
        Segment::Variable(_) => 1,
        Segment::Greedy(_) => 2,
    }
}

fn matches(pattern: &PathPattern, path: &str) -> bool {
    let mut rest = path.strip_prefix('/').filter(|rest| !rest.is_empty());
    for segment in pattern.segments() {
        let Some(text) = rest else { return false };
        let (first, after) = text.split_once('/').map_or((text, None), |(first, after)| (first, Some(after)));
        match segment {
            Segment::Greedy(_) => return !text.is_empty(),
            Segment::Literal(literal) if literal == first => {}
            Segment::Variable(_) if !first.is_empty() => {}
            _ => return false,
        }
        rest = after;
    }
    rest.is_none()
}
