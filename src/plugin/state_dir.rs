//! The directory where a check keeps data for its next run. Only this user can enter it.
//!
//! It is `BASE/UID`, mode 0700, and owned by us. The base may belong to anybody and be shared by
//! several users, as `$MP_STATE_PATH` of the Monitoring Plugins is. What matters is that nobody else
//! can plant a file in the directory, or replace the directory unnoticed.

use std::ffi::OsStr;
use std::fs::DirBuilder;
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, fstat, mkdirat, openat};
use rustix::io::Errno;
use rustix::process::geteuid;

use crate::host::names;
use crate::host::progress::{self, Stage};
use crate::text::error::Error;
use crate::text::escape;

/// The default base, if this user may write to it.
const SYSTEM: &str = "/var/lib/procwarden";

/// An open directory that only this user can enter.
#[derive(Debug)]
pub struct StateDir {
    directory: OwnedFd,
    path: PathBuf,
}

impl StateDir {
    /// Opens the directory below `base`, and creates it if need be. Without `base`, tries
    /// `$MP_STATE_PATH`; without that, `/var/lib/procwarden` and then XDG's state home.
    ///
    /// # Errors
    /// Names the place that can't be used, and why.
    pub fn open(base: Option<&Path>) -> Result<Self, Error> {
        progress::enter(Stage::Remembering);
        let chosen = base.map(Path::to_owned);
        if let Some(base) = chosen.or_else(|| set("MP_STATE_PATH")) {
            return Self::below(&base);
        }
        let mut first_error = None;
        for base in std::iter::once(PathBuf::from(SYSTEM)).chain(home()) {
            match Self::below(&base) {
                Ok(directory) => return Ok(directory),
                Err(error) => _ = first_error.get_or_insert(error),
            }
        }
        Err(first_error.unwrap_or_else(|| Error::new("there is no place for a state file")))
    }

    fn below(base: &Path) -> Result<Self, Error> {
        let uid = geteuid().as_raw();
        let path = base.join(uid.to_string());
        let fail = |why: String| Error::new(why).at(escape::path(&path));
        let made = DirBuilder::new().recursive(true).mode(0o755).create(base);
        made.map_err(|error| fail(error.to_string()))?;
        let directory =
            open_own(base, &uid.to_string()).map_err(|errno| fail(errno.to_string()))?;
        let found = fstat(&directory).map_err(|errno| fail(errno.to_string()))?;
        if found.st_uid != uid {
            return Err(fail(format!("it belongs to UID {}", found.st_uid)));
        }
        if found.st_mode & 0o077 != 0 {
            return Err(fail("others may enter it; chmod 700".into()));
        }
        Ok(Self { directory, path })
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) const fn as_directory(&self) -> &OwnedFd {
        &self.directory
    }
}

/// Opens the directory `name` in `base`, and creates it if need be. The path of `base` may contain
/// links, because it comes from whoever runs us. `name` itself must not be a link.
fn open_own(base: &Path, name: &str) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let base = openat(CWD, base, flags, Mode::empty())?;
    let open = || openat(&base, name, flags | OFlags::NOFOLLOW, Mode::empty());
    match open() {
        Err(Errno::NOENT) => match mkdirat(&base, name, Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => open(),
            Err(errno) => Err(errno),
        },
        opened => opened,
    }
}

/// The value of an environment variable, if it is an absolute path.
fn set(variable: &str) -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os(variable)?);
    path.is_absolute().then_some(path)
}

/// This user's XDG state home. Without `$HOME` we ask the user database: an agent may run us with an
/// empty environment.
fn home() -> Option<PathBuf> {
    let state = set("XDG_STATE_HOME").or_else(|| {
        let of_user = || names::home(geteuid().as_raw()).filter(|home| home.is_absolute());
        let home = set("HOME").or_else(of_user)?;
        Some(home.join(".local/state"))
    });
    Some(state?.join(OsStr::new("procwarden")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn it_is_made_for_this_user_alone() {
        let base = tempfile::tempdir().unwrap();
        let base = base.path().join("a/b");
        let first = StateDir::open(Some(&base)).unwrap();
        assert_eq!(mode(first.path()), 0o700);
        assert!(StateDir::open(Some(&base)).is_ok());
    }

    #[test]
    fn what_others_may_enter_or_leads_elsewhere_is_refused() {
        let base = tempfile::tempdir().unwrap();
        let own = base.path().join(geteuid().as_raw().to_string());
        let error = || StateDir::open(Some(base.path())).unwrap_err().to_string();
        fs::create_dir(&own).unwrap();
        fs::set_permissions(&own, fs::Permissions::from_mode(0o750)).unwrap();
        assert!(error().ends_with("others may enter it; chmod 700"));
        fs::remove_dir(&own).unwrap();
        let target = base.path().join("target");
        DirBuilder::new().mode(0o700).create(&target).unwrap();
        symlink(&target, &own).unwrap();
        assert!(error().contains("os error"), "{}", error());
        fs::remove_file(&own).unwrap();
        fs::write(&own, "").unwrap();
        assert!(error().contains("Not a directory"), "{}", error());
    }
}
