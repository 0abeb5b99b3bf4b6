//! Skipped tests. libtest counts them as passed and keeps what they print to itself, so each file's
//! tests end with a list of them on stderr:
//!
//! ```text
//! SKIPPED 2 tests: needs strace: one_of_them, another
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::panic::Location;
use std::sync::{Mutex, Once, PoisonError};

/// Why, and which tests.
static SKIPPED: Mutex<BTreeMap<String, BTreeSet<String>>> = Mutex::new(BTreeMap::new());

/// Notes that the calling test, or a part of it, is skipped because this machine lacks something.
/// In CI it fails: a test that never runs guards nothing.
#[track_caller]
pub(crate) fn lacking(what: &str) {
    assert!(std::env::var_os("CI").is_none(), "CI must have {what}");
    skipped(&format!("needs {what}"));
}

/// Notes that the calling test, or a part of it, is skipped, in CI too.
#[track_caller]
pub(crate) fn skipped(why: &str) {
    static AT_EXIT: Once = Once::new();
    // SAFETY: the handler is a function of this program, and calls no exit().
    AT_EXIT.call_once(|| assert_eq!(unsafe { libc::atexit(list) }, 0, "atexit"));
    // libtest names a test's thread after it, but runs all on the main one if told to use one.
    let thread = std::thread::current();
    let test = match thread.name() {
        Some(name) if name != "main" => name.to_owned(),
        _ => Location::caller().to_string(),
    };
    let mut skipped = SKIPPED.lock().unwrap_or_else(PoisonError::into_inner);
    skipped.entry(why.to_owned()).or_default().insert(test);
}

/// Runs when the program exits, whether or not a test failed.
extern "C" fn list() {
    let skipped = SKIPPED.lock().unwrap_or_else(PoisonError::into_inner);
    for (why, tests) in skipped.iter() {
        let names = tests.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let noun = if tests.len() == 1 { "test" } else { "tests" };
        // Whoever closed stderr does not want to know.
        let _ = writeln!(std::io::stderr(), "SKIPPED {} {noun}: {why}: {names}", tests.len());
    }
}
