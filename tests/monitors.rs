//! `ps.monitor` and `selinux.monitor`, the drop-ins, beside mon's own.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod support;

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use support::{Answer, Check, Need, Specimen, can, unique, write_script};

const ORIGINAL: &str = "/usr/lib/mon/mon-local.d/ps.monitor";

fn ps(args: &[&str]) -> Answer {
    Check::plugin("ps.monitor").args(args).run_raw()
}

/// The original's exit code, first line and details. The order of its details is random.
fn original(args: &[&str]) -> (i32, BTreeSet<String>) {
    let run = Command::new(ORIGINAL).args(args).stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&run.stdout);
    (run.status.code().unwrap(), text.lines().skip(1).map(str::to_owned).collect())
}

#[test]
fn what_mon_reads_is_the_originals() {
    let (name, other) = (unique(), unique());
    let _processes = [Specimen::called(&name).start(), Specimen::called(&name).start()];
    ps(&[&format!("{name}:1-2"), &format!("{name}:-")]).code(0).prints("");
    ps(&[&format!("{name}:1-1"), &format!("{other}:1-")])
        .code(1)
        .prints(&format!("{name}:2 {other}:0 \n{name}:2 > 1 (1-1)\n{other}:0 < 1 (1-)\n"));
}

#[test]
fn the_original_says_the_same() {
    if !can(Need::Program(ORIGINAL)) || !can(Need::Program("perl")) {
        return;
    }
    let (name, other) = (unique(), unique());
    let _processes = [
        Specimen::called(&name).start(),
        Specimen::called(&name).verb("threads=2").start(),
        Specimen::called(&other).verb("uid=33,33,33").start(),
    ];
    let ranges = ["1-1", "2-2", "3-", "0-1"];
    for first in ranges {
        for second in ranges {
            let args =
                [format!("{name}:{first}"), format!("{other}:{second}"), "nosuch:1-1".into()];
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            let (code, lines) = original(&args);
            let ours = ps(&args);
            // Without an end the original shows the count in its place.
            let masked = |line: &str| line.split(" (").next().unwrap().to_owned();
            let left: BTreeSet<_> = ours.lines().into_iter().skip(1).map(masked).collect();
            let right: BTreeSet<_> = lines.iter().map(|line| masked(line)).collect();
            assert_eq!((ours.code, left), (Some(code), right), "{ours}");
        }
    }
}

#[test]
fn the_original_is_wrong_here() {
    let name = unique();
    let _one = Specimen::called(&name).start();
    // It takes 0 for no limit, the last of two ranges, and a pattern for files.
    ps(&[&format!("{name}:0-0")]).code(1).has(&format!("{name}:1 > 0 (0-0)"));
    ps(&["nosuch:1-1", "nosuch:0-"]).code(1).has("nosuch:0 < 1 (1-1)");
    ps(&["y[0-9]:1-1"]).code(1).has("y[0-9]:0 < 1 (1-1)");
    // Any -x in the first argument turns it off.
    ps(&["mod-xyz:1-1"]).code(1).has("mod-xyz:0 < 1");
    ps(&[]).code(1).has("nothing to watch");
    for wrong in ["bash:1-x", "x:2-1", "{a,b}:1-1", "localhost"] {
        ps(&[wrong]).code(1).has(&format!("Can't parse \"{wrong}\""));
    }
}

#[test]
fn long_names_blanks_scripts_and_zombies_are_right() {
    let long = format!("{}-long-name", unique());
    let blank = format!("{}: x", unique());
    let dead = unique();
    let dir = support::open_dir();
    let script = dir.path().join(unique());
    write_script(&script, "$| = 1; print \"up\\n\"; sleep 1000;\n");
    let script_name = script.file_name().unwrap().to_str().unwrap();
    let _script = support::Process::start(Command::new("perl").arg(&script));
    let _processes = [
        Specimen::called(&long).start(),
        Specimen::called(&blank).start(),
        Specimen::called("parent").verb(format!("zombie={dead}")).start(),
    ];
    let all = [&long, &blank, script_name].map(|name| format!("{name}:1-1"));
    ps(&all.each_ref().map(String::as_str)).code(0).prints("");
    ps(&[&format!("{dead}:1-")]).code(1).has(&format!("{dead}:0 < 1 (1-), and 1 zombie"));
}

#[test]
fn x_says_what_a_process_is_called() {
    let name = unique();
    let process = Specimen::called(&name).start();
    let pid = process.pid().to_string();
    ps(&["-x", &pid]).code(0).prints(&format!("PID:{pid} has name \"{name}\"\n"));
    ps(&["-x", "4194305"]).code(1).has("there is no process");
    ps(&["-x"]).code(1).has("-x takes the number of a process");
}

#[test]
fn without_selinux_it_says_so() {
    if !can(Need::NoLabels) {
        return;
    }
    let answer = Check::plugin("selinux.monitor").arg("localhost").run();
    answer.code(1).has("In permissive mode").has("SELinux is not active");
    assert_eq!(answer.first_line(), "In permissive mode");
}
