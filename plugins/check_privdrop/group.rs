//! Findings that look the same, told as one, the worst first.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use procwarden::nagios::report::Finding;
use procwarden::nagios::state::State;
use procwarden::proc::root::Pid;

use super::cause::causes;
use super::policy::Policy;
use super::portrait::Portrait;
use super::rule::RuleSet;

/// Processes that look the same and break the same rules.
pub(crate) struct Group<'s> {
    state: State,
    rules: RuleSet,
    portrait: &'s Portrait,
    pids: Vec<Pid>,
}

impl Group<'_> {
    /// `badd (pid 812, user www-data) gid-root: …`.
    pub(crate) fn finding(&self, policy: &Policy) -> Finding {
        let count = match self.pids.len() {
            1 => String::new(),
            count => format!("{count} "),
        };
        Finding {
            state: self.state,
            text: format!(
                "{count}{} ({}, user {}{}) {}: {}",
                self.portrait.name,
                pids(&self.pids, 1),
                self.portrait.user,
                self.place(),
                self.rules.names("+"),
                causes(self.rules, self.portrait, policy.allowed),
            ),
        }
    }

    /// `CRITICAL gid-root: badd, pid 812, user www-data: uid 33/33/33 gid 0/0/0 groups 0: …`.
    pub(crate) fn detail(&self, policy: &Policy, most: usize) -> String {
        format!("{} {}", self.state, self.line(policy, most))
    }

    /// The same without the state.
    pub(crate) fn line(&self, policy: &Policy, most: usize) -> String {
        format!(
            "{}: {}, {}, user {}{}: {}: {}",
            self.rules.names("+"),
            self.portrait.name,
            pids(&self.pids, most),
            self.portrait.user,
            self.place(),
            self.portrait.ids(),
            causes(self.rules, self.portrait, policy.allowed),
        )
    }

    const fn place(&self) -> &'static str {
        if self.portrait.contained { ", in a container" } else { "" }
    }
}

/// Groups, the worst first, then the largest.
pub(crate) fn grouped<'s>(
    broken: impl Iterator<Item = (RuleSet, &'s Portrait, Pid)>,
    policy: &Policy,
) -> Vec<Group<'s>> {
    let mut pids: BTreeMap<(RuleSet, &Portrait), Vec<Pid>> = BTreeMap::new();
    for (rules, portrait, pid) in broken.filter(|(rules, ..)| !rules.is_empty()) {
        pids.entry((rules, portrait)).or_default().push(pid);
    }
    let mut groups: Vec<_> = pids
        .into_iter()
        .map(|((rules, portrait), pids)| Group {
            state: policy.state(rules),
            rules,
            portrait,
            pids,
        })
        .collect();
    groups.sort_by_key(|group| {
        let size = (group.rules.len(), group.pids.len());
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
