//! Compares a value of each process that fits a selector with the thresholds.

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

/// How many processes were in which state.
#[derive(Clone, Debug)]
pub struct Compared {
    /// How many fit, and what could not be seen.
    pub scan: Scan,
    /// Those beyond the warning range, but not the critical one.
    pub warning: u64,
    /// Those beyond the critical range.
    pub critical: u64,
    /// Those whose value is hidden.
    pub hidden: Doubts,
}

impl Compared {
    /// The worst state; unknown if what could not be seen may be worse.
    pub fn state(&self, thresholds: &Thresholds) -> State {
        let is_blind = self.scan.blindness.is_some()
            || self.scan.tallies[0].uncertain.count() > 0
            || self.hidden.count() > 0;
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

/// Compares `value` of every process of `population` that fits `selector`, and calls `visit` with each
/// and its state.
///
/// # Errors
/// When the processes can't be listed.
pub fn compare(
    root: &ProcRoot,
    population: &Population,
    selector: &Selector,
    thresholds: &Thresholds,
    value: impl Fn(&mut Process<'_>) -> Fact<f64>,
    mut visit: impl FnMut(&mut Process<'_>, State),
) -> Result<Compared, Error> {
    let (mut warning, mut critical, mut gone) = (0, 0, 0);
    let mut doubts = Doubts::default();
    let mut scan = scan::each(root, population, selector, |process| {
        let state = match value(process) {
            Ok(value) => thresholds.state(value),
            Err(Missing::Gone) => {
                gone += 1;
                return;
            }
            Err(Missing::Hidden(hidden)) => {
                doubts.add(process.pid(), hidden);
                State::Unknown
            }
        };
        warning += u64::from(state == State::Warning);
        critical += u64::from(state == State::Critical);
        visit(process, state);
    })?;
    scan.tallies[0].certain -= gone;
    Ok(Compared { scan, warning, critical, hidden: doubts })
}
