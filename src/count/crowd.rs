//! Many processes in a few words, for the first line: how many of each name, and whose children.

use std::collections::BTreeMap;

use crate::proc::describe;
use crate::proc::process::Process;
use crate::proc::root::{Pid, ProcRoot};

/// Processes by what they have in common.
#[derive(Clone, Debug, Default)]
pub(super) struct Crowd(BTreeMap<String, Group>);

#[derive(Clone, Debug)]
struct Group {
    count: u64,
    /// The parent of all, unless they have several.
    parent: Option<Pid>,
}

impl Crowd {
    /// Counts one by its name, or what is left of a dead one by its parent.
    pub(super) fn add(&mut self, process: &mut Process<'_>, is_dead: bool) {
        let parent = process.stat().ok().map(|stat| Pid(stat.ppid)).filter(|parent| parent.0 > 2);
        let name = match parent.filter(|_| is_dead) {
            Some(parent) => parent.to_string(),
            None => describe::name(process),
        };
        let group = self.0.entry(name).or_insert(Group { count: 0, parent });
        group.count += 1;
        group.parent = group.parent.filter(|_| group.parent == parent);
    }

    /// `41 sleep (children of backup.sh, pid 900)`, `9 sshd`, the most frequent first; of the dead `3
    /// left by worker.py (pid 300, app.service)`.
    pub(super) fn in_words(&self, root: &ProcRoot, are_dead: bool) -> Vec<String> {
        let mut groups: Vec<_> = self.0.iter().collect();
        groups.sort_by_key(|(_, group)| std::cmp::Reverse(group.count));
        let in_words = |(name, &Group { count, parent }): (&String, &Group)| match parent {
            None => format!("{count} {name}"),
            Some(parent) => {
                let mut process = Process::new(root, parent);
                let of = describe::name(&mut process);
                match (are_dead, count) {
                    (true, _) => {
                        let place = describe::place(&mut process);
                        let place = place.map_or_else(String::new, |place| format!(", {place}"));
                        format!("{count} left by {of} (pid {parent}{place})")
                    }
                    (_, 1) => format!("1 {name} (child of {of}, pid {parent})"),
                    _ => format!("{count} {name} (children of {of}, pid {parent})"),
                }
            }
        };
        groups.into_iter().take(MOST).map(in_words).collect()
    }
}

/// How many groups there is room for in a first line, at most.
const MOST: usize = 8;
