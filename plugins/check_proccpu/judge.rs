//! Which processes are over, and which may be for all we can see.
//!
//! Every process is held against the thresholds by itself. A range that has a lower end (`10:`, so
//! that a compute server which has gone idle is told) is about the busiest of them: nobody wants
//! every process to be busy.

use procwarden::count::recheck::Judged;
use procwarden::nagios::range::{Range, Thresholds};
use procwarden::nagios::state::State;
use procwarden::proc::fact::Hidden;

use super::sample::{Reading, Role, Sample};
use super::share::{Measure, Over, Share, Window};
use super::survey::Census;

/// How many of the busiest are kept for the words.
const BUSIEST: usize = 5;

/// How many exempt processes that would be over are kept for the words.
const EXEMPT_OVER: usize = 20;

/// What shares are held against.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) window: Thresholds,
    pub(super) lifetime: Thresholds,
}

/// A process, by what identifies it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Who {
    pub(super) pid: u32,
    pub(super) start: u64,
}

impl Who {
    const fn of(reading: &Reading) -> Self {
        Self { pid: reading.pid, start: reading.start }
    }
}

/// One process, or the busiest whichever it is, held against the limits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Suspect {
    pub(super) state: State,
    /// `None`: it is about the busiest.
    pub(super) who: Option<Who>,
    /// `None`: it has ended.
    pub(super) window: Option<Share>,
    /// Percent over its life.
    pub(super) lifetime: Option<f64>,
    /// What hides whether it is exempt.
    pub(super) doubt: Option<Hidden>,
}

impl Judged for Suspect {
    fn state(&self) -> State {
        self.state
    }
}

/// What one window showed.
#[derive(Clone, Debug, Default)]
pub(super) struct Verdict {
    pub(super) census: Census,
    pub(super) judged: u64,
    pub(super) exempt: u64,
    /// Too young to be judged.
    pub(super) young: u64,
    /// The busiest that were judged, the first the highest.
    pub(super) busiest: Vec<(Who, Share)>,
    pub(super) highest_lifetime: f64,
    /// All that are not well.
    pub(super) suspects: Vec<Suspect>,
    /// Exempt ones that would be over, the highest first, and by which exemption.
    pub(super) exempt_over: Vec<(Who, Share, u16)>,
}

/// Holds processes against the limits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judge {
    pub(super) limits: Limits,
    pub(super) measure: Measure,
}

impl Judge {
    /// Judges all processes of a window.
    pub(super) fn judge(&self, before: &Sample, census: Census) -> Verdict {
        let mut verdict = Verdict::default();
        let window = Window::new(before, &census.sample, self.measure);
        for reading in census.sample.readings() {
            let seen = self.examine(&window, &census.sample, reading);
            verdict.take(reading.role, seen, self.limits.window);
        }
        verdict.suspects.extend(self.too_idle(&verdict));
        verdict.census = census;
        verdict
    }

    /// The same suspects in a later window, at the places of the earlier ones.
    pub(super) fn again(
        &self,
        before: &Sample,
        verdict: &Verdict,
        suspects: impl Iterator<Item = Suspect>,
    ) -> Vec<Suspect> {
        let sample = &verdict.census.sample;
        let window = Window::new(before, sample, self.measure);
        let idle = self.too_idle(verdict);
        let later = |suspect: Suspect| {
            let ended = Suspect { state: State::Ok, window: None, ..suspect };
            let Some(who) = suspect.who else {
                return idle.unwrap_or(ended);
            };
            let reading = sample.find(who.pid, who.start);
            match reading.map(|reading| (reading.role, reading)) {
                None | Some((Role::Outside | Role::Exempt(_), _)) => ended,
                Some((_, reading)) => self.examine(&window, sample, reading).unwrap_or(ended),
            }
        };
        suspects.map(later).collect()
    }

    /// `None` for one too young to be judged.
    fn examine(&self, window: &Window<'_>, now: &Sample, reading: &Reading) -> Option<Suspect> {
        let share = window.share(reading)?;
        let lifetime = self.measure.lifetime(now, reading);
        let by_window = excess(self.limits.window, share.percent);
        let by_life = lifetime.map_or(State::Ok, |percent| excess(self.limits.lifetime, percent));
        let (by_window, doubt) = match (reading.role, share.over) {
            (Role::Doubtful(hidden), _) => (by_window, Some(hidden)),
            (_, Over::AtMost) if by_window != State::Ok => (State::Unknown, None),
            _ => (by_window, None),
        };
        let state = by_window.max(by_life);
        let is_doubtful = doubt.is_some() && state != State::Ok;
        Some(Suspect {
            state: if is_doubtful { State::Unknown } else { state },
            who: Some(Who::of(reading)),
            window: Some(share),
            lifetime,
            doubt,
        })
    }

    /// The busiest process, if even that is below what the limits want.
    fn too_idle(&self, verdict: &Verdict) -> Option<Suspect> {
        let (_, share) = *verdict.busiest.first()?;
        let by_window = lack(self.limits.window, share.percent);
        let by_life = lack(self.limits.lifetime, verdict.highest_lifetime);
        let state = by_window.max(by_life);
        (state != State::Ok).then_some(Suspect {
            state,
            who: None,
            window: Some(share),
            lifetime: Some(verdict.highest_lifetime),
            doubt: None,
        })
    }
}

impl Verdict {
    fn take(&mut self, role: Role, seen: Option<Suspect>, limits: Thresholds) {
        match role {
            Role::Outside => return,
            Role::Exempt(_) => self.exempt += 1,
            Role::Judged | Role::Doubtful(_) if seen.is_some() => self.judged += 1,
            Role::Judged | Role::Doubtful(_) => self.young += 1,
        }
        let Some((suspect, who, share)) = seen.and_then(|s| Some((s, s.who?, s.window?))) else {
            return;
        };
        if let Role::Exempt(by) = role {
            let over = excess(limits, share.percent) != State::Ok;
            if over {
                let percent = |one: &(Who, Share, u16)| one.1.percent;
                rank(&mut self.exempt_over, (who, share, by), percent, EXEMPT_OVER);
            }
            return;
        }
        if suspect.state != State::Ok {
            self.suspects.push(suspect);
        }
        if role == Role::Judged && share.over != Over::AtMost {
            let percent = |one: &(Who, Share)| one.1.percent;
            rank(&mut self.busiest, (who, share), percent, BUSIEST);
            let lifetime = suspect.lifetime.unwrap_or(0.0);
            self.highest_lifetime = self.highest_lifetime.max(lifetime);
        }
    }
}

/// Puts `one` in its place among the `most` highest.
fn rank<T>(highest: &mut Vec<T>, one: T, percent: impl Fn(&T) -> f64, most: usize) {
    let place = highest.partition_point(|other| percent(other) >= percent(&one));
    if place < most {
        highest.insert(place, one);
        highest.truncate(most);
    }
}

/// The state of a share that is above what is allowed, or in a range that is not.
fn excess(limits: Thresholds, percent: f64) -> State {
    held(limits, percent, |range| !range.is_above(percent))
}

/// The state of a share that is below what is allowed.
fn lack(limits: Thresholds, percent: f64) -> State {
    held(limits, percent, |range| range.is_above(percent))
}

fn held(limits: Thresholds, percent: f64, counts: impl Fn(Range) -> bool) -> State {
    let counting = |range: Option<Range>| range.filter(|range| counts(*range));
    Thresholds { warning: counting(limits.warning), critical: counting(limits.critical) }
        .state(percent)
}

#[cfg(test)]
mod tests {
    use super::super::sample::tests::{reading, sample};
    use super::*;
    use procwarden::kernel::file::File;
    use procwarden::proc::fact::Cause;

    fn judge(warning: &str, critical: &str) -> Judge {
        let range = |text: &str| Range::parse(text).ok();
        Judge {
            limits: Limits {
                window: Thresholds { warning: range(warning), critical: range(critical) },
                lifetime: Thresholds::default(),
            },
            measure: Measure { with_children: false, min_age: 1.0, cores: None },
        }
    }

    /// Processes of these percentages over ten seconds, PIDs from 1.
    fn window(roles: &[(u64, Role)]) -> (Sample, Census) {
        let pids = || roles.iter().zip(1..);
        let before: Vec<_> = pids().map(|(_, pid)| reading(pid, 0, 1, 0, 0)).collect();
        let now: Vec<_> = pids()
            .map(|(&(percent, role), pid)| Reading { role, ..reading(pid, 0, 1, percent * 10, 0) })
            .collect();
        let census = Census { sample: sample(110, &now), ..Census::default() };
        (sample(100, &before), census)
    }

    fn states(judge: Judge, roles: &[(u64, Role)]) -> Vec<(Option<u32>, State)> {
        let (before, census) = window(roles);
        let verdict = judge.judge(&before, census);
        let suspects = verdict.suspects.iter();
        suspects.map(|suspect| (suspect.who.map(|who| who.pid), suspect.state)).collect()
    }

    const HIDDEN: Role = Role::Doubtful(Hidden { file: File::Exe, cause: Cause::Denied });

    #[test]
    fn only_those_over_and_not_exempt_are_suspects() {
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
            states(judge("50", "90"), &roles),
            [(Some(2), State::Warning), (Some(3), State::Critical), (Some(6), State::Unknown)]
        );
        let (before, census) = window(&roles);
        let verdict = judge("50", "90").judge(&before, census);
        assert_eq!((verdict.judged, verdict.exempt), (5, 1));
        assert_eq!(verdict.busiest[0].0.pid, 3);
        assert_eq!(verdict.exempt_over.len(), 1);
    }

    #[test]
    fn a_lower_end_is_about_the_busiest() {
        let roles = [(0, Role::Judged), (20, Role::Judged)];
        assert_eq!(states(judge("10:", ""), &roles), []);
        assert_eq!(states(judge("", "30:"), &roles), [(None, State::Critical)]);
        assert_eq!(states(judge("", "@15:25"), &roles), [(Some(2), State::Critical)]);
    }

    #[test]
    fn a_process_that_was_out_of_sight_is_unknown_only_if_it_may_be_over() {
        let (_, census) = window(&[(20, Role::Judged), (60, Role::Judged)]);
        let verdict = judge("50", "").judge(&sample(100, &[]), census);
        assert_eq!(verdict.suspects.len(), 1);
        assert_eq!(verdict.suspects[0].state, State::Unknown);
        assert!(verdict.busiest.is_empty());
    }

    #[test]
    fn the_same_process_must_be_over_again() {
        let judge = judge("50", "");
        let (before, census) = window(&[(60, Role::Judged), (60, Role::Judged)]);
        let first = judge.judge(&before, census);
        let (before, census) = window(&[(60, Role::Judged)]);
        let second = judge.judge(&before, census);
        let again = judge.again(&before, &second, first.suspects.iter().copied());
        let states: Vec<_> = again.iter().map(|suspect| suspect.state).collect();
        assert_eq!(states, [State::Warning, State::Ok]);
    }

    #[test]
    fn the_busiest_are_kept_in_order() {
        let roles = [3, 9, 1, 7, 5, 8, 2].map(|percent| (percent, Role::Judged));
        let (before, census) = window(&roles);
        let verdict = judge("50", "").judge(&before, census);
        let percents: Vec<_> = verdict.busiest.iter().map(|(_, s)| s.percent).collect();
        assert_eq!(percents, [9.0, 8.0, 7.0, 5.0, 3.0]);
    }
}
