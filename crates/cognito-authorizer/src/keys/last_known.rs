//! The last good key sets on disk, so that the service can restart during an outage.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use cognito_verify::{KeySet, KeySetError, Pool, UnixTime};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tempfile::NamedTempFile;

use super::{schedule::Timing, source::MAX_BODY};
use crate::log_limiter::{Bounded, bounded};

/// The version of the file format; no other version is read.
const VERSION: u32 = 1;
/// The most bytes that an entry needs beside its key set: the pool's id and two URLs.
const MAX_FRAME: usize = 16 * 1024;
/// After this time, the temporary file of another process is considered abandoned.
const LEFT_BEHIND: Duration = Duration::from_secs(60);

/// The file that holds the last good set of every pool.
#[derive(Clone, Debug)]
pub(crate) struct LastKnown {
    path: Arc<Path>,
    folder: PathBuf,
    /// The prefix of the names of its temporary files.
    prefix: Arc<str>,
}

/// The key set of a pool, as it was read.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) pool: Arc<Pool>,
    pub(crate) keys: KeySet,
    pub(crate) fetched_at: UnixTime,
    pub(crate) body: Arc<[u8]>,
}

/// The key set of a pool, as it will be written.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) pool: Arc<Pool>,
    pub(crate) fetched_at: UnixTime,
    pub(crate) body: Arc<[u8]>,
}

impl Kept {
    fn entry(&self) -> serde_json::Result<Entry<'_>> {
        Ok(Entry {
            id: self.pool.id().to_string(),
            issuer: self.pool.issuer().into(),
            jwks_url: self.pool.jwks_url().into(),
            fetched_at: self.fetched_at.as_secs(),
            jwks: serde_json::from_slice(&self.body)?,
        })
    }
}

#[derive(Deserialize, Serialize)]
struct Document<'d> {
    version: u32,
    #[serde(borrow)]
    pools: Vec<Entry<'d>>,
}

#[derive(Deserialize, Serialize)]
struct Entry<'d> {
    id: String,
    issuer: String,
    jwks_url: String,
    /// In seconds.
    fetched_at: i64,
    /// As it was fetched.
    #[serde(borrow)]
    jwks: &'d RawValue,
}

/// Why a file, or its keys for one pool, are not used.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("it cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("it is not a regular file")]
    NotAFile,
    #[cfg(unix)]
    #[error("users other than its owner can write it (mode {mode:o})")]
    Writable { mode: u32 },
    #[cfg(unix)]
    #[error("it belongs to user {user}, which is neither this process's nor root")]
    Owner { user: u32 },
    #[error("it has more than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("it is damaged: {0}")]
    Damaged(#[from] serde_json::Error),
    #[error("it has format {found}; {VERSION} is read")]
    Version { found: u32 },
    #[error("it names a pool that is not configured, or with another issuer or another URL of the keys")]
    Foreign,
    #[error("it names the pool twice")]
    Twice,
    #[error("its keys were fetched in the future, at {fetched_at}")]
    Future { fetched_at: UnixTime },
    #[error("its keys are too old, fetched at {fetched_at}")]
    TooOld { fetched_at: UnixTime },
    #[error("its keys cannot be used: {0}")]
    Keys(#[from] KeySetError),
}

impl LastKnown {
    /// The file at this path, which need not exist; `None` if it could not be written: its folder does not exist, or may
    /// not be written by this process, or it is itself one.
    pub(crate) fn at(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy();
        let parent = path.parent()?;
        let folder = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        let file = Self { path: path.into(), folder: folder.into(), prefix: format!(".{name}.tmp-").into() };
        // Only writing shows for certain whether the file can be written; permission bits do not.
        file.temporary().is_ok_and(|_| !path.is_dir()).then_some(file)
    }

    /// Reads the sets that may be used. Others are logged and ignored.
    pub(crate) fn load(&self, pools: &[Arc<Pool>], timing: Timing, now: UnixTime) -> Vec<Known> {
        let path = Bounded(self.path.display());
        match self.read(pools.len()).and_then(|text| check(&text, pools, timing, now)) {
            Ok((known, refused)) => {
                for (pool, problem) in refused {
                    let (pool, problem) = (&*bounded(&pool), Bounded(problem));
                    tracing::warn!(%path, pool, %problem, "the last known keys of a pool are not used");
                }
                known
            }
            Err(Unusable::Io(error)) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(problem) => {
                let problem = Bounded(problem);
                tracing::warn!(%path, %problem, "the file of the last known keys is not used");
                Vec::new()
            }
        }
    }

    fn read(&self, pools: usize) -> Result<Vec<u8>, Unusable> {
        // Opening a named pipe must not block. It is refused below, once it is open.
        let mut options = OpenOptions::new();
        options.read(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
        }
        let file = options.open(&self.path)?;
        check_owner(&file)?;
        let limit = pools * (MAX_BODY + MAX_FRAME) + MAX_FRAME;
        let mut text = Vec::new();
        file.take(limit as u64 + 1).read_to_end(&mut text)?;
        if text.len() > limit { Err(Unusable::TooLarge { limit }) } else { Ok(text) }
    }

    /// Replaces the file atomically: a reader finds either the old file or the new one.
    pub(crate) async fn save(&self, kept: Vec<Kept>) {
        let file = self.clone();
        let written = tokio::task::spawn_blocking(move || file.write(&kept)).await;
        let written = written.unwrap_or_else(|error| Err(io::Error::other(error)));
        if let Err(error) = written {
            let (path, error) = (Bounded(self.path.display()), Bounded(error));
            tracing::warn!(%path, %error, "the last known keys cannot be kept");
        }
    }

    fn write(&self, kept: &[Kept]) -> io::Result<()> {
        let pools = kept.iter().map(Kept::entry).collect::<serde_json::Result<_>>()?;
        let mut file = self.temporary()?;
        file.write_all(&serde_json::to_vec(&Document { version: VERSION, pools })?)?;
        file.as_file().sync_all()?;
        let file = file.persist(&self.path).map_err(|refused| refused.error)?;
        // The new name must survive a power cut too. Windows cannot open folders.
        #[cfg(unix)]
        File::open(&self.folder)?.sync_all()?;
        // The keys are written. A temporary file that is left behind is not a failure.
        let _ = self.clean_up(&file);
        Ok(())
    }

    /// A temporary file in the same folder: readable by its owner only (0600), with a unique name, and removed when it is dropped.
    fn temporary(&self) -> io::Result<NamedTempFile> {
        tempfile::Builder::new().prefix(&*self.prefix).tempfile_in(&self.folder)
    }

    /// Removes what was left behind by processes that were killed while they wrote.
    fn clean_up(&self, newest: &File) -> io::Result<()> {
        let now = newest.metadata()?.modified()?;
        for entry in fs::read_dir(&self.folder)?.flatten() {
            let name = entry.file_name();
            let is_ours = name.to_str().is_some_and(|name| name.starts_with(&*self.prefix));
            let modified = || entry.metadata().and_then(|metadata| metadata.modified()).ok();
            let is_old =
                || modified().is_some_and(|then| now.duration_since(then).is_ok_and(|age| age > LEFT_BEHIND));
            if is_ours && is_old() {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

/// Anyone who can write the file can add keys and so forge tokens.
fn check_owner(file: &File) -> Result<(), Unusable> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(Unusable::NotAFile);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let (user, mode) = (metadata.uid(), metadata.mode() & 0o7777);
        if !is_trusted(user, rustix::process::geteuid().as_raw()) {
            return Err(Unusable::Owner { user });
        }
        if mode & 0o022 != 0 {
            return Err(Unusable::Writable { mode });
        }
    }
    Ok(())
}

/// Root could replace the keys anyway.
#[cfg(unix)]
fn is_trusted(owner: u32, process: u32) -> bool {
    owner == 0 || owner == process
}

/// The sets that may be used, and for the other pools why theirs may not.
type Checked = (Vec<Known>, Vec<(String, Unusable)>);

fn check(text: &[u8], pools: &[Arc<Pool>], timing: Timing, now: UnixTime) -> Result<Checked, Unusable> {
    let document: Document<'_> = serde_json::from_slice(text)?;
    if document.version != VERSION {
        return Err(Unusable::Version { found: document.version });
    }
    let (mut known, mut refused) = (Vec::<Known>::new(), Vec::new());
    for entry in document.pools {
        match entry.check(pools, timing, now) {
            Ok(found) if known.iter().any(|other| Arc::ptr_eq(&other.pool, &found.pool)) => {
                return Err(Unusable::Twice);
            }
            Ok(found) => known.push(found),
            Err(problem) => refused.push((entry.id, problem)),
        }
    }
    Ok((known, refused))
}

impl Entry<'_> {
    fn check(&self, pools: &[Arc<Pool>], timing: Timing, now: UnixTime) -> Result<Known, Unusable> {
        let is_this = |pool: &Arc<Pool>| {
            pool.id().as_str() == self.id && pool.issuer() == self.issuer && pool.jwks_url() == self.jwks_url
        };
        let pool = pools.iter().find(|pool| is_this(pool)).ok_or(Unusable::Foreign)?.clone();
        let fetched_at = UnixTime::from_secs(self.fetched_at);
        if fetched_at > now {
            return Err(Unusable::Future { fetched_at });
        }
        if fetched_at + timing.max_stale <= now {
            return Err(Unusable::TooOld { fetched_at });
        }
        let body = self.jwks.get().as_bytes();
        if body.len() > MAX_BODY {
            return Err(Unusable::TooLarge { limit: MAX_BODY });
        }
        Ok(Known { pool, keys: KeySet::from_json(body)?, fetched_at, body: body.into() })
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// A test across crates would need to run as root, who passes half of the checks anyway.
    #[test]
    fn a_file_may_belong_to_root_or_to_the_process() {
        for (owner, process, trusted) in
            [(0, 0, true), (0, 1000, true), (1000, 1000, true), (1000, 0, false), (1000, 1001, false)]
        {
            assert_eq!(is_trusted(owner, process), trusted, "{owner} {process}");
        }
    }
}
