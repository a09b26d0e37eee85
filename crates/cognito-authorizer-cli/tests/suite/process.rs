//! The program itself: exit codes, streams, colours, completions, manual pages.

#![expect(clippy::needless_raw_string_hashes, reason = "`UPDATE_EXPECT=1` writes them")]

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

use expect_test::expect;

use crate::support::{KeysFile, POOL, other_pool, pool};

fn program(arguments: &[&str], input: &str, environment: &[(&str, &str)]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cognito-authorizer"))
        .args(arguments)
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .env_remove("COLUMNS")
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that does not read its input may be gone.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap()
}

#[test]
fn an_error_cannot_steer_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("template.yaml");
    std::fs::write(&path, "Resources: {\"a\\e]0;owned\\a\\u202e\": {Properties: {}}}").unwrap();
    let arguments = ["explain", "--definition", path.to_str().unwrap(), "--route", "GET /orders"];
    // As on a terminal: nothing is taken out of what is written.
    let output = program(&arguments, "a.b.c", &[("CLICOLOR_FORCE", "1")]);
    let message = text(&output.stderr);
    assert!(output.status.code() == Some(2) && message.contains("owned"), "{output:?}");
    assert!(message.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{output:?}");
}

#[test]
fn the_exit_code_tells_how_it_ended() {
    let pool = pool();
    let (keys, token) = (KeysFile::of(&pool), pool.access_token("ada").sign());
    let known = ["explain", "--pool", POOL, "--jwks", keys.path()];
    let at = |moment| [&known[..], &["--at", moment]].concat();
    let unreachable = ["explain", "--pool", POOL, "--jwks-url", "http://127.0.0.1:1"];
    for (arguments, code) in [
        (at("1700000000"), 0),
        (at("1800000000"), 1),
        (vec!["explain", "--pool", "no-pool"], 2),
        (vec!["explain"], 2),
        (vec!["explain", "--nonsense"], 2),
        (vec!["explain", "--pool", POOL, "--leeway", "301"], 2),
        (vec!["explain", "--pool", POOL, "--issuer", "http://idp.example"], 2),
        (vec![], 2),
        (unreachable.to_vec(), 3),
        (vec!["doctor", POOL, "--issuer", "http://127.0.0.1:1"], 3),
        (vec!["token", "--client", "a"], 2),
        (vec!["token", "--client", "a", "--client-credentials"], 2),
        (vec!["token", "--client", "a", "--username", "ada", "--endpoint", "http://127.0.0.1:1"], 2),
        (vec!["pool", "--listen", "0.0.0.0:9229"], 2),
        (vec!["--help"], 0),
        (vec!["--version"], 0),
    ] {
        let output = program(&arguments, &token, &[]);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", text(&output.stderr));
    }
}

/// Tokens of an emulator in a network of containers, looked at from outside.
#[test]
fn an_issuer_that_is_only_compared_may_be_http() {
    let issuer = format!("http://cognito:9229/{POOL}");
    let pool = other_pool(POOL, &issuer);
    let (keys, token) = (KeysFile::of(&pool), pool.access_token("ada").sign());
    let options = ["explain", "--pool", POOL, "--issuer", &issuer, "--at", "1700000000"];
    let compared = program(&[&options[..], &["--jwks", keys.path()]].concat(), &token, &[]);
    assert_eq!(compared.status.code(), Some(0), "{}", text(&compared.stdout));
    let fetched = program(&options, &token, &[]);
    assert_eq!(fetched.status.code(), Some(2));
    assert!(text(&fetched.stderr).contains("without TLS"), "{}", text(&fetched.stderr));
}

#[test]
fn results_and_messages_go_their_own_ways() {
    let output = program(&["explain"], "a.b", &[]);
    assert!(text(&output.stdout).contains("Refused") && output.stderr.is_empty());
    let output = program(&["explain"], "", &[]);
    assert!(output.stdout.is_empty());
    expect![[r"
        error: the token is empty; give it as the argument or on standard input; is a variable not set?
    "]]
    .assert_eq(text(&output.stderr));
}

#[test]
fn every_exit_code_is_in_the_help() {
    for arguments in [
        &["--help"][..],
        &["explain", "--help"],
        &["token", "--help"],
        &["doctor", "-h"],
        &["pool", "-h"],
        &["serve", "-h"],
    ] {
        let output = program(arguments, "", &[]);
        assert!(text(&output.stdout).contains("Exit codes:\n  0  "), "{arguments:?}");
    }
    let output = program(&["--help"], "", &[]);
    expect![[r#"
        Explains why Amazon Cognito tokens are refused, and runs a local user pool to develop and test with

        Usage: cognito-authorizer <COMMAND> [OPTIONS]

        Commands:
          explain      Explain why a token is refused: every step of the check, the one that failed, and
                       what to do
          routes       Show what each route of an API definition requires of a request's token
          pool         Run a user pool on this machine, for development and tests
          token        Fetch a token from Amazon Cognito or a local pool, or mint any token of a local pool,
                       and print it
          serve        Answer the checks of a proxy: forward auth over HTTP, and Envoy's external
                       authorization over gRPC
          doctor       Find out what is wrong with a user pool, as seen from this machine
          completions  Print a script that completes the command's arguments in a shell
          man          Print the manual page of the program, or of one of its commands
          help         Print this message or the help of the given subcommand(s)

        Options:
              --color <WHEN>  When to use colours, with every command; `auto`: on a terminal, unless
                              `NO_COLOR` is set [default: auto] [possible values: auto, always, never]
          -h, --help          Print help
          -V, --version       Print version

        Options from the environment:
          COGNITO_AUTHORIZER_POOL sets `--pool`, COGNITO_AUTHORIZER_JWKS_URL sets `--jwks-url`, and so on
          for each option. COGNITO_AUTHORIZER_POOL also sets the argument of `doctor`, and
          COGNITO_AUTHORIZER_DEFINITION that of `routes`. COGNITO_AUTHORIZER_POOL_FILE names a file with
          the value instead. An option that can be repeated takes one value per line, and an option
          without a value takes `true` or `false`. The command line takes precedence, and a variable that
          does not fit it is ignored.

        Exit codes:
          0  success
          1  a check failed, or the request was refused
          2  the arguments, a file or the input cannot be used; nothing was checked
          3  a server could not be reached, or gave no usable answer
    "#]]
    .assert_eq(text(&output.stdout));
}

#[test]
fn colours_are_for_terminals_and_for_those_who_ask() {
    let colourful = |arguments: &[&str], environment: &[(&str, &str)]| {
        text(&program(arguments, "a.b", environment).stdout).contains('\u{1b}')
    };
    assert!(!colourful(&["explain"], &[]));
    assert!(colourful(&["explain", "--color", "always"], &[]));
    assert!(colourful(&["--color=always", "explain"], &[("NO_COLOR", "1")]));
    assert!(colourful(&["explain"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!colourful(&["explain"], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!colourful(&["explain", "--color", "never"], &[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn neither_files_nor_loopback_need_root_certificates() {
    let bare = [("SSL_CERT_FILE", "/dev/null"), ("SSL_CERT_DIR", "/nonexistent")];
    let pool = pool();
    let (keys, token) = (KeysFile::of(&pool), pool.access_token("ada").sign());
    let explain = ["explain", "--pool", POOL, "--jwks", keys.path(), "--at", "1700000000"];
    assert_eq!(program(&explain, &token, &bare).status.code(), Some(0));
    let doctor = program(&["doctor", POOL, "--issuer", "http://127.0.0.1:1"], "", &bare);
    assert!(text(&doctor.stdout).contains("Connection refused"), "{doctor:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn loopback_is_not_asked_by_way_of_a_proxy() {
    // A proxy at a closed port would refuse the connection to the pool.
    let server = pool().serve("127.0.0.1:0").await.unwrap();
    let proxy = "http://127.0.0.1:1";
    let output = program(
        &["doctor", POOL, "--issuer", &format!("{}/{POOL}", server.url())],
        "",
        &[("http_proxy", proxy), ("HTTP_PROXY", proxy), ("ALL_PROXY", proxy), ("all_proxy", proxy)],
    );
    assert!(text(&output.stdout).contains("can be used"), "{output:?}");
}

#[test]
fn a_proxy_that_wants_a_password_is_recognised() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (mut request, mut byte) = (Vec::new(), [0]);
            while !request.ends_with(b"\r\n\r\n") && std::io::Read::read(&mut stream, &mut byte).unwrap() > 0
            {
                request.extend(byte);
            }
            let answer = "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    let output = program(
        &["doctor", POOL],
        "",
        &[("https_proxy", &proxy), ("HTTPS_PROXY", &proxy), ("no_proxy", ""), ("NO_PROXY", "")],
    );
    let says = text(&output.stdout);
    assert!(output.status.code() == Some(3) && says.contains("The proxy answers 407"), "{says}");
}

#[test]
fn options_are_read_from_the_environment_and_from_files() {
    let pool = pool();
    let (keys, token) = (KeysFile::of(&pool), pool.access_token("ada").sign());
    let folder = tempfile::tempdir().unwrap();
    let clients = folder.path().join("clients");
    std::fs::write(&clients, "other\n4example23456789\n").unwrap();
    let variables = [
        ("COGNITO_AUTHORIZER_POOL", POOL),
        ("COGNITO_AUTHORIZER_JWKS", keys.path()),
        ("COGNITO_AUTHORIZER_AT", "1700000000"),
        ("COGNITO_AUTHORIZER_CLIENT_FILE", clients.to_str().unwrap()),
        // Of other commands.
        ("COGNITO_AUTHORIZER_DOMAIN", "https://idp.example"),
        ("COGNITO_AUTHORIZER_DEFINITION", "serverless.yml"),
    ];
    let output = program(&["explain"], &token, &variables);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(text(&output.stdout).contains("4example23456789, which is"), "{}", text(&output.stdout));
    // The command line takes precedence.
    let output = program(&["explain", "--client", "other"], &token, &variables);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let output = program(&["doctor", "--issuer", "http://127.0.0.1:1"], "", &variables);
    assert!(text(&output.stdout).contains(&format!("User pool {POOL}")), "{output:?}");
    let output = program(&["explain"], &token, &[("COGNITO_AUTHORIZER_LEEWAY", "301")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("COGNITO_AUTHORIZER_LEEWAY is not valid"), "{output:?}");
}

#[test]
fn scopes_with_a_password_are_an_error_with_the_ways_that_give_them() {
    let arguments = ["token", "--username", "ada", "--password-env", "A", "--client", "a", "--pool", POOL];
    let output = program(&[&arguments[..], &["--scope", "orders/read"]].concat(), "", &[]);
    assert_eq!(output.status.code(), Some(2));
    expect![[r"
        error: a sign-in with a password (`--username`) gives no custom scopes (`--scope`): Cognito gives such access tokens
        only `aws.cognito.signin.user.admin`. These give scopes:
          managed login     sign in in a browser, with an app client that is allowed the scope
          a machine         token --client-credentials --domain URL --scope SCOPE
          a local pool      token --pool-url http://127.0.0.1:9229 --as NAME --scope SCOPE
          a trigger         before token generation (version 2), which adds the scope to the tokens of every sign-in
    "]]
    .assert_eq(text(&output.stderr));
}

#[test]
fn the_help_of_a_command_lists_its_own_options() {
    for command in ["explain", "pool", "routes diff"] {
        for help in ["-h", "--help"] {
            let arguments: Vec<&str> = command.split(' ').chain([help]).collect();
            let output = program(&arguments, "", &[]);
            let says = text(&output.stdout);
            assert!(!says.contains("--stack-resources") && !says.contains("--color"), "{command}: {says}");
            assert!(says.contains("`cognito-authorizer routes --help`"), "{command}: {says}");
            assert!(says.lines().all(|line| line.chars().count() <= 100), "{command}: {says}");
        }
    }
    // They are listed once, and can be used everywhere.
    assert!(text(&program(&["routes", "--help"], "", &[]).stdout).contains("--stack-resources"));
    for command in ["pool", "routes-diff"] {
        assert!(text(&program(&["man", command], "", &[]).stdout).contains("stack\\-resources"), "{command}");
    }
    let output = program(&["explain", "--definition", "a.yml", "--route", "GET /", "--stage", "x"], "", &[]);
    assert!(text(&output.stderr).contains("a.yml"), "{output:?}");
}

#[test]
fn a_usage_line_can_be_typed() {
    for command in ["explain", "routes", "routes diff", "pool", "token", "doctor", "completions", "man"] {
        let arguments: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let output = program(&arguments, "", &[]);
        let (_, usage) = text(&output.stdout).split_once("Usage: ").unwrap();
        let (usage, _) = usage.split_once("\n\n").unwrap();
        for line in usage.lines() {
            let start = format!("cognito-authorizer {command}");
            assert!(line.trim().starts_with(&start) && !line.contains('|'), "{line}");
        }
    }
}

#[test]
fn shells_get_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = program(&["completions", shell], "", &[]);
        let script = text(&output.stdout);
        assert!(
            output.status.success() && script.contains("explain") && script.contains("doctor"),
            "{shell}"
        );
    }
}

#[test]
fn there_is_a_manual_page_for_each_command() {
    let whole = program(&["man"], "", &[]);
    assert!(text(&whole.stdout).contains(".TH cognito-authorizer 1"), "{}", text(&whole.stdout));
    for command in ["explain", "routes", "routes-diff", "pool", "token", "serve", "doctor"] {
        let page = program(&["man", command], "", &[]);
        let page = text(&page.stdout);
        assert!(page.contains(&format!(".TH cognito-authorizer-{command} 1")), "{page}");
        assert!(page.contains("Exit codes:"), "{page}");
    }
}

#[test]
fn a_token_in_the_wrong_place_is_not_repeated() {
    let token = pool().access_token("ada").sign();
    let assigned = format!("--nonsense={token}");
    let bearer = format!("Bearer {token}");
    for arguments in [
        &[token.as_str()][..],
        &["explain", "--pool", &token],
        &["explain", "--issuer", &token],
        &["explain", "--at", &bearer],
        &["explain", &assigned],
        &["doctor", &token],
        &["doctor", POOL, &token],
        &["pool", &token],
        &["man", &token],
        &[
            "token",
            "--client",
            "a",
            "--username",
            "b",
            "--password-env",
            &token,
            "--endpoint",
            "http://[::1]:1",
        ],
        &["explain", "--pool", POOL, "--jwks", &token],
        &["--color", "always", "explain", "--pool", &token],
    ] {
        let output = program(arguments, &token, &[("CLICOLOR_FORCE", "1")]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        for part in token.split('.') {
            let start = part.get(..9).unwrap();
            assert!(!text(&output.stderr).contains(start), "{}", text(&output.stderr));
            assert!(!text(&output.stdout).contains(start), "{}", text(&output.stdout));
        }
    }
}

#[test]
fn a_header_without_quotes_around_it_is_understood() {
    let pool = pool();
    let (keys, token) = (KeysFile::of(&pool), pool.access_token("ada").sign());
    let known = ["explain", "--pool", POOL, "--jwks", keys.path(), "--at", "1700000000"];
    for words in [&["Bearer", &token][..], &["Authorization:", "Bearer", &token]] {
        let output = program(&[&known[..], words].concat(), "", &[]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
}

#[test]
fn a_closed_pipe_is_neither_success_nor_an_error_message() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cognito-authorizer"))
        .arg("explain")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    // It writes only once it has read.
    child.stdin.take().unwrap().write_all(b"a.b").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(2), ""));
}
