//! `procwarden explain`: what it shows of processes and specs, and its exit status.

mod support;

use std::fs;

use support::check::binary;
use support::tree::Recorded;
use support::{Answer, Check, NOBODY, Need, Specimen, Tree, can, open_dir, unique};

/// A host where sessions live beside sshd, one of which has lost its sshd.
fn host() -> Tree {
    let tree = Tree::new();
    let unit = |name: &str| format!("0::/{name}\n");
    let sshd = |pid, ppid, title: &str, unit: String| Recorded {
        ppid,
        cgroup: unit,
        ..Recorded::new(pid, "sshd").argv(&[title])
    };
    tree.add(&Recorded { ppid: 0, cgroup: unit("init.scope"), ..Recorded::new(1, "systemd") });
    let listener = "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups";
    tree.add(&sshd(700, 1, listener, unit("system.slice/ssh.service")));
    tree.add(&sshd(721, 1, "sshd: alice [priv]", unit("user.slice/session-3.scope")));
    tree.add(&sshd(722, 700, "sshd: bob [priv]", unit("user.slice/session-4.scope")));
    tree
}

fn explain(tree: &Tree, args: &[&str]) -> Answer {
    Check::program(binary())
        .args(["explain", "--proc-root"])
        .arg(tree.path())
        .args(args)
        .start()
        .finish()
}

#[track_caller]
fn has_line(answer: &Answer, words: &[&str]) {
    let found = |line: &String| line.split_whitespace().eq(words.iter().copied());
    let lines: Vec<String> = answer.stdout().lines().map(str::to_owned).collect();
    assert!(lines.iter().any(found), "no line {words:?}\n{answer}");
}

#[test]
fn a_process_is_shown_in_the_words_of_the_grammar() {
    let answer = explain(&host(), &["721"]);
    answer.code(0).has("pid 721 sshd, user root, up ");
    has_line(&answer, &["args", "sshd:", "alice", "[priv]"]);
    has_line(&answer, &["parent", "systemd"]);
    has_line(&answer, &["unit", "session-3.scope"]);
    has_line(&answer, &["container", "no"]);
    has_line(&answer, &["ancestors", "1", "systemd"]);
    has_line(&answer, &["counted", "yes"]);
    answer.lacks("ruser");
    let answer = explain(&host(), &["722"]);
    has_line(&answer, &["ancestors", "700", "sshd,", "1", "systemd"]);
    let answer = explain(&host(), &["1"]);
    has_line(&answer, &["parent", "none"]);
    has_line(&answer, &["ancestors", "none"]);
}

#[test]
fn what_systemd_says_of_its_unit_is_shown() {
    let dir = open_dir();
    let units = dir.path().join("units");
    let text = "Id=ssh.service\nType=notify\nActiveState=active\nWantedBy=multi-user.target\n\n\
                Id=job.service\nType=oneshot\nTriggeredBy=job.timer\n";
    fs::write(&units, text).expect("the file");
    let tree = host();
    let cgroup = "0::/system.slice/job.service\n".to_owned();
    tree.add(&Recorded { cgroup, ..Recorded::new(10, "job") });
    let units = units.to_str().expect("text");
    for (pid, told, alone) in [
        ("700", "takes its unit for a daemon's: a boot starts it", "by its name"),
        ("721", "leaves its unit out: a login", "leaves its unit out: a login"),
        ("10", "leaves its unit out: a job of job.timer", "by its name"),
    ] {
        explain(&tree, &[pid, "--units-from", units]).code(0).has(told);
        explain(&tree, &[pid]).code(0).has(alone);
    }
    explain(&tree, &["700", "--units-from", "/dev/null"]).code(3).complains("describes no unit");
}

#[test]
fn a_name_tells_where_it_comes_from() {
    let tree = host();
    tree.add(&Recorded::new(10, "systemd-journald"));
    tree.add(&Recorded::new(11, "python3").argv(&["python3", "/usr/bin/app.py"]));
    let answer = explain(&tree, &["10"]);
    answer.code(0).has("systemd-journald, which the kernel cuts to systemd-journal");
    explain(&tree, &["11"]).code(0).has("app.py, which python3 runs; also python3");
}

#[test]
fn each_term_of_each_spec_that_names_a_process_is_answered() {
    let tree = host();
    let dir = open_dir();
    let file = dir.path().join("daemons");
    let specs =
        "# daemons\n\ncron:1-\nsshd,user=root,not-parent=sshd,args~listener:1-1  # not sessions\n";
    fs::write(&file, specs).expect("the file");
    let file = file.to_str().expect("text");
    let answer = explain(&tree, &["721", "--specs-from", file]);
    let line = format!("{file}:4  sshd,user=root,not-parent=sshd,args~listener:1-1  NO\n");
    answer.code(1).has(&line).has("1 more spec");
    has_line(&answer, &["name=sshd", "yes", "sshd"]);
    has_line(&answer, &["user=root", "yes", "root"]);
    has_line(&answer, &["not-parent=sshd", "yes", "systemd"]);
    has_line(&answer, &["args~listener", "NO", "sshd:", "alice", "[priv]"]);
    explain(&tree, &["700", "--specs-from", file]).code(0).has("args~listener:1-1  yes\n");
    explain(&tree, &["1", "--specs-from", file]).code(1).has("none of 2 specs is about it");
    let with_fault = format!("{specs}cron,user=nosuchuser\n");
    fs::write(file, with_fault).expect("the file");
    let fault = format!("{file}:5: spec 'cron,user=nosuchuser': there is no user");
    explain(&tree, &["721", "--specs-from", file]).code(3).has(&fault);
    explain(&tree, &["700", "--specs-from", file]).code(0).has(&fault);
    fs::write(file, specs).expect("the file");
    // All of a name, one of which is no daemon.
    let answer = explain(&tree, &["sshd", "--specs-from", file]);
    answer.code(1).has("pid 700 sshd").has("pid 721 sshd").has("pid 722 sshd").lacks("pid 1 ");
    fs::write(dir.path().join("x.specs"), "sshd\n").expect("the file");
    let dir = dir.path().to_str().expect("text");
    explain(&tree, &["sshd", "--specs-from", dir])
        .code(0)
        .has(&format!("{dir}/x.specs:1  sshd  yes"));
}

#[test]
fn a_spec_shows_what_fits_and_what_turns_the_others_away() {
    let tree = host();
    tree.add(&Recorded::new(800, "cron"));
    let answer = explain(&tree, &["sshd,user=root,ppid=1:1-1"]);
    answer.code(1).has("sshd,user=root,ppid=1:1-1: 2 (want 1-1), CRITICAL\n");
    answer.has("unit ssh.service: sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups\n");
    answer.has("unit session-3.scope: sshd: alice [priv]\n");
    has_line(&answer, &["ppid=1", "NO", "700"]);
    // It fits all but the name.
    answer.lacks("pid 800 ");
    let answer = explain(&tree, &["user=root,ppid=1,args~listener:1-1"]);
    answer.code(0).has("nearly fit:").has("pid 800 ");
    let answer = explain(&tree, &["sshd,user=root,not-parent=sshd,args~listener:1-1"]);
    answer.code(0).has(": 1, OK\n");
    has_line(&answer, &["args~listener", "NO", "sshd:", "alice", "[priv]"]);
    tree.add(&Recorded { state: 'Z', ..Recorded::new(730, "sshd") });
    let dir = open_dir();
    let file = dir.path().join("specs");
    fs::write(&file, "sshd\n").expect("the file");
    let file = file.to_str().expect("text");
    explain(&tree, &["730", "--specs-from", file])
        .code(1)
        .has("sshd  NO, not counted: it is a zombie");
    tree.add(&Recorded { nspid: vec![740, 1], ..Recorded::new(740, "sshd") });
    let answer = explain(&tree, &["sshd:3-3"]);
    answer.code(0).has("no, it is a zombie").has("no, it lives in a container");
    let answer = explain(&tree, &["sshd:3-3", "--containers", "only"]);
    answer.code(1).has(": 1 (want 3-3), CRITICAL").has("--containers only leaves it out");
}

#[test]
fn a_name_that_nobody_has_shows_what_is_called_alike() {
    let answer = explain(&host(), &["ssh"]);
    answer.code(1).has("no process is name=ssh\n").has("called alike:\n  pid 700 sshd");
    explain(&host(), &["nginx"]).code(1).lacks("alike");
}

#[test]
fn errors_say_who_speaks() {
    let tree = host();
    for (args, part) in [
        (&["4711"][..], "no process 4711"),
        (&["99999999999999999999"], "no process 99999999999999999999"),
        (&["frob=1"], "unknown key 'frob'"),
        (&["sshd:1-1", "--specs-from", "/nowhere"], "/nowhere"),
        (&[], "required"),
    ] {
        explain(&tree, args).code(3).complains("procwarden explain: ").complains(part);
    }
    explain(&tree, &["--help"]).code(0).has("--specs-from").has("Exit status");
}

/// The kernel shows a thread under its own number, too, but lists it nowhere.
#[test]
fn a_thread_is_no_process() {
    let ask = || {
        let me = fs::read_link("/proc/thread-self").expect("PID/task/TID");
        let thread = me.file_name().expect("TID");
        Check::program(binary()).arg("explain").arg(thread).start().finish()
    };
    let answer = std::thread::spawn(ask).join().expect("an answer");
    answer.code(3).complains("is no process, but a thread of one");
}

/// A command line as long as it likes; none of it is a line of ours.
#[test]
fn nothing_is_cut_and_all_is_escaped() {
    let tree = host();
    let long = format!("{}\n  counted    no|\x1b[2J", "x".repeat(9000));
    tree.add(&Recorded::new(10, "evil\nname").argv(&[&long]));
    for what in ["10", "user=root:1-"] {
        let answer = explain(&tree, &[what]);
        answer
            .code(0)
            .has(&"x".repeat(9000))
            .has("\\n  counted    no\\x7c\\x1b[2J")
            .has("evil\\nname");
        assert!(!answer.stdout().contains('\x1b') && !answer.stdout().contains('|'), "{answer}");
    }
}

#[test]
fn what_is_hidden_is_said_with_its_cause() {
    if !can(Need::Root) {
        return;
    }
    let name = unique();
    let process = Specimen::called(&name).start();
    let exe = process.exe().to_str().expect("text").to_owned();
    let ask =
        |what: &str| Check::program(binary()).args(["explain", what]).by_user(NOBODY).run_raw();
    let answer = ask(&process.pid().to_string());
    answer.code(0).has("exe        hidden: exe may not be read; run as root");
    let answer = ask(&format!("{name},exe={exe}:1-"));
    answer
        .code(3)
        .has(": 0 to 1 (want 1-), UNKNOWN\n")
        .has("may fit, for all that this user can see:");
    answer.has("hidden  exe may not be read; run as root");
}
