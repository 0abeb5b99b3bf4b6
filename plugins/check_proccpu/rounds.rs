//! Window after window: the first one, and with `--recheck` others while something is wrong. A
//! process is reported only if it was over in every one.

use std::time::Duration;

use procwarden::count::recheck::{self, Settled};
use procwarden::proc::root::ProcRoot;
use procwarden::select::exemption::Exemptions;
use procwarden::text::error::Error;

use super::judge::{Judge, Suspect, Verdict};
use super::past::Past;
use super::survey::Surveyor;

/// All windows, measured and settled.
#[derive(Debug)]
pub(super) struct Rounds<'r> {
    pub(super) root: &'r ProcRoot,
    pub(super) judge: Judge,
    pub(super) exemptions: Exemptions,
    pub(super) past: Past,
    /// Whatever was not well in the first window, and what came of it.
    pub(super) suspects: Vec<Settled<Suspect>>,
    /// The last window.
    pub(super) verdict: Verdict,
    pub(super) windows: u32,
    /// Why processes may be missing altogether, if they may.
    pub(super) blindness: Option<String>,
}

impl<'r> Rounds<'r> {
    /// Measures a window, and another after each of `waits` while something is wrong.
    pub(super) fn run(
        surveyor: &Surveyor<'r>,
        judge: Judge,
        mut exemptions: Exemptions,
        mut past: Past,
        waits: impl Iterator<Item = Duration>,
    ) -> Result<Self, Error> {
        let before = past.begin(surveyor)?;
        let mut verdict = judge.judge(&before, surveyor.census(&mut exemptions)?);
        drop(before);
        let first = verdict.suspects.clone();
        let mut windows = 1;
        let suspects = recheck::settle(first.clone(), waits, |open| {
            windows += 1;
            let before = past.sample(surveyor)?;
            verdict = judge.judge(&before, surveyor.census(&mut exemptions)?);
            let still_open = open.iter().map(|&at| first[at]);
            Ok(judge.again(&before, &verdict, still_open))
        })?;
        past.keep(&verdict.census.sample);
        Ok(Self {
            root: surveyor.root,
            judge,
            exemptions,
            past,
            suspects,
            verdict,
            windows,
            blindness: surveyor.root.blindness(),
        })
    }
}
