//! Measures a window, and with `--recheck` further ones while something is wrong. Reports only processes
//! that exceeded a threshold in every window.

use std::time::Duration;

use procwarden::count::recheck::{self, Settled};
use procwarden::host::patience;
use procwarden::proc::root::ProcRoot;
use procwarden::text::error::Error;

use super::baseline::Baseline;
use super::policy::{Case, Policy};
use super::scope::Scope;
use super::tally::Tally;

/// All windows of a run, and what they were compared with.
#[derive(Debug)]
pub(super) struct Survey<'r> {
    pub(super) root: &'r ProcRoot,
    pub(super) policy: Policy,
    pub(super) scope: Scope,
    pub(super) baseline: Baseline,
    /// What was not OK in the first window, and what became of it.
    pub(super) cases: Vec<Settled<Case>>,
    /// The last window.
    pub(super) last: Tally,
    /// The number of windows.
    pub(super) windows: u32,
    /// Why the list may be incomplete, if it may.
    pub(super) blindness: Option<String>,
    /// Whether the report names processes. That costs reads.
    pub(super) names_processes: bool,
}

impl<'r> Survey<'r> {
    /// Measures a window, and another one after each of `waits` while something is wrong. Calls `so_far`
    /// before each wait.
    pub(super) fn take(
        root: &'r ProcRoot,
        policy: Policy,
        mut scope: Scope,
        mut baseline: Baseline,
        waits: impl Iterator<Item = Duration>,
        mut so_far: impl FnMut(&Self),
    ) -> Result<Self, Error> {
        let before = baseline.first(root)?;
        let now = scope.sample(root)?;
        let last = Tally::of(&policy, &before, now);
        drop(before);
        let mut survey = Self {
            root,
            policy,
            scope,
            baseline,
            cases: last.cases.iter().cloned().map(Settled::new).collect(),
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
            let again = survey.again(&open)?;
            recheck::see(&mut survey.cases, &open, again, wait);
        }
        Ok(survey)
    }

    /// Measures one more window. Returns the cases with these indexes as they are now.
    fn again(&mut self, open: &[usize]) -> Result<Vec<Case>, Error> {
        self.windows += 1;
        let before = self.baseline.fresh(self.root)?;
        let now = self.scope.sample(self.root)?;
        self.last = Tally::of(&self.policy, &before, now);
        let still_open = open.iter().map(|&at| self.cases[at].first.clone());
        Ok(self.last.again(&self.policy, &before, still_open))
    }

    /// Does what can wait until the verdict is known: stores the last sample for the next check, and lets
    /// the report name processes.
    pub(super) fn finish(&mut self) {
        self.baseline.keep(&self.last.sample);
        self.names_processes = true;
    }
}
