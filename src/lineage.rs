//! Which processes belong to the check itself, and so must not be counted by it.
//!
//! That is our own process, the `sh -c`, `sudo` or script that wraps it, and what the agent (NRPE,
//! mon, sshd, …) forked to run it. The agent's own main process does count. What was forked for
//! this check started moments before us and has an older twin; what is the agent did not, or has
//! none. Forks that the same agent made for *other* checks are told by the session that they share
//! with it.

use std::os::unix::ffi::OsStrExt;

use crate::fact::Fact;
use crate::interpreter::{arguments, base_name, is_shell, shell_has_work};
use crate::proc_root::{Pid, ProcRoot};
use crate::process::{Process, ticks_to_seconds};
use crate::stat::Stat;

/// How long before us a process may have started to be counted as made for this check, in seconds.
const MOMENT: f64 = 3.0;

/// More ancestors than anyone has; a bound for a tree that changes while we climb it.
const HIGHEST: usize = 64;

/// The check's own processes, as seen once at its start.
#[derive(Debug, Default)]
pub struct Lineage {
    own: Vec<Pid>,
    counted: Vec<Pid>,
    agents: Vec<Agent>,
    start: f64,
}

/// Whoever runs checks: its main process, and where its forks' forks end up.
#[derive(Clone, Debug)]
struct Agent {
    main: Relative,
    /// The parent of forks that were forked twice, as NRPE's are, if ours was.
    reaper: Option<u32>,
}

/// What is kept of an ancestor, or of an agent's main process.
#[derive(Clone, Debug)]
struct Relative {
    pid: Pid,
    comm: Vec<u8>,
    stat: Stat,
}

impl Relative {
    fn read(process: &mut Process<'_>) -> Fact<Self> {
        let stat = process.stat()?;
        Ok(Self {
            pid: process.pid(),
            comm: process.comm()?.as_bytes().to_vec(),
            stat,
        })
    }

    fn is_older_twin_of(&self, other: &Self) -> bool {
        self.pid != other.pid && self.comm == other.comm && self.stat.start <= other.stat.start
    }
}

impl Lineage {
    /// Looks at our ancestors in `root`; empty if we are not in that tree.
    pub fn of_this_check(root: &ProcRoot) -> Self {
        let Some(me) = root.own_pid() else {
            return Self::default();
        };
        let mut process = Process::new(root, me);
        let Ok(own) = process.stat() else {
            return Self::default();
        };
        let start = ticks_to_seconds(own.start);
        let mut lineage = Self {
            own: vec![me],
            start,
            ..Self::default()
        };
        let ancestors = climb(root, own.ppid);
        for (at, ancestor) in ancestors.iter().enumerate() {
            lineage.place(root, ancestor, &ancestors[at + 1..]);
        }
        lineage
    }

    /// Whether `process` belongs to the check, or is a fork that its agent made for another one.
    pub fn includes(&self, process: &mut Process<'_>) -> bool {
        if self.own.contains(&process.pid()) {
            return true;
        }
        // Only a spec that counts by name can mistake a fork for the agent, and it has read comm.
        let Some(Ok(comm)) = process.comm_if_read() else {
            return false;
        };
        let Some(agent) = self.agent_called(comm.as_bytes()) else {
            return false;
        };
        !self.counted.contains(&process.pid()) && self.is_fork_of(agent, process)
    }

    fn agent_called(&self, comm: &[u8]) -> Option<&Agent> {
        self.agents.iter().find(|agent| agent.main.comm == comm)
    }

    /// Whether an agent made `process` for a check, directly or by forking twice. Workers that it
    /// keeps are its children, too, but old; and a second agent has nothing to do with it.
    fn is_fork_of(&self, agent: &Agent, process: &mut Process<'_>) -> bool {
        let Ok(stat) = process.stat() else {
            return false;
        };
        let main = &agent.main;
        if process.pid() == main.pid || stat.session != main.stat.session {
            return false;
        }
        if stat.ppid == main.pid.0 {
            return self.is_young(&stat);
        }
        if Some(stat.ppid) == agent.reaper {
            return stat.start >= main.stat.start;
        }
        let mut parent = Process::new(process.root(), Pid(stat.ppid));
        let is_relative = parent.comm().is_ok_and(|comm| comm.as_bytes() == main.comm);
        is_relative && stat.ppid != process.pid().0 && self.is_fork_of(agent, &mut parent)
    }

    /// Takes an ancestor for ours, or for the agent.
    fn place(&mut self, root: &ProcRoot, ancestor: &Relative, elders: &[Relative]) {
        let mut process = Process::new(root, ancestor.pid);
        let cmdline = process.cmdline().unwrap_or_default();
        let called = arguments(cmdline).next().map(base_name).unwrap_or_default();
        let is_shell = is_shell(&ancestor.comm) || is_shell(called);
        let young = self.is_young(&ancestor.stat);
        if runs_us(cmdline, is_shell) || (young && is_shell && shell_has_work(cmdline)) {
            self.own.push(ancestor.pid);
        } else if is_shell {
            // A user's shell is no agent.
        } else if let Some(main) = young.then(|| older_twin(root, ancestor, elders)).flatten() {
            self.own.push(ancestor.pid);
            let parent = elders.first().filter(|parent| parent.comm == ancestor.comm);
            let is_orphan = parent.is_none() && ancestor.stat.ppid != main.pid.0;
            self.learn(main, is_orphan.then_some(ancestor.stat.ppid));
        } else {
            self.counted.push(ancestor.pid);
            if self.agents.is_empty() {
                let eldest = elders
                    .iter()
                    .rfind(|elder| elder.is_older_twin_of(ancestor));
                self.learn(eldest.unwrap_or(ancestor).clone(), None);
            }
        }
    }

    fn learn(&mut self, main: Relative, reaper: Option<u32>) {
        match self
            .agents
            .iter_mut()
            .find(|agent| agent.main.comm == main.comm)
        {
            Some(agent) => {
                *agent = Agent {
                    main,
                    reaper: reaper.or(agent.reaper),
                }
            }
            None => self.agents.push(Agent { main, reaper }),
        }
    }

    fn is_young(&self, stat: &Stat) -> bool {
        ticks_to_seconds(stat.start) + MOMENT >= self.start
    }
}

/// Our ancestors, the parent first, PID 1 left out.
fn climb(root: &ProcRoot, mut ppid: u32) -> Vec<Relative> {
    let mut ancestors = Vec::new();
    while ppid > 1 && ancestors.len() < HIGHEST {
        let Ok(ancestor) = Relative::read(&mut Process::new(root, Pid(ppid))) else {
            break;
        };
        ppid = ancestor.stat.ppid;
        ancestors.push(ancestor);
    }
    ancestors
}

/// The oldest process of the same name that started before: an ancestor, the session's leader, or
/// (a daemon's leader may be gone) any in the same session.
fn older_twin(root: &ProcRoot, of: &Relative, elders: &[Relative]) -> Option<Relative> {
    if let Some(elder) = elders.iter().rfind(|elder| elder.is_older_twin_of(of)) {
        return Some(elder.clone());
    }
    let leader = Relative::read(&mut Process::new(root, Pid(of.stat.session))).ok();
    if let Some(leader) = leader.filter(|leader| leader.is_older_twin_of(of)) {
        return Some(leader);
    }
    let mut oldest: Option<Relative> = None;
    let mut process = Process::new(root, of.pid);
    let look = |pid| {
        process.move_to(pid);
        if process.comm().is_ok_and(|comm| comm.as_bytes() == of.comm) {
            let twin = Relative::read(&mut process).ok();
            let twin = twin.filter(|t| t.is_older_twin_of(of) && t.stat.session == of.stat.session);
            oldest = [oldest.take(), twin]
                .into_iter()
                .flatten()
                .min_by_key(|t| t.stat.start);
        }
    };
    root.walk(look).ok()?;
    oldest
}

/// Whether a command line runs our program: `sudo check_x …`, or a shell with it in its `-c`.
fn runs_us(cmdline: &[u8], is_shell: bool) -> bool {
    let program = std::env::args_os().next().unwrap_or_default();
    let program = base_name(program.as_bytes());
    let names_us = |argument: &[u8]| {
        base_name(argument) == program
            || (is_shell && argument.windows(program.len()).any(|part| part == program))
    };
    !program.is_empty() && arguments(cmdline).any(names_us)
}
