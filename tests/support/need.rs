//! What a test needs of the machine. Without it the test is skipped ([`lacking`]).

use std::fmt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::namespace;
use super::skip::lacking;

/// Something that not every machine grants.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Need {
    /// To be root: for credentials and other users' processes.
    Root,
    /// To mount a /proc of one's own.
    MountNamespace,
    /// To make nested PID namespaces.
    PidNamespace,
    /// To make user namespaces as an ordinary user; only root can ask.
    UserNamespace,
    /// A PID namespace that holds the processes of these tests and no others.
    Alone,
    /// To be a file system in user space.
    Fuse,
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
        Need::UserNamespace => {
            let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
            runs("setpriv", &[&nobody[..], &["unshare", "-U", "true"]].concat())
        }
        Need::Alone => namespace::is_ours(),
        Need::Fuse => std::fs::File::open("/dev/fuse").is_ok(),
        Need::KernelThreads => {
            std::fs::read("/proc/2/comm").is_ok_and(|comm| comm == b"kthreadd\n")
        }
        Need::Program(name) => runs("which", &[name]),
        Need::UnitGroups => unit_top().is_some_and(|top| {
            let group = top.join(format!("{}.service", super::unique()));
            std::fs::create_dir(&group).and_then(|()| std::fs::remove_dir(&group)).is_ok()
        }),
        Need::NoLabels => std::fs::read("/proc/self/attr/current").is_err(),
    };
    if !granted {
        lacking(&need.to_string());
    }
    granted
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Root => "root",
            Self::MountNamespace => "mount namespaces",
            Self::PidNamespace => "PID namespaces",
            Self::UserNamespace => "user namespaces for ordinary users",
            Self::Alone => "a PID namespace of its own",
            Self::Fuse => "/dev/fuse",
            Self::KernelThreads => "kernel threads in sight",
            Self::Program(name) => name,
            Self::UnitGroups => "control groups at the root of version 2",
            Self::NoLabels => "a kernel without SELinux and AppArmor",
        })
    }
}

/// The root of version 2's hierarchy of control groups: where systemd's slices and units begin.
pub(crate) fn unit_top() -> Option<PathBuf> {
    let tops = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].map(PathBuf::from);
    // A group below the root has a type.
    let is_root = |top: &PathBuf| {
        top.join("cgroup.controllers").exists() && !top.join("cgroup.type").exists()
    };
    tops.into_iter().find(is_root)
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
