//! Applies each rule to each process.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use procwarden::host::writers::Writers;
use procwarden::proc::fact::{Fact, unless_gone};
use procwarden::proc::process::Process;
use procwarden::proc::root::{Pid, ProcRoot};
use procwarden::rules::judge::{HostFinding, Judge};
use procwarden::rules::severities::Severities;
use procwarden::select::population::Containers;
use procwarden::suggest::systemctl;

use super::answer::{Answer, Flaw, ITS_PID};
use super::group_holders::GroupHolders;
use super::last::Last;
use super::rules::Rules;
use super::sandbox::Services;
use super::stray::Programs;
use super::who::Who;
use super::{
    fileless, loader_env, open_args, open_socket, outdated, privileged_container, sandbox,
    secret_args, stray, traced, umask, writable_code,
};

type Verdict = procwarden::rules::verdict::Verdict<Rules, Vec<(Rules, Flaw)>>;

/// A rule.
type Ask = fn(&Inspector, &mut Process<'_>) -> Fact<Answer>;

/// The rules about processes, cheapest first.
const ASKS: [(Rules, Ask); 12] = [
    (Rules::TRACED, traced::ask),
    (Rules::UMASK, umask::ask),
    (Rules::PRIVILEGED_CONTAINER, privileged_container::ask),
    (Rules::STRAY, stray::ask),
    (Rules::SANDBOX, sandbox::ask),
    (Rules::FILELESS, fileless::ask),
    (Rules::WRITABLE_CODE, writable_code::ask),
    (Rules::OPEN_ARGS, open_args::ask),
    (Rules::SECRET_ARGS, secret_args::ask),
    (Rules::OPEN_SOCKET, open_socket::ask),
    (Rules::LOADER_ENV, loader_env::ask),
    (Rules::OUTDATED, outdated::ask),
];

/// Applies each rule to each process. Has what the rules need to know about the host.
#[derive(Debug)]
pub(crate) struct Inspector {
    severities: Severities<Rules>,
    containers: Containers,
    /// Whether the tree is a real /proc, so that paths of processes are files of this host.
    pub(crate) is_procfs: bool,
    /// Whether a root directory is ours, by [`Process::root_mark`].
    roots: RefCell<HashMap<Vec<u8>, bool>>,
    /// For each group of processes that are alike, the one that was found safe.
    speakers: RefCell<HashMap<Vec<u8>, Pid>>,
    /// Whether a path on a command line is a program of the host's.
    pub(crate) are_programs: Last<bool>,
    /// Whether a command line is none that `open-args` knows.
    pub(crate) are_plain: Last<bool>,
    /// What `secret-args` says of a command line.
    pub(crate) secrets: Last<Answer>,
    /// Whether users can't read each other's processes.
    pub(crate) is_private: bool,
    /// How long replaced code may run.
    pub(crate) grace: Duration,
    /// Decides which processes matter.
    pub(crate) who: Who,
    /// Finds out who can replace a file.
    pub(crate) writers: Writers,
    /// The sockets mounted in each container.
    pub(crate) mounts: open_socket::Mounts,
    /// What services ask for; `None` if systemd is not the init.
    pub(crate) services: Option<Services>,
    /// The programs of services.
    pub(crate) programs: Programs,
}

impl Inspector {
    pub(crate) fn new(
        severities: Severities<Rules>,
        containers: Containers,
        grace: Duration,
        root: &ProcRoot,
    ) -> Self {
        let of_units = Rules::SANDBOX | Rules::STRAY | Rules::WRITABLE_CODE;
        let of_units = severities.on.intersects(of_units);
        let needs_services = of_units && root.is_procfs() && systemctl::is_here();
        Self {
            severities,
            containers,
            is_procfs: root.is_procfs(),
            roots: RefCell::default(),
            speakers: RefCell::default(),
            are_programs: Last::default(),
            are_plain: Last::default(),
            secrets: Last::default(),
            is_private: root.is_private(),
            grace,
            who: Who::new(root),
            writers: GroupHolders::new(root)
                .map_or_else(Writers::default, |holders| Writers::with(Box::new(holders))),
            mounts: open_socket::Mounts::default(),
            services: needs_services.then(|| Services::new(root)),
            programs: Programs::default(),
        }
    }

    /// Whether the process, whose [`Process::root_mark`] is `mark`, has the same root directory as we. It is
    /// asked once for each that processes have.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub(crate) fn is_our_root(&self, mark: Option<&[u8]>, process: &mut Process<'_>) -> Fact<bool> {
        let Some(mark) = mark else { return process.has_our_root() };
        if let Some(known) = self.roots.borrow().get(mark) {
            return Ok(*known);
        }
        let is_ours = process.has_our_root()?;
        self.roots.borrow_mut().insert(mark.to_vec(), is_ours);
        Ok(is_ours)
    }

    /// Whether another rule reads `maps` of each process.
    pub(crate) const fn reads_maps(&self) -> bool {
        self.severities.on.contains(Rules::OUTDATED)
    }

    /// Whether another process with the same key was found safe, so that this one need not be judged.
    pub(crate) fn has_spoken(&self, key: &[u8], pid: Pid) -> bool {
        self.speakers.borrow().get(key).is_some_and(|speaker| *speaker != pid)
    }

    /// Records that this process is safe, and so all with the same key.
    pub(crate) fn speaks(&self, key: Vec<u8>, pid: Pid) {
        self.speakers.borrow_mut().entry(key).or_insert(pid);
    }

    /// The rules that are about a process, which depends on whether it is in a container.
    fn rules_for(&self, process: &mut Process<'_>) -> Fact<Rules> {
        let on = self.severities.on;
        let is_contained = self.who.is_contained(process)?;
        Ok(match self.containers {
            Containers::Include => on,
            Containers::Only if is_contained => on,
            Containers::Exclude if !is_contained => on.difference(Rules::OF_CONTAINERS),
            Containers::Exclude => on.intersection(Rules::OF_CONTAINERS),
            Containers::Only => Rules::empty(),
        })
    }
}

impl Judge for Inspector {
    type Rules = Rules;
    type Evidence = Vec<(Rules, Flaw)>;
    type Looks = Vec<(Rules, String)>;

    const ALL_WELL: &'static str = "nothing is exposed";

    fn severities(&self) -> &Severities<Rules> {
        &self.severities
    }

    /// `None` for a process without a program, and if no rule is about it.
    fn judge(&self, process: &mut Process<'_>) -> Fact<Option<Verdict>> {
        // Kernel threads and zombies have no memory.
        if process.status()?.code.is_none() && process.is_kernel_thread()? {
            return Ok(None);
        }
        let rules = self.rules_for(process)?;
        if rules.is_empty() {
            return Ok(None);
        }
        let mut verdict = Verdict::default();
        for (rule, ask) in ASKS.into_iter().filter(|(rule, _)| rules.contains(*rule)) {
            let answer = unless_gone(ask(self, process))?;
            match answer {
                Ok(Answer::NotAsked) => {}
                Ok(Answer::Kept) => verdict.seen.insert(rule),
                Ok(Answer::Broken(flaw)) => {
                    verdict.seen.insert(rule);
                    verdict.broken.insert(rule);
                    verdict.swapped.set(rule, flaw.is_swapped);
                    verdict.evidence.push((rule, flaw));
                }
                Err(hidden) => {
                    verdict.unseen.insert(rule);
                    verdict.obstacle.get_or_insert(hidden);
                }
            }
        }
        Ok(Some(verdict))
    }

    fn looks(&self, _: &mut Process<'_>, verdict: &Verdict) -> Fact<Vec<(Rules, String)>> {
        let broken = |(rule, _): &&(Rules, Flaw)| verdict.broken.contains(*rule);
        let text = |(rule, flaw): &(Rules, Flaw)| (*rule, flaw.text.clone());
        Ok(verdict.evidence.iter().filter(broken).map(text).collect())
    }

    fn shown(&self, _: &Vec<(Rules, String)>) -> String {
        String::new()
    }

    fn causes(&self, rules: Rules, looks: &Vec<(Rules, String)>, pid: Pid) -> String {
        let looks = looks.iter().filter(|(rule, _)| rules.contains(*rule));
        let text = looks.map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("; ");
        text.replace(ITS_PID, &pid.to_string())
    }

    /// A crash handler traces for a moment, a job with a password or an installer's script in `/tmp` may end
    /// at once, and a service that is starting is not in its sandbox yet.
    fn passing(&self) -> Rules {
        Rules::TRACED | Rules::SECRET_ARGS | Rules::SANDBOX | Rules::STRAY | Rules::FILELESS
    }

    fn of_host(&self) -> Vec<HostFinding<Rules>> {
        let is_asked = self.severities.on.contains(Rules::OPEN_SOCKET) && self.is_procfs;
        if is_asked { open_socket::on_host() } else { Vec::new() }
    }
}
