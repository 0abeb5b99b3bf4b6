//! Groups cases that look the same into one finding.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use procwarden::nagios::report::Finding;
use procwarden::nagios::state::State;
use procwarden::proc::root::Pid;

use super::case::Case;
use super::cause::causes;
use super::policy::Policy;
use super::rules::Rules;
use super::snapshot::Snapshot;

/// Processes that look the same and break the same rules.
pub(crate) struct Group<'s> {
    state: State,
    rules: Rules,
    snapshot: &'s Snapshot,
    pids: Vec<Pid>,
    /// Where they belong, each place once.
    places: BTreeSet<&'s str>,
}

impl Group<'_> {
    /// For the first line: `badd (pid 812, user www-data, bad.service) gid-root: …`.
    pub(crate) fn finding(&self, policy: &Policy) -> Finding {
        let count = match self.pids.len() {
            1 => String::new(),
            count => format!("{count} "),
        };
        Finding {
            state: self.state,
            text: format!(
                "{count}{} ({}, user {}{}) {}: {}",
                self.snapshot.name,
                pids(&self.pids, 1),
                self.snapshot.user,
                self.environment(),
                self.rules.names("+"),
                causes(self.rules, self.snapshot, policy.allowed),
            ),
        }
    }

    /// For a line of its own: `CRITICAL gid-root: badd, pid 812, user www-data, bad.service: uid 33/33/33 gid
    /// 0/0/0 groups 0: …`.
    pub(crate) fn detail(&self, policy: &Policy, most: usize) -> String {
        format!("{} {}", self.state, self.line(policy, most))
    }

    /// The same without the state.
    pub(crate) fn line(&self, policy: &Policy, most: usize) -> String {
        format!(
            "{}: {}, {}, user {}{}: {}: {}",
            self.rules.names("+"),
            self.snapshot.name,
            pids(&self.pids, most),
            self.snapshot.user,
            self.environment(),
            self.snapshot.ids(),
            causes(self.rules, self.snapshot, policy.allowed),
        )
    }

    /// `, bad.service and 2 more, in a container`.
    fn environment(&self) -> String {
        let first = self.places.first().map(|place| format!(", {place}"));
        let more = match self.places.len() {
            0 | 1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        let container = if self.snapshot.contained { ", in a container" } else { "" };
        format!("{}{more}{container}", first.unwrap_or_default())
    }
}

/// Groups those of the cases that broke a rule: the worst group first, then the largest.
pub(crate) fn grouped<'s>(
    cases: impl Iterator<Item = &'s Case>,
    policy: &Policy,
) -> Vec<Group<'s>> {
    let mut alike: BTreeMap<(Rules, &Snapshot), Vec<&Case>> = BTreeMap::new();
    for case in cases.filter(|case| !case.verdict.broken.is_empty()) {
        if let Some(snapshot) = &case.snapshot {
            alike.entry((case.verdict.broken, snapshot)).or_default().push(case);
        }
    }
    let mut groups: Vec<_> = alike
        .into_iter()
        .map(|((rules, snapshot), cases)| Group {
            state: policy.state(rules),
            rules,
            snapshot,
            pids: cases.iter().map(|case| case.pid).collect(),
            places: cases.iter().filter_map(|case| case.place.as_deref()).collect(),
        })
        .collect();
    groups.sort_by_key(|group| {
        let size = (group.rules.iter().count(), group.pids.len());
        (Reverse(group.state), Reverse(size), group.pids.first().copied())
    });
    groups
}

/// `pid 812`, or `pids 812, 813 and 10 more`.
fn pids(pids: &[Pid], most: usize) -> String {
    let shown: Vec<_> = pids.iter().take(most).map(ToString::to_string).collect();
    let shown = shown.join(", ");
    match (pids.len(), pids.len().saturating_sub(most)) {
        (1, _) => format!("pid {shown}"),
        (_, 0) => format!("pids {shown}"),
        (_, more) => format!("pids {shown} and {more} more"),
    }
}
