//! Daemons of a host without systemd: sysvinit, `OpenRC`, runit, containers.
//!
//! There the process table alone tells. What PID 1 or a supervisor has started and keeps is a daemon,
//! unless it is a person's, a shell or a login prompt. In a container PID 1 may be the daemon itself.

use super::census::{Census, Seen};
use super::daemon::Daemon;
use crate::host::login_defs;
use crate::kernel::interpreter::is_interpreter;

/// Programs that are PID 1 for others' sake.
const INITS: [&str; 13] = [
    "busybox",
    "catatonit",
    "docker-init",
    "dumb-init",
    "init",
    "linuxrc",
    "openrc-init",
    "procd",
    "runit",
    "runit-init",
    "s6-svscan",
    "systemd",
    "tini",
];

/// Programs that start daemons and start them again.
const SUPERVISORS: [&str; 12] = [
    "perpd",
    "runsv",
    "runsvdir",
    "s6-supervise",
    "s6-svscan",
    "supervise",
    "supervise-daemon",
    "supervisord",
    "svscan",
    "tini",
    "dumb-init",
    "catatonit",
];

/// What supervisors and inits start beside daemons: their logs, login prompts, sessions.
const NO_DAEMONS: [&str; 13] = [
    "agetty",
    "getty",
    "login",
    "mingetty",
    "multilog",
    "s6-log",
    "s6-fdholderd",
    "sshd-session",
    "su",
    "sudo",
    "sulogin",
    "svlogd",
    "xdm",
];

/// Daemons, and what else PID 1 or a supervisor started, with the reason why it is none.
pub(crate) fn daemons(census: &Census) -> (Vec<Daemon<'_>>, Vec<(&Seen, &'static str)>) {
    let (mut daemons, mut others) = (Vec::new(), Vec::new());
    if let Some(first) = census.first.as_ref().filter(|first| !is_init(first)) {
        daemons.push(Daemon::of(first, None));
    }
    let regular = login_defs::regular_uids();
    for seen in &census.all {
        if !is_kept(seen, census) {
            continue;
        }
        if let Some(why) = why_not(seen) {
            others.push((seen, why));
            continue;
        }
        let is_person = |uid: u32| (regular.0..=regular.1).contains(&uid);
        let doubt = seen.uid.is_some_and(is_person).then_some("a person's process");
        daemons.push(Daemon { doubt, ..Daemon::of(seen, None) });
    }
    (daemons, others)
}

/// Whether PID 1 or a supervisor is its parent. A process that entered the container from outside
/// (`docker exec`) has no parent here.
fn is_kept(seen: &Seen, census: &Census) -> bool {
    if seen.parent == 1 {
        // PID 1's own workers are a pool of it.
        return census.first.as_ref().is_none_or(|first| first.name != seen.name);
    }
    census.get(seen.parent).is_some_and(|parent| is_one_of(&SUPERVISORS, parent))
}

fn why_not(seen: &Seen) -> Option<&'static str> {
    if is_one_of(&SUPERVISORS, seen) {
        return Some("starts others");
    }
    if is_one_of(&NO_DAEMONS, seen) {
        return Some("no daemon");
    }
    is_interpreter(&seen.name).then_some("an interpreter without a script")
}

/// A shell without a script is an entry point, as `sh -c` is.
fn is_init(first: &Seen) -> bool {
    is_one_of(&INITS, first) || is_interpreter(&first.name)
}

fn is_one_of(names: &[&str], seen: &Seen) -> bool {
    names.iter().any(|name| name.as_bytes() == seen.name)
}
