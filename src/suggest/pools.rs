//! Suggests lines for a daemon's children: workers that it always has, and helpers that come and go.
//!
//! Children with the daemon's name under another user are its workers. Only those count that started
//! together with it, since a later one may end again. There is no upper bound: it depends on the load.

use std::collections::BTreeMap;

use super::census::{Census, Seen};
use super::daemon::Daemon;
use super::line::Line;
use super::{names, table};
use crate::proc::root::Pid;

/// A worker that starts at most this many seconds after the daemon is permanent.
const WITH_IT: f64 = 30.0;

/// After a reload, the ages of the new workers differ by at most this many seconds.
const ONE_AGE: f64 = 2.0;

/// Seconds. Younger workers of equal age may come from a burst of load, not from a reload.
const SETTLED: f64 = 600.0;

/// Children with more different names than this are jobs, not helpers.
const MOST_HELPERS: usize = 6;

/// Lines for the children of `daemon`. They name the unit if the daemon's own line does.
pub(crate) fn of(daemon: &Daemon<'_>, own: &Line, census: &Census) -> Vec<Line> {
    // A supervisor's children are daemons.
    let has_pool = !daemon.leaves_children && !table::is_supervisor(daemon.main);
    let Some(name) = names::plain(&daemon.main.name).filter(|_| has_pool) else {
        return Vec::new();
    };
    // So are PID 1's, except its own workers.
    let has_helpers = daemon.main.pid != Pid(1);
    let unit = daemon.unit.filter(|_| own.selector.contains(",unit="));
    let unit = unit.map(|unit| format!(",unit={unit}")).unwrap_or_default();
    let mut lines = Vec::new();
    let kinds = kinds(daemon, census);
    let workers = kinds.keys().filter(|(called, _)| *called == daemon.main.name).count();
    for ((called, uid), children) in &kinds {
        let (Some(called), Some(uid)) = (names::plain(called), uid) else { continue };
        let selector = format!("{called},{},parent={name}{unit}", names::user_term(*uid));
        let now = format!("{} now", children.len());
        if called == name {
            let label = match workers {
                1 => format!("{} workers", own.label),
                _ => format!("{} workers of {}", own.label, names::user(*uid)),
            };
            let mut line = Line::new(selector, &label, "1-", now);
            line.pids = children.iter().map(|child| child.pid).collect();
            lines.push(if are_permanent(daemon.main, children) {
                line
            } else {
                line.doubted("they started later than it, and may come and go")
            });
        } else if has_helpers && kinds.len() <= MOST_HELPERS && came_with(daemon.main, children) {
            let comment = format!("helper of {}", own.label);
            let line = Line::new(selector, called, "1-", comment);
            lines.push(line.doubted("comes and goes as its parent likes"));
        }
    }
    lines
}

type Kind<'c> = (&'c [u8], Option<u32>);

/// Its children by name and user, without those that equal it in both.
fn kinds<'c>(daemon: &Daemon<'c>, census: &'c Census) -> BTreeMap<Kind<'c>, Vec<&'c Seen>> {
    let mut kinds = BTreeMap::new();
    let main = daemon.main;
    for child in census.all.iter().filter(|child| child.parent == main.pid.0) {
        if child.name != main.name || child.uid != main.uid {
            let children: &mut Vec<_> = kinds.entry((&*child.name, child.uid)).or_default();
            children.push(child);
        }
    }
    kinds
}

fn came_with(main: &Seen, children: &[&Seen]) -> bool {
    children.iter().any(|child| child.start <= main.start + WITH_IT)
}

fn are_permanent(main: &Seen, workers: &[&Seen]) -> bool {
    let starts = workers.iter().map(|worker| worker.start);
    let (first, last) = starts.fold((f64::MAX, 0.0), |(first, last): (f64, f64), start| {
        (first.min(start), last.max(start))
    });
    let is_generation = workers.len() > 1 && last - first <= ONE_AGE;
    came_with(main, workers) || (is_generation && workers.iter().all(|w| w.age >= SETTLED))
}
