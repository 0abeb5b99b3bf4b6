//! One walk over all processes, a second look at those that seem wrong, and what is left of them.
//!
//! Nothing is kept of a process that breaks no rule. Looking again reads only the suspects, and a
//! rule counts as broken only if the same process, by number and start time, broke it every time.

use std::time::Duration;

use procwarden::count::recheck::{self, Judged, Settled};
use procwarden::nagios::state::State;
use procwarden::proc::fact::{Fact, Hidden, Missing};
use procwarden::proc::process::Process;
use procwarden::proc::root::{Pid, ProcRoot};
use procwarden::select::population::{Population, Standing};
use procwarden::text::error::Error;

use super::policy::{Policy, Suspicion};
use super::portrait::Portrait;
use super::rule::RuleSet;
use super::sparing::Sparings;

/// A process that breaks a rule, or may.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// Its number.
    pub(crate) pid: Pid,
    /// When it started; unknown where that is hidden.
    start: Option<u64>,
    state: State,
    /// Rules that it certainly broke in every scan.
    pub(crate) broken: RuleSet,
    /// Rules that it may have broken in every scan.
    pub(crate) doubtful: RuleSet,
    /// What hides whether it did.
    pub(crate) hidden: Option<Hidden>,
    /// What it looks like; there if a rule is broken.
    pub(crate) portrait: Option<Portrait>,
}

impl Judged for Case {
    fn state(&self) -> State {
        self.state
    }
}

/// A finding that an exemption took away.
#[derive(Debug)]
pub(crate) struct Spared {
    /// Of which process.
    pub(crate) pid: Pid,
    /// Which rules it breaks.
    pub(crate) rules: RuleSet,
    /// The place of the exemption.
    pub(crate) by: usize,
    /// What it looks like.
    pub(crate) portrait: Portrait,
}

/// What the walk found.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// Processes that broke a rule, or may have, when they were first seen.
    pub(crate) cases: Vec<Settled<Case>>,
    /// Findings that were taken away.
    pub(crate) spared: Vec<Spared>,
    /// How many processes the rules were held against.
    pub(crate) judged: u64,
    /// How many were listed.
    pub(crate) listed: u64,
    /// Why processes may be missing from the list, if they may.
    pub(crate) blindness: Option<String>,
}

impl Survey {
    /// Walks over `population`, and looks again after each of `waits` while something is wrong.
    ///
    /// # Errors
    /// When the processes can't be listed.
    pub(crate) fn take(
        root: &ProcRoot,
        population: &Population,
        policy: &Policy,
        sparings: &mut Sparings,
        waits: impl Iterator<Item = Duration>,
    ) -> Result<Self, Error> {
        let mut survey = Self { blindness: root.blindness(), ..Self::default() };
        let mut cases = Vec::new();
        survey.listed = Process::each(root, |process| {
            match survey.visit(process, population, policy, sparings) {
                Ok(case) => cases.extend(case),
                // It ended under us: it is not running.
                Err(Missing::Gone) => {}
                Err(Missing::Hidden(hidden)) => {
                    cases.push(Case::unseen(process.pid(), hidden, policy));
                }
            }
        })?;
        survey.cases = recheck::settle(cases.clone(), waits, |open| {
            let again = |&at: &usize| {
                let mut process = Process::new(root, cases[at].pid);
                cases[at].look_again(&mut process, policy);
                cases[at].clone()
            };
            Ok(open.iter().map(again).collect())
        })?;
        Ok(survey)
    }

    /// Judges one process; `None` if nothing is wrong with it, or it is none of ours.
    fn visit(
        &mut self,
        process: &mut Process<'_>,
        population: &Population,
        policy: &Policy,
        sparings: &mut Sparings,
    ) -> Fact<Option<Case>> {
        let Some(mut suspicion) = policy.judge(process)? else {
            return Ok(None);
        };
        match population.standing(process) {
            Ok(Standing::Member) => {}
            Ok(_) => return Ok(None),
            Err(Missing::Gone) => return Err(Missing::Gone),
            Err(Missing::Hidden(hidden)) => suspicion.doubt(policy.rules, hidden),
        }
        // Seen from a user namespace that root is not part of, kernel threads are nobody's.
        if !suspicion.is_empty() && process.is_kernel_thread() == Ok(true) {
            return Ok(None);
        }
        self.judged += 1;
        if suspicion.is_empty() {
            return Ok(None);
        }
        for (rules, by) in sparings.spare(process, &mut suspicion)? {
            self.spared.push(Spared {
                pid: process.pid(),
                rules,
                by,
                portrait: Portrait::of(process, policy)?,
            });
        }
        let case = Case::new(process, suspicion, policy)?;
        Ok((case.state != State::Ok).then_some(case))
    }
}

impl Case {
    fn new(process: &mut Process<'_>, suspicion: Suspicion, policy: &Policy) -> Fact<Self> {
        let portrait =
            if suspicion.broken.is_empty() { None } else { Some(Portrait::of(process, policy)?) };
        let mut case = Self {
            pid: process.pid(),
            start: start(process)?,
            state: State::Ok,
            broken: suspicion.broken,
            doubtful: suspicion.doubtful,
            hidden: suspicion.hidden,
            portrait,
        };
        case.state = case.verdict(policy);
        Ok(case)
    }

    /// A process of which nothing can be told.
    fn unseen(pid: Pid, hidden: Hidden, policy: &Policy) -> Self {
        Self {
            pid,
            start: None,
            state: State::Unknown,
            broken: RuleSet::default(),
            doubtful: policy.rules,
            hidden: Some(hidden),
            portrait: None,
        }
    }

    /// Keeps of what was found only what is there still, in the same process.
    fn look_again(&mut self, process: &mut Process<'_>, policy: &Policy) {
        let now = self.seen_again(process, policy).unwrap_or_default();
        let maybe = self.broken.union(self.doubtful);
        let maybe = maybe.intersection(now.broken.union(now.doubtful));
        self.broken = self.broken.intersection(now.broken);
        self.doubtful = maybe.without(self.broken);
        self.hidden = now.hidden.or(self.hidden);
        if let Ok(portrait) = Portrait::of(process, policy) {
            self.portrait = Some(portrait);
        }
        self.state = self.verdict(policy);
    }

    /// What is wrong with it now; nothing if it is another process, a zombie, or root again.
    fn seen_again(&self, process: &mut Process<'_>, policy: &Policy) -> Fact<Suspicion> {
        let is_same = start(process)? == self.start;
        let suspicion = policy.judge(process)?.filter(|_| is_same);
        let lives = process.is_alive() != Ok(false);
        Ok(suspicion.filter(|_| lives).unwrap_or_default())
    }

    fn verdict(&self, policy: &Policy) -> State {
        let known = policy.state(self.broken);
        if self.doubtful.is_empty() { known } else { known.max(State::Unknown) }
    }
}

/// When a process started; `None` where that is hidden.
fn start(process: &mut Process<'_>) -> Fact<Option<u64>> {
    match process.stat() {
        Ok(stat) => Ok(Some(stat.start)),
        Err(Missing::Hidden(_)) => Ok(None),
        Err(Missing::Gone) => Err(Missing::Gone),
    }
}
