//! The README's commands are real: each is run as it stands there.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod support;

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use regex::Regex;

use support::{Need, can};

/// Lines of the README's `sh` blocks that begin with `word`.
fn commands(word: &str) -> Vec<String> {
    let readme =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let blocks = readme.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let lines = blocks.flat_map(str::lines);
    lines.filter(|line| line.starts_with(word)).map(str::to_owned).collect()
}

/// Runs it where all processes are its own: those of this machine may be out of sight even to root,
/// and a check that needs them is then rightly UNKNOWN.
fn run_in(links: &Path, command: &str) -> Output {
    let path = format!("{}:{}", links.display(), std::env::var("PATH").unwrap());
    let mut alone = Command::new("unshare");
    alone.args(["--pid", "--fork", "--mount-proc", "sh", "-c", command]);
    alone.env("PATH", path).output().unwrap()
}

#[test]
fn every_check_in_the_readme_gives_a_verdict() {
    if !can(Need::PidNamespace) || !can(Need::MountNamespace) {
        return;
    }
    let links = tempfile::tempdir().unwrap();
    let binary = env!("CARGO_BIN_EXE_procwarden");
    let made = Command::new(binary).arg("link").arg(links.path()).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    let commands = commands("check_");
    assert!(commands.len() >= 10, "ten examples, not {}", commands.len());
    for command in commands {
        let output = run_in(links.path(), &command);
        let text = String::from_utf8(output.stdout).unwrap();
        let verdicts = ["is OK: ", "is WARNING: ", "is CRITICAL: "];
        assert!(verdicts.iter().any(|verdict| text.contains(verdict)), "{command}: {text}");
        assert!(output.stderr.is_empty(), "{command}");
    }
}

#[test]
fn the_first_command_is_a_check_of_this_machine() {
    let first = commands("cargo run").remove(0);
    let arguments = first.split_once("-- ").unwrap().1.split(' ').collect::<Vec<_>>();
    let mut text = String::new();
    // A machine that tests have been busy on may be slow to reap their dead.
    let give_up = Instant::now() + Duration::from_secs(60);
    while !text.starts_with("PROCCOUNT is OK: user=root ") {
        assert!(Instant::now() < give_up, "{text}");
        let mut check = Command::new(env!("CARGO_BIN_EXE_procwarden"));
        text = String::from_utf8(check.args(&arguments).output().unwrap().stdout).unwrap();
    }
}

/// Installed pages and this one name no file that only the source has.
#[test]
fn what_is_installed_names_what_is_installed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = std::fs::read_dir(root.join("man")).unwrap().map(|page| page.unwrap().path());
    let is_source = Regex::new(
        r"(?m)(^|[\s`(])((docs|packaging|tests|benches|fuzz|src)/[\w.]|CONTRIBUTING|CHANGELOG)",
    );
    let is_source = is_source.unwrap();
    for file in pages.chain([root.join("README.md")]) {
        let text = std::fs::read_to_string(&file).unwrap();
        let found = is_source.find(&text).map(|found| found.as_str());
        assert_eq!(found, None, "{}", file.display());
    }
}

#[test]
fn the_readme_is_read_in_one_go() {
    let readme = include_str!("../README.md");
    assert!(readme.lines().count() < 200);
}
