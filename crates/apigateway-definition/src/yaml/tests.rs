use super::*;

fn read(text: &str) -> Result<Node, Problem> {
    parse(0, &SourceFile::new("a.yml", text)).map(|parsed| parsed.root)
}

/// The tree as JSON without quotes around plain scalars.
fn shown(node: &Node) -> String {
    match &node.content {
        Content::Scalar(scalar) if scalar.style == Style::Plain => scalar.text.to_string(),
        Content::Scalar(scalar) => format!("{:?}", scalar.text),
        Content::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Content::Map(map) => {
            let entry = |entry: &Entry| format!("{}: {}", entry.key.text, shown(&entry.value));
            format!("{{{}}}", map.entries().iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

#[test]
fn nothing_is_coerced_and_tags_become_their_long_form() {
    for (text, tree) in [
        ("[012, on, 1.10, ~, '1', !!str 1, !!int '1']", r#"[012, on, 1.10, ~, "1", "1", "1"]"#),
        ("!Ref A", "{Ref: A}"),
        ("!GetAtt A.Arn", "{Fn::GetAtt: A.Arn}"),
        ("!Join ['', [!Ref A, b]]", r#"{Fn::Join: ["", [{Ref: A}, b]]}"#),
        ("a: !Sub\n  - x${B}\n  - {B: !Ref C}", "{a: {Fn::Sub: [x${B}, {B: {Ref: C}}]}}"),
        ("!Condition A", "{Condition: A}"),
        ("!Foo A", "{!Foo: A}"),
        ("!<tag:example.org,2020:x> A", "{!tag:example.org,2020:x: A}"),
        ("a: &x {b: 1}\nc: *x", "{a: {b: 1}, c: {b: 1}}"),
        ("a: &x !Ref B\nc: *x", "{a: {Ref: B}, c: {Ref: B}}"),
        ("a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}", "{a: {b: 1, c: 2}, d: {c: 3, b: 1}}"),
        ("a: {<<: [{b: 1}, {b: 2, c: 3}]}", "{a: {b: 1, c: 3}}"),
        ("{\"a\": \"\\u00e4\\/\", \"b\": [true, null]}", "{a: \"ä/\", b: [true, null]}"),
        ("a: |\n  x\n  y\n", "{a: \"x\\ny\\n\"}"),
        ("'<<': 1", "{<<: 1}"),
        ("{<<: {a: 1}, '<<': 2}", "{<<: 2, a: 1}"),
        ("{<<: {a: 1}, b: {<<: {a: 2}}}", "{b: {a: 2}, a: 1}"),
    ] {
        assert_eq!(read(text).as_ref().map(shown).unwrap(), tree, "{text}");
    }
}

#[test]
fn every_node_knows_its_place() {
    let text = "a:\n  bé: [x, !Ref yy]\n  c: \"z\"\nd: |\n  t\n";
    let root = read(text).unwrap();
    let shown = |node: &Node| text.get(node.span.start..node.span.end).unwrap();
    let a = root.find("a").unwrap();
    assert_eq!(shown(a), "bé: [x, !Ref yy]\n  c: \"z\"");
    assert_eq!(shown(a.find("bé").unwrap()), "[x, !Ref yy]");
    assert_eq!(shown(a.find("c").unwrap()), "\"z\"");
    let key = a.map().unwrap().entry("c").unwrap().key.span;
    assert_eq!(text.get(key.start..key.end), Some("c"));
}

#[test]
fn errors_are_reported_at_their_location() {
    for (text, message, place) in [
        ("[a]: b", "a key that is not a string", 0),
        ("<<: a", "`<<` takes a map or a list of maps", 4),
        ("<<: [{a: 1}, b]", "`<<` takes a map or a list of maps", 4),
        ("a: &x [*x]", "an alias inside its own anchor", 7),
        ("{<<: {a: 1}, b: 2, <<: {a: 3}}", "`<<` occurs twice: tools disagree about which wins", 19),
    ] {
        let problem = read(text).unwrap_err();
        assert_eq!(problem.message, message);
        assert_eq!(problem.labels[0].0.start, place, "{text}");
    }
}

#[test]
fn aliases_cannot_nest_deeper_than_what_is_written() {
    let deeper = |place: usize| format!("a{place}: &a{place} [*a{}]", place - 1);
    let lines: Vec<String> = (1..150).map(deeper).collect();
    let text = format!("a0: &a0 [x]\n{}", lines.join("\n"));
    assert!(read(&text).unwrap_err().message.contains("deep"));
}
