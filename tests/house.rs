//! What the other tests rely on: a skipped test is seen in a plain `cargo test`, and fails in CI;
//! root's tests are alone, and orphans are reaped.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod support;

use std::path::Path;
use std::process::{Command, Output};

use support::{Need, can, lacking, until};

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

/// As everywhere, orphans go to PID 1. One that it left a zombie would be counted.
#[test]
fn tests_are_alone_below_a_first_process_that_reaps() {
    if !can(Need::Root) || !can(Need::PidNamespace) || !can(Need::MountNamespace) {
        return;
    }
    assert!(can(Need::Alone), "a machine that has namespaces gives one to the tests");
    let first = std::fs::read_link("/proc/1/exe").unwrap();
    assert_eq!(first, std::env::current_exe().unwrap());
    let output = Command::new("sh").args(["-c", "sleep 0 >/dev/null & echo $!"]).output().unwrap();
    let orphan = String::from_utf8(output.stdout).unwrap();
    let orphan = Path::new("/proc").join(orphan.trim_end());
    until("PID 1 has reaped the orphan", || !orphan.exists());
}
