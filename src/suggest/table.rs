//! Finds daemons from the process table alone: on a host without systemd (sysvinit, `OpenRC`, runit,
//! containers), and below a supervisor inside of a unit.
//!
//! A child of PID 1 or of a supervisor is a daemon, unless it belongs to a person or is a shell or a
//! login prompt. In a container PID 1 may be the daemon itself.

use super::census::{Census, Seen};
use super::daemon::Daemon;
use crate::host::login_defs;
use crate::kernel::interpreter::is_interpreter;

/// Programs that as PID 1 only start others.
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

/// Programs that start and restart daemons.
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

/// Programs that supervisors and inits start besides daemons: loggers, login prompts, sessions.
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

/// Daemons, and other processes that PID 1 or a supervisor started, with the reason why they are none.
pub(crate) fn daemons(census: &Census) -> (Vec<Daemon<'_>>, Vec<(&Seen, &'static str)>) {
    let (mut daemons, mut others) = (Vec::new(), Vec::new());
    if let Some(first) = census.first.as_ref().filter(|first| !is_init(first)) {
        daemons.push(Daemon::of(first, None));
    }
    let regular = login_defs::regular_uids();
    for seen in &census.all {
        let supervisor = supervisor(seen, census);
        if supervisor.is_none() && !is_of_first(seen, census) {
            continue;
        }
        if let Some(why) = why_not(seen) {
            others.push((seen, why));
            continue;
        }
        let is_person = |uid: u32| (regular.0..=regular.1).contains(&uid);
        // Root's supervisor may run daemons as a person.
        let is_own = supervisor.is_none_or(|supervisor| supervisor.uid == seen.uid);
        let doubt = (is_own && seen.uid.is_some_and(is_person)).then_some("a person's process");
        daemons.push(Daemon { doubt, ..Daemon::of(seen, None) });
    }
    (daemons, others)
}

/// Daemons that supervisors in `unit` started, and other processes with the reason why they are none.
pub(crate) fn supervised<'c>(
    unit: &'c str,
    census: &'c Census,
) -> (Vec<Daemon<'c>>, Vec<(&'c Seen, &'static str)>) {
    let (mut daemons, mut others) = (Vec::new(), Vec::new());
    for seen in census.all.iter().filter(|seen| seen.unit.as_deref() == Some(unit)) {
        match supervisor(seen, census).map(|_| why_not(seen)) {
            None => {}
            Some(None) => {
                daemons.push(Daemon { is_supervised: true, ..Daemon::of(seen, Some(unit)) });
            }
            Some(Some(why)) => others.push((seen, why)),
        }
    }
    (daemons, others)
}

/// Whether it starts and restarts daemons.
pub(crate) fn is_supervisor(seen: &Seen) -> bool {
    is_one_of(&SUPERVISORS, seen)
}

/// The supervisor that started it.
fn supervisor<'c>(seen: &Seen, census: &'c Census) -> Option<&'c Seen> {
    census.get(seen.parent).filter(|parent| is_supervisor(parent))
}

/// Whether PID 1 started it and it is not PID 1's own worker. A process that entered the container from
/// outside (`docker exec`) has no parent here.
fn is_of_first(seen: &Seen, census: &Census) -> bool {
    seen.parent == 1 && census.first.as_ref().is_none_or(|first| first.name != seen.name)
}

fn why_not(seen: &Seen) -> Option<&'static str> {
    if is_supervisor(seen) {
        return Some("starts others");
    }
    if is_one_of(&NO_DAEMONS, seen) {
        return Some("no daemon");
    }
    is_interpreter(&seen.name).then_some("an interpreter without a script")
}

/// Whether PID 1 only starts others. This includes a shell without a script, such as `sh -c`.
fn is_init(first: &Seen) -> bool {
    is_one_of(&INITS, first) || is_interpreter(&first.name)
}

fn is_one_of(names: &[&str], seen: &Seen) -> bool {
    names.iter().any(|name| name.as_bytes() == seen.name)
}
