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
    let command = format!("ulimit -s 32; exec {line}");
    let answer = Check::program("/bin/sh").args(["-c", &command]).run_raw();
    answer.code(3).has("PROCWARDEN is UNKNOWN: out of memory, stack or CPU time");
}

/// From the least memory with which the dynamic linker can load us to as much as we need: always one
/// line, and none of the runtime's own words.
#[test]
fn any_want_of_memory_is_one_line_and_exit_3() {
    let plugin = Installed::link("check_proccount");
    let with = |kilobytes: u32| {
        let limit = format!("ulimit -v {kilobytes}; exec {}", plugin.shell(&[&unique()]));
        Check::program("/bin/sh").args(["-c", &limit]).start().finish()
    };
    let is_loaded = |answer: &support::Answer| !matches!(answer.code, None | Some(127));
    let mut kilobytes = 3000;
    while !is_loaded(&with(kilobytes)) {
        kilobytes += 64;
    }
    let mut failed = 0;
    loop {
        let answer = with(kilobytes);
        answer.lawful().line_count(1);
        if answer.code == Some(2) {
            break;
        }
        answer.code(3).has(" is UNKNOWN: ");
        (failed, kilobytes) = (failed + 1, kilobytes + 16);
    }
    assert!(failed > 10, "{failed}");
}

/// Where std takes EBADF for a stdout that nobody wants.
#[test]
fn a_stdout_that_is_open_for_reading_only_is_exit_3() {
    let plugin = Installed::link("check_proccount");
    let line = plugin.shell(&[&format!("{}:0-0", unique())]);
    let command = format!("exec {line} 1</etc/hostname");
    Check::program("/bin/sh").args(["-c", &command]).run_raw().code(3);
}

/// A pipe that is full and that nobody reads holds nothing up beyond the time limit.
#[test]
fn a_full_pipe_is_exit_3_at_the_time_limit() {
    let plugin = Installed::link("check_proccount");
    let line = plugin.shell(&["-t", "1", &unique()]);
    let fill = "dd if=/dev/zero bs=4096 count=16 status=none";
    let command = format!("{{ {fill}; {line}; echo $? >&2; }} | {{ exec 3<&0; sleep 5; }}");
    let answer = Check::program("/bin/bash").args(["-c", &command]).start().finish();
    assert_eq!(String::from_utf8_lossy(&answer.stderr), "3\n", "{answer}");
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
