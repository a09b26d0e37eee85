//! `--tls`: a certificate that is made once and kept in the user's cache folder.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use cognito_local_pool::TlsIdentity;

use super::file;
use crate::error::PoolCommandError;

const LIMIT: u64 = 64 * 1024;
/// A certificate that expires sooner is replaced at the start.
const LEAST: Duration = Duration::from_secs(30 * 24 * 3600);

/// The certificate, and its file for clients.
pub(super) struct Certificate {
    pub(super) identity: TlsIdentity,
    pub(super) path: PathBuf,
}

/// The user's cache folder.
pub(super) fn cache_folder(variable: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let folder = |name: &str| variable(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let caches = match std::env::consts::OS {
        "windows" => folder("LOCALAPPDATA"),
        "macos" => folder("HOME").map(|home| home.join("Library/Caches")),
        // The XDG Base Directory Specification.
        _ => folder("XDG_CACHE_HOME").or_else(|| folder("HOME").map(|home| home.join(".cache"))),
    };
    caches.map(|caches| caches.join("cognito-authorizer"))
}

/// The certificate in `folder` for localhost, and for `name` if there is one, or a new certificate if there is none or it expires
/// soon.
///
/// Each name has its own certificate, so that the certificate for localhost, which browsers trust, stays the same.
pub(super) fn certificate(
    folder: &Path,
    name: Option<&str>,
    now: SystemTime,
) -> Result<Certificate, PoolCommandError> {
    // File names cannot contain the `:` of IPv6 addresses on every system.
    let suffix = name.map(|name| format!("-{}", name.replace(':', "_"))).unwrap_or_default();
    // Certificate and key are in one file, so that they are replaced together. The other file is for clients.
    let (kept, path) =
        (folder.join(format!("local-pool{suffix}-tls.pem")), folder.join(format!("local-pool{suffix}.crt")));
    let unusable = |problem: String| PoolCommandError::Tls { file: kept.display().to_string(), problem };
    let io = |error: io::Error| unusable(format!("cannot be used: {error}"));
    make_folder(folder).map_err(io)?;
    let identity = match file::read(&kept, LIMIT).map_err(|error| unusable(error.to_string()))? {
        Some(pem) => {
            let pem = String::from_utf8_lossy(&pem);
            let identity = TlsIdentity::from_pem(&pem, &pem).map_err(|error| {
                unusable(format!("is damaged: {error}; remove it, and trust the new certificate"))
            })?;
            let is_good = |identity: &TlsIdentity| {
                let time = now + LEAST;
                identity.is_good_at(time) && name.is_none_or(|name| identity.is_good_for(name, time))
            };
            Some(identity).filter(is_good)
        }
        None => None,
    };
    let identity = if let Some(identity) = identity {
        identity
    } else {
        let names: Vec<&str> = name.into_iter().collect();
        let identity = TlsIdentity::generate_for(&names, now).map_err(|error| unusable(error.to_string()))?;
        let pem = format!("{}{}", identity.certificate_pem(), identity.private_key_pem());
        file::write(&kept, pem.as_bytes()).map_err(io)?;
        identity
    };
    let public = public_part(identity.certificate_pem());
    if fs::read(&path).ok().as_deref() != Some(public.as_bytes()) {
        file::write(&path, public.as_bytes()).map_err(io)?;
    }
    Ok(Certificate { identity, path })
}

/// The certificate without the private key, which is beside it in the kept file.
fn public_part(pem: &str) -> String {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    let certificate = pem.split_once(BEGIN).and_then(|(_, rest)| Some(rest.split_once(END)?.0));
    certificate.map(|text| format!("{BEGIN}{text}{END}\n")).unwrap_or_default()
}

/// Creates the folder, readable only by its user.
fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}

/// The command that makes this user's browsers trust the certificate at `path`, which is quoted for a shell.
pub(super) fn trust_command(path: &str) -> String {
    match std::env::consts::OS {
        "windows" => format!("certutil -user -addstore Root {path}"),
        "macos" => {
            format!("security add-trusted-cert -p ssl -k ~/Library/Keychains/login.keychain-db {path}")
        }
        // Chromium-based browsers read this database; `certutil` is in the package `libnss3-tools`.
        _ => format!("certutil -d sql:$HOME/.pki/nssdb -A -t P,, -n cognito-local-pool -i {path}"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn at(days: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(days * 24 * 3600)
    }

    #[test]
    fn a_certificate_is_made_once_and_replaced_before_it_expires() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("a/b");
        let pem = |days| {
            let certificate = certificate(&folder, None, at(days)).unwrap();
            let public = fs::read_to_string(certificate.path).unwrap();
            assert!(!public.contains("PRIVATE"), "the file for clients has no key");
            assert!(certificate.identity.certificate_pem().starts_with(public.trim_end()));
            public
        };
        let first = pem(20_000);
        assert_eq!(pem(20_700), first);
        let second = pem(20_790);
        assert_ne!(second, first);
        assert_eq!(pem(20_791), second);
    }

    #[test]
    fn each_name_has_a_certificate_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let made = |name| certificate(folder.path(), name, at(20_000)).unwrap();
        let plain = made(None);
        for name in ["cognito", "192.168.0.5", "fe80::1"] {
            let named = made(Some(name));
            assert_ne!(named.path, plain.path);
            assert!(named.identity.is_good_for(name, at(20_000)) && named.identity.is_good_at(at(20_000)));
            let again = made(Some(name)).identity;
            assert_eq!(public_part(again.certificate_pem()), public_part(named.identity.certificate_pem()));
            assert_eq!(fs::read_to_string(&named.path).unwrap(), public_part(again.certificate_pem()));
        }
        let public = fs::read_to_string(made(None).path).unwrap();
        assert!(plain.identity.certificate_pem().starts_with(public.trim_end()), "it is still the first one");
    }

    /// A user may put a certificate there, with its key before it or after it.
    #[test]
    fn the_file_for_clients_never_has_the_key() {
        let identity = TlsIdentity::generate(at(20_000)).unwrap();
        let (certificate_pem, key_pem) = (identity.certificate_pem(), identity.private_key_pem());
        for pem in [format!("{certificate_pem}{key_pem}"), format!("{key_pem}{certificate_pem}")] {
            let folder = tempfile::tempdir().unwrap();
            file::write(&folder.path().join("local-pool-tls.pem"), pem.as_bytes()).unwrap();
            let path = certificate(folder.path(), None, at(20_000)).unwrap().path;
            assert_eq!(fs::read_to_string(path).unwrap().trim_end(), certificate_pem.trim_end());
        }
    }

    #[test]
    fn a_damaged_certificate_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        certificate(folder.path(), None, at(20_000)).unwrap();
        file::write(&folder.path().join("local-pool-tls.pem"), b"x").unwrap();
        let error = certificate(folder.path(), None, at(20_000)).err().unwrap().to_string();
        assert!(error.contains("local-pool-tls.pem is damaged: ") && error.contains("remove it"), "{error}");
    }

    #[test]
    fn the_cache_folder_is_absolute_or_there_is_none() {
        let folder = |name: &'static str, value: &'static str| {
            cache_folder(&move |asked| (asked == name).then(|| value.to_owned()))
        };
        if std::env::consts::OS == "linux" {
            assert_eq!(folder("XDG_CACHE_HOME", "/c").unwrap(), Path::new("/c/cognito-authorizer"));
            assert_eq!(folder("HOME", "/h").unwrap(), Path::new("/h/.cache/cognito-authorizer"));
        }
        assert_eq!(folder("HOME", "h"), None);
        assert_eq!(folder("OTHER", "/h"), None);
    }
}
