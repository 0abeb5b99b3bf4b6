//! Groups cases that look the same into one finding.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use bitflags::Flags;

use crate::nagios::report::Finding;
use crate::nagios::state::State;
use crate::proc::root::Pid;
use crate::rules::case::Case;
use crate::rules::judge::{Judge, Subject};
use crate::rules::set::RuleSet;

/// Processes that look the same and break the same rules.
pub(crate) struct Group<'s, J: Judge> {
    judge: &'s J,
    state: State,
    rules: J::Rules,
    subject: &'s Subject<J::Looks>,
    pids: Vec<Pid>,
    /// Their units or parents.
    places: BTreeSet<&'s str>,
}

impl<J: Judge> Group<'_, J> {
    /// The text for the first line: `badd (pid 812, user www-data, bad.service) gid-root: …`.
    pub(crate) fn finding(&self) -> Finding {
        let count = match self.pids.len() {
            1 => String::new(),
            count => format!("{count} "),
        };
        let Subject { name, user, .. } = self.subject;
        Finding {
            state: self.state,
            text: format!(
                "{count}{name} ({}, user {user}{}) {}: {}",
                pids(&self.pids, 1),
                self.environment(),
                self.rules.names("+"),
                self.causes(),
            ),
        }
    }

    /// A detail line: `CRITICAL gid-root: badd, pid 812, user www-data, bad.service: uid 33/33/33 gid
    /// 0/0/0 groups 0: …`.
    pub(crate) fn detail(&self, most: usize) -> String {
        format!("{} {}", self.state, self.line(most))
    }

    /// [`Self::detail`] without the state.
    pub(crate) fn line(&self, most: usize) -> String {
        let Subject { name, user, looks, .. } = self.subject;
        let shown = self.judge.shown(looks);
        let joint = if shown.is_empty() { "" } else { ": " };
        format!(
            "{}: {name}, {}, user {user}{}: {shown}{joint}{}",
            self.rules.names("+"),
            pids(&self.pids, most),
            self.environment(),
            self.causes(),
        )
    }

    /// With the PID that is always shown.
    fn causes(&self) -> String {
        self.judge.causes(self.rules, &self.subject.looks, self.pids[0])
    }

    /// `, bad.service and 2 more, in a container`.
    fn environment(&self) -> String {
        let first = self.places.first().map(|place| format!(", {place}"));
        let more = match self.places.len() {
            0 | 1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        let container = if self.subject.contained { ", in a container" } else { "" };
        format!("{}{more}{container}", first.unwrap_or_default())
    }
}

/// Groups the cases with a broken rule. The worst group comes first, then the largest.
pub(crate) fn grouped<'s, J: Judge + 's>(
    cases: impl Iterator<Item = &'s Case<J>>,
    judge: &'s J,
) -> Vec<Group<'s, J>> {
    let mut alike = BTreeMap::<_, Vec<&Case<J>>>::new();
    for case in cases.filter(|case| !case.verdict.broken.is_empty()) {
        if let Some(subject) = &case.subject {
            alike.entry((case.verdict.broken, case.state, subject)).or_default().push(case);
        }
    }
    let group = |((rules, state, subject), cases): ((_, _, _), Vec<&'s Case<J>>)| Group {
        judge,
        state,
        rules,
        subject,
        pids: cases.iter().map(|case| case.pid).collect(),
        places: cases.iter().filter_map(|case| case.place.as_deref()).collect(),
    };
    let mut groups: Vec<_> = alike.into_iter().map(group).collect();
    groups.sort_by_key(|group| {
        let size = (group.rules.count(), group.pids.len());
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
