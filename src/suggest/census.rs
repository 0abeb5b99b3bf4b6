//! Reads the processes of a host: names, ages, users and units.
//!
//! Only facts that every user may read are used. So everyone gets the same suggestions as root, unless
//! /proc hides processes.

use std::collections::BTreeMap;

use crate::kernel::cmdline::joined;
use crate::proc::doubts::Doubts;
use crate::proc::fact::{Fact, Missing};
use crate::proc::process::{Process, shown_name, ticks_to_seconds};
use crate::proc::root::{Pid, ProcRoot};
use crate::select::population::{Containers, Membership, Population};
use crate::text::error::Error;

/// A process, as every user may see it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) pid: Pid,
    /// 0 if its parent is outside of the tree's PID namespace.
    pub(crate) parent: u32,
    /// The name that a sysadmin would use; see [`shown_name`].
    pub(crate) name: Vec<u8>,
    /// Its effective user; `None` if it has no id in our user namespace.
    pub(crate) uid: Option<u32>,
    /// Whether it leads a session, as a daemon does that systemd or a double fork started.
    pub(crate) leads_session: bool,
    /// Its start, in seconds since boot.
    pub(crate) start: f64,
    /// Its age in seconds.
    pub(crate) age: f64,
    /// Its arguments, joined by spaces.
    pub(crate) args: Vec<u8>,
    /// Its systemd unit.
    pub(crate) unit: Option<String>,
}

/// All processes that may be daemons. Without kernel threads, zombies, containers, PID 1 and ourselves.
#[derive(Clone, Debug, Default)]
pub(crate) struct Census {
    pub(crate) all: Vec<Seen>,
    /// PID 1, if it is visible.
    pub(crate) first: Option<Seen>,
    /// The number of processes of each unit that are in containers (in a PID namespace of their own).
    pub(crate) contained: BTreeMap<String, usize>,
    /// Processes that could not be read.
    pub(crate) unread: Doubts,
}

impl Census {
    /// Reads all processes of the tree.
    ///
    /// # Errors
    /// If they can't be listed.
    pub(crate) fn take(root: &ProcRoot) -> Result<Self, Error> {
        let population = Population::new(Containers::Exclude, false);
        let mut census = Self::default();
        Process::each(root, |process| {
            if let Err(Missing::Hidden(hidden)) = census.visit(&population, process) {
                census.unread.add(process.pid(), hidden);
            }
        })?;
        census.all.sort_by_key(|seen| seen.pid);
        Ok(census)
    }

    fn visit(&mut self, population: &Population, process: &mut Process<'_>) -> Fact<()> {
        match population.membership(process)? {
            Membership::Member => {}
            Membership::Elsewhere => {
                let unit = process.unit()?.map(text).unwrap_or_default();
                *self.contained.entry(unit).or_default() += 1;
                return Ok(());
            }
            _ => return Ok(()),
        }
        let seen = Seen::read(process)?;
        if seen.pid == Pid(1) {
            self.first = Some(seen);
        } else {
            self.all.push(seen);
        }
        Ok(())
    }

    /// The process with this PID.
    pub(crate) fn get(&self, pid: u32) -> Option<&Seen> {
        let found = self.all.binary_search_by_key(&Pid(pid), |seen| seen.pid);
        found.ok().map(|at| &self.all[at])
    }

    /// The number of processes of each unit, without containers.
    pub(crate) fn units(&self) -> BTreeMap<&str, usize> {
        let mut units = BTreeMap::new();
        for unit in self.all.iter().filter_map(|seen| seen.unit.as_deref()) {
            *units.entry(unit).or_default() += 1;
        }
        units
    }

    /// Whether any process is in a unit, which means that this host runs systemd.
    pub(crate) fn has_units(&self) -> bool {
        self.all.iter().chain(&self.first).any(|seen| seen.unit.is_some())
    }
}

impl Seen {
    fn read(process: &mut Process<'_>) -> Fact<Self> {
        let uid = process.owner()?.uid;
        let stat = process.stat()?;
        Ok(Self {
            pid: process.pid(),
            parent: stat.ppid,
            name: shown_name(process)?,
            uid: (!process.root().is_unmapped(uid)).then_some(uid),
            leads_session: stat.session == process.pid().0,
            start: ticks_to_seconds(stat.start),
            age: process.age()?,
            args: joined(process.cmdline()?).trim_ascii_end().to_vec(),
            unit: process.unit()?.map(text),
        })
    }

    /// Whether an argument is an absolute path that ends in the process's name. After a fork replaced its
    /// arguments by a title (`sshd: alice [priv]`, `/usr/sbin/CRON -f`) there is none.
    pub(crate) fn shows_its_path(&self) -> bool {
        self.args.split(|&byte| matches!(byte, b' ' | b'(' | b')')).any(|word| {
            let place = word.strip_suffix(self.name.as_slice());
            place.is_some_and(|place| place.starts_with(b"/") && place.ends_with(b"/"))
        })
    }

    /// Its first argument.
    pub(crate) fn first_argument(&self) -> &[u8] {
        self.args.split(|&byte| byte == b' ').next().unwrap_or_default()
    }
}

fn text(unit: &[u8]) -> String {
    String::from_utf8_lossy(unit).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_without_the_path_is_told_from_arguments_that_hold_it() {
        for (name, args, expected) in [
            ("sshd", "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups", true),
            ("sshd", "sshd: alice [priv]", false),
            ("cron", "/usr/sbin/cron -f", true),
            ("cron", "/usr/sbin/CRON -f", false),
            ("mon", "/usr/bin/perl /usr/sbin/mon -f", true),
            ("nginx", "nginx: worker process", false),
            ("nginx", "nginx: master process /usr/sbin/nginx -g daemon on;", true),
        ] {
            let seen = Seen {
                pid: Pid(9),
                parent: 1,
                name: name.into(),
                uid: Some(0),
                leads_session: true,
                start: 0.0,
                age: 0.0,
                args: args.into(),
                unit: None,
            };
            assert_eq!(seen.shows_its_path(), expected, "{args}");
        }
    }
}
