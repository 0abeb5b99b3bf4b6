//! Compares a measure of each process that fits a selector with the thresholds.

use crate::count::scan::{self, Scan};
use crate::nagios::range::Thresholds;
use crate::nagios::state::State;
use crate::proc::doubts::Doubts;
use crate::proc::fact::{Fact, Missing};
use crate::proc::process::Process;
use crate::proc::root::ProcRoot;
use crate::select::population::Population;
use crate::select::selector::Selector;
use crate::text::error::Error;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Virtual memory in KiB.
    Vsz,
    /// Resident memory in KiB.
    Rss,
    /// CPU time over age, in percent of one core, cut to tenths as ps does.
    Cpu,
    /// Age in whole seconds.
    Age,
}

impl Metric {
    /// The measure of one process.
    ///
    /// # Errors
    /// Gone, or hidden.
    #[allow(clippy::cast_precision_loss, reason = "sizes are far below 2^53")]
    pub fn of(self, process: &mut Process<'_>) -> Fact<f64> {
        match self {
            Self::Vsz => process.stat().map(|stat| (stat.vsize / 1024) as f64),
            Self::Rss => process.resident_bytes().map(|bytes| bytes / 1024.0),
            Self::Cpu => process.lifetime_cpu().map(|percent| (percent * 10.0).floor() / 10.0),
            Self::Age => process.age().map(f64::floor),
        }
    }
}

/// How many processes were in which state.
#[derive(Clone, Debug)]
pub struct Measured {
    /// How many fit, and what could not be seen.
    pub scan: Scan,
    /// Those beyond the warning range, but not the critical one.
    pub warning: u64,
    /// Those beyond the critical range.
    pub critical: u64,
    /// Those whose measure is hidden.
    pub unmeasured: Doubts,
}

impl Measured {
    /// The worst state; unknown if what could not be seen may be worse.
    pub fn state(&self, thresholds: &Thresholds) -> State {
        let is_blind = self.scan.blindness.is_some()
            || self.scan.tallies[0].uncertain.count() > 0
            || self.unmeasured.count() > 0;
        if self.critical > 0 {
            State::Critical
        } else if is_blind && *thresholds != Thresholds::default() {
            State::Unknown
        } else if self.warning > 0 {
            State::Warning
        } else {
            State::Ok
        }
    }
}

/// Measures all processes of `population` that fit `selector`, and calls `visit` with each and its
/// state.
///
/// # Errors
/// When the processes can't be listed.
pub fn measure(
    root: &ProcRoot,
    population: &Population,
    selector: &Selector,
    (metric, thresholds): (Metric, &Thresholds),
    mut visit: impl FnMut(&mut Process<'_>, State),
) -> Result<Measured, Error> {
    let (mut warning, mut critical, mut gone) = (0, 0, 0);
    let mut unmeasured = Doubts::default();
    let mut scan = scan::each(root, population, selector, |process| {
        let state = match metric.of(process) {
            Ok(value) => thresholds.state(value),
            Err(Missing::Gone) => {
                gone += 1;
                return;
            }
            Err(Missing::Hidden(hidden)) => {
                unmeasured.add(process.pid(), hidden);
                State::Unknown
            }
        };
        warning += u64::from(state == State::Warning);
        critical += u64::from(state == State::Critical);
        visit(process, state);
    })?;
    scan.tallies[0].certain -= gone;
    Ok(Measured { scan, warning, critical, unmeasured })
}
