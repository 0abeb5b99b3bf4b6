//! A skipped test is seen in a plain `cargo test`, and fails in CI.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod support;

use std::process::{Command, Output};

use support::lacking;

/// Set where this file runs itself.
const AGAIN: &str = "PROCWARDEN_SKIP_AGAIN";

#[test]
fn stands_on_the_moon() {
    if std::env::var_os(AGAIN).is_some() {
        lacking("the moon");
    }
}

/// Runs the test above, with its output captured by libtest.
fn rerun(in_ci: bool) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    // With one thread, libtest would run the test on its main one, which has another name.
    command.args(["stands_on_the_moon", "--test-threads=2"]);
    command.env(AGAIN, "1").env_remove("CI");
    if in_ci {
        command.env("CI", "true");
    }
    command.output().unwrap()
}

#[test]
fn skipped_tests_are_listed_on_stderr() {
    let output = rerun(false);
    assert!(output.status.success(), "{output:?}");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(stderr, "SKIPPED 1 test: needs the moon: stands_on_the_moon\n");
}

#[test]
fn skipped_tests_fail_in_ci() {
    let output = rerun(true);
    assert_eq!(output.status.code(), Some(101), "{output:?}");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains("CI must have the moon"), "{stdout}");
}
