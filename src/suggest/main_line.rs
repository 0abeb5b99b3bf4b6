//! Writes the line for a daemon's main process.
//!
//! `NAME,user=USER,not-parent=NAME:1-1` leaves out what the daemon forks. It needs no unit, and so it
//! also alerts on a second instance.

use super::daemon::{Daemon, resembles};
use super::line::Line;
use super::names;
use crate::kernel::interpreter::is_interpreter;
use crate::text::bytes::contains;

/// Programs that run as daemons, but that people and jobs run as well. Only the unit distinguishes them.
const TOOLS: [&str; 13] = [
    "autossh",
    "git",
    "git-daemon",
    "openvpn",
    "rclone",
    "rsync",
    "screen",
    "socat",
    "ssh",
    "stunnel",
    "tcpdump",
    "tmux",
    "wpa_supplicant",
];

/// A line for each daemon, in order. Daemons with the same name and user are distinguished by their
/// units. Within a unit, or without units, they share a line.
pub(crate) fn of_all<'d, 'c>(daemons: &'d [Daemon<'c>]) -> Vec<(&'d Daemon<'c>, Line)> {
    let mut lines = Vec::new();
    for (at, daemon) in daemons.iter().enumerate() {
        let is_alike = |other: &&Daemon<'_>| {
            other.main.name == daemon.main.name && other.main.uid == daemon.main.uid
        };
        let is_beside = |other: &&Daemon<'_>| is_alike(other) && other.unit == daemon.unit;
        if daemons[..at].iter().any(|other| is_beside(&other)) {
            continue;
        }
        let alike = daemons.iter().filter(is_alike).count();
        let beside = daemons.iter().filter(is_beside).count();
        let line = match daemon.unit {
            Some(unit) => of_unit(daemon, unit, beside, alike > beside),
            None => without_unit(daemon, beside),
        };
        lines.extend(line.map(|line| (daemon, line)));
    }
    let labels: Vec<_> = lines.iter().map(|(_, line)| line.label.clone()).collect();
    for (daemon, line) in &mut lines {
        if labels.iter().filter(|label| **label == line.label).count() > 1 {
            line.label = own_label(daemon, &line.label);
        }
        line.pids = vec![daemon.main.pid];
        if let Some(why) = daemon.doubt {
            *line = line.clone().doubted(why);
        }
    }
    lines
}

/// A label that distinguishes daemons of one name: by unit, else by user.
fn own_label(daemon: &Daemon<'_>, name: &str) -> String {
    match (daemon.stem(), daemon.main.uid) {
        (Some(stem), _) if daemon.is_supervised => format!("{name} of {}", label(stem)),
        (Some(stem), _) => label(stem),
        (None, Some(uid)) => format!("{name} of {}", names::user(uid)),
        (None, None) => name.to_owned(),
    }
}

/// The names by which a `#-NAME` line may refer to a daemon: its name, and its unit with or without the
/// suffix.
pub(crate) fn subjects(daemon: &Daemon<'_>) -> Vec<String> {
    let name = names::plain(&daemon.main.name);
    [name, daemon.unit, daemon.stem()].into_iter().flatten().map(str::to_owned).collect()
}

/// `None` if no line can find it: it is not the unit's main process, and its name can't stand in a spec.
fn of_unit(daemon: &Daemon<'_>, unit: &str, count: usize, is_elsewhere: bool) -> Option<Line> {
    let stem = label(daemon.stem().unwrap_or_default());
    let user = daemon.main.uid.map(names::user_term);
    let comment = shown_unit(unit);
    let Some(name) = names::plain(&daemon.main.name) else {
        let selector = [Some(format!("unit={unit}")), user].into_iter().flatten();
        let selector = selector.collect::<Vec<_>>().join(",");
        let called = names::shown(&daemon.main.name);
        let comment = format!("{comment}; it is called {called}");
        return (!daemon.is_supervised).then(|| Line::new(selector, &stem, "1-", comment));
    };
    let needs_unit = is_elsewhere || is_of_anybody(name);
    let terms = [
        Some(name.to_owned()),
        user,
        needs_unit.then(|| format!("unit={unit}")),
        Some(format!("not-parent={name}")),
        no_fork(daemon),
    ];
    let selector = terms.into_iter().flatten().collect::<Vec<_>>().join(",");
    // The process of postfix@-.service is "master". On its own that says little.
    let says_little = !resembles(name, unit) && !daemon.is_supervised;
    let label = if needs_unit { own_label(daemon, name) } else { name.to_owned() };
    let label = if says_little { stem } else { label };
    let below = if daemon.is_supervised { "; its supervisor starts it" } else { "" };
    let comment = format!("{comment}{below}{}", what_for(daemon));
    Some(Line::new(selector, &label, &format!("{count}-{count}"), comment))
}

/// `None` if no line can find it: its name can't stand in a spec.
fn without_unit(daemon: &Daemon<'_>, count: usize) -> Option<Line> {
    let name = names::plain(&daemon.main.name)?;
    let comment = format!("pid {}", daemon.main.pid);
    let place = is_interpreter(name.as_bytes()).then(|| format!("ppid={}", daemon.main.parent));
    let terms = [
        Some(name.to_owned()),
        daemon.main.uid.map(names::user_term),
        place,
        Some(format!("not-parent={name}")),
        no_fork(daemon),
    ];
    let selector = terms.into_iter().flatten().collect::<Vec<_>>().join(",");
    let range = format!("{count}-{count}");
    Some(Line::new(selector, name, &range, format!("{comment}{}", what_for(daemon))))
}

/// A term that excludes forks that outlive the daemon. They overwrite their arguments, or at least lead
/// no session.
pub(crate) fn no_fork(daemon: &Daemon<'_>) -> Option<String> {
    let main = daemon.main;
    match main.name.as_slice() {
        b"sshd" if contains(&main.args, b"listener") => return Some("args~listener".into()),
        // cron's forks are called CRON or CROND.
        b"cron" => return Some("args~cron".into()),
        b"crond" => return Some("args~crond".into()),
        _ => {}
    }
    // A script's forks look like the script. Only systemd knows that they outlive it.
    if !daemon.leaves_children || is_interpreter(base_name(main.first_argument())) {
        return None;
    }
    let mail = mail_daemon(daemon);
    if main.leads_session && main.name != b"sshd" {
        return Some(mail.map_or("leader=yes".into(), |args| format!("{args},leader=yes")));
    }
    let path = names::plain_path(main.first_argument());
    mail.or_else(|| path.map(|path| format!("args~^{path}")))
}

/// The term for Exim. Whoever sends mail runs Exim, too; the first option (`-bd`) identifies the daemon.
fn mail_daemon(daemon: &Daemon<'_>) -> Option<String> {
    let name = names::plain(&daemon.main.name).filter(|name| name.starts_with("exim"))?;
    let option = daemon.main.args.split(|&byte| byte == b' ').nth(1)?;
    let option = names::plain(option.strip_prefix(b"-")?)?;
    Some(format!("args~{name} -{option}"))
}

fn what_for(daemon: &Daemon<'_>) -> &'static str {
    match no_fork(daemon).as_deref() {
        Some("args~listener") => "; the listener, not sessions that outlive it",
        Some(_) => "; not a fork that outlives it",
        None => "",
    }
}

/// Whether people and jobs run programs of this name, too.
pub fn is_of_anybody(name: &str) -> bool {
    is_interpreter(name.as_bytes()) || TOOLS.contains(&name)
}

fn base_name(path: &[u8]) -> &[u8] {
    crate::kernel::cmdline::base_name(path)
}

/// A unit's name as a label. Performance data and graphs don't cope with backslashes.
fn label(stem: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._@+-".contains(c);
    let stem = stem.strip_suffix("@-").unwrap_or(stem);
    stem.chars().map(|c| if is_plain(c) { c } else { '_' }).collect()
}

fn shown_unit(unit: &str) -> String {
    crate::text::escape::bounded(unit.as_bytes(), 120)
}
