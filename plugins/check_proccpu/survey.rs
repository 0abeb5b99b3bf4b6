//! Measures a window, and with `--recheck` further ones while something is wrong. A process is
//! reported only if it was over in every window.

use std::time::Duration;

use procwarden::count::recheck::{self, Settled};
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
}

impl<'r> Survey<'r> {
    /// Measures a window, and another one after each of `waits` while something is wrong.
    pub(super) fn take(
        root: &'r ProcRoot,
        population: &Population,
        policy: Policy,
        mut exemptions: Exemptions,
        mut baseline: Baseline,
        waits: impl Iterator<Item = Duration>,
    ) -> Result<Self, Error> {
        let mut tally_since = |before: &Sample| -> Result<Tally, Error> {
            exemptions.start_over();
            let now = Sample::take(root, |process| role(process, population, &mut exemptions))?;
            Ok(Tally::of(&policy, before, now))
        };
        let before = baseline.first(root)?;
        let mut last = tally_since(&before)?;
        drop(before);
        let first = last.cases.clone();
        let mut windows = 1;
        let cases = recheck::settle(first.clone(), waits, |open| {
            windows += 1;
            let before = baseline.fresh(root)?;
            last = tally_since(&before)?;
            let still_open = open.iter().map(|&at| first[at]);
            Ok(last.again(&policy, &before, still_open))
        })?;
        baseline.keep(&last.sample);
        let blindness = root.blindness();
        Ok(Self { root, policy, exemptions, baseline, cases, last, windows, blindness })
    }
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
    if let Err(hidden) = process.stat() {
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
