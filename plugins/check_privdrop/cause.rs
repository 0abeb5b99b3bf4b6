//! What probably went wrong, by the C calls that a daemon's author would look for, and what an
//! administrator can do without him.

use procwarden::host::names;
use procwarden::kernel::capability::Capabilities;
use procwarden::text::escape;

use super::rules::Rules;
use super::snapshot::{Snapshot, shown_groups, shown_ids};

/// How many capabilities or groups are named. The rest is counted.
const MOST_NAMES: usize = 6;

/// Why a process breaks `rules`, and what to do; any process may hold the capabilities that are `allowed`.
pub(crate) fn causes(rules: Rules, process: &Snapshot, allowed: Capabilities) -> String {
    let causes: Vec<_> = rules
        .iter()
        .filter_map(|rule| {
            Some(match rule {
                Rules::GID_ROOT => gid_root(process).to_owned(),
                Rules::GROUP_ROOT => group_root(process).to_owned(),
                Rules::UID_REGAIN => uid_regain(process).to_owned(),
                Rules::CAPS => format!("holds {}", capabilities(process, allowed)),
                Rules::GROUPS => format!("in {}", privileged(process)),
                Rules::NO_NEW_PRIVS => no_new_privs(process, rules),
                Rules::THREADS => threads(process),
                _ => return None,
            })
        })
        .collect();
    format!("{}; {}", causes.join("; "), remedy(rules, process))
}

/// `set User= in its unit, report it, or exempt it`: what an administrator can do.
fn remedy(rules: Rules, process: &Snapshot) -> String {
    let settings = [
        // It sets the groups as well, to the user's own.
        (Rules::GID_ROOT | Rules::GROUP_ROOT | Rules::UID_REGAIN, "User="),
        (Rules::GROUPS, "SupplementaryGroups="),
        (Rules::CAPS, "CapabilityBoundingSet="),
        (Rules::NO_NEW_PRIVS, "NoNewPrivileges=yes"),
    ];
    let settings = settings.iter().filter(|(of, _)| rules.intersects(*of));
    let settings: Vec<_> = settings.map(|(_, setting)| *setting).collect();
    // A container has no unit. Threads are the program's own work.
    if process.contained || settings.is_empty() {
        return "report it, or exempt it".into();
    }
    format!("set {} in its unit, report it, or exempt it", settings.join(" and "))
}

const fn gid_root(process: &Snapshot) -> &'static str {
    let (uid, gid) = (process.uid, process.gid);
    match (gid.real, gid.effective, gid.saved) {
        (0, 0, _) if uid.real == 0 || uid.saved == 0 => "setegid() never called",
        (0, 0, 0) if process.contained => {
            "started with --user UID and no group: write --user UID:GID (in Kubernetes: runAsGroup); or \
             setgid() never called"
        }
        (0, 0, _) => "setuid() before setgid(), or setgid() never called",
        (_, 0, _) => "a set-group-ID program of group root, or setegid(0)",
        (0, _, _) | (_, _, 0) => "setegid() keeps gid 0 to go back to, setgid() would not",
        _ => "setfsgid(0) left on",
    }
}

fn group_root(process: &Snapshot) -> &'static str {
    if process.groups == [0] {
        "setgroups() never called"
    } else {
        "setgroups() never called, or the user is in group root"
    }
}

const fn uid_regain(process: &Snapshot) -> &'static str {
    match (process.uid.real, process.uid.saved) {
        (_, 0) => "seteuid() keeps uid 0 to go back to, setuid() would not",
        (0, _) => "setreuid() kept the real uid 0",
        _ => "setfsuid(0) left on",
    }
}

/// Names the privileges that the process has, unless another of the broken `rules` does.
fn no_new_privs(process: &Snapshot, rules: Rules) -> String {
    let holds_some = !process.held.any().is_empty();
    let because = if holds_some && !rules.contains(Rules::CAPS) {
        format!(" while it holds {}", capabilities(process, Capabilities::default()))
    } else if !holds_some && !rules.contains(Rules::GROUPS) {
        format!(" while it is in {}", privileged(process))
    } else {
        String::new()
    };
    format!("no_new_privs is not set{because}")
}

fn threads(process: &Snapshot) -> String {
    let stray = process.stray.clone().unwrap_or_default();
    let uid = stray.uid.map(|uid| format!("uid {}", shown_ids(uid)));
    let gid = stray.gid.map(|gid| format!("gid {}", shown_ids(gid)));
    let groups = stray.groups.map(|groups| format!("groups {}", shown_groups(&groups, 0)));
    let held = stray.capabilities;
    let held = (!held.is_empty()).then(|| named(held));
    let all: Vec<_> = [uid, gid, groups, held].into_iter().flatten().collect();
    let all = all.join(" ");
    format!("a thread has {all} to itself, as raw setuid() and capset() change one thread only")
}

/// `cap_net_admin, cap_sys_time`, and their set unless that is the effective one.
fn capabilities(process: &Snapshot, allowed: Capabilities) -> String {
    let held = process.held;
    let beyond = held.any().without(allowed);
    let kind = if !held.ambient.without(allowed).is_empty() {
        " (ambient)"
    } else if held.effective.without(allowed).is_empty() {
        " (permitted)"
    } else {
        ""
    };
    let place = if process.holds_inside { " in a user namespace of its own" } else { "" };
    format!("{}{kind}{place}", named(beyond))
}

fn named(capabilities: Capabilities) -> String {
    let names = capabilities.to_string();
    bounded(&names.split(", ").map(str::to_owned).collect::<Vec<_>>())
}

fn privileged(process: &Snapshot) -> String {
    let name = |gid: &u32| {
        let name = names::group(*gid);
        escape::bounded(name.as_bytes(), 32)
    };
    bounded(&process.privileged.iter().map(name).collect::<Vec<_>>())
}

fn bounded(names: &[String]) -> String {
    if names.len() <= MOST_NAMES {
        return names.join(", ");
    }
    let shown = names[..MOST_NAMES].join(", ");
    format!("{shown} and {} more", names.len() - MOST_NAMES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use procwarden::rules::set::RuleSet;

    #[test]
    fn every_rule_has_a_cause() {
        for rule in Rules::all() {
            let causes = causes(rule, &Snapshot::default(), Capabilities::default());
            assert_ne!(causes, "", "{}", rule.names(", "));
        }
    }
}
