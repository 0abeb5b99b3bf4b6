//! The CPU time that a group of processes used together in a window.
//!
//! It is the sum of their shares. For a systemd unit it is the kernel's own count, if available: that
//! includes processes that began and ended inside the window.

use procwarden::nagios::state::State;
use procwarden::proc::fact::Hidden;

use super::per::Group;
use super::policy::{Policy, excess};
use super::sample::{Reading, Role};
use super::share::{Over, Share, Window};

/// How many members are kept for the report.
const LARGEST: usize = 5;

/// Processes of one group and what they used together.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Crowd {
    pub(super) group: Group,
    /// How many are alive.
    pub(super) members: u64,
    /// The busiest, the highest share first.
    pub(super) largest: Vec<(Reading, Share)>,
    /// Percent that they certainly used.
    pub(super) certain: f64,
    /// Percent that they may have used.
    pub(super) possible: f64,
    /// What hides the exact value.
    pub(super) hidden: Option<Hidden>,
    /// Percent that processes used which have ended. Known only if the kernel counted.
    pub(super) ended: f64,
    /// Whether this is the kernel's count.
    pub(super) is_counted: bool,
}

impl Crowd {
    const fn new(group: Group) -> Self {
        Self {
            group,
            members: 0,
            largest: Vec::new(),
            certain: 0.0,
            possible: 0.0,
            hidden: None,
            ended: 0.0,
            is_counted: false,
        }
    }

    fn add(&mut self, process: &Reading, share: Share) {
        self.members += 1;
        self.possible += share.percent;
        match process.role {
            Role::Judged if share.over != Over::AtMost => self.certain += share.percent,
            Role::Doubtful(hidden) => self.hidden = self.hidden.or(Some(hidden)),
            _ => {}
        }
        rank(&mut self.largest, (*process, share), LARGEST, |(_, share)| share.percent);
    }

    /// Uses the kernel's count instead of the sum.
    fn count(&mut self, percent: f64) {
        self.ended = (percent - self.possible).max(0.0);
        (self.certain, self.possible, self.is_counted) = (percent, percent, true);
    }
}

/// All groups with a process to judge.
///
/// A process whose group is hidden may belong to any group. If such processes alone are in doubt, that
/// becomes one case and not one for every group.
pub(super) fn crowds(window: &Window<'_>, policy: &Policy) -> Vec<Crowd> {
    let mut crowds: Vec<_> = window.now.groups.all().iter().cloned().map(Crowd::new).collect();
    for process in window.now.readings() {
        let is_judged = matches!(process.role, Role::Judged | Role::Doubtful(_));
        let place = usize::try_from(process.group).unwrap_or(usize::MAX);
        if let Some(crowd) = crowds.get_mut(place).filter(|_| is_judged) {
            crowd.add(process, window.part(process));
        }
    }
    crowds.retain(|crowd| crowd.members > 0);
    let is_unplaced = |crowd: &&Crowd| matches!(crowd.group, Group::Unplaced(_));
    let is_told = |crowd: &Crowd| excess(policy.window, crowd.possible) != State::Ok;
    let unplaced = crowds.iter().find(is_unplaced).filter(|one| !is_told(one)).cloned();
    for crowd in &mut crowds {
        if let Some(percent) = window.counted(&crowd.group) {
            crowd.count(percent);
        } else if let Some(unplaced) = unplaced.as_ref().filter(|one| one.group != crowd.group) {
            crowd.possible += unplaced.possible;
            crowd.hidden = crowd.hidden.or(unplaced.hidden);
        }
    }
    crowds
}

/// Inserts `one` into a sorted list of the `most` highest.
pub(super) fn rank<T>(highest: &mut Vec<T>, one: T, most: usize, percent: impl Fn(&T) -> f64) {
    let place = highest.partition_point(|other| percent(other) >= percent(&one));
    if place < most {
        highest.insert(place, one);
        highest.truncate(most);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::per::{Groups, Per};
    use super::super::sample::tests::{reading, sample};
    use super::super::sample::{Sample, UnitTimes};
    use super::super::share::Measure;
    use super::*;
    use procwarden::count::unit_times::UnitTime;
    use procwarden::kernel::file::File;
    use procwarden::nagios::range::{Range, Thresholds};
    use procwarden::proc::fact::Cause;

    const MEASURE: Measure = Measure { with_children: false, min_age: 1.0, cores: None };
    const HIDDEN: Role = Role::Doubtful(Hidden { file: File::Cgroup, cause: Cause::Denied });

    fn policy(critical: &str) -> Policy {
        let window = Thresholds { warning: None, critical: Range::parse(critical).ok() };
        Policy { window, lifetime: Thresholds::default(), measure: MEASURE, per: Per::Unit }
    }

    fn unit(name: &str) -> Group {
        Group::Unit(name.as_bytes().to_vec())
    }

    /// Processes that used these percentages over ten seconds.
    fn window(processes: &[(Group, u64, Role)]) -> (Sample, Sample) {
        let mut groups = Groups::default();
        let pids = || processes.iter().zip(1..);
        let before: Vec<_> = pids().map(|(_, pid)| reading(pid, 0, 1, 0, 0)).collect();
        let now = pids().map(|((group, percent, role), pid)| {
            let group = groups.place(group.clone());
            Reading { role: *role, group, ..reading(pid, 0, 1, percent * 10, 0) }
        });
        let now: Vec<_> = now.collect();
        let mut now = sample(110, &now);
        now.groups = groups;
        (sample(100, &before), now)
    }

    fn told(policy: &Policy, before: &Sample, now: &Sample) -> Vec<(Group, State, String)> {
        let window = Window::new(before, now, MEASURE);
        let crowds = crowds(&window, policy).into_iter();
        let told = crowds.map(|crowd| {
            let state = policy.judge_crowd(&window, &crowd).state;
            (crowd.group, state, format!("{}-{}", crowd.certain, crowd.possible))
        });
        told.collect()
    }

    #[test]
    fn the_shares_of_a_group_add_up() {
        use Role::{Exempt, Judged, Outside};
        let (before, now) = window(&[
            (unit("a"), 25, Judged),
            (unit("b"), 90, Judged),
            (unit("a"), 75, Judged),
            (unit("a"), 40, Exempt(0)),
            (unit("c"), 99, Outside),
        ]);
        let found = told(&policy("95"), &before, &now);
        let a = (unit("a"), State::Critical, "100-100".to_owned());
        assert_eq!(found, [a, (unit("b"), State::Ok, "90-90".to_owned())]);
    }

    #[test]
    fn what_may_belong_to_a_group_makes_it_unknown() {
        let unplaced = Group::Unplaced(Per::Unit);
        let (before, now) =
            window(&[(unit("a"), 60, Role::Judged), (unplaced.clone(), 30, HIDDEN)]);
        let states = |limit: &str| {
            let found = told(&policy(limit), &before, &now);
            found.into_iter().map(|(_, state, _)| state).collect::<Vec<_>>()
        };
        assert_eq!(states("95"), [State::Ok, State::Ok]);
        assert_eq!(states("80"), [State::Unknown, State::Ok]);
        assert_eq!(states("50"), [State::Critical, State::Ok]);
        // The hidden processes alone are in doubt already. That is reported once.
        assert_eq!(states("20"), [State::Critical, State::Unknown]);
        let (before, now) = window(&[(unit("a"), 10, Role::Judged), (unplaced, 30, HIDDEN)]);
        let found = told(&policy("20"), &before, &now);
        assert_eq!(found[0].1, State::Ok);
        assert_eq!(found[1].1, State::Unknown);
    }

    #[test]
    fn the_kernels_count_of_a_unit_goes_before_the_sum() {
        let (mut before, mut now) =
            window(&[(unit("a"), 5, Role::Judged), (unit("b"), 5, Role::Judged)]);
        let counted = |sample: &mut Sample, times: &[(&str, u64, u64)]| {
            let time = |&(name, group, micros): &(&str, u64, u64)| {
                (name.as_bytes().to_vec(), UnitTime { group, micros })
            };
            let all: BTreeMap<_, _> = times.iter().map(time).collect();
            sample.unit_times = Some(UnitTimes { began: 0, ended: 0, all });
        };
        let shares = |before: &Sample, now: &Sample| {
            let found = told(&policy("95"), before, now);
            found.into_iter().map(|(_, _, share)| share).collect::<Vec<_>>()
        };
        counted(&mut before, &[("a", 7, 1_000_000)]);
        assert_eq!(shares(&before, &now), ["5-5", "5-5"], "no second count");
        counted(&mut now, &[("a", 7, 9_000_000)]);
        assert_eq!(shares(&before, &now), ["80-80", "5-5"]);
        // The unit was restarted.
        counted(&mut now, &[("a", 8, 2_000_000), ("b", 9, 0)]);
        assert_eq!(shares(&before, &now), ["20-20", "0-0"]);
    }
}
