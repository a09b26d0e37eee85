//! Documents that say the same in two places say it in the same words.

#[test]
fn the_readme_has_the_table_of_the_documentation() {
    let readme = include_str!("../README.md");
    let table = include_str!("../crates/cognito-authorizer/docs/api-gateway.md");
    assert!(readme.contains(table.trim()), "copy docs/api-gateway.md into the README");
}
