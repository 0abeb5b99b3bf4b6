//! Whether a path leads to the same file for a process in another mount namespace, whose root we may not
//! enter.
//!
//! A service with `PrivateTmp=` has a mount namespace of its own, which differs from the host's only below
//! `/tmp` and `/var/tmp`. If that service is NRPE, all other processes are in another namespace than the check.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::host::patience;
use crate::host::steps::Steps;
use crate::kernel::mountinfo::location;

/// Whether every directory, link and file on the way of an absolute path is the same one in both tables of
/// mounts; links are followed in ours. `false` if that is not certain.
pub(super) fn is_same_way(ours: &[u8], theirs: &[u8], path: &Path) -> bool {
    let is_same = |at: &Path| {
        let at = at.as_os_str().as_bytes();
        location(ours, at).is_some_and(|place| location(theirs, at) == Some(place))
    };
    let mut at = PathBuf::from("/");
    let mut ahead = Steps::of(path);
    while is_same(&at) {
        let Some(part) = ahead.next() else { return true };
        if part.as_os_str() == ".." {
            at.pop();
            continue;
        }
        at.push(part);
        if !is_same(&at) {
            return false;
        }
        let target = match patience::path(&at, |at| fs::read_link(at)) {
            Some(Ok(target)) => target,
            // No link.
            Some(Err(_)) => continue,
            None => return false,
        };
        if ahead.follow(&target).is_err() {
            return false;
        }
        // An absolute target replaces all of it.
        at.pop();
        if target.is_absolute() {
            at = PathBuf::from("/");
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    const OURS: &str =
        "30 1 8:1 / / rw - ext4 /dev/sda1 rw\n31 30 8:2 / /home rw - ext4 /dev/sda2 rw\n";

    fn is_same(theirs: &str, path: &str) -> bool {
        is_same_way(OURS.as_bytes(), theirs.as_bytes(), Path::new(path))
    }

    #[test]
    fn a_path_is_the_same_where_both_see_the_same_file_systems() {
        // As PrivateTmp= and ProtectSystem= leave it.
        let theirs = "50 49 8:1 / / rw - ext4 /dev/sda1 rw\n51 50 8:2 / /home rw - ext4 /dev/sda2 rw\n\
            52 50 8:1 /tmp/systemd-private-x/tmp /tmp rw - ext4 /dev/sda1 rw\n\
            53 50 8:1 /usr /usr ro - ext4 /dev/sda1 rw\n";
        for path in ["/", "/home/alice/bin/appd", "/usr/no/such", "/opt/../usr/no", "/tmpx"] {
            assert!(is_same(theirs, path), "{path}");
        }
        for path in ["/tmp", "/tmp/appd", "/usr/../tmp/appd", "/opt/with space"] {
            assert!(!is_same(theirs, path), "{path}");
        }
        assert!(!is_same("", "/home/alice"));
        // Another file system at /, and one over all of a mount that is still listed.
        assert!(!is_same(&OURS.replace("8:1", "8:3"), "/home/alice"));
        let covered = format!("{OURS}32 30 0:40 / /home rw - tmpfs none rw\n");
        assert!(!is_same(&covered, "/home/alice"));
    }

    #[test]
    fn links_are_followed() {
        let dir = tempfile::tempdir().unwrap();
        let shown = dir.path().display().to_string();
        symlink(dir.path().join("b"), dir.path().join("a")).unwrap();
        symlink("../private/x", dir.path().join("b")).unwrap();
        let theirs = |point: &str| format!("{OURS}33 30 0:41 / {point} rw - tmpfs none rw\n");
        let path = format!("{shown}/a/appd");
        assert!(is_same(&theirs("/elsewhere"), &path));
        let target = dir.path().parent().unwrap().join("private");
        assert!(!is_same(&theirs(&target.display().to_string()), &path));
        // A link to itself.
        symlink("loop", dir.path().join("loop")).unwrap();
        assert!(!is_same(OURS, &format!("{shown}/loop")));
    }
}
