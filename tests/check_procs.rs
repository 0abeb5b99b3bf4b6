//! `check_procs`, the drop-in: what it does where the original is wrong, and its own additions. That
//! both agree otherwise is shown in `drop_in.rs`.

#![allow(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod support;

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use support::{
    Answer, Check, Installed, NOBODY, Need, Specimen, bytes, can, fifo, open_dir, unique, until,
};

fn check(args: &[&str]) -> Answer {
    Check::plugin("check_procs").args(args).run_raw()
}

/// The words of a shell line as this program prints it.
fn words(line: &str) -> Vec<String> {
    let output = std::process::Command::new("sh")
        .args(["-c", &format!("printf '%s\\n' {line}")])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// With `-vv` the original shows whole command lines.
#[test]
fn secrets_are_not_printed() {
    let name = unique();
    let _appd = Specimen::called(&name).argv([name.as_str(), "--password", "hunter2"]).start();
    let answer = check(&["-c", "0:0", "-C", &name, "-vv"]);
    answer.code(2).has(&format!("prog={name} args={name} --password ***")).lacks("hunter2");
}

#[test]
fn a_dead_daemon_is_not_running() {
    let name = unique();
    let _parent = Specimen::called("parent").verb(format!("zombie={name}")).start();
    check(&["-c", "1:", "-C", &name]).code(2).prints(&format!(
        "PROCS CRITICAL: 0 processes with command name '{name}' | procs=0;;1:;0;\n1 zombie not counted\n"
    ));
    check(&["-c", "1:", "-C", &name, "-s", "Z"]).code(0);
}

/// Whoever has our name is left out only if it runs our file.
#[test]
fn a_check_beside_it_is_not_counted() {
    if !can(Need::Root) {
        return;
    }
    // No user's: whatever else runs here is not counted.
    let uid = 61_234;
    let program = Installed::copy("check_procs");
    let answer = || {
        let mut check = Command::new(program.path());
        let output = check.args(["-u", &uid.to_string(), "-k", "-c", "1:1"]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    // It waits for someone to read what is in the pipe.
    let pipe = open_dir();
    let pipe = pipe.path().join("pipe");
    fifo(&pipe);
    let full = OpenOptions::new().read(true).write(true).custom_flags(libc::O_NONBLOCK).open(&pipe);
    let mut full = full.unwrap();
    while full.write(&[0; 4096]).is_ok() {}
    let output = OpenOptions::new().write(true).open(&pipe).unwrap();
    let mut other = Command::new(program.path());
    other.args(["-w", "1", "-t", "600"]).uid(uid).stdin(Stdio::null()).stdout(output);
    let mut other = other.spawn().unwrap();
    let without = answer();
    let namesake = Specimen::called("check_procs").verb(format!("uid={uid},{uid},{uid}")).start();
    let with = answer();
    drop(namesake);
    let is_running = other.try_wait().unwrap().is_none();
    other.kill().unwrap();
    other.wait().unwrap();
    assert!(is_running);
    assert!(without.starts_with("PROCS CRITICAL: 0 processes with "), "{without}");
    assert!(with.starts_with("PROCS OK: 1 process with "), "{with}");
}

#[test]
fn v_prints_a_call_that_counts_the_same() {
    let name = unique();
    let _one = Specimen::called(&name).verb("threads=2").start();
    let _two = Specimen::called(&name).argv(["it's", "a, b", "|x"]).verb("nice=3").start();
    for args in [
        vec!["-C", name.as_str()],
        vec!["-C", &name, "-s", "N"],
        vec!["-C", &name, "-s", "l", "-c", "2:"],
        vec!["-a", "a, b", "-C", &name, "-w", "1:1"],
        vec!["--ereg", "^it's .*[|]x", "-C", &name, "-c", "0"],
        vec!["-a", "it's", "--ereg", "x$", "-C", &name, "-r", "1", "-P", "0", "-u", "root"],
        vec!["-C", &name, "-X", "a,b", "-k", "-p", &std::process::id().to_string()],
        // What the grammar of specs would take for a slip, and what would end the line.
        vec!["-C", "=x", "-c", "1:"],
        vec!["-C", "\"x\"", "-X", "^y$,=z", "-c", "1:"],
        vec!["-a", "user=root", "-c", "@2:3"],
        vec!["-a", "~x:y z", "-w", "1", "-c", "@2:3"],
        vec!["--ereg", "it's|(b,) ?%", "-C", &name, "-c", "0"],
        vec!["-a", "\t\n", "-C", &name],
        vec!["--ereg", "nosuch|^it's|(x|y)z", "-a", "a, b", "-C", &name, "-c", "1:1"],
        vec!["-C", "lxc-1-2", "-c", "1:"],
    ] {
        let ours = check(&[args.as_slice(), &["-v"]].concat());
        let line =
            ours.lines().into_iter().find_map(|l| l.strip_prefix("the same as: check_proccount "));
        let line = line.unwrap_or_else(|| panic!("{ours}"));
        let same = Check::count(words(line)).run();
        let number = |perfdata: &str| {
            let value = perfdata.split(['=', ';']).nth(1).map(str::to_owned);
            value.unwrap_or_default()
        };
        let (left, right) = (number(ours.perfdata()), number(same.perfdata()));
        assert_eq!((ours.code, left), (same.code, right), "{line}\n{ours}{same}");
    }
}

/// Each process is measured, and none may be beyond the range.
#[test]
fn v_prints_a_call_that_measures_the_same() {
    let name = unique();
    let _small = Specimen::called(&name).start();
    let _large = Specimen::called(&name).verb("rss=50").verb("used=50").start();
    let size = |metric: &str, range: &str| {
        let words = ["-C", &name, "-m", metric, range, "-P", "0", "-r", "1"];
        words.map(str::to_owned).to_vec()
    };
    for (metric, range, code) in [
        ("RSS", "-c20000", 2),
        ("RSS", "-w20000", 1),
        ("RSS", "-c10000:", 2),
        ("RSS", "-c2000:4000000", 2),
        ("RSS", "-c@1:20000", 2),
        ("RSS", "-c@100:200", 0),
        ("VSZ", "-c1", 2),
        ("VSZ", "-c0:", 0),
        ("ELAPSED", "-c1000000:", 2),
        ("ELAPSED", "-c1000000", 0),
        ("CPU", "-c100000", 0),
        ("CPU", "-c100000:", 2),
        ("CPU", "-w100000:200000", 1),
        ("CPU", "-c@0:100000", 2),
        ("CPU", "-c@90000:100000", 0),
    ] {
        let words_of_it = size(metric, range);
        let args: Vec<&str> = words_of_it.iter().map(String::as_str).chain(["-v"]).collect();
        let ours = check(&args);
        let line =
            ours.lines()[1].strip_prefix("the same as: check_proccount ").unwrap().to_owned();
        let same = Check::count(words(&line)).run();
        assert_eq!((ours.code, same.code), (Some(code), Some(code)), "{line}\n{ours}{same}");
    }
}

/// `|` begins performance data. What follows is for a file of specs as well as for a shell.
#[test]
fn v_prints_no_bar_and_always_says_something() {
    let line = |args: &[&str]| check(&[args, &["-v", "-c", "1:"]].concat()).lines()[1].to_owned();
    let call = "the same as: check_proccount --containers include ";
    assert_eq!(
        line(&["--ereg", "^nosuch a|nosuch [(|]$"]),
        format!("{call}'cmd~^nosuch a,cmd~nosuch [\\x28\\x7C]$:1-'")
    );
    assert_eq!(line(&["-a", "nosuch|x.jar"]), format!("{call}'cmd~nosuch\\x7Cx[.]jar:1-'"));
    assert!(line(&["-m", "CPU", "-C", "nosuch"]).starts_with(call));
    let nested = check(&["--ereg", "nosuch(a|b)", "-v"]);
    nested.has("(printf ").has("\nin a file write a vertical bar for \\174");
    let long = "x".repeat(1100);
    let none = "no call of check_proccount comes to the same state: it would be too long";
    assert!(line(&["-C", &long]).starts_with(none));
}

#[test]
fn a_filter_may_look_like_a_slip() {
    let name = unique();
    let _process = Specimen::called(&name).argv(["-Duser=root", "=x", "\"a b\"", "~/y"]).start();
    for part in ["-Duser=root", "user=root", "=x", " =x ", "\"a b\"", "~/y"] {
        check(&["-c", "1:1", "-C", &name, "-a", part]).code(0);
        check(&["-c", "1:1", "-C", &name, "--ereg", part]).code(0);
    }
    check(&["-c", "1:1", "-C", &name, "-X", "\"x\",=y,^z$"]).code(0);
    check(&["-c", "1:", "-C=x"]).code(2).has("\n-C =x asks for the name '=x'; write -C x\n");
    // An abbreviation of the original's is none of ours.
    check(&["-c", "1:1", "--co", &name]).code(0);
    check(&["-w5 ", "-c 1: 3\n", "--comm", &name]).code(0).has("procs=1;5;1:3;0;");
}

#[test]
fn a_long_name_is_whole() {
    let name = format!("{}-long-name", unique());
    let cut = &name[..15];
    let _process = Specimen::called(&name).start();
    for (asked, code) in [(name.as_str(), 0), (cut, 0), (&format!("{name}r"), 2)] {
        check(&["-c", "1:1", "-C", asked]).code(code);
    }
}

#[test]
fn arguments_are_bytes() {
    let name = unique();
    let strange = bytes(&[b"\xff|\xc3\xa9"]);
    let _process = Specimen::called(&name).argv([name.as_ref(), strange.as_os_str()]).start();
    for part in [&b"\xff|"[..], b"|\xc3", b"\xc3\xa9"] {
        let part = std::ffi::OsStr::from_bytes(part);
        let run =
            Check::plugin("check_procs").args(["-c", "1:1", "-C", &name, "-a"]).arg(part).run();
        run.code(0).lacks("||");
    }
    Check::plugin("check_procs")
        .args(["-C", &name, "-a"])
        .arg(bytes(&[b"\xfe"]))
        .run()
        .code(0)
        .has("0 processes");
}

#[test]
fn what_can_only_be_a_mistake_is_refused_in_one_line() {
    for args in [
        &["-w", "foo"][..],
        &["-c", "~"],
        &["-w", "", "-c", ""],
        &["-C", ""],
        &["-c", "-inf"],
        &["-w", ":-inf"],
        &["-P", "inf"],
        &["-C", "a", "-C", "b"],
        &["-s", "sleeping"],
        &["-m", "procs"],
        &["-t", "0"],
        &["-p", "-1"],
        &["-P", "nan"],
        &["-u", "no-such-user"],
        &["--input-file=/dev/null"],
        &["--extra-opts"],
        &["--elapsed=5"],
        &["--ereg", "(a)\\1"],
        &["1", "2", "S", "4"],
        &["--frob"],
        &["-w"],
    ] {
        let answer = Check::plugin("check_procs").args(args).run();
        answer.code(3).line_count(1);
        assert!(answer.status().starts_with("PROCS UNKNOWN: "), "{answer}");
    }
    let odd = Check::plugin("check_procs").arg("-w").arg(bytes(&[b"\xff\n"])).run();
    odd.code(3).line_count(1);
}

#[test]
fn help_and_version_are_no_verdict() {
    check(&["--help"]).code(3).has("--argument-array").has("check_proccount sshd");
    check(&["-V"]).code(3).has("check_procs (procwarden");
}

#[test]
fn a_hidden_process_is_no_zero() {
    if !can(Need::Root) {
        return;
    }
    let blind = || Check::plugin("check_procs").with_proc("hidepid=2").by_user(NOBODY);
    let answer = blind().args(["-c", "1:", "-C", "no-such-daemon"]).run();
    answer.code(3).has("hidepid").has("0 or more processes");
    // Nothing that is hidden changes this verdict.
    blind().args(["-C", "no-such-daemon"]).run().code(0);
}

/// The command lines that the definitions in use make: Icinga's ITL with its defaults and with all its
/// variables, Debian's procs.cfg, Nagios's localhost.cfg, NRPE's nrpe.cfg, and some that are public.
#[test]
fn definitions_in_use_get_the_state_of_the_original() {
    const ORIGINAL: &str = "/usr/lib/nagios/plugins/check_procs";
    if !can(Need::Program(ORIGINAL)) {
        return;
    }
    let (name, dead) = (unique(), unique());
    let _runs = Specimen::called(&name).argv([&name, "-jar", "x.jar"]).start();
    let parent = std::process::id().to_string();
    for daemon in [&name, &dead] {
        let all = [
            "-C",
            daemon,
            "-P",
            "0",
            "-T",
            "-a",
            "x.jar",
            "-c",
            "1:400",
            "-k",
            "-m",
            "PROCS",
            "-p",
            &parent,
            "-r",
            "1",
            "-s",
            "S",
            "-t",
            "20",
            "-u",
            "root",
            "-w",
            "1:250",
            "-z",
            "1",
            "--ereg-argument-array",
            "-jar .*[.]jar$",
        ];
        let lines = [
            vec!["-c", "400", "-w", "250"],
            all.to_vec(),
            vec!["-w", "250", "-c", "400", "-s", "Z"],
            vec!["-w", "5:10", "-c", "1:20", "-C", daemon],
            vec!["-w", "250", "-c", "400", "-s", "RSZDT"],
            vec!["-w", "5", "-c", "10", "-s", "Z"],
            vec!["-w", "150", "-c", "200"],
            vec!["-w", "1:1", "-c", "1:1", "-C", daemon],
            vec!["-c", "1:", "-C", daemon, "--argument-array=x.jar"],
            vec!["-w", "1:2", "-c", "1:2", "-u", "root", "-C", daemon],
            vec!["-c", "1:1", "--metric=PROCS", "-C", daemon, "-a", "-jar x"],
            vec!["--critical", "1:1", "--command", daemon],
        ];
        for line in lines {
            let theirs = Check::program(ORIGINAL).args(&line).env("LC_ALL", "C").run_raw();
            let ours = check(&line);
            assert_eq!(ours.code, theirs.code, "{ours}{theirs}");
            if line.contains(&daemon.as_str()) {
                assert_eq!(ours.first_line(), theirs.first_line());
            }
        }
    }
}

#[test]
fn sizes_are_measured_one_by_one() {
    let name = unique();
    let _small = Specimen::called(&name).start();
    let _large = Specimen::called(&name).verb("rss=50").start();
    check(&["-m", "RSS", "-w", "10000", "-c", "20000", "-C", &name, "-v"]).code(2).prints(
        &format!(
            "RSS CRITICAL: 1 crit, 0 warn out of 2 processes with command name '{name}' [{name}] | \
         procs=2;;;0; procs_warn=0;;;0; procs_crit=1;;;0;\n\
         the same as: check_proccount --containers include comm={name},rss=20001k-:0-0 \
         comm={name},rss=10001k-:0-0:any\n"
        ),
    );
    check(&["-m", "RSS", "-w", "10000", "-C", &name]).code(1).has("1 warn out of 2 processes");
    check(&["-m", "RSS", "-w", "90000", "-C", &name]).code(0);
    // Nothing that fits is OK, whatever the range.
    check(&["-m", "RSS", "-c", "100:", "-C", "no-such-daemon"]).code(0);
}

/// What the page and the help say to write instead is understood by a shell and by us. Where it stands beside a
/// call, an option or a range of `check_procs`, it comes to the same state.
#[test]
fn what_to_write_instead_works() {
    let help = include_str!("../plugins/drop_in/check_procs/help.txt");
    let page = include_str!("../man/procwarden-migration.md");
    let dir = support::open_dir();
    for options in [&["--drop-in"][..], &["--drop-in", "--mon"], &["--mon"], &[]] {
        let link = Check::program(support::check::binary()).arg("link").args(options);
        link.arg(dir.path()).run_raw().code(0);
    }
    let run = |line: &str| {
        let line = format!("cd {0}; PATH={0}:$PATH; exec {line}", dir.path().display());
        Check::program("sh").args(["-c", &line]).run_raw()
    };
    let help = help.lines().filter(|line| line.starts_with(" check_procs "));
    let rows = help.chain(page.lines()).filter_map(|line| line.trim().rsplit_once("  "));
    // What installs drop-ins has no other call beside it.
    let is_call = |(left, _): &(&str, &str)| !left.contains("procwarden");
    let rows: Vec<_> = rows.filter(is_call).collect();
    assert!(rows.len() > 55, "{rows:?}");
    for (left, right) in rows {
        let left = left.trim();
        // What a range is for, which no process fits: 0 of them.
        let is_range =
            left.ends_with(|c: char| c.is_ascii_digit() || c == ':') && !left.contains([' ', '/']);
        let is_call = right.starts_with("check_");
        let replacement = match right {
            _ if is_call => right.to_owned(),
            range if is_range => format!("check_proccount comm=nosuch:{range}"),
            spec => format!("check_proccount {spec}"),
        };
        let new = run(&replacement);
        // Of the host that this runs on: labels, and room for a sample.
        let is_of_host =
            ["security system", "--state-dir"].iter().any(|part| new.stdout().contains(part));
        assert!(new.code.is_some_and(|code| code < 3) || is_of_host, "{left}: {new}");
        let original = match left {
            range if is_range => format!("check_procs -C nosuch -c {range}"),
            options if options.starts_with('-') => format!("check_procs {options}"),
            call if call.starts_with("check_procs ") => call.to_owned(),
            _ => continue,
        };
        let old = run(&original);
        let is_compared = is_range || (left.starts_with("check_procs") && is_call);
        assert!(old.code.is_some_and(|code| code < 3), "{left}: {old}");
        // Other tests' processes come and go between the two.
        if is_compared && old.code != new.code {
            let agree = || run(&original).code == run(&replacement).code;
            until(&format!("they agree: {left}: {old}{new}"), agree);
        }
    }
    let own_name = Check::program(support::check::binary());
    own_name.args(["check_procs", "-v", "-c", "1:", "-C", "nosuch"]).run_raw().has("the same as: ");
}
