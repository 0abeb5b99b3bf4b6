//! Creates files. Never overwrites one, because somebody may have edited it.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use procwarden::text::error::Error;
use procwarden::text::escape;

/// Whether a path exists, even as a dangling link.
pub(super) fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Creates a file that everyone may read.
///
/// # Errors
/// If the path exists, or can't be written.
pub(super) fn create(path: &Path, text: &str) -> Result<(), Error> {
    let shown = escape::path(path);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o644).custom_flags(libc::O_NOFOLLOW);
    let mut file = options.open(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => occupied(path),
        ErrorKind::NotFound => {
            Error::new(format!("cannot create {shown}: {error}; create its directory first"))
        }
        _ => Error::new(format!("cannot create {shown}: {error}")),
    })?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(|error| {
        // Half a file would check too little.
        let _ = fs::remove_file(path);
        Error::new(format!("cannot write {shown}: {error}"))
    })
}

fn occupied(path: &Path) -> Error {
    let shown = escape::path(path);
    Error::new(format!(
        "{shown} is there already, and is not overwritten; see what has changed with: \
         procwarden suggest --compare {shown}; or remove it first"
    ))
}
