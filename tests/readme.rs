//! The README's commands are real: each is run as it stands there.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod support;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use regex::Regex;

use support::{Need, can, lacking};

/// Begins what a command of the README printed.
const MARK: &str = "\n==> ";

/// Lines of the README's `sh` blocks below this heading that are no comments.
fn commands(heading: &str) -> Vec<&'static str> {
    let (_, readme) = include_str!("../README.md").split_once(heading).unwrap();
    let blocks = readme.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.flat_map(str::lines).filter(|line| !line.starts_with('#')).collect()
}

/// What a reader does from the first suggestion to the last check, in that order, on a scratch copy
/// of this machine. All processes are its own, and one of them is a daemon.
#[test]
fn the_way_through_the_readme_works() {
    if !can(Need::Root) || !can(Need::PidNamespace) || !can(Need::MountNamespace) {
        return;
    }
    let links = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let binary = env!("CARGO_BIN_EXE_procwarden");
    let made = Command::new(binary).arg("link").arg(links.path()).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    let commands = commands("## Let it suggest");
    assert!(commands.len() >= 15, "{commands:?}");
    // The daemon is young, and nothing is in a unit.
    let mut script = format!(
        "cp $(command -v sleep) /usr/local/sbin/procwarden-tour
        procwarden-tour 1000 &
        procwarden() {{
            subcommand=$1 && shift
            [ $subcommand != suggest ] || set -- --min-age 1s \"$@\"
            {binary} $subcommand \"$@\"
        }}
        PATH=$PATH:{}
        for try in $(seq 600); do procwarden suggest | grep -q ^procwarden-tour && break; sleep 0.1; done\n",
        links.path().display()
    );
    for command in &commands {
        script.push_str(&format!("echo '{MARK}{command}'; {command} 2>&1; echo \"=> $?\"\n"));
    }
    let source = env!("CARGO_MANIFEST_DIR");
    let mut scratch = Command::new(Path::new(source).join("tests/packages/scratch.sh"));
    scratch.args([source, "unshare", "--cgroup", "bash", "-c", &script]);
    let output = scratch.output().unwrap();
    if output.status.code() == Some(77) {
        lacking("overlayfs");
        return;
    }
    let text = String::from_utf8(output.stdout).unwrap();
    let said = text.split(MARK).skip(1).collect::<Vec<_>>();
    assert_eq!(said.len(), commands.len(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    for (command, said) in commands.iter().zip(said) {
        let is_right = if command.starts_with("check_") {
            let verdicts = ["is OK: ", "is WARNING: ", "is CRITICAL: "];
            verdicts.iter().any(|verdict| said.contains(verdict))
        } else {
            said.ends_with("=> 0\n")
        };
        assert!(is_right, "{said}");
    }
    let suggested = "PROCCOUNT is OK: procwarden-tour 1, ";
    assert!(text.contains(suggested), "{text}");
}

#[test]
fn the_first_command_is_a_check_of_this_machine() {
    let first = commands("## Try it")[0];
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
