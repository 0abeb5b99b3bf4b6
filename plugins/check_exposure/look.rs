//! Looks at the paths that processes name. A dead mount may lie on the way.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use procwarden::host::patience;
use procwarden::proc::fact::Fact;
use procwarden::proc::process::NO_ANSWER;

/// Looks at a path.
///
/// # Errors
/// Hidden, if it does not answer.
pub(super) fn look<T: Send + 'static>(
    path: &Path,
    look: impl FnOnce(&Path) -> T + Send + 'static,
) -> Fact<T> {
    patience::path(path, look).ok_or(NO_ANSWER)
}

/// What lies at a path, behind all links.
///
/// # Errors
/// Hidden, if it does not answer.
pub(super) fn metadata(path: &Path) -> Fact<io::Result<Metadata>> {
    look(path, |path| fs::metadata(path))
}

/// The path without links; `None` if no file is there.
///
/// # Errors
/// Hidden, if it does not answer.
pub(super) fn real_path(path: &Path) -> Fact<Option<PathBuf>> {
    look(path, |path| fs::canonicalize(path).ok())
}
