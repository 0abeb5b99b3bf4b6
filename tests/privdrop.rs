//! `check_privdrop`: each rule by a real process with real ids that breaks it, and by its nearest
//! innocent neighbour; what a finding says; exemptions; what passes by itself; and what is out of
//! sight.
//!
//! Other tests run beside these and make offenders of their own, so each test exempts all processes
//! that do not bear its name.

#![allow(
    clippy::expect_used,
    reason = "a helper that fails is a test that fails, but clippy only knows test functions"
)]

mod support;

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use regex::Regex;
use support::tree::Recorded;
use support::{
    Answer, Check, Installed, NOBODY, Need, Process, Specimen, Tree, between_scans, can, open_dir,
    unique,
};

const ALL: &str = "--rules=all";

/// A check of all processes, with patience: other tests may have made thousands.
fn check_all() -> Check {
    Check::plugin("check_privdrop").args(["-t", "60"])
}

/// A check of the processes whose names begin so.
fn check(name: &str, args: &[&str]) -> Check {
    check_all().args(["--exempt", &format!("not-name~^{name}")]).args(args)
}

/// A check of a recorded tree.
fn check_tree(tree: &Tree, args: &[&str]) -> Check {
    Check::plugin("check_privdrop")
        .args(["--proc-root".as_ref(), tree.path().as_os_str()])
        .args(args)
}

/// A process of this name that did these verbs, separated by spaces.
#[track_caller]
fn specimen(name: &str, verbs: &str) -> Process {
    let verbs = verbs.split(' ').filter(|verb| !verb.is_empty());
    verbs.fold(Specimen::called(name), Specimen::verb).start()
}

/// The rules that are broken, by the perfdata.
#[track_caller]
fn broken(answer: &Answer) -> String {
    let rules =
        ["gid-root", "group-root", "uid-regain", "caps", "groups", "no-new-privs", "threads"];
    let labels: Vec<_> = answer.items().iter().map(|(label, _)| (*label).to_owned()).collect();
    let on = rules.into_iter().filter(|rule| labels.iter().any(|label| label == rule));
    let broken: Vec<_> = on.filter(|rule| answer.counted(rule) > 0).collect();
    broken.join(" ")
}

/// Each row: what a process does, and the rules that it must break of all there are.
#[track_caller]
fn breaks(rows: &[(&str, &str)]) {
    for (verbs, rules) in rows {
        let name = unique();
        let _process = specimen(&name, verbs);
        let answer = check(&name, &[ALL]).run();
        assert_eq!(broken(&answer), *rules, "{verbs}\n{answer}");
    }
}

fn group_id(name: &str) -> u32 {
    let table = fs::read_to_string("/etc/group").expect("/etc/group");
    let line = table.lines().find(|line| line.starts_with(&format!("{name}:")));
    let id = line.and_then(|line| line.split(':').nth(2)).expect("the group");
    id.parse().expect("its number")
}

// ---- the rules ----

#[test]
fn gid_root() {
    if !can(Need::Root) {
        return;
    }
    breaks(&[
        ("groups= gid=0,0,0 uid=33,33,33", "gid-root"),
        ("groups= gid=0,33,33 uid=33,33,33", "gid-root"),
        ("groups= gid=33,0,33 uid=33,33,33", "gid-root"),
        ("groups= gid=33,33,0 uid=33,33,33", "gid-root"),
        ("groups= gid=33,33,33 fsgid=0 uid=33,33,33", "gid-root"),
        ("groups= gid=33,33,33 uid=33,33,33", ""),
        ("groups= gid=100,10,1000 uid=33,33,33", ""),
        // It runs as root: that is its right.
        ("groups=0 gid=0,0,0 uid=33,0,33", ""),
    ]);
}

#[test]
fn group_root() {
    if !can(Need::Root) {
        return;
    }
    breaks(&[
        ("groups=0 gid=33,33,33 uid=33,33,33", "group-root"),
        ("groups=33,0 gid=33,33,33 uid=33,33,33", "group-root"),
        ("groups=33,100,10 gid=33,33,33 uid=33,33,33", ""),
        ("groups= gid=33,33,33 uid=33,33,33", ""),
    ]);
}

#[test]
fn uid_regain() {
    if !can(Need::Root) {
        return;
    }
    breaks(&[
        ("groups= gid=33,33,33 uid=0,33,33 caps=0,0,0", "uid-regain"),
        ("groups= gid=33,33,33 uid=33,33,0 caps=0,0,0", "uid-regain"),
        // Only who holds CAP_SETUID may set a filesystem id that is none of the others.
        (
            "groups= gid=33,33,33 keepcaps uid=33,33,33 caps=80,80,0 fsuid=0 caps=0,0,0",
            "uid-regain",
        ),
        ("groups= gid=33,33,33 uid=33,33,33", ""),
        ("groups= gid=33,33,33 uid=33,10,100", ""),
    ]);
}

#[test]
fn caps() {
    if !can(Need::Root) {
        return;
    }
    let drop = "groups= gid=33,33,33 keepcaps uid=33,33,33";
    breaks(&[
        (&format!("{drop} caps=2000000,2000000,0 nnp"), "caps"),
        (&format!("{drop} caps=0,2000000,0 nnp"), "caps"),
        (&format!("{drop} caps=0,2000000,2000000 ambient=25 caps=0,2000000,2000000 nnp"), "caps"),
        // Inheritable ones give nothing by themselves, and neither does the bounding set, which is
        // full in all of these.
        (&format!("{drop} caps=0,0,2000000 nnp"), ""),
        (&format!("{drop} caps=0,0,0 nnp"), ""),
    ]);
}

#[test]
fn allowed_caps() {
    if !can(Need::Root) {
        return;
    }
    let name = unique();
    let verbs = "groups= gid=33,33,33 keepcaps uid=33,33,33 caps=2000400,2000400,0";
    let _process = specimen(&name, verbs);
    let run = |allowed: &str| check(&name, &["--rules=caps", "--allow-caps", allowed]).run();
    run("cap_sys_time").code(2).has("holds cap_net_bind_service; set ");
    run("cap_sys_time,CAP_NET_BIND_SERVICE").code(0);
    run("10,sys_time").code(0).lacks("user namespace");
    check(&name, &["--rules=caps"]).run().has("holds cap_net_bind_service, cap_sys_time; set ");
}

#[test]
fn groups() {
    if !can(Need::Root) {
        return;
    }
    let shadow = group_id("shadow");
    breaks(&[
        (&format!("groups={shadow} gid=33,33,33 uid=33,33,33 nnp"), "groups"),
        (&format!("groups= gid=33,{shadow},33 uid=33,33,33 nnp"), "groups"),
        (&format!("groups= gid=33,33,{shadow} uid=33,33,33 nnp"), "groups"),
        // Its own primary group: the administrator's choice.
        (&format!("groups={shadow} gid={shadow},{shadow},{shadow} uid=33,33,33 nnp"), ""),
        ("groups=33,100 gid=33,33,33 uid=33,33,33 nnp", ""),
    ]);
    let name = unique();
    let _process = specimen(&name, "groups=100 gid=33,33,33 uid=33,33,33");
    let run = |groups: &str| check(&name, &["--rules=groups", "--privileged-groups", groups]).run();
    run("shadow,users").code(2).has("in users; set ");
    run("shadow,100").code(2);
    run("shadow,sudo").code(0);
}

#[test]
fn no_new_privs() {
    if !can(Need::Root) {
        return;
    }
    let drop = "gid=33,33,33 keepcaps uid=33,33,33";
    let shadow = group_id("shadow");
    let breaks = |verbs: String, code: i32| {
        let name = unique();
        let _process = specimen(&name, &verbs);
        check(&name, &["--rules=no-new-privs"]).run().code(code).has(if code == 0 {
            "judged"
        } else {
            "no_new_privs is not set while it"
        });
    };
    breaks(format!("groups= {drop} caps=0,2000000,0"), 2);
    breaks(format!("groups= {drop} caps=0,2000000,0 nnp"), 0);
    breaks(format!("groups={shadow} {drop} caps=0,0,0"), 2);
    breaks(format!("groups={shadow} {drop} caps=0,0,0 nnp"), 0);
    breaks(format!("groups= {drop} caps=0,0,0"), 0);
}

/// To the kernel, credentials belong to a thread. What runs as root is judged by this rule alone.
#[test]
fn threads() {
    if !can(Need::Root) {
        return;
    }
    let drop = "groups= gid=33,33,33 uid=33,33,33";
    breaks(&[
        ("threads=2", ""),
        (&format!("threads=2 {drop}"), ""),
        ("groups=0 gid=0,0,0 stray=33", "threads"),
        (&format!("{drop} threads=1 leaderless"), ""),
        ("threads=1 caps=0,0,0", "threads"),
        ("caps=0,0,0 threads=1", ""),
        (&format!("keepcaps {drop} threads=1 caps=0,0,0"), "threads"),
    ]);
    let name = unique();
    let _process = specimen(&name, "threads=3 stray=33");
    check(&name, &["--rules=threads"]).run().code(2).has(
        ") threads: a thread has uid 33/33/33 to itself, as raw setuid() and capset() change one \
         thread only",
    );
    check(&name, &[]).run().code(0).lacks("threads");
    check(&name, &["--rules=threads", "--exempt-rule", &format!("threads:{name}")]).run().code(0);
}

/// A recorded tree says what may be hidden of a thread, and of the one before it.
#[test]
fn threads_that_cannot_be_read_are_unknown() {
    let tree = Tree::new();
    let process = Recorded { threads: 3, uid: [33; 4], gid: [33; 4], ..Recorded::new(50, "a") };
    tree.add(&process);
    let run = || check_tree(&tree, &["--rules=threads"]).run();
    run().code(3).has("task is missing (pid 50)");
    tree.add_thread(50, &process).add_thread(50, &Recorded { pid: 51, ..process.clone() });
    run().code(0);
    fs::write(tree.of(50).join("task/51/status"), "Name:\ta\n").expect("status");
    run().code(3).has("status is not what a kernel writes");
    tree.add_thread(50, &Recorded { pid: 52, gid: [33, 33, 0, 33], ..process.clone() });
    run().code(2).has("a thread has gid 33/33/0 to itself");
    check_tree(&tree, &[]).run().code(0);
}

#[test]
fn rules_and_their_severity_can_be_chosen() {
    if !can(Need::Root) {
        return;
    }
    let name = unique();
    let _process = specimen(&name, "groups=0 gid=0,0,0 uid=33,33,0 caps=0,0,0");
    let run = |args: &[&str]| check(&name, args).run();
    assert_eq!(broken(run(&[]).code(2)), "gid-root group-root uid-regain");
    assert_eq!(broken(run(&["--rules", "uid-regain"]).code(1)), "uid-regain");
    run(&["--rules", "caps,groups"]).code(0);
    run(&["--warn-on", "gid-root,group-root"]).code(1);
    run(&["--warn-on", "gid-root", "--warn-on=group-root"]).code(1);
    run(&["--warn-on", "gid-root"]).code(2);
    run(&["--rules=uid-regain", "--crit-on=uid-regain"]).code(2);
    let answer = run(&["--rules=default,caps", "--warn-on=caps"]);
    let items: Vec<_> = answer.items().iter().map(|(label, _)| (*label).to_owned()).collect();
    assert_eq!(items, ["gid-root", "group-root", "uid-regain", "caps", "exempt", "judged"]);
    assert!(
        answer.perfdata().starts_with(
            "'gid-root'=1;;0;0 'group-root'=1;;0;0 'uid-regain'=1;0;;0 \
        'caps'=0;0;;0 'exempt'="
        ),
        "{answer}"
    );
}

// ---- who is judged ----

#[test]
fn the_dead_are_not_judged_and_the_leaderless_are() {
    if !can(Need::Root) {
        return;
    }
    let (dead, alive) = (unique(), unique());
    let drop = "groups= gid=0,0,0 uid=33,33,33";
    let _zombie = specimen(&unique(), &format!("{drop} zombie={dead}"));
    check(&dead, &[]).run().code(0);
    let _leaderless = specimen(&alive, &format!("{drop} leaderless"));
    assert_eq!(broken(&check(&alive, &[]).run()), "gid-root");
}

/// A namespace that root has no number in shows it, and kernel threads, as the overflow user.
#[test]
fn kernel_threads_are_out_where_root_is_nobody() {
    let tree = Tree::new();
    let mut thread = Recorded::kernel_thread(2, "kthreadd");
    (thread.uid, thread.gid) = ([65534; 4], [0; 4]);
    tree.add(&thread);
    check_tree(&tree, &[]).run().code(0);
    thread.flags = 0x0040_0100;
    replace(&tree, &thread);
    check_tree(&tree, &[]).run().code(2);
}

#[test]
fn containers_are_included_and_told() {
    if !can(Need::Root) || !can(Need::PidNamespace) {
        return;
    }
    let name = unique();
    let inside = Specimen::called(&name).under(&["unshare", "--pid", "--fork"]);
    let _inside = inside.verb("gid=0,0,0").verb("uid=33,33,33").start();
    let run = |args: &[&str]| check(&name, args).run();
    run(&[]).code(2).has(", user www-data, child of unshare, in a container) gid-root");
    run(&["--containers", "only"]).code(2);
    run(&["--containers", "exclude"]).code(0);
    let outside = unique();
    let _outside = specimen(&outside, "groups= gid=0,0,0 uid=33,33,33");
    check(&outside, &["--containers", "only"]).run().code(0);
    check(&outside, &["--containers", "exclude"]).run().code(2).lacks("in a container");
}

/// `docker run --user 1000` leaves the group root: nobody called `setuid()` there.
#[test]
fn a_container_with_a_user_and_no_group_is_reported_how_to_start() {
    let tree = Tree::new();
    let process =
        Recorded { uid: [1000; 4], gid: [0; 4], nspid: vec![50, 7], ..Recorded::new(50, "app") };
    tree.add(&process);
    let run = || check_tree(&tree, &[]).run();
    run()
        .code(2)
        .has("in a container) gid-root: started with --user UID and no group")
        .has("write --user UID:GID");
    // One that gave up root there itself, or is outside, is no such case.
    for other in [
        Recorded { gid: [33, 0, 0, 0], ..process.clone() },
        Recorded { nspid: vec![50], ..process.clone() },
    ] {
        replace(&tree, &other);
        run().code(2).has("gid-root").lacks("--user");
    }
}

/// Root of its own namespace, and nobody here: ids are as this namespace has them.
#[test]
fn root_of_a_user_namespace_is_no_root() {
    if !can(Need::Root) || !can(Need::UserNamespace) {
        return;
    }
    let name = unique();
    let rootless = Specimen::called(&name).under(&[
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        "unshare",
        "--user",
        "--map-root-user",
    ]);
    let _rootless = rootless.verb("wait").start();
    check(&name, &[]).run().code(0);
    // It holds all capabilities there, and the rule for them says where.
    let answer = check(&name, &["--rules=caps"]).run();
    answer.code(2).has(" more in a user namespace of its own");
    // From inside such a namespace root's own group has no number either, and is not taken for it.
    let offender = unique();
    let _offender = specimen(&offender, "groups= gid=0,0,0 uid=33,33,33");
    let plugin = Installed::copy("check_privdrop");
    let exempt = format!("not-name~^{offender}");
    let answer = Check::program("unshare")
        .args(["--user", "--map-user=1000", "--map-group=1000"])
        .arg(plugin.path())
        .args(["-t", "60", "--exempt", &exempt])
        .by_user(NOBODY)
        .run();
    answer.code(0);
}

// ---- what a finding says ----

/// A daemon that makes the mistake itself, and the one that makes none.
#[test]
fn a_careless_daemon_is_found_and_a_careful_one_is_not() {
    if !can(Need::Root) {
        return;
    }
    for (way, code, finding, ids) in [
        ("right", 0, "", ""),
        (
            "setuid-first",
            2,
            "gid-root: setuid() before setgid(), or setgid() never called",
            "uid 33/33/33 gid 0/0/0 groups none",
        ),
        (
            "no-setgroups",
            2,
            "group-root: setgroups() never called",
            "uid 33/33/33 gid 33/33/33 groups 0",
        ),
        (
            "seteuid",
            1,
            "uid-regain: seteuid() keeps uid 0 to go back to, setuid() would not",
            "uid 0/33/0 gid 33/33/33 groups none",
        ),
    ] {
        let name = unique();
        let dir = open_dir();
        let path = dir.path().join(&name);
        build_careless(&path);
        let daemon = Process::start(Command::new(&path).arg(way));
        let pid = daemon.pid();
        let answer = check(&name, &[]).run();
        answer.code(code);
        if code == 0 {
            answer.line_count(1);
            continue;
        }
        let state = if code == 2 { "CRITICAL" } else { "WARNING" };
        let finding = format!("{finding}; set User= in its unit, report it, or exempt it");
        let start = format!("PRIVDROP is {state}: {name} (pid {pid}, user www-data) {finding}; ");
        assert!(placeless(answer.status()).starts_with(&start), "{start}\n{answer}");
        let (rule, cause) = finding.split_once(": ").expect("a cause");
        let detail = format!("{state} {rule}: {name}, pid {pid}, user www-data: {ids}: {cause}");
        let details: Vec<_> = answer.lines()[1..].iter().map(|line| placeless(line)).collect();
        assert_eq!(details, [detail], "{answer}");
    }
}

/// Without a finding's unit or parent: tests run in any unit.
fn placeless(line: &str) -> String {
    let place = Regex::new(r"(user www-data), [^):]+").expect("a pattern");
    place.replace(line, "$1").into_owned()
}

#[test]
fn a_finding_names_its_unit_or_its_parent() {
    let tree = Tree::new();
    let careless = |pid, ppid, group: &str| {
        let cgroup = format!("0::{group}\n");
        let name = if pid < 30 { "apache2" } else { "worker" };
        let named = Recorded::new(pid, name);
        tree.add(&Recorded { ppid, cgroup, uid: [33; 4], gid: [0; 4], ..named });
    };
    tree.add(&Recorded::new(9, "bash"));
    let session = "/user.slice/user-0.slice/session-3.scope";
    careless(21, 9, "/system.slice/apache2.service");
    check_tree(&tree, &[])
        .run()
        .code(2)
        .has("apache2 (pid 21, user www-data, apache2.service) gid");
    careless(22, 9, session);
    let both = "2 apache2 (pids 21 and 1 more, user www-data, apache2.service and 1 more) gid-root";
    check_tree(&tree, &[]).run().code(2).has(both);
    careless(30, 9, session);
    let bashs = "worker (pid 30, user www-data, session-3.scope, child of bash) gid-root";
    check_tree(&tree, &[]).run().code(2).has(bashs);
    tree.remove(9);
    check_tree(&tree, &[]).run().code(2).has("worker (pid 30, user www-data, session-3.scope) gid");
}

/// Compiles the daemon.
fn build_careless(path: &Path) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/privdrop/careless.c");
    let done = Command::new("cc")
        .args(["-O1", "-Wall", "-Wextra", "-Werror", "-o"])
        .args([path, &source])
        .status()
        .expect("these tests need a C compiler called cc");
    assert!(done.success(), "careless.c does not compile");
}

#[test]
fn ids_are_shown_as_they_are() {
    if !can(Need::Root) {
        return;
    }
    let many: Vec<_> = (0..20).map(|n| n.to_string()).collect();
    for (verbs, shown) in [
        ("groups=5,6 gid=0,7,8 uid=33,34,35", "uid 33/34/35 gid 0/7/8 groups 5,6:"),
        ("groups= gid=7,7,7 fsgid=0 uid=9,9,9", "uid 9/9/9 gid 7/7/7 fs 0 groups none:"),
        (
            &format!("groups={} gid=7,7,7 uid=9,9,9", many.join(",")),
            "groups 0,1,2,3,4,5,6,7,8,9,10,11 and 8 more:",
        ),
    ] {
        let name = unique();
        let _process = specimen(&name, verbs);
        check(&name, &[]).run().code(2).has(shown);
    }
}

#[test]
fn what_looks_the_same_is_reported_once() {
    if !can(Need::Root) {
        return;
    }
    let name = unique();
    let same: Vec<_> = (0..7).map(|_| specimen(&name, "groups= gid=0,0,0 uid=33,33,33")).collect();
    let _other = specimen(&name, "groups= gid=0,0,0 uid=34,34,34");
    let answer = check(&name, &[]).run();
    answer.code(2).has(&format!("7 {name} (pids ")).has(" and 6 more, user www-data");
    answer.line_count(3);
    assert_eq!(answer.counted("gid-root"), 8, "{answer}");
    // With -v all pids stand there.
    let answer = check(&name, &["-v"]).run();
    for process in &same {
        answer.has(&process.pid().to_string());
    }
}

#[test]
fn the_worst_comes_first() {
    if !can(Need::Root) {
        return;
    }
    let name = unique();
    let mild = format!("{name}a");
    let bad = format!("{name}b");
    let _mild = specimen(&mild, "groups= gid=33,33,33 uid=33,33,0 caps=0,0,0");
    let _bad = specimen(&bad, "groups= gid=0,0,0 uid=33,33,33");
    let answer = check(&name, &[]).run();
    answer.code(2);
    let place = |name: &str| answer.status().find(name).expect("its name");
    assert!(place(&bad) < place(&mild), "{answer}");
    assert!(answer.lines()[1].starts_with("CRITICAL "), "{answer}");
    assert!(answer.lines()[2].starts_with("WARNING "), "{answer}");
}

/// What a process says of itself comes out harmless; `run` looks for the rest.
#[test]
fn a_hostile_name_is_escaped() {
    if !can(Need::Root) {
        return;
    }
    let name = unique();
    let _process =
        specimen(&name, &format!("groups= gid=0,0,0 uid=33,33,33 name={name}|\u{1b}[m\n"));
    check(&name, &[]).run().code(2).has(&format!("{name}\\x7c")).lacks("[m\n");
}

#[test]
fn any_number_of_findings_fits() {
    let tree = Tree::new();
    for pid in 1..=300 {
        let mut process = Recorded::new(pid, format!("d{pid}"));
        (process.uid, process.gid) = ([33; 4], [0; 4]);
        tree.add(&process);
    }
    let answer = check_tree(&tree, &["-vvv"]).run();
    answer.code(2).has(" more; 300 processes judged");
    assert_eq!(answer.counted("gid-root"), 300, "{answer}");
    assert_eq!(answer.counted("judged"), 300, "{answer}");
}

#[test]
fn mon_gets_its_own_form() {
    let tree = Tree::new();
    check_tree(tree_with(&tree, [33; 4], [33; 4]), &["--mon"]).run().code(0).prints("");
    let answer = check_tree(tree_with(&tree, [33; 4], [0; 4]), &["--mon"]).run();
    answer.code(1).line_count(2).lacks("PRIVDROP is");
}

/// One process, pid 100, with these ids.
fn tree_with(tree: &Tree, uid: [u32; 4], gid: [u32; 4]) -> &Tree {
    replace(tree, &Recorded { uid, gid, ..Recorded::new(100, "daemon") })
}

/// Puts a process in the place of the one with its number.
fn replace<'t>(tree: &'t Tree, process: &Recorded) -> &'t Tree {
    if tree.of(process.pid).exists() {
        tree.remove(process.pid);
    }
    tree.add(process)
}

// ---- exemptions ----

#[test]
fn exemptions_are_counted_and_told() {
    let tree = Tree::new();
    let offender = Recorded { uid: [33, 33, 0, 33], gid: [0; 4], ..Recorded::new(7, "legacyd") };
    tree.add(&offender).add(&Recorded { uid: [9; 4], ..Recorded::new(8, "other") });
    let run = |args: &[&str]| check_tree(&tree, args).run();
    assert_eq!(broken(run(&["--exempt", "other,uid=9"]).code(2)), "gid-root uid-regain");
    let tree_of = |args: &[&str], code: i32, rules: &str, exempt: u32| {
        let answer = run(args);
        assert_eq!(broken(answer.code(code)), rules, "{answer}");
        assert_eq!(answer.counted("exempt"), exempt, "{answer}");
        answer
    };
    let other = ["--exempt", "other"];
    let with = |more: &[&'static str]| [&other[..], more].concat();
    tree_of(&with(&["--exempt", "legacyd"]), 0, "", 3).has("2 processes judged, 3 exempt");
    tree_of(&with(&["--exempt-rule", "gid-root:legacyd"]), 1, "uid-regain", 2);
    tree_of(&with(&["--exempt-rule", "gid-root,uid-regain:uid=33"]), 0, "", 3);
    tree_of(&with(&["--exempt-rule", "uid-regain:other"]), 2, "gid-root uid-regain", 1);
    let answer = tree_of(&with(&["--exempt", "legacyd", "-v"]), 0, "", 3);
    answer
        .has("exempt by legacyd: gid-root+uid-regain: legacyd, pid 7, user www-data: uid 33/33/0");
}

#[test]
fn a_file_of_exemptions_gives_reasons() {
    let tree = Tree::new();
    let tree = tree_with(&tree, [33; 4], [0; 4]);
    let file = tempfile::NamedTempFile::new().expect("a file");
    let text =
        "# known\n\ngid-root:daemon,uid=33 # vendor bug 4711, until June\ngone # was fixed\n";
    fs::write(file.path(), text).expect("the file");
    let path = file.path().display().to_string();
    let answer = check_tree(tree, &["--exempt-from", &path, "-v"]).run();
    answer
        .code(0)
        .has("exempt by daemon,uid=33 (vendor bug 4711, until June): gid-root: daemon, pid 100");
    answer.has("exemption gone (was fixed) matches no finding\n");
    check_tree(tree, &["--exempt-from", &path]).run().code(0).line_count(1);
    fs::write(file.path(), "daemon\nfrob=1 # x\n").expect("the file");
    let answer = check_tree(tree, &["--exempt-from", &path]).run();
    answer.code(3).has(&format!("{path}:2: ")).has("unknown key 'frob'");
}

/// Whether or not other lines are right, and however much there is to say of what is found.
#[test]
fn a_wrong_line_of_a_file_hides_no_finding_and_is_told() {
    let tree = Tree::new();
    let tree = tree_with(&tree, [33; 4], [0; 4]);
    let file = tempfile::NamedTempFile::new().expect("a file");
    let path = file.path().display().to_string();
    for (text, number) in [("usr=root\n", 1), ("# known\natd\nusr=root\n", 3)] {
        fs::write(file.path(), text).expect("the file");
        let answer = check_tree(tree, &["--exempt-from", &path]).run();
        answer.code(2).has("PRIVDROP is CRITICAL: daemon (pid 100");
        answer.has(&format!("\n{path}:{number}: exemption 'usr=root': unknown key 'usr'"));
    }
}

/// An exemption over what is hidden neither spares nor accuses.
#[test]
fn an_exemption_that_cannot_be_told_is_unknown() {
    if !can(Need::Root) {
        return;
    }
    let name = unique();
    let process = specimen(&name, "groups= gid=0,0,0 uid=33,33,33");
    let exempt = format!("exe={}", process.exe().display());
    let check = || check(&name, &["--exempt", &exempt]);
    check().run().code(0);
    check().by_user(NOBODY).run().code(3).has("exe may not be read").has("CAP_SYS_PTRACE");
}

/// Those that keep root by design: in sight, and judged if asked for.
#[test]
fn atd_and_postfix_local_are_known() {
    let tree = Tree::new();
    let id = |table: &str, name: &str| {
        let table = fs::read_to_string(table).expect("a table");
        let line = table.lines().find(|line| line.starts_with(&format!("{name}:")));
        line.and_then(|line| line.split(':').nth(2)).map(|id| id.parse().expect("an id"))
    };
    let daemon = id("/etc/passwd", "daemon").expect("the user daemon");
    let atd = Recorded {
        uid: [0, daemon, daemon, daemon],
        gid: [0, daemon, daemon, daemon],
        ..Recorded::new(50, "atd")
    };
    tree.add(&atd);
    let answer = check_tree(&tree, &["-v"]).run();
    answer
        .code(0)
        .has("1 process judged, 2 exempt")
        .has("takes root back to run a job as its owner");
    assert_eq!(broken(check_tree(&tree, &["--strict"]).run().code(2)), "gid-root uid-regain");
    // A name alone is not enough.
    replace(&tree, &Recorded { uid: [0, 33, 33, 33], ..atd });
    check_tree(&tree, &[]).run().code(2);
}

/// As docs/privdrop-daemons.md has them, on a machine that has their users.
#[test]
fn nrpe_varnishd_and_squid_are_known() {
    if !can(Need::Root) || !can(Need::MountNamespace) {
        return;
    }
    let dir = open_dir();
    let passwd = dir.path().join("passwd");
    let users = [("root", 0), ("nagios", 104), ("vcache", 108), ("proxy", 13), ("www-data", 33)];
    let lines = users.map(|(name, id)| format!("{name}:x:{id}:{id}::/:/bin/sh\n"));
    fs::write(&passwd, lines.concat()).expect("passwd");
    let plugin = Installed::link("check_privdrop");
    let run = |process: &Recorded, args: &[&str]| {
        let tree = Tree::new();
        tree.add(process);
        let tree = tree.path().display().to_string();
        let line = plugin.shell(&[&["--proc-root", &tree, "-v"], args].concat());
        let command = format!("mount --bind {} /etc/passwd && exec {line}", passwd.display());
        Check::program("unshare").args(["-m", "sh", "-c", &command]).run()
    };
    for (name, uid, gid, rules) in [
        ("nrpe", [0, 104, 0, 104], [107; 4], "uid-regain"),
        ("varnishd", [0, 108, 0, 108], [0, 111, 0, 111], "gid-root uid-regain"),
        ("squid", [13, 13, 0, 13], [13; 4], "uid-regain"),
    ] {
        let process = Recorded { uid, gid, ..Recorded::new(50, name) };
        run(&process, &[]).code(0).has("1 process judged").has("exempt by ").has(name);
        assert_eq!(broken(&run(&process, &["--strict"])), rules);
        let stranger = Recorded { uid: uid.map(|id| if id == 0 { 0 } else { 33 }), ..process };
        assert_eq!(broken(&run(&stranger, &[])), rules, "a name alone is not enough");
    }
}

// ---- what passes by itself ----

/// Runs a check that rechecks once after three seconds, and changes the tree in between.
#[track_caller]
fn with_change(tree: &Tree, change: impl FnOnce()) -> Answer {
    let check = || check_tree(tree, &["--recheck", "3", "-t", "60"]);
    let running = between_scans(Duration::from_secs(3), check);
    change();
    running.go_on()
}

#[test]
fn one_caught_between_two_calls_settles() {
    let tree = Tree::new();
    let tree = tree_with(&tree, [33, 33, 33, 33], [0; 4]);
    let answer = with_change(tree, || {
        tree_with(tree, [33; 4], [33; 4]);
    });
    answer.code(0).has("1 process judged, 1 settled after 3 s").line_count(1);
    assert_eq!(broken(&answer), "");
}

#[test]
fn what_stays_stands() {
    let tree = Tree::new();
    let tree = tree_with(&tree, [33; 4], [0; 4]);
    assert_eq!(broken(with_change(tree, || ()).code(2).lacks("settled")), "gid-root");
}

/// Another rule the second time: neither stood in both scans.
#[test]
fn two_passing_faults_of_one_process_do_not_add_up() {
    let tree = Tree::new();
    let tree = tree_with(&tree, [33; 4], [0; 4]);
    let answer = with_change(tree, || {
        tree_with(tree, [33, 33, 0, 33], [33; 4]);
    });
    assert_eq!(broken(answer.code(0)), "");
}

/// The same number, and another process.
#[test]
fn a_reused_pid_is_another_process() {
    let tree = Tree::new();
    let tree = tree_with(&tree, [33; 4], [0; 4]);
    let answer = with_change(tree, || {
        let start = Recorded::new(100, "daemon").start + 1;
        replace(
            tree,
            &Recorded { uid: [33; 4], gid: [0; 4], start, ..Recorded::new(100, "daemon") },
        );
    });
    answer.code(0);
}

#[test]
fn a_real_process_that_ends_settles() {
    if !can(Need::Root) {
        return;
    }
    let name = unique();
    let process = specimen(&name, "groups= gid=0,0,0 uid=33,33,33");
    let running = between_scans(Duration::from_secs(3), || check(&name, &["--recheck", "3"]));
    drop(process);
    running.go_on().code(0).has("1 settled after 3 s");
    let start = std::time::Instant::now();
    check(&name, &["--recheck", "50"]).run().code(0);
    assert!(start.elapsed().as_secs() < 50, "no problem, no waiting");
}

// ---- what is out of sight ----

/// All of `status` is for everyone.
#[test]
fn an_ordinary_user_sees_what_root_sees() {
    if !can(Need::Root) {
        return;
    }
    let name = unique();
    let shadow = group_id("shadow");
    let _processes = [
        "groups= gid=0,0,0 uid=33,33,33".to_owned(),
        "groups=0 gid=33,33,33 uid=33,33,33".to_owned(),
        "groups= gid=33,33,33 uid=33,33,0 caps=0,0,0".to_owned(),
        "groups= gid=33,33,33 keepcaps uid=33,33,33 caps=0,2000000,0".to_owned(),
        format!("groups={shadow} gid=33,33,33 uid=33,33,33"),
    ]
    .map(|verbs| specimen(&name, &verbs));
    let root = check(&name, &[ALL]).run();
    let user = check(&name, &[ALL]).by_user(NOBODY).run();
    let text = |answer: &Answer| {
        let lines: Vec<_> = answer.lines().into_iter().skip(1).map(str::to_owned).collect();
        (answer.code, broken(answer), lines)
    };
    assert_eq!(text(&root), text(&user), "{root}{user}");
    assert_eq!(broken(&user), "gid-root group-root uid-regain caps groups no-new-privs");
}

#[test]
fn hidepid_is_unknown_and_never_ok() {
    if !can(Need::Root) || !can(Need::MountNamespace) {
        return;
    }
    let name = unique();
    let _innocent = specimen(&name, "groups= gid=33,33,33 uid=33,33,33");
    for options in ["hidepid=1", "hidepid=2", "hidepid=4"] {
        let check = check_all().with_proc(options);
        // A user of this test's own: it sees nothing that another test made.
        check.by_user(43210).run().code(3).has("hidepid");
    }
    // Root sees through it.
    check(&name, &[]).with_proc("hidepid=2").run().code(0);
}

/// hidepid=1 hides what a process is, but not whose it is: root's own are no riddle.
#[test]
fn the_hidden_that_run_as_root_are_no_doubt() {
    if !can(Need::Root) || !can(Need::PidNamespace) || !can(Need::MountNamespace) {
        return;
    }
    let plugin = Installed::link("check_privdrop");
    let as_user = |uid: u32| format!("setpriv --reuid={uid} --regid={uid} --clear-groups");
    let script = format!(
        "mount -t proc -o hidepid=1 proc /proc; sleep 600 & {} sleep 600 & \
         until [ $(stat -c %u /proc/$!) = 33 ]; do sleep 0.05; done; {} {}",
        as_user(33),
        as_user(NOBODY),
        plugin.shell(&["-t", "60"]),
    );
    let alone = ["-m", "--pid", "--fork", "sh", "-c", &script];
    let answer = Check::program("unshare").args(alone).run();
    answer.code(3).has("cannot judge 1 process: status may not be read");
}

#[test]
fn what_is_seen_to_be_wrong_is_reported_beside_what_is_hidden() {
    if !can(Need::Root) || !can(Need::MountNamespace) {
        return;
    }
    let name = unique();
    let _mine = Specimen::called(&name)
        .under(&["setpriv", "--reuid=65534", "--regid=65534", "--groups=0"])
        .start();
    let answer = check(&name, &[]).with_proc("hidepid=2").by_user(NOBODY).run();
    answer.code(2).has(&format!("{name} (pid ")).has("hides other users' processes");
}

#[test]
fn a_status_that_lacks_a_line_is_unknown_to_the_rules_that_need_it() {
    let tree = Tree::new();
    tree_with(&tree, [33; 4], [33; 4]);
    let path = tree.of(100).join("status");
    let whole = fs::read_to_string(&path).expect("status");
    let without = |key: &str| {
        let kept = whole.lines().filter(|line| !line.starts_with(key));
        let kept: String = kept.flat_map(|line| [line, "\n"]).collect();
        fs::write(&path, kept).expect("status");
    };
    let code = |rules: &str| check_tree(&tree, &["--rules", rules]).run().code.unwrap_or(-1);
    assert_eq!(code("all"), 0);
    without("Groups:");
    assert_eq!([code("group-root"), code("gid-root"), code("caps")], [3, 0, 0]);
    let groupless = fs::read_to_string(&path).expect("status");
    fs::write(&path, groupless.replace("Gid:\t33", "Gid:\t0")).expect("status");
    check_tree(&tree, &["--rules=gid-root"]).run().code(2).has(" groups unknown: ");
    without("CapEff:");
    assert_eq!([code("caps"), code("default")], [3, 0]);
    without("CapAmb:");
    assert_eq!(code("all"), 0);
    without("Uid:");
    assert_eq!(code("uid-regain"), 3);
    fs::write(&path, "").expect("status");
    assert_eq!(code("default"), 3);
}

/// `Groups:` that cannot be read are not "no groups".
#[test]
fn groups_that_the_kernel_would_not_write_are_unknown() {
    let tree = Tree::new();
    tree_with(&tree, [33; 4], [33; 4]);
    let path = tree.of(100).join("status");
    let whole = fs::read_to_string(&path).expect("status");
    assert!(whole.contains("Groups:\t \n"), "{whole}");
    for groups in [
        "x",
        "root",
        "0,33",
        "0;33",
        "-0",
        "+0",
        "0x0",
        "0.0",
        "4294967296",
        "0\0",
        "[0]",
        "0 ...",
        "33 x",
        "0-33",
        "٠",
        "(none)",
        "Groups:\t0",
    ] {
        let text = whole.replace("Groups:\t \n", &format!("Groups:\t{groups}\n"));
        fs::write(&path, text).expect("status");
        let answer = check_tree(&tree, &["--rules=group-root"]).run();
        assert_eq!(answer.code, Some(3), "{groups:?}\n{answer}");
    }
    fs::write(&path, whole.replace("Groups:", "Groups:\t33\nGroups:")).expect("status");
    check_tree(&tree, &["--rules=group-root"])
        .run()
        .code(3)
        .has("status is not what a kernel writes");
}

// ---- the cost ----

#[test]
fn one_status_is_read_of_each_process_and_nothing_else() {
    if !can(Need::Program("strace")) {
        return;
    }
    let tree = Tree::new();
    for pid in 1000..1050 {
        tree.add(&Recorded { uid: [33; 4], gid: [33; 4], ..Recorded::new(pid, "daemon") });
    }
    let dir = open_dir();
    let log = dir.path().join("strace");
    let plugin = Installed::link("check_privdrop");
    let check = Check::program("strace").args(["-f", "-qq", "-e", "trace=%file", "-o"]);
    let check = check.arg(&log).arg(plugin.path()).arg("--proc-root").arg(tree.path());
    check.arg(ALL).run().code(0);
    let log = fs::read_to_string(&log).expect("the log");
    let is_pid = |part: &&str| part.parse::<u32>().is_ok_and(|pid| (1000..1050).contains(&pid));
    let of_process = |path: &str| path.rsplit('/').nth(1).filter(is_pid).map(|_| path.to_owned());
    let touched: Vec<_> = log.lines().filter_map(|l| of_process(l.split('"').nth(1)?)).collect();
    assert_eq!(touched.len(), 50, "{touched:?}");
    assert!(touched.iter().all(|path| path.ends_with("/status")), "{touched:?}");
}

// ---- wrong usage ----

#[test]
fn wrong_usage_says_what_would_be_right() {
    for (args, part) in [
        (["--rules", "frob"], "there is no rule 'frob'; rules are gid-root, group-root"),
        (["--rules", ""], "there is no rule ''"),
        (["--warn-on", "gid"], "there is no rule 'gid'"),
        (["--allow-caps", "cap_frob"], "there is no capability 'cap_frob'"),
        (["--exempt", "frob=1"], "unknown key 'frob'"),
        (["--exempt-rule", "atd"], "is not RULE:SELECTOR, as uid-regain:atd"),
        (["--exempt-rule", "frob:atd"], "there is no rule 'frob'"),
        (["--exempt-from", "/nonexistent"], "cannot read /nonexistent"),
        (["--recheck", "20"], "does not fit in --timeout"),
    ] {
        let answer = Check::plugin("check_privdrop").args(args).run();
        answer.code(3).has(part).line_count(1);
    }
    let args = ["--warn-on=caps,groups", "--crit-on=caps"];
    let answer = Check::plugin("check_privdrop").args(args).run();
    answer.code(3).has("caps cannot be both in --warn-on and in");
    let args = ["--rules=groups", "--privileged-groups=nosuchgroup"];
    Check::plugin("check_privdrop").args(args).run().code(3).has("there is no group 'nosuchgroup'");
}

/// Who writes `--warn-on caps` thinks that capabilities are judged; with that rule off it would be OK
/// for ever.
#[test]
fn an_option_about_rules_that_are_off_is_refused() {
    let run = |args: &[&str]| Check::plugin("check_privdrop").args(args).run();
    for args in [
        &["--warn-on", "caps"][..],
        &["--crit-on=groups,caps"],
        &["--exempt-rule", "caps:named"],
        &["--allow-caps", "net_raw"],
        &["--privileged-groups", "root"],
        &["--rules=caps", "--warn-on=uid-regain"],
    ] {
        run(args).code(3).line_count(1).has("does nothing while").has("; write --rules ");
    }
    run(&["--allow-caps", "net_raw"])
        .has("--allow-caps does nothing while caps is off; write --rules gid-root,group-root,");
    // Whether or not a rule needs it, a group that does not exist is a slip.
    run(&["--privileged-groups=nosuchgroup"]).code(3).has("there is no group 'nosuchgroup'");
    let tree = tempfile::tempdir().expect("a tree");
    let path = tree.path().to_str().expect("text");
    let file = tree.path().join("exempt");
    fs::write(&file, "caps:named # binds port 53\n").expect("a file");
    let shared = ["--proc-root", path, "--exempt-from", file.to_str().expect("text")];
    assert!(!run(&shared).stdout().contains("does nothing"), "files are shared by services");
}

// ---- real daemons ----

/// Installs them from Debian's archive into an overlay, starts each as its package does, and compares
/// with what the manual says of them. Takes minutes and a network.
#[test]
fn real_daemons_are_as_the_manual_says() {
    if std::env::var_os("PROCWARDEN_LAB").is_none() && std::env::var_os("CI").is_none() {
        support::skipped("set PROCWARDEN_LAB to the directory of a lab, or CI");
        return;
    }
    if !can(Need::Root) || !can(Need::MountNamespace) {
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(root.join("tests/privdrop/daemons.sh"));
    command.arg(support::check::binary());
    command.args(std::env::var_os("PROCWARDEN_LAB").filter(|lab| lab != OsStr::new("")));
    let done = command.output().expect("daemons.sh");
    let stdout = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let table: Vec<&str> = stdout.lines().take_while(|line| line.starts_with('|')).collect();
    let manual = fs::read_to_string(root.join("docs/privdrop-daemons.md")).expect("the table");
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    // Another release has other daemons; that the default rules are silent holds for all.
    if release.contains("VERSION_CODENAME=bookworm") {
        for row in &table {
            let known = manual.contains(row);
            assert!(known, "not in docs/privdrop-daemons.md: {row}\n{stdout}");
        }
    }
    assert!(table.len() > 30, "{stdout}");
    assert!(stdout.contains("PRIVDROP is OK: "), "the default rules are silent\n{stdout}");
    let (_, exposure) = stdout.split_once("== check_exposure\n").expect("the other table");
    let manual = fs::read_to_string(root.join("docs/exposure-daemons.md")).expect("the table");
    let rows: Vec<&str> = exposure.lines().take_while(|line| line.starts_with('|')).collect();
    for row in rows.iter().filter(|_| release.contains("VERSION_CODENAME=bookworm")) {
        assert!(manual.contains(row), "not in docs/exposure-daemons.md: {row}\n{exposure}");
    }
    assert!(rows.len() > 30, "{exposure}");
    assert!(exposure.contains("EXPOSURE is OK: nothing is exposed"), "{exposure}");
}
