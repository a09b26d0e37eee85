//! The program itself: exit codes, streams, colours, completions, manual pages.

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
    expect![["
        Says why Amazon Cognito tokens are refused, and runs a user pool on this machine to try things with

        Usage: cognito-authorizer [OPTIONS] <COMMAND>

        Commands:
          explain      Say why a token is refused: every step of the check, the one that failed, and what to
                       do
          routes       Say what each route of an API definition asks of a token
          pool         Run a user pool on this machine, for development and tests
          token        Fetch a token from a local pool or from Amazon Cognito, or mint one of a local pool,
                       and print it
          serve        Answer the checks of a proxy: forward auth over HTTP, and Envoy's external
                       authorization over gRPC
          doctor       Say what is wrong with a user pool, as seen from this machine
          completions  Print a script that completes the command's arguments in a shell
          man          Print the manual page, or that of one of the commands
          help         Print this message or the help of the given subcommand(s)

        Options:
              --color <WHEN>  When to use colours; `auto`: on a terminal, unless `NO_COLOR` is set [default:
                              auto] [possible values: auto, always, never]
          -h, --help          Print help
          -V, --version       Print version

        Exit codes:
          0  all is well
          1  a check failed, or what was asked for was refused
          2  the arguments, a file or the input cannot be used; nothing was checked
          3  a server could not be reached, or gave no usable answer
    "]]
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
fn a_closed_pipe_is_no_success_and_no_noise() {
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
