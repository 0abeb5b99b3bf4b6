//! Compares the share of each process or group with the thresholds.
//!
//! The lower end of a range (`10:`, to report a compute server gone idle) applies only to the busiest
//! one: nobody wants every process to be busy.

use procwarden::count::recheck::Judged;
use procwarden::nagios::range::{Range, Thresholds};
use procwarden::nagios::state::State;
use procwarden::proc::fact::Hidden;

use super::crowd::Crowd;
use super::per::Per;
use super::sample::{Reading, Role};
use super::share::{Measure, Over, Share, Window};

/// What the administrator allows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Policy {
    /// Thresholds for the share over a window.
    pub(super) window: Thresholds,
    /// Thresholds for the share over a whole life.
    pub(super) lifetime: Thresholds,
    pub(super) measure: Measure,
    /// Whether processes are judged separately or in groups.
    pub(super) per: Per,
}

/// What a case is about.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Subject {
    Process(Reading),
    Crowd(Crowd),
    /// Even the busiest is too idle. If something is hidden, it only may be.
    Busiest(Option<Hidden>),
}

impl Subject {
    /// Whether both are about the same process or group.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Process(one), Self::Process(other)) => one.is_same_process(other),
            (Self::Crowd(one), Self::Crowd(other)) => one.group == other.group,
            (Self::Busiest(_), Self::Busiest(_)) => true,
            _ => false,
        }
    }
}

/// A process or a group, and how it compares with the policy.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Case {
    pub(super) state: State,
    pub(super) subject: Subject,
    /// `None` if it has ended.
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
    /// What hides its share, or whether it should be judged.
    pub(super) fn doubt(&self) -> Option<Hidden> {
        match &self.subject {
            Subject::Process(Reading { role: Role::Doubtful(hidden), .. }) => Some(*hidden),
            Subject::Crowd(crowd) if self.state == State::Unknown => crowd.hidden,
            Subject::Busiest(hidden) => *hidden,
            _ => None,
        }
    }

    /// Whether this is about a share that is too high, not too low.
    pub(super) const fn is_over(&self) -> bool {
        !matches!(self.subject, Subject::Busiest(_))
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
        Some(Case { state, subject: Subject::Process(*process), share: Some(share), lifetime })
    }

    /// Judges a group.
    pub(super) fn judge_crowd(&self, window: &Window<'_>, crowd: &Crowd) -> Case {
        let state = excess_between(self.window, crowd.certain, crowd.possible);
        let (percent, seconds) = (crowd.certain, window.seconds());
        let share = Share { percent, seconds, over: Over::Window };
        Case { state, subject: Subject::Crowd(crowd.clone()), share: Some(share), lifetime: None }
    }

    /// The case that even the busiest is below the lower end. `possible` is the highest share that may exist:
    /// if that one is not too low, the case is in doubt.
    pub(super) fn judge_idle(
        &self,
        busiest: Share,
        lifetime: f64,
        possible: (f64, Option<Hidden>),
    ) -> Option<Case> {
        let by_window = match lack(self.window, busiest.percent) {
            state if state == lack(self.window, possible.0) => state,
            _ => State::Unknown,
        };
        let by_life = lack(self.lifetime, lifetime);
        let state = by_window.max(by_life);
        let subject = Subject::Busiest(possible.1.filter(|_| state == State::Unknown));
        let case = Case { state, subject, share: Some(busiest), lifetime: Some(lifetime) };
        (state != State::Ok).then_some(case)
    }
}

/// The state of a share, ignoring lower ends.
pub(super) fn excess(limits: Thresholds, percent: f64) -> State {
    state_by(limits, percent, |range| !range.is_above(percent))
}

/// [`excess`] of a share between `certain` and `possible`. UNKNOWN if they differ in state.
fn excess_between(limits: Thresholds, certain: f64, possible: f64) -> State {
    let state = excess(limits, certain);
    if state != excess(limits, possible) {
        return State::Unknown;
    }
    // A forbidden range may lie between the two.
    let counting = |range: Option<Range>| range.filter(|range| !range.is_above(certain));
    Thresholds { warning: counting(limits.warning), critical: counting(limits.critical) }
        .state_between(certain, possible)
}

/// The state of a share, by lower ends only.
fn lack(limits: Thresholds, percent: f64) -> State {
    state_by(limits, percent, |range| range.is_above(percent))
}

fn state_by(limits: Thresholds, percent: f64, counts: impl Fn(Range) -> bool) -> State {
    let counting = |range: Option<Range>| range.filter(|range| counts(*range));
    Thresholds { warning: counting(limits.warning), critical: counting(limits.critical) }
        .state(percent)
}
