//! A process that breaks a rule, or may, from the first look at it to the last.

use procwarden::count::recheck::Judged;
use procwarden::nagios::state::State;
use procwarden::proc::describe;
use procwarden::proc::fact::{Fact, Hidden, unless_gone};
use procwarden::proc::process::Process;
use procwarden::proc::root::Pid;
use procwarden::suggest;

use super::policy::{Policy, Verdict};
use super::snapshot::Snapshot;

/// A process and what is wrong with it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) state: State,
    pub(crate) pid: Pid,
    /// When it started; `None` if that is hidden.
    start: Option<u64>,
    /// What was wrong in every scan.
    pub(crate) verdict: Verdict,
    /// What it looks like; there if a rule is broken.
    pub(crate) snapshot: Option<Snapshot>,
    /// Its unit or parent, if a rule is broken.
    pub(crate) place: Option<String>,
}

impl Judged for Case {
    fn state(&self) -> State {
        self.state
    }
}

impl Case {
    /// The case of a process with this verdict.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub(crate) fn new(process: &mut Process<'_>, verdict: Verdict, policy: &Policy) -> Fact<Self> {
        let is_broken = !verdict.broken.is_empty();
        Ok(Self {
            state: state(verdict, policy),
            pid: process.pid(),
            start: start(process)?,
            verdict,
            snapshot: is_broken.then(|| Snapshot::of(process, policy)).transpose()?,
            place: if is_broken { describe::place(process) } else { None },
        })
    }

    /// The line of a file of exemptions that would spare it; commented out if it is CRITICAL. `None` if
    /// no rule is certainly broken, or its name is no word that may stand in one.
    pub(crate) fn exemption(&self) -> Option<String> {
        let snapshot = self.snapshot.as_ref()?;
        let name = suggest::plain(snapshot.name.as_bytes())?;
        let user = suggest::plain(snapshot.user.as_bytes())?;
        let mark = if self.state == State::Critical { "#" } else { "" };
        let rules = self.verdict.broken.names(",");
        Some(format!("{mark}{rules}:{name},user={user}  # {}", snapshot.ids()))
    }

    /// The case of a process of which everything is hidden.
    pub(crate) fn unseen(pid: Pid, hidden: Hidden, policy: &Policy) -> Self {
        let mut verdict = Verdict::default();
        verdict.doubt(policy.rules, hidden);
        Self { state: State::Unknown, pid, start: None, verdict, snapshot: None, place: None }
    }

    /// Looks again, and keeps what is still wrong with the same process. `process` stands at its PID.
    pub(crate) fn look_again(&mut self, process: &mut Process<'_>, policy: &Policy) {
        let first = self.verdict;
        let now = self.seen_again(process, policy).unwrap_or_default();
        let maybe = (first.broken | first.doubtful) & (now.broken | now.doubtful);
        let broken = first.broken & now.broken;
        let hidden = now.hidden.or(first.hidden);
        self.verdict = Verdict { broken, doubtful: maybe - broken, hidden };
        if let Ok(snapshot) = Snapshot::of(process, policy) {
            self.snapshot = Some(snapshot);
            self.place = describe::place(process);
        }
        self.state = state(self.verdict, policy);
    }

    /// What is wrong with it now; nothing if it is another process, a zombie, or root again.
    fn seen_again(&self, process: &mut Process<'_>, policy: &Policy) -> Fact<Verdict> {
        let is_same = start(process)? == self.start;
        let verdict = policy.judge(process)?.filter(|_| is_same);
        let lives = process.is_alive() != Ok(false);
        Ok(verdict.filter(|_| lives).unwrap_or_default())
    }
}

fn state(verdict: Verdict, policy: &Policy) -> State {
    let known = policy.state(verdict.broken);
    if verdict.doubtful.is_empty() { known } else { known.max(State::Unknown) }
}

/// When a process started; `None` if that is hidden.
fn start(process: &mut Process<'_>) -> Fact<Option<u64>> {
    Ok(unless_gone(process.stat())?.ok().map(|stat| stat.start))
}
