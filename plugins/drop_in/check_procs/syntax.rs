//! The options of `check_procs`, as `getopt_long` knows them.

use super::super::getopt::{Opt, Takes};

/// What an option is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Id {
    Warning,
    Critical,
    Metric,
    Timeout,
    Verbose,
    Status,
    Ppid,
    Vsz,
    Rss,
    Pcpu,
    User,
    Args,
    Ereg,
    Command,
    Exclude,
    NoKthreads,
    Traditional,
    Containers,
    Help,
    Version,
    Refused(&'static str),
}

pub(super) const OPTIONS: &[Opt<Id>] = &[
    valued(Id::Warning, Some(b'w'), &["warning"]),
    valued(Id::Critical, Some(b'c'), &["critical"]),
    valued(Id::Metric, Some(b'm'), &["metric"]),
    valued(Id::Timeout, Some(b't'), &["timeout"]),
    plain(Id::Verbose, Some(b'v'), &["verbose"]),
    // The original's help says --state, but its code accepts only --status.
    valued(Id::Status, Some(b's'), &["status", "state"]),
    valued(Id::Ppid, Some(b'p'), &["ppid"]),
    valued(Id::Vsz, Some(b'z'), &["vsz"]),
    valued(Id::Rss, Some(b'r'), &["rss"]),
    valued(Id::Pcpu, Some(b'P'), &["pcpu"]),
    valued(Id::User, Some(b'u'), &["user"]),
    valued(Id::Args, Some(b'a'), &["argument-array"]),
    valued(Id::Ereg, None, &["ereg-argument-array"]),
    valued(Id::Command, Some(b'C'), &["command"]),
    valued(Id::Exclude, Some(b'X'), &["exclude-process"]),
    Opt { takes: Takes::Maybe, ..plain(Id::NoKthreads, Some(b'k'), &["no-kthreads"]) },
    plain(Id::Traditional, Some(b'T'), &["traditional-filter"]),
    // Our own option. It can't be abbreviated, so that --co still means --command.
    Opt { whole: true, ..valued(Id::Containers, None, &["containers"]) },
    plain(Id::Help, Some(b'h'), &["help"]),
    plain(Id::Version, Some(b'V'), &["version"]),
    refused("--elapsed has never done anything; leave it out", None, &["elapsed"]),
    refused(
        "--input-file is not supported; only this host's processes are counted",
        None,
        &["input-file"],
    ),
    refused("--extra-opts is not supported; write the options themselves", None, &["extra-opts"]),
    refused(
        "-g is not supported; check_proccount counts a unit's processes: unit=NAME",
        Some(b'g'),
        &["cgroup-hierarchy"],
    ),
    refused("-j is not supported: Linux has no jails", Some(b'j'), &["jail"]),
];

const fn valued(id: Id, letter: Option<u8>, names: &'static [&'static str]) -> Opt<Id> {
    Opt { id, letter, names, takes: Takes::Value, whole: false }
}

const fn plain(id: Id, letter: Option<u8>, names: &'static [&'static str]) -> Opt<Id> {
    Opt { id, letter, names, takes: Takes::Nothing, whole: false }
}

const fn refused(why: &'static str, letter: Option<u8>, names: &'static [&'static str]) -> Opt<Id> {
    Opt { takes: Takes::Maybe, ..plain(Id::Refused(why), letter, names) }
}
