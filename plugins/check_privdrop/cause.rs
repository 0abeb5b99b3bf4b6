//! What probably went wrong, in the names of the C calls that a daemon's author would look for.

use procwarden::host::names;
use procwarden::kernel::capability::Capabilities;

use super::portrait::Portrait;
use super::rule::{Rule, RuleSet};

/// More capabilities or groups than these are counted only.
const MOST_NAMES: usize = 6;

/// Why the process in `portrait` breaks `rules`; `allowed` are the capabilities that may be held.
pub(crate) fn causes(rules: RuleSet, portrait: &Portrait, allowed: Capabilities) -> String {
    let causes: Vec<_> = rules
        .iter()
        .map(|rule| match rule {
            Rule::GidRoot => gid_root(portrait).to_owned(),
            Rule::GroupRoot => group_root(portrait).to_owned(),
            Rule::UidRegain => uid_regain(portrait).to_owned(),
            Rule::Caps => format!("holds {}", capabilities(portrait, allowed)),
            Rule::Groups => format!("in {}", privileged(portrait)),
            Rule::NoNewPrivs => no_new_privs(portrait, rules),
        })
        .collect();
    causes.join("; ")
}

const fn gid_root(portrait: &Portrait) -> &'static str {
    let (uid, gid) = (portrait.uid, portrait.gid);
    match (gid.real, gid.effective, gid.saved) {
        (0, 0, _) if uid.real == 0 || uid.saved == 0 => "setegid() never called",
        (0, 0, _) => "setuid() before setgid(), or setgid() never called",
        (_, 0, _) => "a set-group-ID program of group root, or setegid(0)",
        (0, _, _) | (_, _, 0) => "setegid() keeps gid 0 to go back to, setgid() would not",
        _ => "setfsgid(0) left on",
    }
}

fn group_root(portrait: &Portrait) -> &'static str {
    if portrait.groups == [0] {
        "setgroups() never called"
    } else {
        "setgroups() never called, or the user is in group root"
    }
}

const fn uid_regain(portrait: &Portrait) -> &'static str {
    match (portrait.uid.real, portrait.uid.saved) {
        (_, 0) => "seteuid() keeps uid 0 to go back to, setuid() would not",
        (0, _) => "setreuid() kept the real uid 0",
        _ => "setfsuid(0) left on",
    }
}

fn no_new_privs(portrait: &Portrait, told: RuleSet) -> String {
    let because = match (portrait.held.any().is_empty(), told) {
        (false, told) if !told.contains(Rule::Caps) => {
            format!(" while it holds {}", capabilities(portrait, Capabilities::default()))
        }
        (true, told) if !told.contains(Rule::Groups) => {
            format!(" while it is in {}", privileged(portrait))
        }
        _ => String::new(),
    };
    format!("no_new_privs is not set{because}")
}

/// `cap_net_admin, cap_sys_time`, and which set they are in if not in effect.
fn capabilities(portrait: &Portrait, allowed: Capabilities) -> String {
    let held = portrait.held;
    let beyond = held.any().without(allowed);
    let kind = if !held.ambient.without(allowed).is_empty() {
        " (ambient)"
    } else if held.effective.without(allowed).is_empty() {
        " (permitted)"
    } else {
        ""
    };
    let place = if portrait.holds_inside { " in a user namespace of its own" } else { "" };
    let names = beyond.to_string();
    let names: Vec<_> = names.split(", ").map(str::to_owned).collect();
    format!("{}{kind}{place}", bounded(&names))
}

fn privileged(portrait: &Portrait) -> String {
    let name = |gid: &u32| {
        let name = names::group(*gid);
        procwarden::text::escape::bounded(name.as_bytes(), 32)
    };
    bounded(&portrait.privileged.iter().map(name).collect::<Vec<_>>())
}

fn bounded(names: &[String]) -> String {
    if names.len() <= MOST_NAMES {
        return names.join(", ");
    }
    let shown = names[..MOST_NAMES].join(", ");
    format!("{shown} and {} more", names.len() - MOST_NAMES)
}
