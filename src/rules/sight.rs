//! Counts the processes that each rule could and could not judge, and keeps the reasons.

use std::collections::BTreeMap;

use crate::proc::describe;
use crate::proc::doubts::Doubts;
use crate::proc::root::Pid;
use crate::rules::set::RuleSet;
use crate::rules::verdict::Verdict;

/// How many processes the rules could judge (`seen`) and could not (`unseen`).
#[derive(Clone, Debug, Default)]
pub struct Sight<R> {
    seen: BTreeMap<R, u64>,
    unseen: BTreeMap<R, Doubts>,
}

impl<R: RuleSet> Sight<R> {
    /// Counts a process.
    pub(crate) fn add<E>(&mut self, pid: Pid, verdict: &Verdict<R, E>) {
        if !verdict.seen.is_empty() {
            *self.seen.entry(verdict.seen).or_default() += 1;
        }
        if let Some(obstacle) = verdict.obstacle {
            self.unseen.entry(verdict.unseen).or_default().add(pid, obstacle);
        }
    }

    /// Explains why some of `rules` could judge no process.
    pub(crate) fn blind(&self, rules: R) -> Vec<String> {
        let seen = R::union_of(self.seen.keys().copied());
        let blind = rules.difference(seen);
        let unseen = self.unseen.iter().filter(|(unseen, _)| unseen.intersects(blind));
        let words = |(unseen, doubts): (&R, &Doubts)| {
            let rules = unseen.intersection(blind).names(" and ");
            let processes = describe::processes(doubts.count());
            let why = doubts.explained().unwrap_or_default();
            format!("{rules} cannot judge {processes}: {why}")
        };
        unseen.map(words).collect()
    }

    /// One `, 12 not by writable-code and fileless (exe may not be read)` for each set of rules. The first
    /// of those that root would see says so.
    pub(crate) fn shortcomings(&self) -> String {
        let mut remedy = "; run as root to see";
        let words = |(unseen, doubts): (&R, &Doubts)| {
            let why = doubts.hidden().map(|hidden| {
                let remedy = if hidden.needs_root() { std::mem::take(&mut remedy) } else { "" };
                format!(" ({hidden}{remedy})")
            });
            let why = why.unwrap_or_default();
            format!(", {} not by {}{why}", doubts.count(), unseen.names(" and "))
        };
        self.unseen.iter().map(words).collect()
    }

    /// Lines for `-v`: [`Self::shortcomings`] with what would help.
    pub(crate) fn details(&self) -> impl Iterator<Item = String> + '_ {
        self.unseen.iter().map(|(unseen, doubts)| {
            let why = doubts.explained().unwrap_or_default();
            let processes = describe::processes(doubts.count());
            format!("{processes} not judged by {}: {why}", unseen.names(" and "))
        })
    }
}
