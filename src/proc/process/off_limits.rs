//! What the kernel would refuse to show, known without trying.
//!
//! The executable, the namespaces and the descriptors of a process are for those who may trace it
//! (`ptrace_may_access` in kernel/ptrace.c): all of its user ids must be ours, or we must hold
//! `CAP_SYS_PTRACE` in its user namespace. Whether we may send it a signal (`kill_ok_by_cred` in
//! kernel/signal.c) asks for less: one of its user ids must be ours, or we must hold `CAP_KILL` there. So who
//! may not even do that, and has no `CAP_SYS_PTRACE`, would be refused. The question names no path, and
//! costs a tenth of the refusal.

use rustix::io::Errno;
use rustix::process::{Pid as RawPid, test_kill_process};

use super::Process;
use crate::proc::fact::may_trace;
use crate::proc::root::{Pid, ProcRoot};

impl Process<'_> {
    /// Whether what takes the right to trace it is certain to be refused. False proves nothing.
    pub(super) fn is_off_limits(&mut self) -> bool {
        if let Some(known) = self.off_limits {
            return known;
        }
        let known = !self.is_covered && self.root.is_guarded() && is_refused(self.pid);
        *self.off_limits.insert(known)
    }
}

impl ProcRoot {
    /// Whether a refused signal tells that tracing would be refused too: the tree's numbers are those that
    /// kill(2) takes, we lack the capability, and we may signal ourselves, as no filter of system calls
    /// lets us do.
    pub(super) fn is_guarded(&self) -> bool {
        let find = || {
            let is_free = |own| !is_refused(own);
            !may_trace() && self.is_ours() && self.own_pid().is_some_and(is_free)
        };
        *self.guarded.get_or_init(find)
    }
}

fn is_refused(pid: Pid) -> bool {
    let raw = i32::try_from(pid.0).ok().and_then(RawPid::from_raw);
    // An LSM that refuses it says EACCES.
    raw.is_some_and(|raw| test_kill_process(raw) == Err(Errno::PERM))
}
