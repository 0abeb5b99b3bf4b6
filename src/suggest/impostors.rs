//! Suggests lines that alert on a daemon's name under a user who should not run it.
//!
//! A user who runs it now, as a child of PID 1 or in a service, is accepted. The user of its workers is
//! not: the line leaves them out as children of the daemon, and their user should not start another.

use std::collections::{BTreeMap, BTreeSet};

use super::census::{Census, Seen};
use super::daemon::Daemon;
use super::line::Line;
use super::main_line::{is_of_anybody, no_fork};
use super::names;

/// Daemons that every user may run.
const PERSONAL: [&str; 17] = [
    "at-spi-bus-laun",
    "dbus-broker",
    "dbus-broker-launch",
    "dbus-daemon",
    "dconf-service",
    "gpg-agent",
    "gvfsd",
    "mosh-server",
    "mpd",
    "pipewire",
    "pipewire-pulse",
    "podman",
    "pulseaudio",
    "ssh-agent",
    "syncthing",
    "systemd",
    "wireplumber",
];

/// A line for each daemon's name.
pub(crate) fn of_all(daemons: &[Daemon<'_>], census: &Census) -> Vec<Line> {
    let mut by_name: BTreeMap<&str, Vec<&Daemon<'_>>> = BTreeMap::new();
    for daemon in daemons.iter().filter(|daemon| daemon.doubt.is_none()) {
        if let Some(name) = names::plain(&daemon.main.name) {
            by_name.entry(name).or_default().push(daemon);
        }
    }
    by_name.retain(|name, _| !is_of_anybody(name) && !PERSONAL.contains(name));
    by_name.into_iter().filter_map(|(name, of_name)| line(name, &of_name, census)).collect()
}

fn line(name: &str, daemons: &[&Daemon<'_>], census: &Census) -> Option<Line> {
    let mut right: BTreeSet<_> = daemons.iter().filter_map(|daemon| daemon.main.uid).collect();
    let is_called = |seen: &&Seen| seen.name == name.as_bytes();
    let is_in_service =
        |seen: &&Seen| seen.unit.as_ref().is_some_and(|unit| unit.ends_with(".service"));
    let first = |pid: u32| census.first.as_ref().filter(|first| first.pid.0 == pid);
    let parent = |seen: &Seen| census.get(seen.parent).or_else(|| first(seen.parent));
    let is_worker = |seen: &&Seen| parent(seen).as_ref().is_some_and(is_called);
    let called = census.all.iter().filter(is_called).filter(|seen| !is_worker(seen));
    let standing = called.filter(|seen| seen.parent <= 1 || is_in_service(seen));
    right.extend(standing.filter_map(|seen| seen.uid));
    let terms: BTreeSet<_> =
        right.iter().map(|uid| format!("not-{}", names::user_term(*uid))).collect();
    let terms: Vec<_> = terms.into_iter().collect();
    if terms.is_empty() {
        return None;
    }
    let no_fork = match daemons {
        [only] => no_fork(only).map(|term| format!(",{term}")).unwrap_or_default(),
        _ => String::new(),
    };
    let selector = format!("{name},{},not-parent={name}{no_fork}", terms.join(","));
    let users = right.iter().map(|uid| names::user(*uid)).collect::<Vec<_>>().join(" and ");
    let comment = format!("only {users} should start it");
    Some(Line::new(selector, &format!("{name} as another user"), "0-0", comment))
}
