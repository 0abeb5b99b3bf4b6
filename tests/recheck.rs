//! `--recheck`: what passes by itself is no alarm, what stays is, and nobody waits without need.
//! The tests change the world only while every thread of the check sleeps between two scans.

mod support;

use std::time::{Duration, Instant};

use support::specimen::specimen;
use support::tree::Recorded;
use support::{
    Answer, Check, Installed, NOBODY, Need, Specimen, Tree, between_scans, can, copy_executable,
    open_dir, unique, until, until_asleep,
};

/// A recorded world with so many processes called `a`, and so many called `b`.
fn world(a: u32, b: u32) -> Tree {
    let tree = Tree::new();
    for pid in 0..a {
        tree.add(&Recorded::new(100 + pid, "a"));
    }
    for pid in 0..b {
        tree.add(&Recorded::new(200 + pid, "b"));
    }
    tree
}

/// Runs a check on the tree that rechecks once after three seconds, and changes it in between.
#[track_caller]
fn with_change(tree: &Tree, args: &[&str], change: impl FnOnce()) -> Answer {
    let check = || Check::tree(tree, ["--recheck", "3", "-t", "60"]).args(args);
    let running = between_scans(Duration::from_secs(3), check);
    change();
    running.go_on()
}

#[test]
fn what_settles_is_ok_and_the_text_says_so() {
    let tree = world(2, 0);
    let answer = with_change(&tree, &["a:1-1"], || tree.remove(101));
    answer.code(0).has("settled to 1 after 3 s").perf("'a'=1;;1:1;0");
    answer.has("PROCCOUNT is OK: a 2, settled to 1 after 3 s");
}

#[test]
fn what_stays_is_a_finding() {
    let tree = world(2, 0);
    let answer = with_change(&tree, &["a:1-1"], || ());
    answer.critical_with("a 2 (want 1-1)");
}

/// The last scan's number is what the finding shows.
#[test]
fn what_changes_from_bad_to_bad_is_a_finding() {
    let tree = world(3, 0);
    let answer = with_change(&tree, &["a:1-1"], || tree.remove(102));
    answer.critical_with("a 2 (want 1-1)").perf("'a'=2;;1:1;0");
}

/// First a glitch of one, then one of the other: neither stood in every scan.
#[test]
fn two_passing_glitches_do_not_add_up() {
    let tree = world(2, 1);
    let answer = with_change(&tree, &["a:1-1", "b:1-1"], || {
        tree.remove(101);
        tree.remove(200);
    });
    answer.code(0);
}

#[test]
fn a_finding_beside_a_glitch_stays_a_finding() {
    let tree = world(2, 2);
    let answer = with_change(&tree, &["a:1-1", "b:1-1"], || tree.remove(101));
    answer.critical_with("b 2 (want 1-1)").has("1 of 2 OK");
}

#[test]
fn more_rechecks_give_more_chances() {
    let tree = world(2, 0);
    let args = ["--recheck", "2", "--rechecks", "5", "-t", "60", "a:1-1"];
    let running = Check::tree(&tree, args).start();
    let start = Instant::now();
    until_asleep(running.pid());
    // The second scan is then over, as the first wait is two seconds; and the last is far away.
    until("there was a second scan", || start.elapsed() > Duration::from_secs(3));
    tree.remove(101);
    running.finish().lawful().code(0).has("settled to 1");
}

#[test]
fn no_problem_no_waiting() {
    let tree = world(1, 0);
    let start = Instant::now();
    Check::tree(&tree, ["--recheck", "40", "-t", "60", "a:1-1"]).run().ok("a 1");
    assert!(start.elapsed() < Duration::from_secs(40), "it waited");
}

#[test]
fn a_warning_is_a_problem_too() {
    let tree = world(2, 0);
    let answer = with_change(&tree, &["a:1-1:1-5"], || tree.remove(101));
    answer.code(0).has("settled to 1");
}

#[test]
fn a_delay_has_a_unit_or_not() {
    let tree = world(2, 0);
    for delay in ["1", "1s"] {
        let start = Instant::now();
        let answer = Check::tree(&tree, ["--recheck", delay, "a:1-1"]).run();
        answer.critical_with("a 2 (want 1-1)");
        assert!(start.elapsed() >= Duration::from_secs(1), "it did not wait");
    }
}

#[test]
fn a_settled_problem_is_silent_under_mon() {
    let tree = world(2, 0);
    let answer = with_change(&tree, &["--mon", "a:1-1"], || tree.remove(101));
    answer.code(0).prints("");
}

/// A daemon that is restarted, as the package upgrade does it.
#[test]
fn a_restart_is_no_alarm() {
    let name = unique();
    let spec = format!("{name}:1-1");
    let check = || Check::count(["--recheck", "4", "-t", "60", &spec]);
    let running = between_scans(Duration::from_secs(4), check);
    let _restarted = Specimen::called(&name).start();
    running.go_on().code(0).has("settled to 1 after 4 s");
}

/// Replaces a daemon while the plugin walks: after its name was read, and by one whose number the
/// listing is past. In a PID namespace numbers can be chosen.
const REPLACE: &str = r#"
    plugin=$1 daemon=$2 trace=$3 spec=$4
    is_there() { [ "$(cat "/proc/$1/comm" 2>/dev/null)" = "${daemon##*/}" ]; }
    "$daemon" >/dev/null & old=$!
    until is_there "$old"; do :; done
    echo 300 >/proc/sys/kernel/ns_last_pid
    "$daemon"-last >/dev/null &
    echo 100 >/proc/sys/kernel/ns_last_pid
    strace -f -qq -o "$trace" -P "/proc/$old/comm" -e inject=read:signal=SIGSTOP:when=1 "$plugin" -t 60 "$spec" & strace=$!
    until grep -q 'stopped by SIGSTOP' "$trace" 2>/dev/null; do kill -0 "$strace" || exit 99; done
    kill "$old"
    wait "$old" 2>/dev/null
    "$daemon" >/dev/null & new=$!
    until is_there "$new"; do :; done
    kill -CONT $(cat "/proc/$strace/task/$strace/children")
    wait "$strace"
"#;

#[test]
fn a_daemon_that_is_replaced_during_the_walk_is_there() {
    let needs = [Need::Root, Need::PidNamespace, Need::MountNamespace, Need::Program("strace")];
    if !needs.into_iter().all(can) {
        return;
    }
    let (name, dir) = (unique(), open_dir());
    let daemon = dir.path().join(&name);
    copy_executable(specimen(), &daemon);
    copy_executable(specimen(), &dir.path().join(format!("{name}-last")));
    let plugin = Installed::link("check_proccount");
    for (range, code) in [("1-1", 0), ("1-", 0), ("2-", 2)] {
        let trace = dir.path().join(range);
        let answer = Check::program("unshare")
            .args(["--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", REPLACE, "sh"])
            .args([plugin.path(), &daemon, &trace])
            .arg(format!("{name}:{range}"))
            .run();
        answer.code(code).has(&format!("{name} 1"));
    }
}

// ---- what lasts ----

fn waiting(pid: u32, switches: u64) -> Recorded {
    Recorded { state: 'D', switches, ..Recorded::new(pid, "tar") }
}

/// A writer that waits for its disk at both looks, and wrote in between, is well.
#[test]
fn who_ran_in_between_is_not_stuck() {
    let tree = Tree::new();
    tree.add(&waiting(100, 7)).add(&waiting(101, 7));
    let spec = "state=D,lasting=yes,label=stuck:0-0";
    let becomes = |pid, switches| {
        tree.remove(pid);
        tree.add(&waiting(pid, switches));
    };
    let answer = with_change(&tree, &[spec], || becomes(100, 9));
    answer.critical("stuck 1 (want 0-0) for 3 s: tar (pid 101, up 13h, user root)");
    let answer = with_change(&tree, &[spec], || {
        becomes(100, 11);
        becomes(101, 8);
    });
    answer.code(0).has("stuck 2, settled to 0 after 3 s");
}

/// Another process in its place, even one with its number, is not the same.
#[test]
fn only_the_same_process_lasts() {
    let tree = world(2, 0);
    let answer = with_change(&tree, &["name~^a$,lasting=yes:0-0"], || {
        tree.remove(100);
        tree.remove(101);
        tree.add(&Recorded { start: 4_000, ..Recorded::new(101, "a") });
        tree.add(&Recorded::new(102, "a"));
    });
    answer.code(0).has("settled to 0 after 3 s");
    let answer = with_change(&tree, &["name~^a$,lasting=yes,sum=threads:-1"], || {
        tree.add(&Recorded::new(103, "a"));
    });
    answer
        .critical_with("name~^a$,lasting=yes,sum=threads 2 (want 0-1) for 3 s: a (pid 10")
        .lacks("pid 103");
}

/// What was hidden at one look may have lasted.
#[test]
fn what_was_hidden_may_have_lasted() {
    let tree = Tree::new();
    tree.add(&waiting(100, 7));
    let status = tree.of(100).join("status");
    let kept = std::fs::read(&status).unwrap();
    std::fs::write(&status, &kept[..kept.len() - 40]).unwrap();
    let answer = with_change(&tree, &["state=D,lasting=yes:0-0"], || {
        std::fs::write(&status, &kept).unwrap();
    });
    answer
        .code(3)
        .has("state=D,lasting=yes 0 to 1 (want 0-0) for 3 s: status is not what a kernel");
}

#[test]
fn a_stuck_process_is_reported() {
    let name = unique();
    let process = Specimen::called(&name).verb("stuck").start();
    let stat = format!("/proc/{}/stat", process.pid());
    let start = Instant::now();
    while !std::fs::read_to_string(&stat).unwrap().contains(") D ") {
        assert!(start.elapsed() < Duration::from_secs(60), "it is not in D");
    }
    let args = ["--recheck", "1", "-t", "60", &format!("{name},state=D,lasting=yes:0-0")];
    for user in [0, NOBODY] {
        let answer = Check::count(args).by_user(user).run();
        let text =
            format!("{name},state=D,lasting=yes 1 (want 0-0) for 1 s: pid {}", process.pid());
        answer.critical_with(&text);
    }
}

#[test]
fn to_last_takes_a_second_look() {
    let tree = world(1, 0);
    let second = "'state=D,lasting=yes': lasting=yes needs a second look; add --recheck 20";
    Check::tree(&tree, ["state=D,lasting=yes:0-0", "a"]).run().code(3).has(second);
    for spec in
        ["a,lasting=yes", "a,lasting=yes:1-", "a,lasting=yes,min=age:-5", "a,lasting=no:0-0"]
    {
        let answer = Check::tree(&tree, ["--recheck", "1", spec]).run();
        answer.code(3).has("lasting=yes");
    }
    Check::count(["--exempt", "a,lasting=yes"]).run().code(3);
}
