//! A sample: the CPU time that each process had used at one moment.
//!
//! A reading is small: a host may have tens of thousands of processes.

use std::collections::BTreeMap;
use std::time::Duration;

use procwarden::count::unit_times::{self, UnitTime};
use procwarden::proc::doubts::Doubts;
use procwarden::proc::fact::{Fact, Hidden, Missing};
use procwarden::proc::process::{Process, ticks_to_seconds};
use procwarden::proc::root::ProcRoot;
use procwarden::text::error::Error;
use rustix::time::{ClockId, clock_gettime};

use super::per::Groups;

/// One moment by the two clocks that a share of CPU needs. Nobody can set either, so a step of the wall
/// clock never looks like CPU time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moment {
    /// Time since boot without the machine's sleep, in which nobody burns CPU: measures windows.
    pub(super) awake: Duration,
    /// All time since boot, as the kernel gives the start of a process; in a recorded tree, until its
    /// recording.
    pub(super) since_boot: Duration,
}

impl Moment {
    pub(super) fn now(root: &ProcRoot) -> Result<Self, Error> {
        let since_boot = Duration::try_from_secs_f64(root.uptime()?).unwrap_or_default();
        Ok(Self { awake: awake(), since_boot })
    }

    /// How long ago `earlier` was. In a recorded tree only the first of the two clocks runs.
    pub(super) fn since(self, earlier: Self) -> Duration {
        let awake = self.awake.saturating_sub(earlier.awake);
        awake.max(self.since_boot.saturating_sub(earlier.since_boot))
    }

    /// Whether this is later than `other` by either clock.
    pub(super) fn is_after(self, other: Self) -> bool {
        self.awake > other.awake || self.since_boot > other.since_boot
    }
}

/// What a process is to the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Its share is compared with the thresholds.
    Judged,
    /// The exemption in this place covers it.
    Exempt(u16),
    /// This hides whether it is exempt, or whether the check is about it at all.
    Doubtful(Hidden),
    /// The check is not about it: a zombie, the check itself, what `-k` or `--containers` excludes.
    /// We still read it, since its parent may be judged.
    Outside,
}

/// One process as it was read. Times are in clock ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) pid: u32,
    pub(super) ppid: u32,
    /// Start, since boot.
    pub(super) start: u64,
    /// User and system time of all its threads.
    pub(super) own: u64,
    /// The same of its children that ended and that it waited for.
    pub(super) children: u64,
    /// When we began and ended to read it, in microseconds after the sample's moment. The kernel
    /// took its CPU time somewhere in between.
    pub(super) began: u32,
    pub(super) ended: u32,
    pub(super) role: Role,
    /// The place of its group, if it is judged as one of several.
    pub(super) group: u32,
}

/// A group of a reading that has none.
pub(super) const NO_GROUP: u32 = u32::MAX;

impl Reading {
    /// Whether both are of one process. A PID alone may belong to another process by now.
    pub(super) const fn is_same_process(&self, other: &Self) -> bool {
        self.pid == other.pid && self.start == other.start
    }
}

/// The kernel's own count of the CPU time of each systemd unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct UnitTimes {
    /// When we began and ended to read them, in microseconds after the sample's moment.
    pub(super) began: u32,
    pub(super) ended: u32,
    pub(super) all: BTreeMap<Vec<u8>, UnitTime>,
}

/// All processes at about one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sample {
    /// When it began.
    pub(super) taken: Moment,
    /// How many processes were listed.
    pub(super) listed: u64,
    /// Those that could not be measured.
    pub(super) unmeasured: Doubts,
    /// What is judged together.
    pub(super) groups: Groups,
    /// There if the check goes by them, and can.
    pub(super) unit_times: Option<UnitTimes>,
    /// In the order of their PIDs.
    readings: Vec<Reading>,
}

impl Sample {
    pub(super) fn new(taken: Moment, mut readings: Vec<Reading>) -> Self {
        // procfs lists them in order; other trees need not.
        if !readings.is_sorted_by_key(|reading| reading.pid) {
            readings.sort_unstable_by_key(|reading| reading.pid);
        }
        Self { taken, readings, ..Self::default() }
    }

    /// Reads all processes now. This costs one read of `stat` per process, and what `role_of` reads, which
    /// returns the place of a process's group, too.
    pub(super) fn take(
        root: &ProcRoot,
        mut role_of: impl FnMut(&mut Process<'_>) -> Fact<(Role, u32)>,
    ) -> Result<Self, Error> {
        let mut readings = Vec::new();
        let mut unmeasured = Doubts::default();
        let taken = Moment::now(root)?;
        let listed = Process::each(root, |process| {
            let began = micros_since(taken.awake);
            let stat = process.stat();
            let ended = micros_since(taken.awake);
            match (role_of(process), stat) {
                (Ok((role, group)), Ok(stat)) => readings.push(Reading {
                    pid: process.pid().0,
                    ppid: stat.ppid,
                    start: stat.start,
                    own: stat.cpu_ticks,
                    children: stat.children_ticks,
                    began,
                    ended,
                    role,
                    group,
                }),
                (Err(Missing::Hidden(hidden)), _) => unmeasured.add(process.pid(), hidden),
                (Err(Missing::Gone), _) | (Ok(_), Err(_)) => {}
            }
        })?;
        Ok(Self { listed, unmeasured, ..Self::new(taken, readings) })
    }

    /// Reads the times of units.
    pub(super) fn read_unit_times(&mut self, root: &ProcRoot) {
        let began = micros_since(self.taken.awake);
        let all = unit_times::all(root);
        let ended = micros_since(self.taken.awake);
        self.unit_times = all.map(|all| UnitTimes { began, ended, all });
    }

    pub(super) fn readings(&self) -> &[Reading] {
        &self.readings
    }

    /// How long it took, up to the last reading.
    pub(super) fn duration(&self) -> Duration {
        let last = self.readings.iter().map(|reading| reading.began).max();
        micros(last.unwrap_or_default())
    }

    /// The process that has this PID in the sample.
    pub(super) fn at(&self, pid: u32) -> Option<&Reading> {
        let place = self.readings.binary_search_by_key(&pid, |r| r.pid).ok()?;
        self.readings.get(place)
    }

    /// The process that has this PID and started then.
    pub(super) fn find(&self, pid: u32, start: u64) -> Option<&Reading> {
        self.at(pid).filter(|reading| reading.start == start)
    }

    /// How long a process had lived when we read it, in seconds.
    pub(super) fn age(&self, reading: &Reading) -> f64 {
        let then = self.taken.since_boot + micros(reading.ended);
        (then.as_secs_f64() - ticks_to_seconds(reading.start)).max(0.0)
    }

    /// Seconds awake from `began` in an earlier sample until `ended` in this one: from the begin of one
    /// reading to the end of another, the longest time over which the kernel may have counted.
    pub(super) fn elapsed(&self, ended: u32, earlier: &Self, began: u32) -> f64 {
        let from = earlier.taken.awake + micros(began);
        let to = self.taken.awake + micros(ended);
        to.saturating_sub(from).as_secs_f64()
    }
}

/// How long the machine has been awake since boot.
fn awake() -> Duration {
    let time = clock_gettime(ClockId::Monotonic);
    // The kernel's clock is never negative, and its nanoseconds are below 10^9.
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}

fn micros(micros: u32) -> Duration {
    Duration::from_micros(micros.into())
}

/// Saturating: no sample takes an hour.
fn micros_since(moment: Duration) -> u32 {
    let passed = awake().saturating_sub(moment);
    u32::try_from(passed.as_micros()).unwrap_or(u32::MAX)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A process that is judged, read at once.
    pub(crate) fn reading(pid: u32, ppid: u32, start: u64, own: u64, children: u64) -> Reading {
        let (began, ended) = (0, 0);
        let (role, group) = (Role::Judged, NO_GROUP);
        Reading { pid, ppid, start, own, children, began, ended, role, group }
    }

    /// A sample of the second `at` since boot.
    pub(crate) fn sample(at: u64, readings: &[Reading]) -> Sample {
        let at = Duration::from_secs(at);
        let taken = Moment { awake: at, since_boot: at };
        Sample::new(taken, readings.to_vec())
    }

    #[test]
    fn a_pid_in_other_hands_is_another_process() {
        let one = sample(10, &[reading(5, 1, 100, 0, 0)]);
        assert!(one.find(5, 100).is_some());
        assert!(one.find(5, 101).is_none());
    }
}
