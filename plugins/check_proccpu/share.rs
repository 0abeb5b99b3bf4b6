//! The share of CPU that a process used in a window between two samples.
//!
//! A share that can't be measured exactly is rounded down: false alarms teach people to ignore real
//! ones.

use std::collections::HashMap;

use procwarden::proc::process::ticks_to_seconds;

use super::per::Group;
use super::sample::{Reading, Sample};

/// Most ancestors that we follow. Without a limit, reused PIDs could form a circle.
const MOST_ANCESTORS: usize = 64;

/// Seconds. The kernel rounds a start down to ticks, so it may be too early by up to this much.
const TICK: f64 = 0.01;

/// How much CPU a process used, and over which time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Share {
    /// Percent of one core, or of the machine with `--of-machine`.
    pub(super) percent: f64,
    /// Length of that time.
    pub(super) seconds: f64,
    pub(super) over: Over,
}

/// The time over which a share was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// The whole window.
    Window,
    /// The process's life: it started inside the window.
    Birth,
    /// The whole window, as an upper bound: the process existed before, but we could not read it then.
    AtMost,
}

/// How a share is computed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measure {
    /// Whether the time of children that ended counts, too.
    pub(super) with_children: bool,
    /// Seconds that a process must have lived to be judged.
    pub(super) min_age: f64,
    /// With `--of-machine`, the number of cores that make 100 %.
    pub(super) cores: Option<f64>,
}

impl Measure {
    /// The share of `process` over its whole life; `None` if it is too young.
    pub(super) fn lifetime(&self, now: &Sample, process: &Reading) -> Option<f64> {
        let age = now.age(process);
        (age >= self.min_age).then(|| self.percent(self.ticks(process), age))
    }

    fn ticks(&self, process: &Reading) -> u64 {
        let children = if self.with_children { process.children } else { 0 };
        process.own.saturating_add(children)
    }

    fn percent(&self, ticks: u64, seconds: f64) -> f64 {
        self.percent_of(ticks_to_seconds(ticks), seconds)
    }

    fn percent_of(&self, used: f64, seconds: f64) -> f64 {
        100.0 * used / seconds.max(TICK) / self.cores.unwrap_or(1.0)
    }
}

/// The time between two samples.
#[derive(Debug)]
pub(super) struct Window<'s> {
    before: &'s Sample,
    pub(super) now: &'s Sample,
    measure: Measure,
    earlier: HashMap<u32, u64>,
}

impl<'s> Window<'s> {
    pub(super) fn new(before: &'s Sample, now: &'s Sample, measure: Measure) -> Self {
        let earlier =
            if measure.with_children { earlier_time(before, now) } else { HashMap::new() };
        Self { before, now, measure, earlier }
    }

    /// The share of a process over its whole life; `None` if it is too young to be judged.
    pub(super) fn lifetime(&self, process: &Reading) -> Option<f64> {
        self.measure.lifetime(self.now, process)
    }

    /// The share of a process in the second sample; `None` if it is too young to be judged.
    pub(super) fn share(&self, process: &Reading) -> Option<Share> {
        let age = self.now.age(process);
        if age < self.measure.min_age {
            return None;
        }
        let share = self.part(process);
        if share.over != Over::Birth {
            return Some(share);
        }
        let percent = self.measure.percent(self.measure.ticks(process), age);
        Some(Share { percent, seconds: age, ..share })
    }

    /// What a process adds to the share of its group. Like [`share`](Self::share), but always over the
    /// whole window, even if it started inside.
    pub(super) fn part(&self, process: &Reading) -> Share {
        let total = self.measure.ticks(process);
        let (ticks, seconds, over) = match self.before.find(process.pid, process.start) {
            Some(before) => {
                let seconds = self.now.elapsed(process.ended, self.before, before.began);
                (self.used_since(before, process), seconds, Over::Window)
            }
            None if self.is_born_inside(process) => (total, self.seconds(), Over::Birth),
            None => (total, self.seconds(), Over::AtMost),
        };
        Share { percent: self.measure.percent(ticks, seconds), seconds, over }
    }

    /// The share of a unit by the kernel's own count; `None` if there is none, or if the group is no unit.
    #[allow(clippy::cast_precision_loss, reason = "a share need not be exact to 2^-53")]
    pub(super) fn counted(&self, group: &Group) -> Option<f64> {
        let Group::Unit(name) = group else { return None };
        let (before, now) = (self.before.unit_times.as_ref()?, self.now.unit_times.as_ref()?);
        let time = now.all.get(name)?;
        // The count of a restarted unit begins at 0.
        let earlier = before.all.get(name).filter(|earlier| earlier.group == time.group);
        let used = time.micros.saturating_sub(earlier.map_or(0, |earlier| earlier.micros));
        let seconds = self.now.elapsed(now.ended, self.before, before.began);
        Some(self.measure.percent_of(used as f64 / 1e6, seconds))
    }

    /// The length of the window.
    pub(super) fn seconds(&self) -> f64 {
        self.now.taken.awake.saturating_sub(self.before.taken.awake).as_secs_f64()
    }

    fn used_since(&self, before: &Reading, process: &Reading) -> u64 {
        let own = process.own.saturating_sub(before.own);
        if !self.measure.with_children {
            return own;
        }
        let waited_for = process.children.saturating_sub(before.children);
        let earlier = self.earlier.get(&process.pid).copied().unwrap_or(0);
        own.saturating_add(waited_for.saturating_sub(earlier))
    }

    fn is_born_inside(&self, process: &Reading) -> bool {
        ticks_to_seconds(process.start) + TICK >= self.before.taken.since_boot.as_secs_f64()
    }
}

/// CPU time to subtract from a parent, by PID: the time that its children used before the window, if
/// they ended inside it. A parent that waits for a child gets the time of the child's whole life at
/// once. After hours of compiling, this would be thousands of percent in a window of seconds.
///
/// The kernel does not say who waited: the parent or, if it ended first, another ancestor. So the time
/// is subtracted from all living ancestors. Their share is then exact or too low.
fn earlier_time(before: &Sample, now: &Sample) -> HashMap<u32, u64> {
    let lives = |reading: &Reading| now.find(reading.pid, reading.start).is_some();
    let mut earlier = HashMap::new();
    for ended in before.readings().iter().filter(|reading| !lives(reading)) {
        let time = ended.own.saturating_add(ended.children);
        let mut ppid = ended.ppid;
        for _ in 0..MOST_ANCESTORS {
            let Some(ancestor) = before.at(ppid) else {
                break;
            };
            if lives(ancestor) {
                *earlier.entry(ancestor.pid).or_insert(0) += time;
            }
            ppid = ancestor.ppid;
        }
    }
    earlier
}

#[cfg(test)]
mod tests {
    use super::super::sample::tests::{reading, sample};
    use super::*;

    const PLAIN: Measure = Measure { with_children: false, min_age: 1.0, cores: None };
    const FAMILY: Measure = Measure { with_children: true, ..PLAIN };

    /// A share as a whole percentage.
    fn percent(measure: Measure, before: &Sample, now: &Sample, pid: u32) -> String {
        format!("{}", share(measure, before, now, pid).unwrap().percent)
    }

    fn share(measure: Measure, before: &Sample, now: &Sample, pid: u32) -> Option<Share> {
        Window::new(before, now, measure).share(now.at(pid).unwrap())
    }

    #[test]
    fn a_share_is_of_one_core_over_the_time_between_the_two_readings() {
        let before = sample(100, &[reading(5, 1, 50, 1000, 0)]);
        let now = sample(110, &[reading(5, 1, 50, 3000, 900)]);
        let found = share(PLAIN, &before, &now, 5).unwrap();
        assert_eq!((found.percent, found.seconds), (200.0, 10.0));
        let of_four = Measure { cores: Some(4.0), ..PLAIN };
        assert_eq!(percent(of_four, &before, &now, 5), "50");
        assert_eq!(percent(FAMILY, &before, &now, 5), "290");
    }

    #[test]
    fn the_time_in_which_the_machine_slept_does_not_thin_a_share() {
        let before = sample(100, &[reading(5, 1, 50, 0, 0)]);
        let mut now = sample(110, &[reading(5, 1, 50, 1000, 0)]);
        now.taken.since_boot += std::time::Duration::from_secs(3600);
        assert_eq!(percent(PLAIN, &before, &now, 5), "100");
    }

    #[test]
    fn a_pid_used_again_is_measured_from_its_birth() {
        let before = sample(100, &[reading(5, 1, 50, 90_000, 0)]);
        let now = sample(110, &[reading(5, 1, 10_800, 100, 0)]);
        let found = share(PLAIN, &before, &now, 5).unwrap();
        assert_eq!((found.percent, found.seconds, found.over), (50.0, 2.0, Over::Birth));
    }

    #[test]
    fn the_newly_born_are_not_judged() {
        let before = sample(100, &[]);
        let now = sample(110, &[reading(5, 1, 10_901, 99, 0)]);
        assert_eq!(share(PLAIN, &before, &now, 5), None);
        assert_eq!(PLAIN.lifetime(&now, now.at(5).unwrap()), None);
    }

    #[test]
    fn one_that_was_out_of_sight_before_has_an_upper_bound() {
        let before = sample(100, &[]);
        let now = sample(110, &[reading(5, 1, 50, 500, 0)]);
        let found = share(PLAIN, &before, &now, 5).unwrap();
        assert_eq!((found.percent, found.over), (50.0, Over::AtMost));
    }

    #[test]
    fn a_childs_time_before_the_window_is_not_its_parents_in_it() {
        let child = reading(6, 5, 60, 360_000, 1000);
        let before = sample(100, &[reading(5, 1, 50, 0, 0), child]);
        let now = sample(110, &[reading(5, 1, 50, 0, 361_500)]);
        assert_eq!(percent(FAMILY, &before, &now, 5), "50");
    }

    #[test]
    fn an_orphans_time_before_the_window_is_not_its_heirs_in_it() {
        let before = sample(
            100,
            &[
                reading(1, 0, 0, 0, 0),
                reading(5, 1, 50, 0, 0),
                reading(6, 5, 60, 0, 0),
                reading(7, 6, 60, 360_000, 0),
            ],
        );
        let now = sample(110, &[reading(1, 0, 0, 0, 360_000), reading(5, 1, 50, 0, 0)]);
        assert_eq!(percent(FAMILY, &before, &now, 1), "0");
        assert_eq!(percent(FAMILY, &before, &now, 5), "0");
    }

    #[test]
    fn a_loop_of_short_lived_children_shows_at_their_parent() {
        let before = sample(100, &[reading(5, 1, 50, 10, 0), reading(6, 5, 9_990, 5, 0)]);
        let now = sample(110, &[reading(5, 1, 50, 20, 985), reading(7, 5, 10_990, 5, 0)]);
        assert_eq!(percent(FAMILY, &before, &now, 5), "99");
    }
}
