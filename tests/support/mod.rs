//! What the whole-program tests are written in: real processes ([`specimen`]), recorded ones
//! ([`tree`]), and runs of the real binary with what it answered ([`check`], [`answer`]).
//!
//! Rules of this house: nothing outlives its guard; nothing sleeps and hopes, all waiting is for a
//! condition and has a bound; every process has a name that no other test uses, since tests run side
//! by side on a busy machine.

#![allow(dead_code, unused_imports, reason = "every test file uses its own part of this")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a helper that fails is a test that fails, but clippy only knows test functions"
)]

pub(crate) mod agent;
pub(crate) mod answer;
pub(crate) mod check;
pub(crate) mod namespace;
pub(crate) mod need;
pub(crate) mod skip;
pub(crate) mod specimen;
pub(crate) mod tree;
pub(crate) mod wait;

use std::ffi::{CString, OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

pub(crate) use agent::Agent;
pub(crate) use answer::Answer;
pub(crate) use check::{Check, Installed, NOBODY, between_scans};
pub(crate) use need::{Need, can, unit_top};
pub(crate) use skip::{lacking, skipped};
pub(crate) use specimen::{Process, Specimen, blocked};
pub(crate) use tree::Tree;
pub(crate) use wait::{Sleeping, until, until_asleep, until_some};

/// A name for a process, of at most 13 bytes, that no other test has, and that none of another
/// test's begins with: expressions find parts of names.
pub(crate) fn unique() -> String {
    static LAST: AtomicU32 = AtomicU32::new(0);
    let n = LAST.fetch_add(1, Ordering::Relaxed);
    format!("pw_{n}_{}", namespace::number())
}

/// A directory of one's own that every user may enter: the default of `tempfile` is mode 0700.
pub(crate) fn open_dir() -> tempfile::TempDir {
    let dir =
        tempfile::Builder::new().prefix("procwarden-").tempdir().expect("a temporary directory");
    std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).expect("chmod 0755");
    dir
}

/// The path that the kernel will show: `TMPDIR` may lead through links.
pub(crate) fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Copies an executable by way of `cp`. Written by this process instead, it could be refused with
/// ETXTBSY: a fork made meanwhile by another test's thread would hold it open for writing.
pub(crate) fn copy_executable(from: &Path, to: &Path) {
    let done = Command::new("cp").arg("--").arg(from).arg(to).output().expect("cp");
    assert!(done.status.success(), "cp {} {}: {done:?}", from.display(), to.display());
    std::fs::set_permissions(to, PermissionsExt::from_mode(0o755)).expect("chmod 0755");
}

/// Writes a script that can be executed at once (see [`copy_executable`]).
pub(crate) fn write_script(to: &Path, text: &str) {
    let draft = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(draft.path(), text).expect("the script");
    copy_executable(draft.path(), to);
}

/// Joins what is text and what is not: names of processes are bytes.
pub(crate) fn bytes(parts: &[&[u8]]) -> OsString {
    OsString::from_vec(parts.concat())
}

/// A value as the grammar wants it: a comma in it is written twice.
pub(crate) fn quoted(value: &OsStr) -> OsString {
    let mut out = Vec::new();
    for &byte in value.as_bytes() {
        out.push(byte);
        if byte == b',' {
            out.push(byte);
        }
    }
    OsString::from_vec(out)
}

/// A pipe with a name: a read of it never ends, since nobody writes.
pub(crate) fn fifo(path: &Path) {
    let path = CString::new(path.as_os_str().as_bytes()).expect("no NUL");
    // SAFETY: the path is a string that ends in NUL and outlives the call.
    assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o644) }, 0, "mkfifo");
}

/// The name of each plugin: what there are completions for, which are made from the program's table.
pub(crate) fn plugins() -> Vec<String> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions/bash");
    let files = std::fs::read_dir(dir).expect("completions/bash");
    files.map(|file| file.unwrap().file_name().into_string().expect("text")).collect()
}

/// How many processes the kernel shows under this name just now.
pub(crate) fn number_named(name: &str) -> usize {
    let is_named = |entry: &std::fs::DirEntry| {
        std::fs::read(entry.path().join("comm"))
            .is_ok_and(|comm| comm == format!("{name}\n").as_bytes())
    };
    let processes = std::fs::read_dir("/proc").expect("/proc");
    processes.flatten().filter(is_named).count()
}
