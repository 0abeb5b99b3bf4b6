//! Lines against a daemon's name under a user who has no business to run it.
//!
//! A user who runs it now, below PID 1 or in a service, counts as right.

use std::collections::{BTreeMap, BTreeSet};

use super::census::Census;
use super::daemon::Daemon;
use super::line::Line;
use super::main_line::{is_of_anybody, no_fork};
use super::{names, pools};

/// What every user may run for himself.
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

/// A line for each name that daemons have.
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
    let mut right = BTreeSet::new();
    for daemon in daemons {
        right.extend(pools::users(daemon, census));
        right.extend(daemon.main.uid);
    }
    let is_right = |unit: Option<&str>, parent: u32| {
        parent <= 1 || unit.is_some_and(|unit| unit.ends_with(".service"))
    };
    let called = census.all.iter().filter(|seen| seen.name == name.as_bytes());
    right.extend(called.filter(|s| is_right(s.unit.as_deref(), s.parent)).filter_map(|s| s.uid));
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
    let comment = format!("only {users} should run it");
    Some(Line::new(selector, &format!("{name} as another user"), "0-0", comment))
}
