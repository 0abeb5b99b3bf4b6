//! Finds the processes that belong to the check itself, which must not count them.
//!
//! These are our own process, the `sh -c`, `sudo` or script that wraps it, and the processes that
//! the agent (NRPE, mon, sshd, …) forked to run it. The agent's main process does count. A fork for
//! this check started moments before us, and has an older process of the same name above it. The
//! agent itself did not, or has none. Forks that the same agent made for *other* checks share its
//! session.

use crate::kernel::cmdline::{arguments, base_name};
use crate::kernel::interpreter::{is_interpreter, is_shell, program, shell_has_work};
use crate::kernel::stat::Stat;
use crate::proc::fact::{Fact, Missing};
use crate::proc::process::{Process, ticks_to_seconds};
use crate::proc::root::{Pid, ProcRoot};

/// How long before us a process may have started to be counted as made for this check, in seconds.
const MOMENT: f64 = 3.0;

/// More ancestors than any process has. A bound, since the tree changes while we climb it.
const HIGHEST: usize = 64;

/// The check's own processes, read once at its start.
#[derive(Debug, Default)]
pub(crate) struct Lineage {
    own: Vec<Relative>,
    /// What the check is called.
    program: Vec<u8>,
    counted: Vec<Pid>,
    agents: Vec<Agent>,
    start: f64,
}

/// A program that runs checks: its main process, and the process that adopts its orphaned forks.
#[derive(Clone, Debug)]
struct Agent {
    main: Relative,
    /// The parent of forks that were forked twice, as NRPE forks. Known only if ours was.
    reaper: Option<u32>,
}

/// What we keep of an ancestor, or of an agent's main process.
#[derive(Clone, Debug)]
struct Relative {
    pid: Pid,
    comm: Vec<u8>,
    /// The script, if it is an interpreter: all processes of an interpreter share its name.
    script: Vec<u8>,
    stat: Stat,
}

impl Relative {
    fn read(process: &mut Process<'_>) -> Fact<Self> {
        let stat = process.stat()?;
        let comm = process.comm()?.as_bytes().to_vec();
        let script = if is_interpreter(&comm) {
            program(process.cmdline()?).map(|program| program.text.to_vec()).unwrap_or_default()
        } else {
            Vec::new()
        };
        Ok(Self { pid: process.pid(), comm, script, stat })
    }

    /// Whether one may be a fork of the other.
    fn is_called_like(&self, other: &Self) -> bool {
        self.comm == other.comm && self.script == other.script
    }

    fn is_older_twin_of(&self, other: &Self) -> bool {
        self.pid != other.pid && self.is_called_like(other) && self.stat.start <= other.stat.start
    }
}

impl Lineage {
    /// Looks at our ancestors in `root`; empty if we are not in that tree.
    pub(crate) fn of_this_check(root: &ProcRoot) -> Self {
        root.own_pid().map(|me| Self::of(root, me)).unwrap_or_default()
    }

    /// The same for another check, of this PID.
    pub(crate) fn of(root: &ProcRoot, pid: Pid) -> Self {
        let mut process = Process::new(root, pid);
        let Ok(check) = Relative::read(&mut process) else {
            return Self::default();
        };
        let cmdline = process.cmdline().unwrap_or_default();
        let program = arguments(cmdline).next().map(base_name).unwrap_or_default().to_vec();
        let ancestors = climb(root, check.stat.ppid);
        let start = ticks_to_seconds(check.stat.start);
        let mut lineage = Self { own: vec![check], program, start, ..Self::default() };
        for (at, ancestor) in ancestors.iter().enumerate() {
            lineage.place(root, ancestor, &ancestors[at + 1..]);
        }
        lineage
    }

    /// Whether `process` is the check itself or was made for it.
    pub(crate) fn includes(&self, process: &mut Process<'_>) -> bool {
        let own = self.own.iter().find(|own| own.pid == process.pid());
        // Between two scans another process may have got the PID.
        own.is_some_and(|own| process.stat().is_ok_and(|stat| stat.start == own.stat.start))
    }

    /// Whether `process` has our own name.
    pub(crate) fn is_namesake(&self, process: &mut Process<'_>) -> bool {
        let me = self.own.first();
        me.is_some_and(|me| process.comm().is_ok_and(|comm| comm.as_bytes() == me.comm))
    }

    /// Whether `process` is a fork that our agent made for another check. Only a check that counts
    /// programs can mistake it for the agent.
    pub(crate) fn includes_fork(&self, process: &mut Process<'_>) -> bool {
        if self.agents.is_empty() || self.counted.contains(&process.pid()) {
            return false;
        }
        // It would be in the agent's session, which costs a tenth of a name.
        let is_elsewhere =
            |session| self.agents.iter().all(|agent| agent.main.stat.session != session);
        if process.session().is_some_and(is_elsewhere) {
            return false;
        }
        let named =
            |agent: &&Agent| process.comm().is_ok_and(|comm| comm.as_bytes() == agent.main.comm);
        let Some(agent) = self.agents.iter().find(named) else {
            return false;
        };
        self.is_fork_of(agent, process)
    }

    /// Whether an agent made `process` for a check, directly or by forking twice. The agent's
    /// permanent workers are its children, too, but they are old. A second agent of the same name
    /// is neither.
    fn is_fork_of(&self, agent: &Agent, process: &mut Process<'_>) -> bool {
        let main = &agent.main;
        let Ok(fork) = Relative::read(process) else {
            return false;
        };
        let is_relative = fork.is_called_like(main) && fork.stat.session == main.stat.session;
        if fork.pid == main.pid || !is_relative {
            return false;
        }
        let parent = fork.stat.ppid;
        if parent == main.pid.0 {
            return self.is_young(&fork.stat);
        }
        if Some(parent) == agent.reaper {
            return fork.stat.start >= main.stat.start;
        }
        let mut elder = Process::new(process.root(), Pid(parent));
        if parent > 1 && self.is_fork_of(agent, &mut elder) {
            return true;
        }
        // A first fork ends as soon as it has forked again. The one above this process may have
        // ended after we read its PID. Or ours has not ended yet, and we don't know who adopts
        // orphans.
        let has_ended = matches!(elder.stat(), Err(Missing::Gone));
        let reaper_is_unknown = agent.reaper.is_none() && self.forks_of(agent) > 1;
        (has_ended || reaper_is_unknown) && self.is_young(&fork.stat)
    }

    /// How many of our ancestors the agent forked for us.
    fn forks_of(&self, agent: &Agent) -> usize {
        self.own.iter().filter(|own| own.is_called_like(&agent.main)).count()
    }

    /// Decides whether an ancestor belongs to the check, or is the agent.
    fn place(&mut self, root: &ProcRoot, ancestor: &Relative, elders: &[Relative]) {
        let mut process = Process::new(root, ancestor.pid);
        let cmdline = process.cmdline().unwrap_or_default();
        let called = arguments(cmdline).next().map(base_name).unwrap_or_default();
        let is_shell = is_shell(&ancestor.comm) || is_shell(called);
        let young = self.is_young(&ancestor.stat);
        if runs(&self.program, cmdline, is_shell || young)
            || (young && is_shell && shell_has_work(cmdline))
        {
            self.own.push(ancestor.clone());
        } else if is_shell {
            // A user's shell is no agent.
        } else if let Some(main) = young.then(|| older_twin(root, ancestor, elders)).flatten() {
            self.own.push(ancestor.clone());
            let parent = elders.first().filter(|parent| parent.is_called_like(ancestor));
            let is_orphan = parent.is_none() && ancestor.stat.ppid != main.pid.0;
            self.learn(main, is_orphan.then_some(ancestor.stat.ppid));
        } else {
            self.counted.push(ancestor.pid);
            if self.agents.is_empty() {
                let eldest = elders.iter().rfind(|elder| elder.is_older_twin_of(ancestor));
                self.learn(eldest.unwrap_or(ancestor).clone(), None);
            }
        }
    }

    fn learn(&mut self, main: Relative, reaper: Option<u32>) {
        match self.agents.iter_mut().find(|agent| agent.main.is_called_like(&main)) {
            Some(agent) => *agent = Agent { main, reaper: reaper.or(agent.reaper) },
            None => self.agents.push(Agent { main, reaper }),
        }
    }

    fn is_young(&self, stat: &Stat) -> bool {
        ticks_to_seconds(stat.start) + MOMENT >= self.start
    }
}

/// Our ancestors without PID 1, the parent first.
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
/// any process of the session, since a daemon's leader may be gone.
fn older_twin(root: &ProcRoot, of: &Relative, elders: &[Relative]) -> Option<Relative> {
    if let Some(elder) = elders.iter().rfind(|elder| elder.is_older_twin_of(of)) {
        return Some(elder.clone());
    }
    if of.stat.session == of.pid.0 {
        // All other processes of its session descend from it.
        return None;
    }
    let leader = Relative::read(&mut Process::new(root, Pid(of.stat.session))).ok();
    if let Some(leader) = leader.filter(|leader| leader.is_older_twin_of(of)) {
        return Some(leader);
    }
    let mut oldest: Option<Relative> = None;
    let look = |process: &mut Process<'_>| {
        if process.comm().is_ok_and(|comm| comm.as_bytes() == of.comm) {
            let twin = Relative::read(process).ok();
            let twin = twin.filter(|t| t.is_older_twin_of(of) && t.stat.session == of.stat.session);
            oldest = [oldest.take(), twin].into_iter().flatten().min_by_key(|t| t.stat.start);
        }
    };
    Process::each(root, look).ok()?;
    oldest
}

/// Whether a command line runs `program`: `sudo check_x …`, or with it inside of an argument, as a
/// shell's `-c` has it, which is to be believed of a shell and of what started with the check.
fn runs(program: &[u8], cmdline: &[u8], may_be_inside: bool) -> bool {
    let is_word = |argument: &[u8], at: usize| {
        let rest = &argument[at..];
        let after = rest.get(program.len()).copied().unwrap_or(b' ');
        rest.starts_with(program) && matches!(after, b' ' | b'\t' | b'\n' | b'\'' | b'"' | b';')
    };
    let names_it = |argument: &[u8]| {
        base_name(argument) == program
            || (may_be_inside && (0..argument.len()).any(|at| is_word(argument, at)))
    };
    !program.is_empty() && arguments(cmdline).any(names_it)
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::fs;
    use std::path::Path;

    /// A process of session 10.
    fn record(tree: &Path, name: &str, pid: u32, parent: u32, start: u64) {
        let dir = tree.join(pid.to_string());
        fs::create_dir(&dir).unwrap();
        fs::write(dir.join("comm"), format!("{name}\n")).unwrap();
        let stat = format!(
            "{pid} ({name}) S {parent} 10 10 0 -1 4194560 1 2 3 4 50 7 11 13 20 0 1 0 {start} 8192000 300\n"
        );
        fs::write(dir.join("stat"), stat).unwrap();
    }

    /// NRPE forks twice. At a bad moment the first fork for us is still there, while that for
    /// another check (60) has ended: who took up its orphan is nobody that we know.
    #[test]
    fn an_orphan_is_a_fork_even_while_the_first_fork_for_us_is_there() {
        let tree = tempfile::tempdir().unwrap();
        record(tree.path(), "init", 1, 0, 0);
        let processes = [(10, 1, 0), (50, 10, 100), (51, 50, 100), (61, 1, 99), (71, 1, 90)];
        for (pid, parent, seconds) in processes {
            let ticks = seconds * rustix::param::clock_ticks_per_second();
            record(tree.path(), "nrpe", pid, parent, ticks);
        }
        let root = ProcRoot::open(tree.path()).unwrap();
        let read = |pid| Relative::read(&mut Process::new(&root, Pid(pid))).unwrap();
        let agent = Agent { main: read(10), reaper: None };
        let own = vec![read(51), read(50)];
        let lineage = Lineage { own, agents: vec![agent], start: 100.0, ..Lineage::default() };
        let is_fork = |pid| lineage.includes_fork(&mut Process::new(&root, Pid(pid)));
        assert!(is_fork(61), "made moments ago, as for a check");
        assert!(!is_fork(71), "as old as a daemon");
        assert!(!is_fork(10), "the agent itself");
    }
}
