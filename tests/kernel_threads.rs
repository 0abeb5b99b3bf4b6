//! Real kernel threads. They are only seen among all processes of the machine, so these tests stand
//! in a file of their own: the others have a PID namespace.

mod cpu;
mod support;

use std::fs;

use cpu::{only, value};
use support::{Check, NOBODY, Need, can, lacking, unique};

#[test]
fn a_kernel_thread_counts_unless_told_not_to() {
    if !can(Need::KernelThreads) {
        return;
    }
    Check::count(["kthreadd:1-1"]).run().ok("kthreadd 1");
    for option in ["-k", "--no-kthreads"] {
        Check::count([option, "kthreadd:0-0"]).run().ok("kthreadd 0");
    }
}

/// They have no executable, even for those who may not look whether they have.
#[test]
fn kernel_threads_run_no_executable_for_nobody_either() {
    if !can(Need::Root) || !can(Need::KernelThreads) {
        return;
    }
    for spec in ["kthreadd,not-exe=/usr/sbin/sshd:1-1", "kthreadd,not-deleted=yes:1-1"] {
        Check::count([spec]).by_user(NOBODY).run().code(0);
    }
    let spec = "kthreadd,not-exe=/usr/sbin/sshd:0-0";
    Check::count([spec]).by_user(NOBODY).run().code(2);
}

/// They have no executable, and so no longer name than they show.
#[test]
fn a_kernel_threads_name_is_certain_for_nobody_too() {
    if !can(Need::Root) || !can(Need::KernelThreads) {
        return;
    }
    let is_full = |pid: &u32| {
        let read = |file| fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
        read("comm").len() == 16 && read("status").contains("\nPPid:\t2\n")
    };
    let pids = fs::read_dir("/proc").expect("/proc").flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    if !pids.into_iter().any(|pid| is_full(&pid)) {
        return lacking("a kernel thread with a name of 15 bytes");
    }
    let spec = format!("name~^{},ppid=2:0-0", unique());
    Check::count([spec]).by_user(NOBODY).run().code(0);
}

#[test]
fn a_kernel_thread_is_judged_by_its_cpu_time() {
    if !can(Need::KernelThreads) {
        return;
    }
    let args = ["-c", "100", "--over", "0.2s"];
    assert_eq!(value(&only("kthreadd", &args).run(), "judged").to_string(), "1");
    assert_eq!(value(&only("kthreadd", &args).arg("-k").run(), "judged").to_string(), "0");
}

#[test]
fn kernel_threads_break_no_rule_of_privileges() {
    if !can(Need::KernelThreads) {
        return;
    }
    let check = Check::plugin("check_privdrop").args(["-t", "60", "--rules=all"]);
    check.args(["--exempt", "not-name=kthreadd"]).run().code(0);
}
