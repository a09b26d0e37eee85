//! The inputs of an import as options of the command.

use apigateway_definition::ImportInput;

use crate::quoted::quoted;

/// The option that gives the input, for the help of a diagnostic.
pub(crate) fn flag(input: &ImportInput) -> String {
    let pair = |option: &str, name: &str| format!("`{option} {}=…`", quoted(name));
    match input {
        ImportInput::Stage => "`--stage STAGE`".into(),
        ImportInput::Region => "`--region REGION`".into(),
        ImportInput::Account => "`--account ID`".into(),
        ImportInput::Parameter(name) => pair("--param", name),
        ImportInput::ParameterDefaults => "`--defaults`".into(),
        ImportInput::Option(name) => pair("--opt", name),
        ImportInput::Environment(name) => pair("--env", name),
        ImportInput::Binding(name) => pair("--bind", name),
        ImportInput::Value(name) => format!("`--values FILE`, where the file has `{{{name:?}: \"…\"}}`"),
        ImportInput::AllowOpen(route) => format!("`--allow-open {}`", quoted(route)),
        ImportInput::Prefix => "`--prefix PATH`".into(),
        ImportInput::Kind => "`--kind rest` or `--kind http`".into(),
        ImportInput::Root => "`--root FOLDER`".into(),
        // An input that a later release of the library has.
        other => format!("`{other}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_for_a_shell() {
        for (input, expected) in [
            (ImportInput::Parameter("Step".into()), "`--param Step=…`"),
            (ImportInput::Binding("$(reboot)".into()), "`--bind '$(reboot)'=…`"),
            (ImportInput::AllowOpen("GET /orders/{id}".into()), "`--allow-open 'GET /orders/{id}'`"),
            (
                ImportInput::Value("ssm:/a".into()),
                "`--values FILE`, where the file has `{\"ssm:/a\": \"…\"}`",
            ),
        ] {
            assert_eq!(flag(&input), expected);
        }
    }
}
