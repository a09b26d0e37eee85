//! The last known keys on disk: when they are used, and when they are not.

use std::{
    fs, io,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

use cognito_authorizer::{
    CognitoAuthBuilder, ConfigError, UserPool,
    clock::{Clock, ManualClock},
};
use expect_test::expect;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    DAY, HOUR, LONG, ROTATION, SECOND, ask, builder_on, code, jwks,
    server::{Answer, FaultServer},
    state, until,
};
use crate::support::{
    clock,
    events::{Events, end_if_secret},
};

/// A pool's server, and a file on disk.
struct Site {
    clock: ManualClock,
    server: FaultServer,
    folder: TempDir,
}

impl Site {
    async fn new() -> Self {
        let clock = clock();
        let server = FaultServer::start(&clock, Answer::good(&ROTATION.old)).await;
        Self { clock, server, folder: TempDir::new().expect("a folder") }
    }

    /// After a run that wrote the file. Since then, the server fails.
    async fn after_a_run() -> Self {
        let site = Self::new().await;
        let auth = site.layer().connect().await.expect("keys");
        site.written().await;
        drop(auth);
        site.server.answer(Answer::Status(500));
        site
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("keys.json")
    }

    fn layer(&self) -> CognitoAuthBuilder {
        self.layer_keeping(self.file())
    }

    fn layer_keeping(&self, file: impl Into<PathBuf>) -> CognitoAuthBuilder {
        builder_on(&self.server, &self.clock, jwks(LONG).last_known(file))
    }

    /// Waits until the file has the keys of this very second.
    async fn written(&self) {
        let now = self.clock.now().as_secs();
        until("the file", || {
            self.file().exists()
                && read(&self.file())["pools"]
                    .as_array()
                    .expect("pools")
                    .iter()
                    .any(|pool| pool["fetched_at"] == now)
        })
        .await;
    }
}

fn read(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).expect("a file")).expect("JSON")
}

fn write(file: &Path, change: impl FnOnce(&mut Value)) {
    let mut document = read(file);
    change(&mut document);
    fs::write(file, document.to_string()).expect("written");
}

#[tokio::test]
async fn a_restart_during_an_outage_serves() {
    let site = Site::after_a_run().await;
    site.clock.advance(HOUR);
    let auth = site.layer().connect().await.expect("the last known keys are enough to start");
    assert_eq!(site.server.count(), 2, "the first fetch is attempted all the same");
    assert_eq!(code(&auth, &ROTATION.old_token).await, 200);
    let status = state(&auth);
    assert_eq!((status.age, status.failures, status.is_ready()), (Some(HOUR), 1, true));
    // A key that is not among them may exist by now.
    assert_eq!(ask(&auth, &ROTATION.new_token).await.status, 503);
    // The very first requests are served, too, before any fetch ends.
    site.server.answer(Answer::Hang);
    let auth = site.layer().connect_lazy().expect("a layer");
    assert_eq!(code(&auth, &ROTATION.old_token).await, 200);
    // A restart does not change the age of the keys.
    site.clock.advance(DAY.checked_sub(HOUR).unwrap());
    assert!(!auth.status().is_ready());
    drop(auth);
    site.server.answer(Answer::Status(500));
    assert_eq!(code(&site.layer().connect_lazy().expect("a layer"), &ROTATION.old_token).await, 503);
    assert!(matches!(site.layer().connect().await, Err(ConfigError::Keys { .. })));
}

#[tokio::test]
async fn after_the_outage_the_file_follows_the_pool() {
    let site = Site::after_a_run().await;
    site.server.answer(Answer::good(&ROTATION.new));
    site.clock.advance(SECOND);
    let auth = site.layer().connect().await.expect("keys");
    assert_eq!((code(&auth, &ROTATION.old_token).await, code(&auth, &ROTATION.new_token).await), (401, 200));
    site.written().await;
    assert_eq!(
        read(&site.file())["pools"][0]["jwks"],
        serde_json::from_str::<Value>(&ROTATION.new).expect("JSON")
    );
    // A refresh with the same keys renews their time.
    site.clock.advance(HOUR);
    site.written().await;
    let mode = fs::metadata(site.file()).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let files = fs::read_dir(site.folder.path()).expect("a folder").count();
    assert_eq!(files, 1, "nothing else is left there");
}

#[tokio::test]
async fn a_pool_with_an_outage_stays_in_the_file() {
    let site = Site::new().await;
    let partners = FaultServer::start(&site.clock, Answer::good(&ROTATION.both)).await;
    let pool = || UserPool::new("us-east-1_Partners").any_client().jwks_url(partners.url());
    let fetched_at = site.clock.now().as_secs();
    let auth = site.layer().user_pool(pool()).connect().await.expect("keys");
    until("a file with both pools", || site.file().exists() && read(&site.file())["pools"][1].is_object())
        .await;
    drop(auth);
    partners.answer(Answer::Status(500));
    site.clock.advance(HOUR);
    let auth = site.layer().user_pool(pool()).connect().await.expect("keys");
    site.written().await;
    let kept = read(&site.file());
    assert_eq!(kept["pools"][1]["id"], "us-east-1_Partners");
    assert_eq!(kept["pools"][1]["fetched_at"], fetched_at);
    assert_eq!(auth.status().pools[1].age, Some(HOUR));
}

#[tokio::test]
async fn old_temporary_files_of_a_killed_process_are_removed() {
    let site = Site::new().await;
    let (old, new) =
        (site.folder.path().join(".keys.json.tmp-old"), site.folder.path().join(".keys.json.tmp-new"));
    let other = site.folder.path().join(".keys.json.swp");
    for file in [&old, &new, &other] {
        fs::write(file, "{").expect("written");
    }
    let long_ago = fs::metadata(&old).and_then(|metadata| metadata.modified()).expect("a time") - HOUR;
    for file in [&old, &other] {
        fs::File::options().write(true).open(file).and_then(|file| file.set_modified(long_ago)).expect("set");
    }
    let _auth = site.layer().connect().await.expect("keys");
    until("its removal", || !old.exists()).await;
    assert!(new.exists() && other.exists() && site.file().exists());
}

/// A way to spoil the file at this path.
type Spoil = fn(&Path);

const BAD_FILES: [(&str, Spoil); 22] = [
    ("absent", |file| fs::remove_file(file).expect("removed")),
    ("empty", |file| fs::write(file, "").expect("written")),
    ("truncated", |file| {
        let whole = fs::read(file).expect("a file");
        fs::write(file, whole.split_at(whole.len() - 20).0).expect("written");
    }),
    ("noise", |file| fs::write(file, [0, 159, 146, 150]).expect("written")),
    ("endless", |file| fs::File::create(file).and_then(|file| file.set_len(1 << 40)).expect("sparse")),
    ("deep", |file| fs::write(file, "[".repeat(100_000)).expect("written")),
    ("other JSON", |file| fs::write(file, r#"{"keys":[]}"#).expect("written")),
    ("a later format", |file| write(file, |document| document["version"] = json!(2))),
    ("no pools", |file| write(file, |document| document["pools"] = json!([]))),
    ("twice", |file| {
        write(file, |document| {
            let pool = document["pools"][0].clone();
            document["pools"].as_array_mut().expect("pools").push(pool);
        });
    }),
    ("another pool", |file| {
        write(file, |document| document["pools"][0]["id"] = json!("eu-west-1_Ab12Cd34E"));
    }),
    ("another issuer", |file| {
        write(file, |document| document["pools"][0]["issuer"] = json!("https://example.com"));
    }),
    ("another URL", |file| {
        write(file, |document| document["pools"][0]["jwks_url"] = json!("https://example.com"));
    }),
    ("from the future", |file| {
        write(file, |document| document["pools"][0]["fetched_at"] = json!(1_767_225_601));
    }),
    ("too old", |file| {
        write(file, |document| document["pools"][0]["fetched_at"] = json!(1_767_225_600 - 86_400));
    }),
    ("older than time", |file| write(file, |document| document["pools"][0]["fetched_at"] = json!(i64::MIN))),
    ("no keys", |file| write(file, |document| document["pools"][0]["jwks"] = json!({ "keys": [] }))),
    ("no set", |file| write(file, |document| document["pools"][0]["jwks"] = json!("AAAA"))),
    ("writable by all", |file| fs::set_permissions(file, PermissionsExt::from_mode(0o606)).expect("set")),
    ("writable by the group", |file| {
        fs::set_permissions(file, PermissionsExt::from_mode(0o660)).expect("set");
    }),
    ("a link to a device", |file| {
        fs::remove_file(file).expect("removed");
        symlink("/dev/zero", file).expect("linked");
    }),
    ("a named pipe", |file| {
        fs::remove_file(file).expect("removed");
        let made = std::process::Command::new("mkfifo").arg(file).status().expect("coreutils");
        assert!(made.success());
    }),
];

#[tokio::test]
async fn a_bad_file_is_logged_and_not_used() {
    let mut lines = Vec::new();
    for (name, spoil) in BAD_FILES {
        let site = Site::after_a_run().await;
        spoil(&site.file());
        let events = Events::listen();
        let Err(ConfigError::Keys { .. }) = site.layer().connect().await else {
            panic!("{name}: it is used")
        };
        let auth = site.layer().connect_lazy().expect("a layer");
        assert_eq!(code(&auth, &ROTATION.old_token).await, 503, "{name}");
        let text = events.text().replace(&site.folder.path().display().to_string(), "");
        let warned: Vec<_> = text.lines().filter(|line| line.contains("last known keys")).collect();
        let line = warned.first().and_then(|line| line.split_once("cognito_authorizer::keys::last_known: "));
        lines.push(format!("{name}: {}", line.map_or("nothing is logged", |(_, line)| line)));
        // One warning from each layer.
        assert_eq!(warned.len(), if line.is_some() { 2 } else { 0 }, "{name}: {text}");
        assert!(warned.iter().all(|line| line.contains("WARN")), "{name}: {text}");
        // It does not prevent later writes.
        drop(auth);
        site.server.answer(Answer::good(&ROTATION.old));
        let auth = site.layer().connect().await.expect("keys");
        assert_eq!(code(&auth, &ROTATION.old_token).await, 200, "{name}");
    }
    expect![[r#"
        absent: nothing is logged
        empty: the file of the last known keys is not used path=/keys.json problem=it is damaged: EOF while parsing a value at line 1 column 0
        truncated: the file of the last known keys is not used path=/keys.json problem=it is damaged: EOF while parsing a string at line 1 column 1104
        noise: the file of the last known keys is not used path=/keys.json problem=it is damaged: expected value at line 1 column 1
        endless: the file of the last known keys is not used path=/keys.json problem=it has more than 182768 bytes
        deep: the file of the last known keys is not used path=/keys.json problem=it is damaged: invalid type: sequence, expected u32 at line 1 column 1
        other JSON: the file of the last known keys is not used path=/keys.json problem=it is damaged: missing field `version` at line 1 column 11
        a later format: the file of the last known keys is not used path=/keys.json problem=it has format 2; 1 is read
        no pools: nothing is logged
        twice: the file of the last known keys is not used path=/keys.json problem=it names the pool twice
        another pool: the last known keys of a pool are not used path=/keys.json pool="eu-west-1_Ab12Cd34E" problem=it names a pool that is not configured, or with another issuer or another URL of the keys
        another issuer: the last known keys of a pool are not used path=/keys.json pool="ap-south-1_abcdefghi" problem=it names a pool that is not configured, or with another issuer or another URL of the keys
        another URL: the last known keys of a pool are not used path=/keys.json pool="ap-south-1_abcdefghi" problem=it names a pool that is not configured, or with another issuer or another URL of the keys
        from the future: the last known keys of a pool are not used path=/keys.json pool="ap-south-1_abcdefghi" problem=its keys were fetched in the future, at 1767225601
        too old: the last known keys of a pool are not used path=/keys.json pool="ap-south-1_abcdefghi" problem=its keys are too old, fetched at 1767139200
        older than time: the last known keys of a pool are not used path=/keys.json pool="ap-south-1_abcdefghi" problem=its keys are too old, fetched at -9223372036854776
        no keys: the last known keys of a pool are not used path=/keys.json pool="ap-south-1_abcdefghi" problem=its keys cannot be used: none of its 0 keys can be used
        no set: the last known keys of a pool are not used path=/keys.json pool="ap-south-1_abcdefghi" problem=its keys cannot be used: it is not a JWK Set, which is a JSON object with the member `keys`
        writable by all: the file of the last known keys is not used path=/keys.json problem=users other than its owner can write it (mode 606)
        writable by the group: the file of the last known keys is not used path=/keys.json problem=users other than its owner can write it (mode 660)
        a link to a device: the file of the last known keys is not used path=/keys.json problem=it is not a regular file
        a named pipe: the file of the last known keys is not used path=/keys.json problem=it is not a regular file
    "#]].assert_eq(&(lines.join("\n") + "\n"));
}

/// A set in the file may have as many bytes as a fetched one. The limit of the file adds the text around the sets.
#[tokio::test]
async fn the_size_limits_are_exact() {
    const SET: usize = 150_000;
    const FILE: usize = SET + 2 * 16 * 1024;
    let padded = |text: &str, length: usize| format!("{}{}", " ".repeat(length - text.len()), text);
    for (set, file, served) in [(SET, FILE, true), (SET + 1, FILE, false), (SET, FILE + 1, false)] {
        let site = Site::after_a_run().await;
        let document = fs::read_to_string(site.file()).expect("a file");
        let (before, after) = document.split_once(r#""jwks":"#).expect("a set");
        // White space after the `{` of the set makes the set longer; white space before the document makes only the file longer.
        let inside = padded(after.strip_prefix('{').expect("an object"), set - "{".len() + "}]}".len());
        let whole = padded(&format!(r#"{before}"jwks":{{{inside}"#), file);
        fs::write(site.file(), whole).expect("written");
        assert_eq!(site.layer().connect().await.is_ok(), served, "{set} {file}");
    }
}

#[tokio::test]
async fn a_file_of_another_user_is_not_used() {
    let site = Site::after_a_run().await;
    // Only root can change the owner of a file. Without root, there is nothing to test.
    if std::os::unix::fs::chown(site.file(), Some(4242), None).is_ok() {
        let events = Events::listen();
        assert!(matches!(site.layer().connect().await, Err(ConfigError::Keys { .. })));
        assert!(events.text().contains("it belongs to user 4242"), "{}", events.text());
    }
}

#[tokio::test]
async fn a_link_to_a_good_file_is_followed() {
    let site = Site::after_a_run().await;
    let there = site.folder.path().join("there.json");
    fs::rename(site.file(), &there).expect("moved");
    symlink(&there, site.file()).expect("linked");
    let auth = site.layer().connect().await.expect("keys");
    assert_eq!(code(&auth, &ROTATION.old_token).await, 200);
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_logged_and_requests_go_on() {
    let site = Site::new().await;
    let folder = site.folder.path().join("gone");
    fs::create_dir(&folder).expect("made");
    let builder = site.layer_keeping(folder.join("keys.json"));
    let events = Events::listen();
    let auth = builder.connect_lazy().expect("a layer");
    fs::remove_dir(&folder).expect("removed");
    assert_eq!(code(&auth, &ROTATION.old_token).await, 200);
    until("the warning", || events.text().contains("the last known keys cannot be kept")).await;
    auth.refresh().await;
    assert_eq!(state(&auth).failures, 0);
}

/// A subscriber of the log may panic.
#[tokio::test]
async fn a_panic_while_a_warning_is_logged_does_not_end_the_writing_of_the_file() {
    let site = Site::new().await;
    let folder = site.folder.path().join("gone");
    fs::create_dir(&folder).expect("made");
    let file = folder.join("keys.json");
    let auth = site.layer_keeping(&file).connect_lazy().expect("a layer");
    fs::remove_dir(&folder).expect("removed");
    let has_panicked = Arc::<AtomicBool>::default();
    let panicking = has_panicked.clone();
    let subscriber =
        tracing_subscriber::fmt().with_ansi(false).with_writer(move || Panicking(panicking.clone())).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    assert!(auth.refresh().await.is_ready());
    until("the panic", || has_panicked.load(SeqCst)).await;
    fs::create_dir(&folder).expect("made");
    assert!(auth.refresh().await.is_ready());
    until("the file", || file.exists()).await;
}

/// A writer that panics at a word.
struct Panicking(Arc<AtomicBool>);

impl io::Write for Panicking {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        end_if_secret(line);
        if String::from_utf8_lossy(line).contains("cannot be kept") {
            self.0.store(true, SeqCst);
            panic!("the log panics, as the test intends");
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_path_that_cannot_be_written_is_an_error_at_the_start() {
    let site = Site::new().await;
    let folder = site.folder.path();
    // Not even root may write a file to `/proc`.
    let unwritable = "/proc/keys.json";
    let missing = folder.join("none/keys.json");
    for path in [folder.to_owned(), missing, "".into(), "/".into(), folder.join(".."), unwritable.into()] {
        let error = site.layer_keeping(&path).connect_lazy().expect_err("a mistake");
        assert!(matches!(&error, ConfigError::LastKnownKeys { path: given } if *given == path), "{path:?}");
    }
    let error = site.layer_keeping("none/keys.json").connect_lazy().expect_err("a mistake");
    expect![[r#"`.last_known("none/keys.json")` cannot be written: its folder must exist and this process must be allowed to write there; create the folder, or give another path"#]].assert_eq(&error.to_string());
}
