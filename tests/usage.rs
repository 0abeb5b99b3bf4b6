//! Usage errors: exit 3 (1 under mon), one line on stdout that shows the offending text and what
//! would be right, and no scan.

mod support;

use std::fs;

use support::tree::Recorded;
use support::{Check, Specimen, Tree, open_dir, unique};

/// What was typed, and what the line must show: the offending text first, then what helps.
type Case = (&'static [&'static str], &'static [&'static str]);

const CASES: &[Case] = &[
    // ranges
    (&["sshd:x-1"], &["x-1"]),
    (&["sshd:5-1"], &["5-1"]),
    (&["sshd:1-2-3"], &["1-2-3"]),
    (&["sshd:5-1:1-"], &["5-1"]),
    (&["sshd:1-:5-1"], &["5-1"]),
    (&["sshd:1-,user=root"], &["sshd:1-,user=root"]),
    (&["sshd:1-,label=ssh"], &["the range 1- goes at the end"]),
    (&["sshd,label=ssh:1-,user=root"], &["the range 1- goes at the end"]),
    (&["sshd,args~-D:0-0,user=root"], &["the range 0-0 goes at the end"]),
    (&["sshd:1-:1-:1-"], &["goes at the end"]),
    (&["sshd:1.5-"], &["1.5"]),
    (&["sshd:1k-"], &["1k"]),
    (&["sshd:@1"], &["@1"]),
    (&["sshd:"], &["sshd:", "MIN-MAX"]),
    (&["sshd,label=a,label=b"], &["two labels"]),
    (&["sshd,label="], &["label"]),
    (&["not-sshd:0-0"], &["not-name=sshd"]),
    (&[], &["nothing to check"]),
    (&[":1-1"], &[":1-1"]),
    (&[""], &[]),
    (&[","], &[]),
    (&["sshd,"], &["sshd,"]),
    // keys and values
    (&["frob=1"], &["frob"]),
    (&["sshd,frob=1"], &["frob"]),
    (&["not-frob=1"], &["frob"]),
    (&["sshd,root"], &["root"]),
    (&["user=nosuchuser"], &["nosuchuser"]),
    (&["ruser=nosuchuser"], &["nosuchuser"]),
    (&["group=nosuchgroup"], &["nosuchgroup"]),
    (&["user="], &["user="]),
    (&["name="], &["name="]),
    (&["age="], &["age="]),
    (&["age=old"], &["old"]),
    (&["age=1x"], &["1x"]),
    (&["rss=1d"], &["1d"]),
    (&["ppid=-"], &["ppid=-"]),
    (&["ppid=nan"], &["nan"]),
    (&["cpu=inf-"], &["inf"]),
    (&["threads=5-1"], &["5-1"]),
    (&["state=Q"], &["Q"]),
    (&["deleted=maybe"], &["maybe", "yes"]),
    (&["container=maybe"], &["maybe", "yes"]),
    // slips that would be OK for ever
    (&["bash user=root:0-0"], &["write bash,user=root"]),
    (&["bash;user=root:0-0"], &["write bash,user=root"]),
    (&["name=bash.user=root:0-0"], &["write name=bash,user=root"]),
    (&["name=~^bash:0-0"], &["write name~^bash"]),
    (&["name==bash:0-0"], &["write name=bash"]),
    (&["args=~bash:0-0"], &["write args~bash"]),
    (&["args~=bash:0-0"], &["args~[=]bash"]),
    (&["bash :0-0"], &["write name=bash"]),
    (&["user= root:0-0"], &["there is a blank next to 'root'; write user=root"]),
    (&["bash,user=root :0-0"], &["there is a blank next to 'root'; write user=root"]),
    (&["!user=root:0-0"], &["write user=root, or not-user=root"]),
    (&["$user=root:0-0"], &["write user=root, or not-user=root"]),
    (&["not user=root:0-0"], &["write not-user=root"]),
    (&["bash*:0-0"], &["write name=bash*"]),
    (&["bash|sh:0-0"], &["write name=bash,name=sh"]),
    (&["^bash$:0-0"], &["write name~^bash$", "name="]),
    (&["unit=*:0-0"], &["'*'", "unit~REGEX"]),
    (&["-c", "5", "bash: 1-"], &["bash: 1-", "name="]),
    (&["\"bash\":0-0"], &["write name=bash, without quotes"]),
    (&[";bash:0-0"], &["write name=;bash"]),
    (&["bash#old:0-0"], &["write name=bash#old"]),
    (&["kworker/0:1"], &["write name=kworker/0:1:1-:1-"]),
    (&["sshd:1:2"], &["write sshd:1-2"]),
    (&["cron:0:5"], &["write cron:0-5"]),
    (&["bash:0-"], &["0- never alerts", ":any"]),
    (&["sshd:-1"], &["write 0-1"]),
    (&["-c", "0:", "bash"], &["0: never alerts"]),
    (&["-c", "~:"], &["~: never alerts"]),
    (&["-w", "0:", "-c", "~:", "bash"], &["0: and ~: never alert"]),
    (&["-C", "sshd", "-u", "root"], &["-C", "as a spec it is sshd,user=root"]),
    (&["-m", "RSS", "-c", "500000", "-C", "x"], &["as a spec it is x,max=rss:-500000k"]),
    (&["usr=root"], &["perhaps user"]),
    (&["cron:~:5"], &["write cron:0-5"]),
    (&["cron,user=root;1-1"], &["a range follows a colon: cron,user=root:1-1"]),
    (&["cron", "1:1"], &["nothing is named 1:1; perhaps cron:1-1"]),
    (&["cron", "1"], &["nothing is named 1; perhaps cron:1, or name=1"]),
    (&["cron", "1-"], &["perhaps cron:1-"]),
    (&["1:1"], &["write name=1"]),
    (&["1-1"], &["write name=1-1:1-:1-"]),
    (&["1:1", "cron"], &["write name=1"]),
    (&["rsync,rss=1M:0-0"], &["write rss=1M- for at least 1M, or rss=-1M for at most 1M"]),
    (&["age=3600:0-0"], &["write age=3600- for at least 3600"]),
    (&["cpu=80:0-0"], &["write cpu=80- for at least 80"]),
    (&["cron,rss=500000:0-0"], &["or rss=-500000 for at most 500000", "it is bytes"]),
    (&["java,threads=400:0-0"], &["write threads=400- for"]),
    (&["user=root,sshd"], &["write sshd,user=root"]),
    (&["sshd, user=root"], &["leave out the blank beside 'user'"]),
    (&["sshd,args~x{1,3}"], &["args~x{1,,3}"]),
    // regexes
    (&["args~("], &["("]),
    (&["name~[z"], &["[z"]),
    (&["args~x{99999}{99999}"], &["x{99999}"]),
    // options
    (&["-w", "nan", "sshd"], &["nan"]),
    (&["-c", "inf", "sshd"], &["inf"]),
    (&["-c", "5:1", "sshd"], &["5:1"]),
    (&["-w", "ten", "sshd"], &["ten"]),
    (&["-w"], &["-w"]),
    (&["--frob", "sshd"], &["--frob"]),
    (&["-Z", "sshd"], &["-Z"]),
    (&["--recheck", "20", "-t", "10", "sshd"], &["20", "10"]),
    (&["--recheck", "4", "--rechecks", "3", "-t", "10", "sshd"], &["12", "10"]),
    (&["--recheck", "soon", "sshd"], &["soon"]),
    (&["--recheck", "-1", "sshd"], &["-1"]),
    (&["--recheck", "1", "--rechecks", "many", "sshd"], &["many"]),
    (&["-t", "0", "sshd"], &["0"]),
    (&["-t", "never", "sshd"], &["never"]),
    (&["-t", "-5", "sshd"], &["-5"]),
    (&["--containers", "some", "sshd"], &["some", "exclude"]),
    (&["--specs-from", "/nowhere/missing"], &["/nowhere/missing"]),
    (&["--specs-from", "/"], &["/"]),
    (&["--spec", "frob=1"], &["frob"]),
    (&["--spec"], &["--spec"]),
    (&["--mon=maybe", "sshd"], &["--mon"]),
];

/// No process and no tree could answer: that it is not even looked for shows that none is scanned.
const NO_SCAN: [&str; 2] = ["--proc-root", "/nowhere/at/all"];

#[test]
fn each_is_one_line_of_unknown_and_exit_3() {
    let mut wrong = Vec::new();
    for (args, shows) in CASES {
        let answer = Check::count(NO_SCAN).args(*args).run();
        let status = answer.status();
        if answer.code != Some(3)
            || answer.lines().len() != 1
            || !status.starts_with("PROCCOUNT is UNKNOWN: ")
            || !shows.iter().all(|part| status.contains(part))
            || status.contains("--proc-root")
        {
            wrong.push(format!("{args:?} must show {shows:?}\n{answer}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_is_a_failure_with_a_summary_under_mon() {
    let mut wrong = Vec::new();
    for (args, shows) in CASES {
        let by_option = Check::count(["--mon"]).args(NO_SCAN).args(*args).run();
        let by_link = Check::plugin("check_proccount.monitor").args(NO_SCAN).args(*args).run();
        for answer in [by_option, by_link] {
            if answer.code != Some(1)
                || answer.lines().len() != 1
                || !shows.iter().all(|part| answer.first_line().contains(part))
            {
                wrong.push(format!("{args:?} must show {shows:?}\n{answer}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Who writes an option thinks that something is watched.
#[test]
fn an_option_that_does_nothing_is_an_error() {
    let ranges = "-w and -c are for a SPEC without a range, and there is none; leave them out, or write both";
    let dir = open_dir();
    let path = dir.path().to_str().expect("text");
    let cases: [(&str, &[&str], &str); 10] = [
        (
            "check_proccpu",
            &["-c", "9", "--max-gap", "5m"],
            "--max-gap does nothing without --since-last",
        ),
        (
            "check_proccpu",
            &["-c", "9", "--state-dir", path],
            "--state-dir does nothing without --since-last",
        ),
        (
            "check_proccpu",
            &["-c", "9", "--per", "unit", "--min-age", "1m"],
            "--min-age is about the life of",
        ),
        ("check_proccpu", &["-c", "9", "--rechecks", "3"], "add that, or leave --rechecks out"),
        (
            "check_proccount",
            &["--rechecks", "3", "sshd"],
            "--rechecks does nothing without --recheck;",
        ),
        ("check_proccount", &["-w", "5", "-c", "9", "sshd:1-"], ranges),
        ("check_proccount", &["-c", "9", "sshd:1-", "--spec", "max=rss:-8G"], ranges),
        ("check_proccount", &["state=D,lasting=yes:0-0"], "add --recheck 20"),
        ("check_selinux_domain", &["-w", "5", "sshd_t:1-"], ranges),
        ("check_selinux_domain", &["-c", "5"], ranges),
    ];
    for (plugin, args, part) in cases {
        Check::plugin(plugin).args(args).run().code(3).line_count(1).has(part);
    }
}

/// A file may serve services with other ranges. mon's monitors get hosts as specs.
#[test]
fn a_range_for_specs_without_one_may_be_for_others() {
    let tree = Tree::new();
    tree.add(&Recorded::new(7, "sshd"));
    let dir = open_dir();
    let file = dir.path().join("specs");
    fs::write(&file, "sshd:1-\n").expect("a file");
    let file = file.to_str().expect("text");
    Check::tree(&tree, ["-c", "9", "--specs-from", file]).run().code(0);
    Check::tree(&tree, ["-c", "9", "sshd:1-", "sshd,label=b"]).run().code(0);
}

/// `--mon` after the error on the command line is still `--mon`.
#[test]
fn mon_counts_wherever_it_stands() {
    Check::count(["--frob", "--mon"]).run().code(1);
    Check::count(["frob=1", "--mon"]).run().code(1);
}

#[test]
fn an_error_in_one_spec_is_reported_whatever_the_others_say() {
    let name = unique();
    let _process = Specimen::called(&name).start();
    Check::count([name.as_str(), "frob=1", &unique()]).run().unknown().has("frob");
}

#[test]
fn what_is_right_is_shown_beside_what_is_wrong() {
    let run = |spec: &str| Check::count([spec]).run();
    run("frob=1").has_one_of(&["name", "keys"]);
    run("usr=root").has("user");
    run("sshd:5-1").has("1-5");
    run("age=old").has_one_of(&["5m", "1h", "30s", "number", "s, m, h"]);
    run("state=Q").has_one_of(&["R S D", "RSD", "R, S, D"]);
}

/// The offending text is a stranger's: it is escaped like everything else.
#[test]
fn the_offending_text_is_escaped() {
    let evil = "user=no\nbo|dy\x1b[2J\u{7}";
    Check::count([evil]).run().unknown().line_count(1);
    Check::count(["--containers", "a\nb|c"]).run().unknown().line_count(1);
    Check::count(["--frob\n|x"]).run().unknown().line_count(1);
    let long = format!("user={}", "x".repeat(9000));
    Check::count([long]).run().unknown().line_count(1);
    let bytes = support::bytes(&[b"user=\xff\xfe"]);
    Check::count([bytes]).run().unknown().line_count(1);
    for spec in [
        "rss=\u{202e}1",
        "sshd:1\u{202e}-",
        "sshd:1\u{202e}-,user=root",
        "\u{202e}=1",
        "\u{2028}x=1",
    ] {
        let answer = Check::count([spec]).run();
        answer.unknown().line_count(1).has("\\u{20").lacks("\u{202e}").lacks("\u{2028}");
    }
    let rule = "caps\u{202e}:atd";
    Check::plugin("check_privdrop").args(["--exempt-rule", rule]).run().lacks("\u{202e}");
    let bytes = support::bytes(&[b"--containers=\xff\xfe"]);
    Check::count([bytes]).run().unknown().line_count(1);
}

// ---- files of specs ----

#[test]
fn an_error_in_a_file_names_file_and_line() {
    let dir = open_dir();
    let path = dir.path().join("specs");
    fs::write(&path, "# daemons\n\nsshd:1-\ncron,frob=1\n").expect("the file");
    let path = path.to_str().expect("text");
    let answer = Check::count(["--specs-from", path]).run();
    answer.has(&format!("{path}:4: spec 'cron,frob=1'")).has("frob");
}

/// A package was purged, or a file is shared by hosts: the other daemons are watched all the same.
#[test]
fn one_bad_spec_does_not_silence_the_others() {
    let dir = open_dir();
    let path = dir.path().join("specs");
    fs::write(&path, "cron,user=nosuchuser:1-\nnosuchdaemon:1-\nnosuch2,frob=1\n").expect("a file");
    let path = path.to_str().expect("text");
    let answer = Check::count(["--specs-from", path]).run();
    answer.critical_with("nosuchdaemon 0 (want 1-)").has("; 0 of 3 OK|'nosuchdaemon'=0;;1:;0");
    answer.has(&format!("{path}:1: spec 'cron,user=nosuchuser:1-': there is no user"));
    answer.has(&format!("{path}:3: spec 'nosuch2,frob=1'"));
    // Even if no line of the file is right.
    fs::write(path, "nosuch2,frob=1\n").expect("a file");
    let answer = Check::count(["nosuchdaemon:1-", "--specs-from", path]).run();
    answer.critical_with("nosuchdaemon 0 (want 1-)").has(&format!("\n{path}:1: spec 'nosuch2,"));
    let answer = Check::count(["nosuchdaemon:0-0", "x,group=nosuchgroup:0-0"]).run();
    answer.code(3).has("spec 'x,group=nosuchgroup:0-0': there is no group").has("; 1 of 2 OK|");
    let answer = Check::count(["nosuchdaemon:0-0", "x,frob=1:0-0"]).run();
    answer.code(3).has("frob").lacks("|");
}

#[test]
fn an_exemption_of_a_missing_user_does_not_silence_the_others() {
    for plugin in ["check_proccpu", "check_privdrop"] {
        let limit =
            if plugin == "check_proccpu" { &["-c", "1000000", "--over", "0.1"][..] } else { &[] };
        let check = |selector| Check::plugin(plugin).args(limit).args(["--exempt", selector]);
        check("user=nosuchuser").run().code(3).has("there is no user 'nosuchuser'").has("|");
        check("frob=1").run().code(3).has("frob").lacks("|");
    }
}

/// `-` lost from `rss=1M-`: this would exempt nothing, or measure nothing.
#[test]
fn an_exact_amount_is_no_exemption_and_chooses_nothing() {
    let limit = ["-c", "1000000", "--over", "0.1"];
    let cpu = |option| Check::plugin("check_proccpu").args(limit).args([option, "rsync,rss=1M"]);
    let exempt = Check::plugin("check_privdrop").args(["--exempt", "rsync,rss=1M"]);
    for check in [cpu("--only"), cpu("--exempt"), exempt] {
        check.run().code(3).has("write rss=1M- for at least 1M").lacks("|");
    }
}

/// The list of all keys, forty words, would push the second line away.
#[test]
fn each_bad_line_of_a_file_is_shown() {
    let dir = open_dir();
    let path = dir.path().join("specs");
    fs::write(&path, "usr=root\nnosuchdaemon\ncron,parnet=sshd\n").expect("the file");
    let answer = Check::count(["--specs-from", path.to_str().expect("text")]).run();
    let line = answer.first_line().to_owned();
    assert!(line.contains("perhaps user, ") && line.contains("perhaps parent;"), "{line}");
}

#[test]
fn check_proccpu_shows_how_it_chooses_processes() {
    let check = |args: &str| Check::plugin("check_proccpu").args(args.split(' ')).run();
    check("-m CPU -w 80 -C x").code(3).has("write --only x").lacks("as a spec");
    check("-C x -w 80 -u root").code(3).has("write --only x,user=root");
    check("-m RSS -w 80 -C x").code(3).lacks("--only");
}

/// What a shell, an ini file or an editor would put there.
#[test]
fn a_slip_in_a_file_is_no_name() {
    let dir = open_dir();
    let path = dir.path().join("specs");
    for line in [
        "\"bash\":0-0",
        ";bash:0-0",
        "bash#old:0-0",
        "bash:0-0 #old",
        "ba\0sh:0-0",
        "name=ba\0sh:0-0",
        "args~ba\0sh:0-0",
        "name=\"bash\":0-0",
    ] {
        fs::write(&path, format!("{line}\n")).expect("the file");
        let path = path.to_str().expect("text");
        let answer = Check::count(["--specs-from", path]).run();
        answer.unknown().line_count(1).has(&format!("{path}:1"));
    }
}

#[test]
fn a_file_without_any_spec_is_an_error() {
    let dir = open_dir();
    let path = dir.path().join("specs");
    for text in ["", "# nothing\n\n"] {
        fs::write(&path, text).expect("the file");
        let path = path.to_str().expect("text");
        Check::count(["--specs-from", path]).run().unknown().has(path);
    }
}

#[test]
fn a_directory_is_read_file_by_file() {
    let dir = open_dir();
    let path = dir.path().to_str().expect("text");
    let check = || Check::count(["--specs-from", path]).run();
    check().unknown().line_count(1).has(&format!("{path} holds no file that ends in .specs"));
    fs::write(dir.path().join("b.specs"), "absent-b\n").expect("the file");
    fs::write(dir.path().join("a.specs"), "absent-a\n").expect("the file");
    fs::write(dir.path().join("b.specs.old"), "frob=1\n").expect("the file");
    check().critical("absent-a 0 (want 1-), absent-b 0 (want 1-); 0 of 2 OK");
    // A file that is of no use does not silence the others.
    fs::write(dir.path().join("b.specs"), "# nothing\n").expect("the file");
    let answer = check();
    answer.critical_with("absent-a 0 (want 1-)").has(&format!("{path}/b.specs holds no spec"));
    fs::write(dir.path().join("b.specs"), "absent-b\n\ncron,frob=1\n").expect("the file");
    let answer = check();
    answer.critical_with("absent-a 0 (want 1-), absent-b 0 (want 1-)").has("; 0 of 3 OK|");
    answer.has(&format!("{path}/b.specs:3: spec 'cron,frob=1'"));
}

// ---- help, version ----

#[test]
fn help_goes_to_stdout_within_80_columns_and_exits_3() {
    for option in ["--help", "-h"] {
        let answer = Check::count([option]).env("COLUMNS", "200").run_raw();
        answer.code(3).has("--recheck").has("--specs-from");
        let wide = answer.lines().into_iter().find(|line| line.chars().count() > 80);
        assert_eq!(wide, None, "{answer}");
        assert!(answer.lines().len() > 10, "{answer}");
        answer.lacks("\x1b");
    }
}

#[test]
fn version_is_one_line_and_exits_3() {
    for option in ["--version", "-V"] {
        let answer = Check::count([option]).run_raw();
        answer.code(3).line_count(1).has(env!("CARGO_PKG_VERSION")).has("check_proccount");
    }
}

#[test]
fn every_plugin_has_help_and_version() {
    for name in &support::plugins() {
        let help = Check::plugin(name).arg("--help").run_raw();
        help.code(3).has(name).has("--timeout").has("--mon").has("--containers");
        let wide = help.lines().into_iter().find(|line| line.chars().count() > 80);
        assert_eq!(wide, None, "{help}");
        Check::plugin(name).arg("--version").run_raw().code(3).has(env!("CARGO_PKG_VERSION"));
        let error = Check::plugin(name).arg("--frob").run();
        error.code(3).line_count(1).has("--frob").has("is UNKNOWN: ");
    }
}
