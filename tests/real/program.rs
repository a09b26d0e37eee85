//! An example that runs as a program.

use std::{
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::{Child, Command},
    task::JoinSet,
};

use super::{setting, until};

/// The running program, which is killed when this is dropped.
pub(super) struct Program {
    child: Child,
    url: String,
    printed: Output,
    log: Output,
    readers: JoinSet<()>,
}

/// What the program wrote to one of its streams so far. The streams have separate buffers: in a shared one, a line of the log could come
/// between the pieces of a printed line.
#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Program {
    /// Starts the program whose path is in this variable, with these settings, and waits until it listens.
    pub(super) async fn start(binary: &str, settings: &[(&str, &str)]) -> Self {
        let mut program = Command::new(setting(binary));
        program
            .env_clear()
            .env("LISTEN", "127.0.0.1:0")
            .env("RUST_LOG", "trace")
            .envs(settings.iter().copied());
        Self::run(program).await
    }

    async fn run(mut program: Command) -> Self {
        let mut child = program
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{program:?} cannot be run: {error}"));
        let (printed, log) = (Output::default(), Output::default());
        let mut readers = JoinSet::new();
        readers.spawn(printed.clone().collect(child.stdout.take().expect("piped")));
        readers.spawn(log.clone().collect(child.stderr.take().expect("piped")));
        until("the line `listening on`", async || printed.listens_at().is_some()).await;
        let url = printed.listens_at().expect("just seen");
        Self { child, url, printed, log, readers }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// What it printed so far.
    pub(super) fn printed(&self) -> String {
        self.printed.text()
    }

    /// Everything it wrote so far: what it printed, and then its log.
    pub(super) fn output(&self) -> String {
        self.printed.text() + &self.log.text()
    }

    /// Sends it a signal (`TERM`, `INT`), and waits until it has ended and its output is read.
    pub(super) async fn stop(&mut self, signal: &str) -> ExitStatus {
        let process_id = self.child.id().expect("it runs").to_string();
        let kill = "kill -s \"$1\" \"$2\"";
        let sent = Command::new("sh").args(["-c", kill, "sh", signal, &process_id]).status().await;
        assert!(sent.expect("`sh` runs").success(), "the signal was not sent");
        let ended = tokio::time::timeout(Duration::from_secs(10), async {
            while self.readers.join_next().await.is_some() {}
            self.child.wait().await
        });
        ended.await.expect("it ends within ten seconds").expect("its status")
    }
}

impl Output {
    async fn collect(self, mut stream: impl AsyncRead + Unpin) {
        let mut buffer = Vec::with_capacity(4096);
        while stream.read_buf(&mut buffer).await.is_ok_and(|read| read > 0) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).append(&mut buffer);
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }

    fn listens_at(&self) -> Option<String> {
        let text = self.text();
        let whole_lines = text.rsplit_once('\n')?.0;
        whole_lines.lines().find_map(|line| line.strip_prefix("listening on ")).map(str::to_owned)
    }
}

#[tokio::test]
async fn a_printed_line_is_whole_even_if_the_program_logs_in_the_middle_of_it() {
    let mut shell = Command::new("sh");
    shell.args([
        "-c",
        // The pauses let the pieces arrive in this order.
        "printf TOKEN=; sleep 0.1; echo log >&2; sleep 0.1; echo abc; echo listening on here; exec sleep 60",
    ]);
    let program = Program::run(shell).await;
    until("the log", async || program.output().ends_with("log\n")).await;
    assert_eq!(program.printed(), "TOKEN=abc\nlistening on here\n");
    assert_eq!(program.output(), program.printed() + "log\n");
}
