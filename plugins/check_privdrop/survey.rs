//! Judges every process once, and with `--recheck` looks again at those that seem wrong.
//!
//! Nothing is kept of a process that breaks no rule. A rule counts as broken only if the same process,
//! by PID and start time, broke it every time.

use std::time::Duration;

use procwarden::count::recheck::{self, Settled};
use procwarden::host::patience;
use procwarden::nagios::state::State;
use procwarden::proc::fact::{Fact, Missing, unless_gone};
use procwarden::proc::process::Process;
use procwarden::proc::root::ProcRoot;
use procwarden::select::population::{Population, Standing};
use procwarden::text::error::Error;

use super::case::Case;
use super::exemption::{self, RuleExemption};
use super::policy::{Policy, Verdict};

/// What was found, and by what it was judged.
#[derive(Debug)]
pub(crate) struct Survey {
    pub(crate) policy: Policy,
    pub(crate) exemptions: Vec<RuleExemption>,
    /// What was not OK at first, and what became of it.
    pub(crate) cases: Vec<Settled<Case>>,
    /// What would not be OK but for an exemption, and the place of that.
    pub(crate) exempt: Vec<(usize, Case)>,
    /// How many processes were judged.
    pub(crate) judged: u64,
    /// How many were listed.
    pub(crate) listed: u64,
    /// Why the list may lack processes, if it may.
    pub(crate) blindness: Option<String>,
}

impl Survey {
    /// Judges `population`, and again after each of `waits` while something is wrong; `so_far` is called
    /// before each.
    ///
    /// # Errors
    /// When the processes can't be listed.
    pub(crate) fn take(
        root: &ProcRoot,
        population: &Population,
        policy: Policy,
        exemptions: Vec<RuleExemption>,
        waits: impl Iterator<Item = Duration>,
        mut so_far: impl FnMut(&Self),
    ) -> Result<Self, Error> {
        let mut survey = Self {
            policy,
            exemptions,
            cases: Vec::new(),
            exempt: Vec::new(),
            judged: 0,
            listed: 0,
            blindness: root.blindness(),
        };
        let mut first = Vec::new();
        survey.listed = Process::each(root, |process| {
            match survey.visit(process, population) {
                Ok(case) => first.extend(case),
                // It ended under us: it is not running.
                Err(Missing::Gone) => {}
                Err(Missing::Hidden(hidden)) => {
                    first.push(Case::unseen(process.pid(), hidden, &survey.policy));
                }
            }
        })?;
        survey.cases = first.iter().cloned().map(Settled::new).collect();
        let mut cases = first;
        for wait in waits {
            let open = recheck::open(&survey.cases);
            if open.is_empty() {
                break;
            }
            so_far(&survey);
            patience::rest(wait);
            let again = |&at: &usize| {
                let case = &mut cases[at];
                case.look_again(&mut Process::new(root, case.pid), &survey.policy);
                case.clone()
            };
            let again = open.iter().map(again).collect();
            recheck::see(&mut survey.cases, &open, again, wait);
        }
        Ok(survey)
    }

    /// Judges one process; `None` if it is OK or is not in the population.
    fn visit(&mut self, process: &mut Process<'_>, population: &Population) -> Fact<Option<Case>> {
        let Some(mut verdict) = self.policy.judge(process)? else {
            return Ok(None);
        };
        match unless_gone(population.standing(process))? {
            Ok(Standing::Member) => {}
            Ok(_) => return Ok(None),
            Err(hidden) => verdict.doubt(self.policy.rules, hidden),
        }
        // In a user namespace without root, kernel threads seem to belong to nobody.
        if !verdict.is_clean() && process.is_kernel_thread() == Ok(true) {
            return Ok(None);
        }
        self.judged += 1;
        if verdict.is_clean() {
            return Ok(None);
        }
        for (at, broken) in exemption::apply(&mut self.exemptions, process, &mut verdict)? {
            let exempt = Verdict { broken, ..Verdict::default() };
            self.exempt.push((at, Case::new(process, exempt, &self.policy)?));
        }
        let case = Case::new(process, verdict, &self.policy)?;
        Ok((case.state != State::Ok).then_some(case))
    }
}
