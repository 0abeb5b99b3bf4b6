//! What one window showed: who is over, who is busiest, and how many were judged.

use procwarden::nagios::state::State;

use super::policy::{Case, Policy, excess};
use super::sample::{Reading, Role, Sample};
use super::share::{Over, Share, Window};

/// How many of the busiest processes the report has room for.
const BUSIEST: usize = 5;

/// The same for exempt processes that would be over.
const EXEMPT_OVER: usize = 20;

#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// The end of the window.
    pub(super) sample: Sample,
    pub(super) judged: u64,
    pub(super) exempt: u64,
    /// Too young to be judged.
    pub(super) young: u64,
    /// All that is not OK.
    pub(super) cases: Vec<Case>,
    /// The busiest processes that were judged, the highest share first.
    pub(super) busiest: Vec<(Reading, Share)>,
    pub(super) highest_lifetime: f64,
    /// Exempt processes that would be over, the highest share first.
    pub(super) exempt_over: Vec<(Reading, Share)>,
}

impl Tally {
    /// Judges all processes of the window between two samples.
    pub(super) fn of(policy: &Policy, before: &Sample, now: Sample) -> Self {
        let mut tally = Self::default();
        let window = Window::new(before, &now, policy.measure);
        for process in now.readings() {
            tally.take(policy, process, policy.judge(&window, process));
        }
        tally.cases.extend(tally.too_idle(policy));
        tally.sample = now;
        tally
    }

    /// Judges the cases of an earlier window by this one, which began at `before`.
    pub(super) fn again(
        &self,
        policy: &Policy,
        before: &Sample,
        cases: impl Iterator<Item = Case>,
    ) -> Vec<Case> {
        let window = Window::new(before, &self.sample, policy.measure);
        let idle = self.too_idle(policy);
        let later = |case: Case| {
            let now = match case.process {
                None => idle,
                Some(process) => self
                    .sample
                    .find(process.pid, process.start)
                    .filter(|now| matches!(now.role, Role::Judged | Role::Doubtful(_)))
                    .and_then(|now| policy.judge(&window, now)),
            };
            let ended = Case { state: State::Ok, share: None, ..case };
            now.unwrap_or(ended)
        };
        cases.map(later).collect()
    }

    fn too_idle(&self, policy: &Policy) -> Option<Case> {
        let (_, busiest) = self.busiest.first()?;
        policy.judge_idle(*busiest, self.highest_lifetime)
    }

    /// Counts a process; `case` is `None` for one too young to be judged.
    fn take(&mut self, policy: &Policy, process: &Reading, case: Option<Case>) {
        match process.role {
            Role::Outside => return,
            Role::Exempt(_) => self.exempt += 1,
            Role::Judged | Role::Doubtful(_) if case.is_some() => self.judged += 1,
            Role::Judged | Role::Doubtful(_) => self.young += 1,
        }
        let Some((case, share)) = case.and_then(|case| Some((case, case.share?))) else {
            return;
        };
        if let Role::Exempt(_) = process.role {
            if excess(policy.window, share.percent) != State::Ok {
                rank(&mut self.exempt_over, (*process, share), EXEMPT_OVER);
            }
            return;
        }
        if case.state != State::Ok {
            self.cases.push(case);
        }
        if process.role == Role::Judged && share.over != Over::AtMost {
            rank(&mut self.busiest, (*process, share), BUSIEST);
            let lifetime = case.lifetime.unwrap_or(0.0);
            self.highest_lifetime = self.highest_lifetime.max(lifetime);
        }
    }
}

/// Puts `one` in its place among the `most` highest.
fn rank(highest: &mut Vec<(Reading, Share)>, one: (Reading, Share), most: usize) {
    let is_higher = |(_, other): &(Reading, Share)| other.percent >= one.1.percent;
    let place = highest.partition_point(is_higher);
    if place < most {
        highest.insert(place, one);
        highest.truncate(most);
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::tests::{reading, sample};
    use super::super::share::Measure;
    use super::*;
    use procwarden::kernel::file::File;
    use procwarden::nagios::range::{Range, Thresholds};
    use procwarden::proc::fact::{Cause, Hidden};

    fn policy(warning: &str, critical: &str) -> Policy {
        let range = |text: &str| Range::parse(text).ok();
        Policy {
            window: Thresholds { warning: range(warning), critical: range(critical) },
            lifetime: Thresholds::default(),
            measure: Measure { with_children: false, min_age: 1.0, cores: None },
        }
    }

    /// Processes of these percentages over ten seconds, PIDs from 1.
    fn window(roles: &[(u64, Role)]) -> (Sample, Sample) {
        let pids = || roles.iter().zip(1..);
        let before: Vec<_> = pids().map(|(_, pid)| reading(pid, 0, 1, 0, 0)).collect();
        let now: Vec<_> = pids()
            .map(|(&(percent, role), pid)| Reading { role, ..reading(pid, 0, 1, percent * 10, 0) })
            .collect();
        (sample(100, &before), sample(110, &now))
    }

    fn states(policy: Policy, roles: &[(u64, Role)]) -> Vec<(Option<u32>, State)> {
        let (before, now) = window(roles);
        let tally = Tally::of(&policy, &before, now);
        let cases = tally.cases.iter();
        cases.map(|case| (case.process.map(|process| process.pid), case.state)).collect()
    }

    const HIDDEN: Role = Role::Doubtful(Hidden { file: File::Exe, cause: Cause::Denied });

    #[test]
    fn only_those_over_and_not_exempt_are_cases() {
        use Role::{Exempt, Judged, Outside};
        let roles = [
            (10, Judged),
            (60, Judged),
            (95, Judged),
            (95, Exempt(0)),
            (95, Outside),
            (95, HIDDEN),
            (10, HIDDEN),
        ];
        assert_eq!(
            states(policy("50", "90"), &roles),
            [(Some(2), State::Warning), (Some(3), State::Critical), (Some(6), State::Unknown)]
        );
        let (before, now) = window(&roles);
        let tally = Tally::of(&policy("50", "90"), &before, now);
        assert_eq!((tally.judged, tally.exempt), (5, 1));
        assert_eq!(tally.busiest[0].0.pid, 3);
        assert_eq!(tally.exempt_over.len(), 1);
    }

    #[test]
    fn a_lower_end_is_about_the_busiest() {
        let roles = [(0, Role::Judged), (20, Role::Judged)];
        assert_eq!(states(policy("10:", ""), &roles), []);
        assert_eq!(states(policy("", "30:"), &roles), [(None, State::Critical)]);
        assert_eq!(states(policy("", "@15:25"), &roles), [(Some(2), State::Critical)]);
    }

    #[test]
    fn a_process_that_was_out_of_sight_is_unknown_only_if_it_may_be_over() {
        let (_, now) = window(&[(20, Role::Judged), (60, Role::Judged)]);
        let tally = Tally::of(&policy("50", ""), &sample(100, &[]), now);
        assert_eq!(tally.cases.len(), 1);
        assert_eq!(tally.cases[0].state, State::Unknown);
        assert!(tally.busiest.is_empty());
    }

    #[test]
    fn the_same_process_must_be_over_again() {
        let policy = policy("50", "");
        let (before, now) = window(&[(60, Role::Judged), (60, Role::Judged)]);
        let first = Tally::of(&policy, &before, now);
        let (before, now) = window(&[(60, Role::Judged)]);
        let second = Tally::of(&policy, &before, now);
        let again = second.again(&policy, &before, first.cases.iter().copied());
        let states: Vec<_> = again.iter().map(|case| case.state).collect();
        assert_eq!(states, [State::Warning, State::Ok]);
    }

    #[test]
    fn the_busiest_are_kept_in_order() {
        let roles = [3, 9, 1, 7, 5, 8, 2].map(|percent| (percent, Role::Judged));
        let (before, now) = window(&roles);
        let tally = Tally::of(&policy("50", ""), &before, now);
        let percents: Vec<_> = tally.busiest.iter().map(|(_, s)| s.percent).collect();
        assert_eq!(percents, [9.0, 8.0, 7.0, 5.0, 3.0]);
    }
}
