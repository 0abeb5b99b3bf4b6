//! Finds out who has a group that no user is a member of. systemd gives a service any group
//! (`SupplementaryGroups=`), and a daemon can start its workers with one.
//!
//! It takes a walk over all processes, so we begin it only if root runs what such a group may write.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use procwarden::host::names;
use procwarden::host::unit_file::UnitFiles;
use procwarden::host::writers::{Holders, Obstacle};
use procwarden::proc::fact::{Fact, Missing};
use procwarden::proc::process::Process;
use procwarden::proc::root::ProcRoot;
use procwarden::suggest::systemctl;
use procwarden::text::escape;

use super::sandbox::LONGEST;
use super::who::Who;

/// The groups of processes and services that are not root's.
#[derive(Debug)]
pub(crate) struct GroupHolders {
    root: ProcRoot,
    who: Who,
    files: OnceCell<UnitFiles>,
    processes: OnceCell<Walk>,
}

/// What a walk over all processes found.
#[derive(Debug)]
struct Walk {
    /// A process that holds the group, by group.
    holders: BTreeMap<u32, String>,
    /// Whether no process was hidden.
    is_whole: bool,
}

impl GroupHolders {
    /// `None` if the tree can't be opened again.
    pub(crate) fn new(root: &ProcRoot) -> Option<Self> {
        let root = ProcRoot::open(root.path()).ok()?;
        let (files, processes) = (OnceCell::new(), OnceCell::new());
        Some(Self { who: Who::new(&root), root, files, processes })
    }

    /// A service that is not root's and asks for the group, whether it runs or not.
    fn service(&self, gid: u32) -> Option<String> {
        if !self.root.is_procfs() || !systemctl::is_here() {
            return None;
        }
        let (name, number) = (names::group(gid), gid.to_string());
        let files = self.files.get_or_init(UnitFiles::of_host);
        let asks = |service: &String| {
            // Another rule counts files that we may not read.
            let Ok(Some(unit)) = files.service(service) else { return false };
            let mut groups = unit.asks.group.iter().chain(&unit.asks.more_groups);
            unit.asks.account.is_some() && groups.any(|group| *group == name || *group == number)
        };
        files.services().into_iter().find(asks)
    }

    fn process(&self, gid: u32) -> Result<Option<String>, Obstacle> {
        let Walk { holders, is_whole } = self.processes.get_or_init(|| self.walk());
        match holders.get(&gid) {
            None if !is_whole => Err(Obstacle::NoHolders),
            holder => Ok(holder.cloned()),
        }
    }

    fn walk(&self) -> Walk {
        let mut walk = Walk { holders: BTreeMap::new(), is_whole: true };
        let walked = Process::each(&self.root, |process| {
            let added = self.add(&mut walk.holders, process);
            walk.is_whole &= !matches!(added, Err(Missing::Hidden(_)));
        });
        walk.is_whole &= walked.is_ok();
        walk
    }

    /// Adds the groups of a process that we do not have yet.
    fn add(&self, found: &mut BTreeMap<u32, String>, process: &mut Process<'_>) -> Fact<()> {
        let status = process.status()?;
        // What can become root again is root's.
        if status.uid.all().contains(&0) || status.is_alive() == Some(false) {
            return Ok(());
        }
        let mut groups = status.gid.all().to_vec();
        groups.extend(process.groups()?);
        groups.retain(|gid| !found.contains_key(gid));
        // Its files are not the host's.
        if groups.is_empty() || self.who.is_contained(process)? {
            return Ok(());
        }
        let name = escape::text(process.comm()?.as_bytes());
        let holder = format!("{name} (pid {})", process.pid());
        found.extend(groups.into_iter().map(|gid| (gid, holder.clone())));
        Ok(())
    }
}

impl Holders for GroupHolders {
    fn holder(&self, gid: u32) -> Result<Option<String>, Obstacle> {
        if let Some(service) = self.service(gid) {
            let service = escape::bounded(service.as_bytes(), LONGEST);
            return Ok(Some(format!("{service} asks for")));
        }
        Ok(self.process(gid)?.map(|process| format!("{process} holds")))
    }
}
