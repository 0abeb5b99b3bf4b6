//! What a test needs of the machine. Where it is missing the test says SKIPPED; in CI it fails,
//! since a test that never runs guards nothing.

use std::process::{Command, Stdio};

/// Something that not every machine grants.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Need {
    /// To be root: for credentials and other users' processes.
    Root,
    /// To mount a /proc of one's own.
    MountNamespace,
    /// To make nested PID namespaces.
    PidNamespace,
    /// Kernel threads in sight; a container has none.
    KernelThreads,
    /// A program on the PATH.
    Program(&'static str),
    /// To make control groups where systemd makes those of units.
    UnitGroups,
    /// A kernel without SELinux and AppArmor.
    NoLabels,
}

/// True if the machine grants it; use as `if !can(Need::Root) { return; }`.
#[track_caller]
pub(crate) fn can(need: Need) -> bool {
    let granted = match need {
        // SAFETY: geteuid() cannot fail and touches no memory.
        Need::Root => unsafe { libc::geteuid() == 0 },
        Need::MountNamespace => runs("unshare", &["-m", "mount", "-t", "proc", "proc", "/proc"]),
        Need::PidNamespace => runs("unshare", &["--pid", "--fork", "true"]),
        Need::KernelThreads => {
            std::fs::read("/proc/2/comm").is_ok_and(|comm| comm == b"kthreadd\n")
        }
        Need::Program(name) => runs("which", &[name]),
        Need::UnitGroups => {
            let make = "for top in /sys/fs/cgroup/unified /sys/fs/cgroup; do \
                [ ! -e $top/cgroup.controllers ] || [ -e $top/cgroup.type ] || break; done; \
                mkdir $top/procwarden-$$.service && rmdir $top/procwarden-$$.service";
            runs("sh", &["-c", make])
        }
        Need::NoLabels => std::fs::read("/proc/self/attr/current").is_err(),
    };
    if !granted {
        assert!(std::env::var_os("CI").is_none(), "CI must grant {need:?}");
        println!("SKIPPED: needs {need:?}");
    }
    granted
}

fn runs(program: &str, args: &[&str]) -> bool {
    Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
