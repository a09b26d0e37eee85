//! Runs the command in this process, and pools for it to look at.

use std::{
    io::Read,
    path::PathBuf,
    sync::LazyLock,
    time::{Duration, UNIX_EPOCH},
};

use clap::Parser;
use cognito_authorizer_cli::{Cli, Input, Surroundings};
use cognito_local_pool::{AppClient, Clock, LocalPool, ResourceServer, User};
use cognito_verify::UnixTime;
use tempfile::TempDir;

/// 2023-11-14T22:13:20Z.
pub(crate) const NOW: i64 = 1_700_000_000;
pub(crate) const POOL: &str = "eu-west-1_Ab12Cd34E";
pub(crate) const WEB_APP: &str = "4example23456789";
pub(crate) const MACHINE: &str = "7machine23456789";

/// How the command ended, and what it wrote.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) exit: u8,
    pub(crate) out: String,
    pub(crate) messages: String,
}

impl Ran {
    /// The output as one line, wherever it was wrapped.
    pub(crate) fn one_line(&self) -> String {
        self.out.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Runs the command at [`NOW`] with this standard input.
pub(crate) async fn run(arguments: &[&str], input: &str) -> Ran {
    run_by(&|| UnixTime::from_secs(NOW), arguments, input).await
}

/// Runs the command at [`NOW`] for a person who types this.
pub(crate) async fn run_typed(arguments: &[&str], typed: &[u8]) -> Ran {
    run_with(&|| UnixTime::from_secs(NOW), arguments, typed, None, |reader| Input::Keyboard(reader)).await
}

/// Runs the command at [`NOW`] on a terminal with this many columns.
pub(crate) async fn run_at(columns: usize, arguments: &[&str], input: &str) -> Ran {
    let now = || UnixTime::from_secs(NOW);
    run_with(&now, arguments, input.as_bytes(), Some(columns), |reader| Input::Piped(reader)).await
}

/// Runs the command by this clock.
pub(crate) async fn run_by(now: &dyn Fn() -> UnixTime, arguments: &[&str], input: &str) -> Ran {
    run_with(now, arguments, input.as_bytes(), None, |reader| Input::Piped(reader)).await
}

async fn run_with(
    now: &dyn Fn() -> UnixTime,
    arguments: &[&str],
    mut typed: &[u8],
    columns: Option<usize>,
    input: for<'r> fn(&'r mut dyn Read) -> Input<'r>,
) -> Ran {
    let (mut out, mut messages) = (Vec::new(), Vec::new());
    let variable = |name: &str| match name {
        "SECRET" => Some("its-secret".to_owned()),
        "WRONG" => Some("not-its-secret".to_owned()),
        "PASSWORD" => Some("Ada-1815".to_owned()),
        _ => None,
    };
    let cli = Cli::try_parse_from(["cognito-authorizer"].iter().chain(arguments))
        .unwrap_or_else(|error| panic!("{arguments:?}: {error}"));
    let mut surroundings = Surroundings::new(&mut out, &mut messages, input(&mut typed), now, &variable);
    if let Some(columns) = columns {
        surroundings = surroundings.columns(columns);
    }
    let ended = cli.run(&mut surroundings).await;
    let mut messages = String::from_utf8(messages).unwrap();
    let exit = ended.unwrap_or_else(|error| {
        messages.push_str(&error.to_string());
        error.exit()
    });
    let out = anstream::adapter::strip_bytes(&out).into_vec();
    Ran { exit: exit.code(), out: String::from_utf8(out).unwrap(), messages }
}

/// Making a key takes a while, so the pools of the tests begin with one that is made once.
static KEYS: LazyLock<LocalPool> =
    LazyLock::new(|| LocalPool::builder(POOL).key_id("local-key").build().unwrap());

/// A pool with one key under a `kid` that is the same in each run, whose clock shows [`NOW`].
pub(crate) fn pool() -> LocalPool {
    configured(POOL).keys_of(&KEYS).build().unwrap()
}

/// The pool of [`pool`], with this id and issuer and two keys of its own.
pub(crate) fn other_pool(id: &str, issuer: &str) -> LocalPool {
    configured(id).issuer(issuer).build().unwrap()
}

fn configured(id: &str) -> cognito_local_pool::LocalPoolBuilder {
    LocalPool::builder(id)
        .clock(Clock::fixed(UNIX_EPOCH + Duration::from_secs(NOW.unsigned_abs())))
        .resource_server(ResourceServer::new("orders").scope("read").scope("write"))
        .app_client(AppClient::public(WEB_APP).allow_scope("orders/read"))
        .app_client(AppClient::confidential(MACHINE, "its-secret").allow_scope("orders/read"))
        .user(User::new("ada", "Ada-1815").group("ops"))
}

/// A pool's keys in a file.
#[derive(Debug)]
pub(crate) struct KeysFile {
    _folder: TempDir,
    path: PathBuf,
}

impl KeysFile {
    pub(crate) fn of(pool: &LocalPool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jwks.json");
        std::fs::write(&path, pool.jwks()).unwrap();
        Self { _folder: folder, path }
    }

    pub(crate) fn path(&self) -> &str {
        self.path.to_str().unwrap()
    }

    /// Explains what is presented on standard input, with these keys and options.
    pub(crate) async fn explain(&self, presented: &str, options: &[&str]) -> Ran {
        let mut arguments = vec!["explain", "--pool", POOL, "--jwks", self.path()];
        arguments.extend(options);
        explain(presented, &arguments).await
    }
}

/// Runs `explain` and checks that no token is shown.
pub(crate) async fn explain(presented: &str, arguments: &[&str]) -> Ran {
    let ran = run(arguments, presented).await;
    for part in presented.split(['.', ' ', '\n']).filter(|part| part.len() > 40) {
        let start: String = part.chars().take(9).collect();
        assert!(!ran.out.contains(&start) && !ran.messages.contains(&start), "a part is shown: {ran:?}");
    }
    ran
}

/// The report with `JTI` for the token's id, which is another one for each token.
pub(crate) fn without_jti(report: &str) -> String {
    let mut lines = Vec::new();
    for line in report.lines() {
        let id = line.trim_start().strip_prefix("jti ").or(line.trim_start().strip_prefix("\"jti\": \""));
        let id = id.map(|id| id.trim().trim_end_matches(['"', ',']));
        lines.push(id.map_or_else(|| line.to_owned(), |id| line.replace(id, "JTI")));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// The value of a member of a JSON object.
pub(crate) fn member(json: &str, name: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(json).unwrap();
    value[name].as_str().unwrap().to_owned()
}
