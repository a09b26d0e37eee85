//! Options from the environment, and from files that it names.
//!
//! All options of all commands work in the same way: variables are converted to arguments, which are put before those of the command
//! line, and clap checks them together.

use std::{collections::BTreeSet, ffi::OsString, fs::File, path::PathBuf};

use clap::{
    Arg, ArgAction, ArgMatches, Command, Error,
    builder::ValueParser,
    error::{ContextKind, ContextValue, ErrorKind},
    parser::ValueSource,
};

use crate::surroundings::read_text;

/// The section of `--help` and of the manual page.
pub(crate) const SETTINGS: &str = "\
Options from the environment:
  COGNITO_AUTHORIZER_POOL sets `--pool`, COGNITO_AUTHORIZER_JWKS_URL sets `--jwks-url`, and so on
  for each option. COGNITO_AUTHORIZER_POOL also sets the argument of `doctor`, and
  COGNITO_AUTHORIZER_DEFINITION that of `routes`. COGNITO_AUTHORIZER_POOL_FILE names a file with
  the value instead. An option that can be repeated takes one value per line, and an option
  without a value takes `true` or `false`. The command line takes precedence, and a variable that
  does not fit it is ignored.";

const PREFIX: &str = "COGNITO_AUTHORIZER_";
/// The longest value of an option.
const LIMIT: usize = 64 * 1024;

/// An option or argument whose value comes from the environment.
struct Setting {
    variable: String,
    arguments: Vec<OsString>,
}

/// Parses the command line, which begins with the program's name, together with the settings of the environment.
pub(crate) fn matches(
    command: &Command,
    arguments: &[OsString],
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<ArgMatches, Error> {
    let parse = |arguments: &[OsString]| command.clone().try_get_matches_from(arguments);
    let given = parse(arguments);
    // Only missing arguments can come from settings. Any other error is final.
    if matches!(&given, Err(error) if error.kind() != ErrorKind::MissingRequiredArgument) {
        return given;
    }
    let mut built = command.clone();
    built.build();
    let Some((chosen, index)) = chosen(&built, arguments) else { return given };
    let settings = settings(chosen, &on_command_line(command, arguments), variable)?;
    if settings.is_empty() {
        return given;
    }
    let (before, after) = arguments.split_at(index);
    let with = |settings: &[&Setting]| {
        let added = settings.iter().flat_map(|setting| setting.arguments.clone());
        parse(&[before.to_vec(), added.collect(), after.to_vec()].concat())
    };
    let all: Vec<&Setting> = settings.iter().collect();
    let whole = with(&all);
    if whole.is_ok() {
        return whole;
    }
    let missing = missing(&given);
    let (mut kept, mut left) = (Vec::new(), all);
    // A setting may need another one, so those that do not fit are tried again after each round.
    loop {
        let mut unfit = Vec::new();
        for setting in &left {
            let tried = with(&[&kept[..], &[*setting]].concat());
            match &tried {
                Err(error)
                    if !matches!(
                        error.kind(),
                        ErrorKind::MissingRequiredArgument | ErrorKind::ArgumentConflict
                    ) =>
                {
                    return Err(invalid(&setting.variable, &without_head(error)));
                }
                Err(error) if error.kind() == ErrorKind::ArgumentConflict => unfit.push(*setting),
                // Accepted if the only missing arguments were missing before.
                _ if self::missing(&tried).is_subset(&missing) => kept.push(*setting),
                _ => unfit.push(*setting),
            }
        }
        if unfit.len() == left.len() || unfit.is_empty() {
            return with(&kept);
        }
        left = unfit;
    }
}

/// The command that the arguments name, and the index after its name.
fn chosen<'c>(command: &'c Command, arguments: &[OsString]) -> Option<(&'c Command, usize)> {
    let mut chosen = None;
    let mut current = command;
    for (index, argument) in arguments.iter().enumerate().skip(1) {
        let text = argument.to_str().unwrap_or_default();
        match current.find_subcommand(text) {
            Some(below) => {
                current = below;
                chosen = Some((below, index + 1));
            }
            // `--color` and its value may precede the name.
            None if text.starts_with("--color") || ["auto", "always", "never"].contains(&text) => {}
            None => break,
        }
    }
    chosen
}

/// The ids of the arguments on the command line.
fn on_command_line(command: &Command, arguments: &[OsString]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    // Without the settings, required arguments may be missing.
    let matches = command.clone().ignore_errors(true).try_get_matches_from(arguments).ok();
    let mut below = matches.as_ref();
    while let Some(matches) = below {
        let ids = matches.ids().map(clap::Id::as_str);
        let ids = ids.filter(|id| matches.value_source(id) == Some(ValueSource::CommandLine));
        found.extend(ids.map(str::to_owned));
        below = matches.subcommand().map(|(_, below)| below);
    }
    found
}

/// The settings for options that are not on the command line.
fn settings(
    command: &Command,
    given: &BTreeSet<String>,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Setting>, Error> {
    let mut settings = Vec::new();
    for arg in command.get_arguments().filter(|arg| !given.contains(arg.get_id().as_str())) {
        let name = match arg.get_long() {
            Some(long) => long,
            // Optional arguments are read from standard input instead.
            None if arg.is_positional() && arg.is_required_set() => arg.get_id().as_str(),
            None => continue,
        };
        if matches!(
            arg.get_action(),
            ArgAction::Help | ArgAction::HelpShort | ArgAction::HelpLong | ArgAction::Version
        ) {
            continue;
        }
        let variable_name = format!("{PREFIX}{}", name.replace('-', "_").to_ascii_uppercase());
        if let Some((variable, value)) = value(arg, variable_name, variable)? {
            let arguments = arguments(arg, &variable, &value)?;
            settings.push(Setting { variable, arguments });
        }
    }
    Ok(settings)
}

/// The variable that is set, and its value or the content of its file.
fn value(
    arg: &Arg,
    name: String,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<(String, String)>, Error> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let by_file = format!("{name}_FILE");
    match (set(&name), set(&by_file)) {
        (None, None) => Ok(None),
        (Some(value), None) => Ok(Some((name, value))),
        (Some(_), Some(_)) => Err(invalid(&by_file, &format!("{name} is set too; set one of them"))),
        (None, Some(_))
            if ValueParser::type_id(arg.get_value_parser()) == ValueParser::path_buf().type_id() =>
        {
            Err(invalid(&by_file, &format!("the option takes a file itself; give its path in {name}")))
        }
        (None, Some(path)) => {
            let path = PathBuf::from(path);
            let text = File::open(&path)
                .map_err(|error| error.to_string())
                .and_then(|mut file| read_text(&mut file, "value", LIMIT).map_err(|error| error.to_string()))
                .map_err(|problem| invalid(&by_file, &format!("{}: {problem}", path.display())))?;
            let text = text.trim_end_matches(['\r', '\n']).to_owned();
            if text.is_empty() {
                return Err(invalid(&by_file, &format!("{} is empty", path.display())));
            }
            Ok(Some((by_file, text)))
        }
    }
}

/// The arguments for this value.
fn arguments(arg: &Arg, variable: &str, value: &str) -> Result<Vec<OsString>, Error> {
    let option = |value: &str| match arg.get_long() {
        Some(long) => format!("--{long}={value}").into(),
        None => value.into(),
    };
    let lines = || value.lines().map(str::trim).filter(|line| !line.is_empty());
    match arg.get_action() {
        ArgAction::SetTrue => match value.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => {
                Ok(arg.get_long().map(|long| format!("--{long}").into()).into_iter().collect())
            }
            "false" | "0" | "no" | "off" => Ok(Vec::new()),
            _ => Err(invalid(variable, "give `true` or `false`")),
        },
        ArgAction::Append => Ok(lines().map(option).collect()),
        _ => Ok(vec![option(value)]),
    }
}

/// The arguments that an error says are missing.
fn missing(parsed: &Result<ArgMatches, Error>) -> BTreeSet<String> {
    let Err(error) = parsed else { return BTreeSet::new() };
    match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::Strings(names)) => names.iter().cloned().collect(),
        Some(ContextValue::String(name)) => BTreeSet::from([name.clone()]),
        _ => BTreeSet::new(),
    }
}

fn invalid(variable: &str, problem: &str) -> Error {
    Error::raw(
        ErrorKind::InvalidValue,
        format!("the environment variable {variable} is not valid: {problem}\n"),
    )
}

/// The message of an error without `error: ` and the usage.
fn without_head(error: &Error) -> String {
    let text = error.render().to_string();
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command() -> Command {
        let explain = Command::new("explain")
            .arg(Arg::new("token").num_args(0..))
            .arg(Arg::new("pool").long("pool").action(ArgAction::Append))
            .arg(Arg::new("client").long("client").action(ArgAction::Append))
            .arg(Arg::new("any").long("any-client").action(ArgAction::SetTrue).conflicts_with("client"))
            .arg(Arg::new("issuer").long("issuer").requires("pool"))
            .arg(Arg::new("jwks").long("jwks").value_parser(clap::value_parser!(PathBuf)))
            .arg(Arg::new("leeway").long("leeway").value_parser(clap::value_parser!(u64)));
        let doctor = Command::new("doctor").arg(Arg::new("pool").required(true));
        let color = Arg::new("color").long("color").global(true);
        Command::new("cognito-authorizer").subcommand(explain).subcommand(doctor).arg(color)
    }

    /// The values of an option, after parsing with these variables.
    fn parsed(arguments: &str, variables: &[(&str, &str)], id: &str) -> Result<Vec<String>, String> {
        let arguments: Vec<OsString> =
            std::iter::once("cognito-authorizer").chain(arguments.split(' ')).map(Into::into).collect();
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| format!("{PREFIX}{known}") == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let matches = matches(&command(), &arguments, &variable).map_err(|error| error.to_string())?;
        let (_, below) = matches.subcommand().unwrap();
        let raw = below.try_get_raw(id).unwrap().into_iter().flatten();
        Ok(raw.map(|value| value.to_str().unwrap().to_owned()).collect())
    }

    #[test]
    fn an_option_is_read_from_its_variable_unless_the_command_line_has_it() {
        for (arguments, variables, values) in [
            ("explain", &[("POOL", "a")][..], &["a"][..]),
            ("explain", &[("POOL", "a\nb\n")], &["a", "b"]),
            ("explain --pool c", &[("POOL", "a\nb")], &["c"]),
            ("explain", &[("POOL", "")], &[]),
            ("--color always explain x", &[("POOL", "a")], &["a"]),
            ("doctor", &[("POOL", "a")], &["a"]),
            ("doctor b", &[("POOL", "a")], &["b"]),
        ] {
            assert_eq!(parsed(arguments, variables, "pool").unwrap(), values, "{arguments} {variables:?}");
        }
    }

    #[test]
    fn a_variable_that_does_not_fit_the_command_line_is_ignored() {
        // `--issuer` needs `--pool`, and is found although it comes first.
        let both = [("ISSUER", "https://i"), ("POOL", "a")];
        assert_eq!(parsed("explain", &both, "issuer").unwrap(), ["https://i"]);
        assert!(parsed("explain", &both[..1], "issuer").unwrap().is_empty());
        let conflicting = [("CLIENT", "a"), ("POOL", "p"), ("ISSUER", "https://i")];
        assert!(parsed("explain --any-client", &conflicting, "client").unwrap().is_empty());
        assert_eq!(parsed("explain --any-client", &conflicting, "issuer").unwrap(), ["https://i"]);
    }

    #[test]
    fn a_flag_is_true_or_false() {
        assert_eq!(parsed("explain", &[("ANY_CLIENT", "true")], "any").unwrap(), ["true"]);
        assert_eq!(parsed("explain", &[("ANY_CLIENT", "0")], "any").unwrap(), ["false"]);
        assert!(
            parsed("explain", &[("ANY_CLIENT", "maybe")], "any").unwrap_err().contains("`true` or `false`")
        );
    }

    #[test]
    fn a_file_may_have_the_value() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let (clients, empty) = (file("clients", "a\r\nb\r\n"), file("empty", "\n"));
        assert_eq!(parsed("explain", &[("CLIENT_FILE", &clients)], "client").unwrap(), ["a", "b"]);
        for (variables, problem) in [
            (&[("CLIENT_FILE", clients.as_str()), ("CLIENT", "a")][..], "set one of them"),
            (&[("CLIENT_FILE", "/nonexistent/clients")], "COGNITO_AUTHORIZER_CLIENT_FILE is not valid"),
            (&[("CLIENT_FILE", empty.as_str())], "is empty"),
            (&[("JWKS_FILE", "jwks.json")], "give its path in COGNITO_AUTHORIZER_JWKS"),
            (&[("LEEWAY", "soon")], "COGNITO_AUTHORIZER_LEEWAY is not valid: invalid value 'soon'"),
        ] {
            let error = parsed("explain", variables, "client").unwrap_err();
            assert!(error.contains(problem), "{error}");
        }
    }

    #[test]
    fn wrong_arguments_are_reported_as_without_variables() {
        let unknown = parsed("explain --nonsense", &[("POOL", "a")], "pool").unwrap_err();
        assert!(unknown.contains("unexpected argument '--nonsense'"), "{unknown}");
        let missing = parsed("doctor", &[], "pool").unwrap_err();
        assert!(missing.contains("required arguments were not provided"), "{missing}");
    }
}
