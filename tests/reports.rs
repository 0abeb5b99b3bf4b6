//! The public bug reports in `docs/reports.md`: each test that the page names is there. Some situations
//! are only that page's, and are tested here.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a helper that fails is a test that fails, but clippy only knows test functions"
)]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use regex::Regex;
use support::tree::Recorded;
use support::{
    Check, Installed, NOBODY, Need, Process, Specimen, Tree, can, open_dir, unique, until_some,
    write_script,
};

fn text(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

// ---- the page ----

/// A row ends with its tests: `faults::a_zombie_does_not_run` is a function in `tests/faults.rs`.
#[test]
fn every_row_names_tests_that_are_there() {
    let page = text("docs/reports.md");
    let name = Regex::new(r"`([\w/.:]+)::(\w+)`").unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| ["));
    let mut tests = 0;
    for row in rows {
        assert!(row.len() < 400, "{} bytes: {row}", row.len());
        let cell = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        assert!(cell.starts_with("no test") || name.is_match(cell), "no test: {row}");
        for (_, [file, function]) in name.captures_iter(cell).map(|found| found.extract()) {
            let module = || format!("tests/{}.rs", file.replace("::", "/"));
            let file = if file.contains('/') { file.to_owned() } else { module() };
            let is_there = text(&file).contains(&format!("fn {function}("));
            assert!(is_there, "{file} has no {function}: {row}");
            tests += 1;
        }
    }
    assert!(tests > 60, "{tests}");
}

// ---- names and arguments ----

/// The kernel has no limit of `ps`'s: not the terminal's width, and not a page of memory.
#[test]
fn a_long_command_line_is_searched_to_its_end() {
    let (name, mark) = (unique(), unique());
    let filler = "x".repeat(10_000);
    let mut argv = vec![&*name];
    argv.extend([&*filler; 10]);
    argv.push(&mark);
    let _process = Specimen::called(&name).argv(argv).start();
    for columns in ["80", "1000000"] {
        let spec = format!("{name},args~{mark}$:1-1");
        Check::count([spec]).env("COLUMNS", columns).run().code(0);
    }
}

/// Started by its path, the kernel calls it by its own name, cut; through `env`, by its interpreter's.
#[test]
fn a_script_with_a_long_name_is_called_by_all_of_it() {
    let dir = open_dir();
    let stem = format!("{:x<15}", unique());
    let name = format!("{stem}-playbook");
    let path = dir.path().join(&name);
    for first_line in ["#!/bin/sh", "#!/usr/bin/env sh"] {
        write_script(&path, &format!("{first_line}\necho up\nread line\n"));
        let _script = Process::start(&mut Command::new(&path));
        let specs = [format!("{name}:1-1"), format!("{stem}-inventory:0-0")];
        Check::count(&specs).run().code(0);
        if can(Need::Root) {
            Check::count(&specs[..1]).by_user(NOBODY).run().code(0);
        }
    }
}

// ---- users ----

#[test]
fn a_long_user_name_is_compared_and_shown_whole() {
    if !can(Need::Root) || !can(Need::MountNamespace) {
        return;
    }
    let user = "a-user-with-a-name-of-32-letters";
    let name = unique();
    let _process = Specimen::called(&name).verb("uid=54321,54321,54321").start();
    let passwd = tempfile::NamedTempFile::new().unwrap();
    let known = fs::read_to_string("/etc/passwd").unwrap();
    fs::write(passwd.path(), format!("{known}{user}:x:54321:54321::/:/bin/sh\n")).unwrap();
    let plugin = Installed::link("check_proccount");
    let run = |spec: String| {
        let check = plugin.shell(&[&spec]);
        let command = format!("mount --bind {} /etc/passwd && {check}", passwd.path().display());
        Check::program("unshare").args(["-m", "sh", "-c", &command]).run()
    };
    run(format!("{name},user={user}:1-1")).code(0);
    run(format!("{name},user={}:0-0", &user[..8])).code(3).has("there is no user");
    run(format!("{name},user=root:1-")).code(2).has(&format!("1 named {name} runs as {user}"));
}

// ---- containers ----

/// The host has no such file, but the kernel's mark decides.
#[test]
fn a_program_that_only_a_container_has_is_not_deleted() {
    if !can(Need::Root) || !can(Need::MountNamespace) || !can(Need::PidNamespace) {
        return;
    }
    let name = unique();
    let room = open_dir();
    let inside = room.path().join(&name);
    let (room, copy) = (room.path().display(), inside.display());
    let script = format!("mount -t tmpfs none {room} && cp $0 {copy} && exec {copy}");
    let unshare = ["unshare", "--mount", "--pid", "--fork", "sh", "-c", &script];
    let container = Specimen::called(&name).under(&unshare).start();
    let find = |deleted: &str| {
        let spec = format!("{name},deleted={deleted}:1-1");
        Check::count(["--containers", "include", &spec]).run().code(0);
    };
    find("no");
    let children = format!("/proc/{0}/task/{0}/children", container.pid());
    let child = until_some("its child is there", || {
        fs::read_to_string(&children).ok()?.trim().parse::<u32>().ok()
    });
    fs::remove_file(format!("/proc/{child}/root{copy}")).unwrap();
    find("yes");
}

// ---- numbers ----

#[test]
fn the_largest_numbers_of_the_kernel_are_numbers() {
    let tree = Tree::new();
    let start = 11_592_314_880;
    let process = Recorded { start, times: [start, start], ..Recorded::new(50, "big") };
    tree.add(&process);
    let path = tree.of(50).join("stat");
    let most = u64::MAX;
    let faults = format!(" {} {most} {most} {most} {most} {start} ", process.flags);
    let stat = fs::read_to_string(&path).unwrap();
    let stat = stat.replacen(&format!(" {} 10 0 0 0 {start} ", process.flags), &faults, 1);
    fs::write(&path, stat.replacen(&format!(" {} ", process.vsz * 1024), &format!(" {most} "), 1))
        .unwrap();
    for spec in ["big:1-1", "big,vsz=9999999G-:1-1", "big,threads=1:1-1"] {
        Check::tree(&tree, [spec]).run().code(0);
    }
}

/// The language of an answer, and its decimal point, follow `setlocale()`, which nothing calls.
#[test]
fn no_locale_is_ever_set() {
    let binary = fs::read(env!("CARGO_BIN_EXE_procwarden")).unwrap();
    assert!(!binary.windows(9).any(|bytes| bytes == b"setlocale"));
}
