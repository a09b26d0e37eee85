use super::*;
use crate::tree::Content;

fn shown(node: &Node) -> String {
    match &node.content {
        Content::Scalar(scalar) if scalar.style == crate::tree::Style::Plain => scalar.text.to_string(),
        Content::Scalar(scalar) => format!("{:?}", scalar.text),
        Content::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(",")),
        Content::Map(map) => {
            let entry = |entry: &Entry| format!("{:?}:{}", entry.key.text, shown(&entry.value));
            format!("{{{}}}", map.entries().iter().map(entry).collect::<Vec<_>>().join(","))
        }
    }
}

fn read(text: &str) -> Result<String, Problem> {
    let document = Document::new(text, 0);
    document.root().and_then(|root| document.tree(root)).map(|node| shown(&node))
}

#[test]
fn json_becomes_the_tree_that_yaml_makes_of_it() {
    for text in [
        "null",
        "-0.5e+3",
        r#""a""#,
        "[]",
        "{}",
        r#"{"a":[1,true,{"b":null}],"c":"d\"\\\/\b\f\n\r\t\u00e4\ud83d\ude00"}"#,
        " [ 1 , 2 ] ",
        r#"{"a b":{"":[[],{}]}}"#,
    ] {
        let of_yaml = crate::yaml::parse(0, &crate::source::SourceFile::new("a.json", text)).unwrap();
        assert_eq!(read(text).unwrap(), shown(&of_yaml.root), "{text}");
    }
}

#[test]
fn what_is_not_json_is_refused() {
    for text in [
        "",
        " ",
        "{",
        "[1",
        "[1,]",
        "{\"a\":1,}",
        "{a:1}",
        "[1 2]",
        "{\"a\" 1}",
        "]",
        "[}",
        "\"a",
        "\"\\",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\ud800\"",
        "\"\\ud800\\u0041\"",
        "01",
        "1.",
        ".5",
        "+1",
        "nul",
        "[1] 2",
        "\"\n\"",
        "'a'",
    ] {
        assert!(read(text).is_err(), "{text}");
    }
    let skipped = r#"{"a": {"b": hunter2}}"#;
    assert!(Document::new(skipped, 0).root().is_err());
    let deep = format!("{}{}", "[".repeat(DEEPEST + 1), "]".repeat(DEEPEST + 1));
    assert!(read(&deep).unwrap_err().message.contains("deep"));
    let twice = read(r#"{"a":1,"a":2}"#).unwrap_err();
    assert_eq!(twice.message, "the key `a` occurs twice in one map");
}

#[test]
fn skipped_values_are_found_by_their_keys() {
    let text = r#"{"a": {"x": ["]", "\"}"]}, "b": [ {} , 1 ]}"#;
    let document = Document::new(text, 0);
    let root = document.root().unwrap();
    let entries = document.entries(root).unwrap().unwrap();
    let keys: Vec<&str> = entries.iter().map(|(key, _)| &*key.text).collect();
    assert_eq!(keys, ["a", "b"]);
    let items = document.items(entries[1].1).unwrap().unwrap();
    assert_eq!(items.len(), 2);
    assert!(document.items(root).unwrap().is_none());
    assert!(document.entries(entries[1].1).unwrap().is_none());
    assert!(document.entries(document.items(entries[1].1).unwrap().unwrap()[0]).unwrap().unwrap().is_empty());
}
