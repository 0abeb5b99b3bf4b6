//! The result of one window: who exceeds a threshold, who is busiest, and how many were judged.

use procwarden::nagios::state::State;

use super::crowd::{Crowd, crowds, rank};
use super::per::Per;
use super::policy::{Case, Policy, Subject, excess};
use super::sample::{Reading, Role, Sample};
use super::share::{Over, Share, Window};

/// How many of the busiest are kept for the report.
const BUSIEST: usize = 5;

/// How many exempt processes that would be over are kept.
const EXEMPT_OVER: usize = 20;

#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// The end of the window.
    pub(super) sample: Sample,
    /// The number of processes judged, separately or in a group.
    pub(super) judged: u64,
    pub(super) exempt: u64,
    /// The number of processes too young to be judged.
    pub(super) young: u64,
    /// The groups that were judged.
    pub(super) crowds: Vec<Crowd>,
    /// Everything that is not OK.
    pub(super) cases: Vec<Case>,
    /// The busiest of those judged, the highest share first.
    pub(super) busiest: Vec<(Subject, Share)>,
    pub(super) highest_lifetime: f64,
    /// Exempt processes that would be over, the highest share first.
    pub(super) exempt_over: Vec<(Reading, Share)>,
}

impl Tally {
    /// Judges the window between two samples.
    pub(super) fn of(policy: &Policy, before: &Sample, now: Sample) -> Self {
        let mut tally = Self::default();
        let window = Window::new(before, &now, policy.measure);
        if policy.per == Per::Process {
            for process in now.readings() {
                tally.take(policy, process, policy.judge(&window, process));
            }
        } else {
            tally.take_members(policy, &window);
            for crowd in crowds(&window, policy) {
                tally.take_crowd(policy, &window, crowd);
            }
        }
        tally.cases.extend(tally.too_idle(policy));
        tally.sample = now;
        tally
    }

    /// Judges the cases of an earlier window again, in this window, which began at `before`.
    pub(super) fn again(
        &self,
        policy: &Policy,
        before: &Sample,
        cases: impl Iterator<Item = Case>,
    ) -> Vec<Case> {
        let window = Window::new(before, &self.sample, policy.measure);
        let later = |case: Case| {
            let now = match &case.subject {
                Subject::Busiest(_) => self.too_idle(policy),
                Subject::Crowd(crowd) => self
                    .crowds
                    .iter()
                    .find(|now| now.group == crowd.group)
                    .map(|now| policy.judge_crowd(&window, now)),
                Subject::Process(process) => self
                    .sample
                    .find(process.pid, process.start)
                    .filter(|now| matches!(now.role, Role::Judged | Role::Doubtful(_)))
                    .and_then(|now| policy.judge(&window, now)),
            };
            now.unwrap_or(Case { state: State::Ok, share: None, ..case })
        };
        cases.map(later).collect()
    }

    fn too_idle(&self, policy: &Policy) -> Option<Case> {
        let (_, busiest) = *self.busiest.first()?;
        let possible = |crowd: &Crowd| (crowd.possible, crowd.hidden);
        let highest = self.crowds.iter().map(possible).max_by(|a, b| a.0.total_cmp(&b.0));
        let possible = highest.unwrap_or((busiest.percent, None));
        policy.judge_idle(busiest, self.highest_lifetime, possible)
    }

    /// Counts a process. `case` is `None` if it is too young to be judged.
    fn take(&mut self, policy: &Policy, process: &Reading, case: Option<Case>) {
        match process.role {
            Role::Outside => return,
            Role::Exempt(_) => self.exempt += 1,
            Role::Judged | Role::Doubtful(_) if case.is_some() => self.judged += 1,
            Role::Judged | Role::Doubtful(_) => self.young += 1,
        }
        let Some((case, share)) = case.and_then(|case| Some((case.clone(), case.share?))) else {
            return;
        };
        if let Role::Exempt(_) = process.role {
            self.take_exempt(policy, process, share);
            return;
        }
        let lifetime = case.lifetime.unwrap_or(0.0);
        if case.state != State::Ok {
            self.cases.push(case);
        }
        if process.role == Role::Judged && share.over != Over::AtMost {
            self.rank_busiest(Subject::Process(*process), share);
            self.highest_lifetime = self.highest_lifetime.max(lifetime);
        }
    }

    /// Counts the processes that are judged in groups, whatever their age.
    fn take_members(&mut self, policy: &Policy, window: &Window<'_>) {
        for process in window.now.readings() {
            match process.role {
                Role::Outside => {}
                Role::Exempt(_) => {
                    self.exempt += 1;
                    self.take_exempt(policy, process, window.part(process));
                }
                Role::Judged | Role::Doubtful(_) => self.judged += 1,
            }
        }
    }

    fn take_crowd(&mut self, policy: &Policy, window: &Window<'_>, crowd: Crowd) {
        let case = policy.judge_crowd(window, &crowd);
        if let Some(share) = case.share {
            self.rank_busiest(case.subject.clone(), share);
        }
        if case.state != State::Ok {
            self.cases.push(case);
        }
        self.crowds.push(crowd);
    }

    fn take_exempt(&mut self, policy: &Policy, process: &Reading, share: Share) {
        if excess(policy.window, share.percent) != State::Ok {
            rank(&mut self.exempt_over, (*process, share), EXEMPT_OVER, |(_, s)| s.percent);
        }
    }

    fn rank_busiest(&mut self, subject: Subject, share: Share) {
        rank(&mut self.busiest, (subject, share), BUSIEST, |(_, share)| share.percent);
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
            per: Per::Process,
        }
    }

    /// Processes with these percentages over ten seconds. PIDs begin at 1.
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
        let pid = |case: &Case| match &case.subject {
            Subject::Process(process) => Some(process.pid),
            _ => None,
        };
        cases.map(|case| (pid(case), case.state)).collect()
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
        assert!(matches!(tally.busiest[0].0, Subject::Process(Reading { pid: 3, .. })));
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
        let again = second.again(&policy, &before, first.cases.iter().cloned());
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
