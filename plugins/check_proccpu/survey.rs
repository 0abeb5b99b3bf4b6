//! Measures a window, and with `--recheck` further ones while something is wrong. A process is
//! reported only if it was over in every window.

use std::time::Duration;

use procwarden::count::recheck::{self, Settled};
use procwarden::host::patience;
use procwarden::proc::fact::{Fact, Missing};
use procwarden::proc::process::Process;
use procwarden::proc::root::ProcRoot;
use procwarden::select::exemption::Exemptions;
use procwarden::select::population::{Population, Standing};
use procwarden::text::error::Error;

use super::baseline::Baseline;
use super::policy::{Case, Policy};
use super::sample::{Role, Sample};
use super::tally::Tally;

/// All windows of a run, and by what they were judged.
#[derive(Debug)]
pub(super) struct Survey<'r> {
    pub(super) root: &'r ProcRoot,
    pub(super) policy: Policy,
    pub(super) exemptions: Exemptions,
    pub(super) baseline: Baseline,
    /// What was not OK in the first window, and what became of it.
    pub(super) cases: Vec<Settled<Case>>,
    /// The last window.
    pub(super) last: Tally,
    /// How many windows there were.
    pub(super) windows: u32,
    /// Why the list may lack processes, if it may.
    pub(super) blindness: Option<String>,
    /// Whether the report names processes, which takes reading them.
    pub(super) names_processes: bool,
}

impl<'r> Survey<'r> {
    /// Measures a window, and another one after each of `waits` while something is wrong; `so_far` is
    /// called before each.
    pub(super) fn take(
        root: &'r ProcRoot,
        population: &Population,
        policy: Policy,
        mut exemptions: Exemptions,
        mut baseline: Baseline,
        waits: impl Iterator<Item = Duration>,
        mut so_far: impl FnMut(&Self),
    ) -> Result<Self, Error> {
        let before = baseline.first(root)?;
        let now = sample(root, population, &mut exemptions)?;
        let last = Tally::of(&policy, &before, now);
        drop(before);
        let mut survey = Self {
            root,
            policy,
            exemptions,
            baseline,
            cases: last.cases.iter().copied().map(Settled::new).collect(),
            last,
            windows: 1,
            blindness: root.blindness(),
            names_processes: false,
        };
        for wait in waits {
            let open = recheck::open(&survey.cases);
            if open.is_empty() {
                break;
            }
            so_far(&survey);
            patience::rest(wait);
            let again = survey.again(population, &open)?;
            recheck::see(&mut survey.cases, &open, again, wait);
        }
        Ok(survey)
    }

    /// Measures one more window; returns how the cases in these places are in it.
    fn again(&mut self, population: &Population, open: &[usize]) -> Result<Vec<Case>, Error> {
        self.windows += 1;
        let before = self.baseline.fresh(self.root)?;
        let now = sample(self.root, population, &mut self.exemptions)?;
        self.last = Tally::of(&self.policy, &before, now);
        let still_open = open.iter().map(|&at| self.cases[at].first);
        Ok(self.last.again(&self.policy, &before, still_open))
    }

    /// What can wait until the verdict is known: keeps the last sample for the next check, and has the
    /// report name processes.
    pub(super) fn finish(&mut self) {
        self.baseline.keep(&self.last.sample);
        self.names_processes = true;
    }
}

/// The end of a window.
fn sample(
    root: &ProcRoot,
    population: &Population,
    exemptions: &mut Exemptions,
) -> Result<Sample, Error> {
    exemptions.start_over();
    Sample::take(root, |process| role(process, population, exemptions))
}

/// What a process is to the check.
fn role(
    process: &mut Process<'_>,
    population: &Population,
    exemptions: &mut Exemptions,
) -> Fact<Role> {
    let mut exempt = |process: &mut Process<'_>| {
        let place = exemptions.which(process)?;
        // An exemption in a later place has its effect, but the report can't name it.
        Ok(place.map(|at| Role::Exempt(u16::try_from(at).unwrap_or(u16::MAX))))
    };
    // A process that starts in the future would be too young to be judged, for ever.
    if let Err(hidden) = process.age() {
        // A process that is certainly exempt need not be measured.
        return exempt(process)?.ok_or(hidden);
    }
    let role = match population.standing(process) {
        Ok(Standing::Member) => exempt(process),
        Ok(_) => return Ok(Role::Outside),
        Err(missing) => Err(missing),
    };
    match role {
        Err(Missing::Hidden(hidden)) => Ok(Role::Doubtful(hidden)),
        role => Ok(role?.unwrap_or(Role::Judged)),
    }
}
