//! The types of `cognito-authorizer-cli`, which is a library too.

use clap::Parser;
use cognito_authorizer::clock::Clock;
use cognito_authorizer_cli::{Cli, CommandError, Exit, Input, InputError, Surroundings, UrlError};

use super::{MACHINE, PASSWORD, Scene, USER};
use crate::support::{CLIENT, POOL};

#[tokio::test]
async fn no_type_of_the_command_prints_a_token_its_claims_or_a_secret() {
    let scene = Scene::new();
    let mut printer = scene.print_types_of("cognito-authorizer-cli");
    let server = scene.pool.serve("127.0.0.1:0").await.expect("a server");
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.to_str().expect("UTF-8").to_owned()
    };
    let url = server.url();
    let password = format!("[[user]]\nname = \"{USER}\"\npassword = {{ is = \"{PASSWORD}\" }}");
    let settings = file("pool.toml", &password);
    let keys = file("jwks.json", &scene.access);
    let taken = server.address().to_string();
    let user = ["token", "--username", USER, "--password-env", "PASSWORD", "--client"];
    let machine =
        ["token", "--client-credentials", "--client", MACHINE, "--client-secret-env", "PASSWORD", "--domain"];
    let explain = ["explain", &scene.access, "--pool", POOL, "--any-client"];
    let with =
        |first: &[&str], more: &[&str]| [first, more].concat().into_iter().map(str::to_owned).collect();
    let commands: [Vec<String>; 14] = [
        // Success.
        with(&user, &[CLIENT, "--endpoint", &url]),
        // `InputError`
        with(&explain, &["--jwks", &keys]),
        with(&explain, &["--scope", "a b", "--jwks", &keys]),
        with(
            &["token", "--username", USER, "--password-env", "NONE", "--client", CLIENT, "--endpoint", &url],
            &[],
        ),
        // `HttpError`, of a port that nothing listens on
        with(&user, &[CLIENT, "--endpoint", "http://127.0.0.1:1"]),
        // `TokenError`
        with(&user, &["unknown", "--endpoint", &url]),
        with(&machine, &[&url]),
        // `PoolCommandError`
        with(&["pool", "--config", &settings], &[]),
        with(&["pool", "--listen", &taken], &[]),
        with(&["pool", "--listen", "0.0.0.0:0"], &[]),
        with(&["pool", "--listen", "127.0.0.1:0", "--user", PASSWORD], &[]),
        with(&["pool", "--listen", "127.0.0.1:0", "--state", &settings], &[]),
        // `ServeError`
        with(&["serve", "--proxy", "envoy", "--config", &settings, "--listen", "127.0.0.1:0"], &[]),
        // `FactsError`
        with(&["routes", &settings, "--root", "/none", "--param"], &[&format!("Password={PASSWORD}")]),
    ];
    for command in commands {
        let cli = Cli::try_parse_from([&["cognito-authorizer".to_owned()], &command[..]].concat());
        let cli = cli.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        printer.print(&cli);
        let (mut out, mut messages, mut typed) = (Vec::new(), Vec::new(), scene.access.as_bytes());
        let now = || scene.clock.now();
        let variable = |name: &str| (name == "PASSWORD").then(|| PASSWORD.to_owned());
        let input = Input::Piped(&mut typed);
        printer.print(&input);
        let mut surroundings = Surroundings::new(&mut out, &mut messages, input, &now, &variable);
        printer.print(&surroundings);
        match cli.run(&mut surroundings).await {
            Ok(exit) => printer.print::<Exit>(&exit),
            Err(error) => {
                match &error {
                    CommandError::Input(InputError::Definition(error)) => printer.print(error),
                    CommandError::Input(error) => printer.print(error),
                    CommandError::Http(error) => printer.print(error),
                    CommandError::Pool(error) => printer.print(error),
                    CommandError::Token(error) => printer.print(error),
                    CommandError::Serve(error) => printer.print(error),
                    _ => {}
                }
                printer.print(&error);
            }
        }
    }
    printer.print_each([UrlError::NotAUrl, UrlError::Plain, UrlError::Decorated]);
    printer.assert_all_printed();
}
