//! When the answer cannot be given: no stdout, a broken one, a full one. The exit code is then all
//! that the scheduler gets, and it must not be OK's.

mod support;

use support::{Check, Installed, Specimen, unique};

#[test]
fn a_closed_stdout_is_exit_3() {
    let name = unique();
    let _process = Specimen::called(&name).start();
    Check::count([&name]).stdout_closed().run_raw().code(3);
}

/// Not a death by SIGPIPE, which mon takes for OK.
#[test]
fn a_broken_pipe_is_exit_3() {
    let name = unique();
    let _process = Specimen::called(&name).start();
    Check::count([&name]).stdout_broken().run_raw().code(3);
}

#[test]
fn a_full_disk_is_exit_3() {
    let name = unique();
    let _process = Specimen::called(&name).start();
    Check::count([&name]).stdout_to("/dev/full").run_raw().code(3);
    Check::count([&unique()]).stdout_to("/dev/full").run_raw().code(3);
    for option in ["--help", "--version", "--no-such-option"] {
        Check::count([option]).stdout_to("/dev/full").run_raw().code(3);
    }
}

/// The kernel's signal for it kills who does not ignore it.
#[test]
fn a_limit_on_file_sizes_is_exit_3() {
    let name = unique();
    let _process = Specimen::called(&name).start();
    let plugin = Installed::link("check_proccount");
    let out = plugin.dir().join("out");
    let line = plugin.shell(&[&name]);
    let command = format!("ulimit -f 0; exec {line} > {}", out.display());
    let answer = Check::program("/bin/sh").args(["-c", &command]).run_raw();
    answer.code(3);
}

/// Rust aborts where the stack overflows or memory is refused; mon takes that for OK, too.
#[test]
fn a_death_for_want_of_stack_is_exit_3() {
    let plugin = Installed::link("check_proccount");
    let line = plugin.shell(&["--mon", &unique()]);
    let command = format!("ulimit -s 16; exec {line} 2>/dev/null");
    let answer = Check::program("/bin/sh").args(["-c", &command]).run_raw();
    answer.code(3).has("PROCWARDEN is UNKNOWN: out of memory, stack or CPU time");
}

/// mon knows only 0 and not 0.
#[test]
fn under_mon_an_answer_that_gets_lost_is_a_failure() {
    let absent = unique();
    let answer = Check::count(["--mon", &absent]).stdout_to("/dev/full").run_raw();
    assert!(matches!(answer.code, Some(1 | 3)), "{answer}");
    let answer = Check::count(["--mon", &absent]).stdout_broken().run_raw();
    assert!(matches!(answer.code, Some(1 | 3)), "{answer}");
}

/// OK under mon prints nothing, so a lost stdout loses nothing.
#[test]
fn under_mon_nothing_is_lost_when_all_is_well() {
    let name = unique();
    let _process = Specimen::called(&name).start();
    Check::count(["--mon", &name]).stdout_to("/dev/full").run_raw().code(0);
}
