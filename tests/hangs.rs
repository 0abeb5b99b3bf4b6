//! What never answers: command lines of processes that hold their memory's lock, and a name service
//! that hangs. A verdict that is known is told all the same, and what is not known is told apart.

mod support;

use std::fs;
use std::time::{Duration, Instant};

use support::tree::Recorded;
use support::{
    Answer, Check, Need, Process, Specimen, Tree, blocked, can, fifo, unique, until_asleep,
};

/// A user's number that nothing else on the machine has.
const STRANGER: u32 = 71_717;

/// So many processes of that name whose command line does not answer, if the machine can make them.
fn silent(name: &str, count: usize, uid: u32) -> Option<Process> {
    (can(Need::Root) && can(Need::Fuse)).then(|| blocked(name, count, uid))
}

/// Within a time limit that leaves a second of patience.
fn count(args: &[&str]) -> Answer {
    let begun = Instant::now();
    let answer = Check::count(["-t", "15"]).args(args).run();
    // Three of each user, a second each, and one more that was needed to see the first.
    assert!(begun.elapsed() < Duration::from_secs(14), "took {:?}\n{answer}", begun.elapsed());
    answer.lacks("timed out");
    answer
}

#[test]
fn a_count_that_needs_no_command_line_is_told_with_its_offender() {
    let name = unique();
    let Some(silent) = silent(&name, 1, STRANGER) else { return };
    let answer = count(&[&format!("{name},state=D:0-0")]);
    answer.critical_with(&format!("{name},state=D 1 (want 0-0)"));
    answer.has(&format!("pid {} {name}, user {STRANGER}", silent.only_child()));
}

#[test]
fn a_dead_daemon_is_told_beside_a_spec_that_hangs() {
    let (name, dead) = (unique(), unique());
    let Some(silent) = silent(&name, 1, STRANGER) else { return };
    let answer = count(&[&dead, &format!("{name},args~x")]);
    let pid = silent.only_child();
    answer.critical_with(&format!(
        "{dead} 0 (want 1-), {name},args~x 0 to 1 (want 1-): cmdline does not answer (pid {pid}); 0 of \
         2 OK"
    ));
}

#[test]
fn what_others_satisfy_is_ok() {
    let (name, alive) = (unique(), unique());
    let Some(_silent) = silent(&name, 1, STRANGER) else { return };
    let _alive = Specimen::called(&alive).start();
    let spec = format!("args~{alive}");
    count(&[&format!("{spec}:1-")]).code(0).has(&format!("{spec} 1 to "));
    count(&[&format!("{spec}:0-0")]).code(2);
}

#[test]
fn after_three_of_a_user_the_others_are_not_read_and_are_counted() {
    let name = unique();
    let Some(_silent) = silent(&name, 8, STRANGER) else { return };
    let answer = count(&[&format!("{name},args~x:0-0")]);
    answer
        .unknown()
        .has(&format!("{name},args~x 0 to 8 (want 0-0): cmdline does not answer (pid "));
    answer.has("and 7 more)");
}

#[test]
fn near_misses_are_told_without_the_command_line() {
    let name = unique();
    let Some(_silent) = silent(&name, 1, STRANGER) else { return };
    let answer = count(&[&format!("{name},user=root")]);
    answer
        .critical_with(&format!("{name},user=root 0 (want 1-): 1 named {name} runs as {STRANGER}"));
}

/// Any other file that hangs is treated alike: in a recorded tree it may be a pipe.
#[test]
fn a_file_that_does_not_answer_hides_one_process_only() {
    let tree = Tree::new();
    for pid in [100, 101, 102] {
        tree.add(&Recorded::new(pid, "pwd"));
    }
    let path = tree.of(101).join("comm");
    fs::remove_file(&path).expect("comm");
    fifo(&path);
    let answer = Check::tree(&tree, ["pwd:3-3"]).run();
    answer.unknown().has("pwd 2 to 3 (want 3-3): comm does not answer (pid 101)");
    Check::tree(&tree, ["pwd:2-"]).run().ok("pwd 2 to 3");
}

#[test]
fn a_signal_during_a_wait_is_one_line_and_unknown() {
    let signals = [
        (libc::SIGTERM, "SIGTERM"),
        (libc::SIGINT, "SIGINT"),
        (libc::SIGHUP, "SIGHUP"),
        (libc::SIGQUIT, "SIGQUIT"),
        (libc::SIGALRM, "SIGALRM"),
    ];
    for (signal, name) in signals {
        for (args, code) in [(&["--recheck", "50"][..], 3), (&["--mon", "--recheck", "50"], 1)] {
            let check = Check::count(["-t", "60", &unique()]).args(args).start();
            until_asleep(check.pid());
            check.signal(signal);
            let answer = check.finish();
            answer.lawful().code(code).line_count(1);
            answer.has(&format!("ended by {name} while waiting between two scans"));
        }
    }
}
