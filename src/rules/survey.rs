//! Judges every process once, then rechecks those that seem wrong.
//!
//! A process that breaks no rule is forgotten at once. A rule counts as broken only if the same
//! process, by PID and start time, broke it in every check.

use std::time::Duration;

use bitflags::Flags;

use crate::count::recheck::{self, Settled};
use crate::host::patience;
use crate::nagios::state::State;
use crate::proc::fact::{Fact, Missing, unless_gone};
use crate::proc::process::Process;
use crate::proc::root::ProcRoot;
use crate::rules::case::Case;
use crate::rules::exemption::{self, RuleExemption};
use crate::rules::judge::{HostFinding, Judge, VerdictOf};
use crate::rules::sight::Sight;
use crate::rules::verdict::Verdict;
use crate::select::population::{Membership, Population};
use crate::text::error::Error;

/// How long a finding of a [passing](Judge::passing) rule must last without `--recheck`.
const LASTING: Duration = Duration::from_secs(1);

/// What was found, with the judge and exemptions that decided it.
#[derive(Debug)]
pub struct Survey<J: Judge> {
    /// The plugin's judge.
    pub judge: J,
    /// The exemptions of the administrator and the plugin.
    pub exemptions: Vec<RuleExemption<J::Rules>>,
    /// Processes that were not OK at first, and what became of them.
    pub cases: Vec<Settled<Case<J>>>,
    /// Exempt findings, each with the index of its exemption.
    pub exempt: Vec<(usize, Case<J>)>,
    /// Findings about the host: see [`Judge::of_host`].
    pub of_host: Vec<HostFinding<J::Rules>>,
    /// Those that are exempt, each with the index of its exemption.
    pub exempt_of_host: Vec<(usize, HostFinding<J::Rules>)>,
    /// How many processes each rule could judge.
    pub sight: Sight<J::Rules>,
    /// How many processes were judged.
    pub judged: u64,
    /// How many processes were listed.
    pub listed: u64,
    /// Why the list may be incomplete, if it may.
    pub blindness: Option<String>,
}

impl<J: Judge> Survey<J> {
    /// Judges `population` once.
    ///
    /// # Errors
    /// If the processes can't be listed.
    pub fn take(
        root: &ProcRoot,
        population: &Population,
        judge: J,
        exemptions: Vec<RuleExemption<J::Rules>>,
    ) -> Result<Self, Error> {
        let mut survey = Self {
            judge,
            exemptions,
            cases: Vec::new(),
            exempt: Vec::new(),
            of_host: Vec::new(),
            exempt_of_host: Vec::new(),
            sight: Sight::default(),
            judged: 0,
            listed: 0,
            blindness: root.blindness(),
        };
        survey.listed = Process::each(root, |process| {
            let case = match survey.visit(process, population) {
                // It ended while we looked.
                Ok(None) | Err(Missing::Gone) => return,
                Ok(Some(case)) => case,
                Err(Missing::Hidden(hidden)) => Case::unseen(process.pid(), hidden, &survey.judge),
            };
            survey.cases.push(Settled::new(case));
        })?;
        for finding in survey.judge.of_host() {
            match exemption::of_host(&mut survey.exemptions, &finding) {
                Some(at) => survey.exempt_of_host.push((at, finding)),
                None => survey.of_host.push(finding),
            }
        }
        Ok(survey)
    }

    /// Judges what is wrong again after each of `waits`, until nothing is. Calls `so_far` before each wait.
    pub fn settle(
        &mut self,
        root: &ProcRoot,
        waits: impl Iterator<Item = Duration>,
        mut so_far: impl FnMut(&Self),
    ) {
        let mut cases: Vec<_> = self.cases.iter().map(|settled| settled.last.clone()).collect();
        let mut waits = waits.peekable();
        let passing = if waits.peek().is_none() { self.judge.passing() } else { J::Rules::empty() };
        let lasting = (!passing.is_empty()).then_some(LASTING);
        for wait in waits.chain(lasting) {
            let mut open = recheck::open(&self.cases);
            if !passing.is_empty() {
                open.retain(|&at| cases[at].verdict.broken.intersects(passing));
            }
            if open.is_empty() {
                break;
            }
            so_far(self);
            patience::rest(wait);
            let again = |&at: &usize| {
                let case = &mut cases[at];
                case.look_again(&mut Process::new(root, case.pid), &self.judge);
                case.clone()
            };
            let again = open.iter().map(again).collect();
            recheck::see(&mut self.cases, &open, again, wait);
        }
    }

    /// Judges one process; `None` if it is OK or not in the population.
    fn visit(
        &mut self,
        process: &mut Process<'_>,
        population: &Population,
    ) -> Fact<Option<Case<J>>> {
        let Some(mut verdict) = self.judge.judge(process)? else {
            return Ok(None);
        };
        match unless_gone(population.membership(process))? {
            Ok(Membership::Member) => {}
            Ok(_) => return Ok(None),
            Err(hidden) => verdict.doubt(self.judge.severities().on, hidden),
        }
        // In a user namespace without root, kernel threads seem to belong to nobody.
        if !verdict.is_clean() && process.is_kernel_thread() == Ok(true) {
            return Ok(None);
        }
        self.judged += 1;
        self.sight.add(process.pid(), &verdict);
        if verdict.is_clean() {
            return Ok(None);
        }
        self.spare(process, &mut verdict)?;
        let case = Case::new(process, verdict, &self.judge)?;
        Ok((case.state != State::Ok).then_some(case))
    }

    /// Applies the exemptions, and records what they cover.
    fn spare(&mut self, process: &mut Process<'_>, verdict: &mut VerdictOf<J>) -> Fact<()> {
        for (at, broken) in exemption::apply(&mut self.exemptions, process, verdict)? {
            let evidence = verdict.evidence.clone();
            let exempt =
                Verdict { broken, swapped: verdict.swapped, evidence, ..Verdict::default() };
            self.exempt.push((at, Case::new(process, exempt, &self.judge)?));
        }
        Ok(())
    }
}
