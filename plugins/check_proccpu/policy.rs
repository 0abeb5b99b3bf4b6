//! What shares are compared with, and the case that comes of one process.
//!
//! Each process is compared with the thresholds separately. The lower end of a range (`10:`, which
//! reports a compute server gone idle) is about the busiest process only: nobody wants every process
//! to be busy.

use procwarden::count::recheck::Judged;
use procwarden::nagios::range::{Range, Thresholds};
use procwarden::nagios::state::State;
use procwarden::proc::fact::Hidden;

use super::sample::{Reading, Role};
use super::share::{Measure, Over, Share, Window};

/// What the administrator allows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Policy {
    /// For the share of a window.
    pub(super) window: Thresholds,
    /// For the share of a whole life.
    pub(super) lifetime: Thresholds,
    pub(super) measure: Measure,
}

/// A process and how it compares with the policy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Case {
    pub(super) state: State,
    /// `None`: the case is that even the busiest process is too idle.
    pub(super) process: Option<Reading>,
    /// `None`: it has ended.
    pub(super) share: Option<Share>,
    /// Percent over its life.
    pub(super) lifetime: Option<f64>,
}

impl Judged for Case {
    fn state(&self) -> State {
        self.state
    }
}

impl Case {
    /// What hides whether it is exempt.
    pub(super) fn doubt(&self) -> Option<Hidden> {
        match self.process?.role {
            Role::Doubtful(hidden) => Some(hidden),
            _ => None,
        }
    }
}

impl Policy {
    /// Judges a process; `None` if it is too young.
    pub(super) fn judge(&self, window: &Window<'_>, process: &Reading) -> Option<Case> {
        let share = window.share(process)?;
        let lifetime = window.lifetime(process);
        let by_window = match excess(self.window, share.percent) {
            State::Ok => State::Ok,
            _ if share.over == Over::AtMost => State::Unknown,
            state => state,
        };
        let by_life = lifetime.map_or(State::Ok, |percent| excess(self.lifetime, percent));
        let state = match (by_window.max(by_life), process.role) {
            (State::Ok, _) => State::Ok,
            (_, Role::Doubtful(_)) => State::Unknown,
            (state, _) => state,
        };
        Some(Case { state, process: Some(*process), share: Some(share), lifetime })
    }

    /// The case of a window in which even the busiest process is below what the policy wants.
    pub(super) fn judge_idle(&self, busiest: Share, lifetime: f64) -> Option<Case> {
        let by_window = lack(self.window, busiest.percent);
        let by_life = lack(self.lifetime, lifetime);
        let state = by_window.max(by_life);
        let case = Case { state, process: None, share: Some(busiest), lifetime: Some(lifetime) };
        (state != State::Ok).then_some(case)
    }
}

/// The state of a share that is above what is allowed, or inside a range that is not allowed.
pub(super) fn excess(limits: Thresholds, percent: f64) -> State {
    state_by(limits, percent, |range| !range.is_above(percent))
}

/// The state of a share that is below what is allowed.
fn lack(limits: Thresholds, percent: f64) -> State {
    state_by(limits, percent, |range| range.is_above(percent))
}

fn state_by(limits: Thresholds, percent: f64, counts: impl Fn(Range) -> bool) -> State {
    let counting = |range: Option<Range>| range.filter(|range| counts(*range));
    Thresholds { warning: counting(limits.warning), critical: counting(limits.critical) }
        .state(percent)
}
