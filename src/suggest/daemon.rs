//! Finds the main process of each unit that a boot keeps running.
//!
//! systemd knows most of them. If it does not (`Type=forking` without a PID file) or was not asked, we
//! take the oldest process whose parent is outside of the unit. Forks that outlived an earlier main
//! process differ from it only in their arguments.

use super::census::{Census, Seen};
use super::units::Unit;

/// Daemons whose units have `KillMode=process`: their sessions, jobs or deliveries outlive them.
const LEAVES_CHILDREN: [&str; 6] = ["atd", "cron", "crond", "exim", "exim4", "sshd"];

/// A program that should always run.
#[derive(Clone, Debug)]
pub(crate) struct Daemon<'c> {
    /// Its unit; `None` on a host without systemd.
    pub(crate) unit: Option<&'c str>,
    pub(crate) main: &'c Seen,
    /// Whether a supervisor in the unit started it, so that it is not the unit's main process.
    pub(crate) is_supervised: bool,
    /// Whether its children survive when it is stopped, and become children of PID 1.
    pub(crate) leaves_children: bool,
    /// Why it may not be a daemon.
    pub(crate) doubt: Option<&'static str>,
}

impl<'c> Daemon<'c> {
    /// The daemon of a unit.
    pub(crate) fn of_unit(unit: &'c str, census: &'c Census, known: Option<&Unit>) -> Option<Self> {
        let told = known.map_or(0, |known| known.main_pid);
        let told = census.get(told).filter(|seen| seen.unit.as_deref() == Some(unit));
        let main = topmost(told.or_else(|| started_by_systemd(unit, census))?, census);
        let daemon = Self::of(main, Some(unit));
        let leaves_children = known.is_some_and(|known| known.leaves_children);
        Some(Self { leaves_children: leaves_children || daemon.leaves_children, ..daemon })
    }

    /// A daemon whose main process is known.
    pub(crate) fn of(main: &'c Seen, unit: Option<&'c str>) -> Self {
        let leaves_children = LEAVES_CHILDREN.iter().any(|name| name.as_bytes() == main.name);
        Self { unit, main, is_supervised: false, leaves_children, doubt: None }
    }

    /// Its unit's name without the suffix.
    pub(crate) fn stem(&self) -> Option<&'c str> {
        self.unit.map(|unit| unit.strip_suffix(".service").unwrap_or(unit))
    }
}

fn started_by_systemd<'c>(unit: &str, census: &'c Census) -> Option<&'c Seen> {
    let is_inside = |pid: u32| census.get(pid).is_some_and(|p| p.unit.as_deref() == Some(unit));
    let members = census.all.iter().filter(|seen| seen.unit.as_deref() == Some(unit));
    let outermost = members.filter(|seen| !is_inside(seen.parent));
    let fits = |seen: &Seen| {
        let resembles = resembles(&String::from_utf8_lossy(&seen.name), unit);
        (seen.shows_its_path(), resembles)
    };
    // The best fit; among equals, the oldest.
    outermost.max_by(|a, b| fits(a).cmp(&fits(b)).then(b.start.total_cmp(&a.start)))
}

/// Whether a name and a unit resemble each other, like `sshd` and `ssh.service`.
pub(crate) fn resembles(name: &str, unit: &str) -> bool {
    let stem = unit.strip_suffix(".service").unwrap_or(unit);
    let stem = stem.split('@').next().unwrap_or(stem);
    !stem.is_empty() && (stem.contains(name) || name.contains(stem))
}

/// The outermost ancestor with the same name in the same unit. The main process may be a child of its
/// launcher.
fn topmost<'c>(mut seen: &'c Seen, census: &'c Census) -> &'c Seen {
    while let Some(parent) = census.get(seen.parent).filter(|parent| parent.pid < seen.pid) {
        if parent.name != seen.name || parent.unit != seen.unit {
            break;
        }
        seen = parent;
    }
    seen
}
