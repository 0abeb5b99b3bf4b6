//! A process that breaks a rule, or may, from the first look at it to the last.

use bitflags::Flags;

use crate::count::recheck::Judged;
use crate::nagios::state::State;
use crate::proc::describe;
use crate::proc::fact::{Fact, Hidden, unless_gone};
use crate::proc::process::Process;
use crate::proc::root::Pid;
use crate::rules::judge::{Judge, Portrait, VerdictOf};
use crate::rules::set::RuleSet;
use crate::rules::severities::Severities;
use crate::rules::verdict::Verdict;

/// A process and what is wrong with it.
#[derive(Debug)]
pub struct Case<J: Judge> {
    /// How bad it is.
    pub state: State,
    /// Its number.
    pub pid: Pid,
    /// When it started; `None` if that is hidden.
    start: Option<u64>,
    /// What was wrong in every scan.
    pub verdict: VerdictOf<J>,
    /// What it looks like; there if a rule is broken.
    pub portrait: Option<Portrait<J::Looks>>,
    /// Its unit or parent, if a rule is broken.
    pub place: Option<String>,
}

impl<J: Judge> Clone for Case<J> {
    fn clone(&self) -> Self {
        Self {
            verdict: self.verdict.clone(),
            portrait: self.portrait.clone(),
            place: self.place.clone(),
            ..*self
        }
    }
}

impl<J: Judge> Judged for Case<J> {
    fn state(&self) -> State {
        self.state
    }
}

impl<J: Judge> Case<J> {
    /// The case of a process with this verdict.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub(crate) fn new(process: &mut Process<'_>, verdict: VerdictOf<J>, judge: &J) -> Fact<Self> {
        let is_broken = !verdict.broken.is_empty();
        Ok(Self {
            state: state(&verdict, judge.severities()),
            pid: process.pid(),
            start: start(process)?,
            portrait: is_broken.then(|| Portrait::of(process, judge, &verdict)).transpose()?,
            place: if is_broken { describe::place(process) } else { None },
            verdict,
        })
    }

    /// The case of a process of which everything is hidden.
    pub(crate) fn unseen(pid: Pid, hidden: Hidden, judge: &J) -> Self {
        let mut verdict = VerdictOf::<J>::default();
        verdict.doubt(judge.severities().on, hidden);
        Self { state: State::Unknown, pid, start: None, verdict, portrait: None, place: None }
    }

    /// Looks again, and keeps what is still wrong with the same process. `process` stands at its PID.
    pub(crate) fn look_again(&mut self, process: &mut Process<'_>, judge: &J) {
        let (was_broken, was_doubtful) = (self.verdict.broken, self.verdict.doubtful);
        let now = self.seen_again(process, judge).unwrap_or_default();
        let maybe = was_broken.union(was_doubtful).intersection(now.broken.union(now.doubtful));
        let broken = was_broken.intersection(now.broken);
        let hidden = now.hidden.or(self.verdict.hidden);
        self.verdict = Verdict { broken, doubtful: maybe.difference(broken), hidden, ..now };
        if let Ok(portrait) = Portrait::of(process, judge, &self.verdict) {
            self.portrait = Some(portrait);
            self.place = describe::place(process);
        }
        self.state = state(&self.verdict, judge.severities());
    }

    /// What is wrong with it now; nothing if it is another process, a zombie, or no rule's any more.
    fn seen_again(&self, process: &mut Process<'_>, judge: &J) -> Fact<VerdictOf<J>> {
        let is_same = start(process)? == self.start;
        let verdict = judge.judge(process)?.filter(|_| is_same);
        let lives = process.is_alive() != Ok(false);
        Ok(verdict.filter(|_| lives).unwrap_or_default())
    }
}

fn state<R: RuleSet, E>(verdict: &Verdict<R, E>, severities: &Severities<R>) -> State {
    let known = severities.state_of(verdict.broken, verdict.other);
    if verdict.doubtful.is_empty() { known } else { known.max(State::Unknown) }
}

/// When a process started; `None` if that is hidden.
fn start(process: &mut Process<'_>) -> Fact<Option<u64>> {
    Ok(unless_gone(process.stat())?.ok().map(|stat| stat.start))
}
