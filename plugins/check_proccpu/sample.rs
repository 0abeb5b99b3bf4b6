//! A sample: the CPU time that each process had used at one moment.
//!
//! Readings are small, because a host may have tens of thousands of processes.

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

/// One moment by two clocks. Neither can be set, so a change of the wall clock never looks like CPU time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moment {
    /// Time since boot without the time that the machine was suspended. It measures windows: nothing
    /// uses CPU during suspend.
    pub(super) awake: Duration,
    /// Time since boot, like the start of a process in `stat`. In a recorded tree, the time of the
    /// recording.
    pub(super) since_boot: Duration,
}

impl Moment {
    pub(super) fn now(root: &ProcRoot) -> Result<Self, Error> {
        let since_boot = Duration::try_from_secs_f64(root.uptime()?).unwrap_or_default();
        Ok(Self { awake: awake(), since_boot })
    }

    /// How long ago `earlier` was.
    pub(super) fn since(self, earlier: Self) -> Duration {
        let awake = self.awake.saturating_sub(earlier.awake);
        awake.max(self.since_boot.saturating_sub(earlier.since_boot))
    }

    /// Whether this is later than `other` by at least one clock.
    pub(super) fn is_after(self, other: Self) -> bool {
        self.awake > other.awake || self.since_boot > other.since_boot
    }
}

/// How the check treats a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Its share is compared with the thresholds.
    Judged,
    /// The exemption with this index covers it.
    Exempt(u16),
    /// It is hidden whether it is exempt, or whether the check is about it at all.
    Doubtful(Hidden),
    /// The check is not about it: a zombie, the check itself, or excluded by `-k` or `--containers`. We
    /// still read it, because its parent may be judged.
    Outside,
}

/// One process of a sample. Times are in clock ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) pid: u32,
    pub(super) ppid: u32,
    /// Its start since boot.
    pub(super) start: u64,
    /// User and system time of all its threads.
    pub(super) own: u64,
    /// User and system time of children that ended and that it waited for.
    pub(super) children: u64,
    /// When we began and finished reading it, in microseconds after the sample's moment. The kernel took
    /// its CPU time somewhere in between.
    pub(super) began: u32,
    pub(super) ended: u32,
    pub(super) role: Role,
    /// The index of its group, or [`NO_GROUP`].
    pub(super) group: u32,
}

/// The group of a process that is judged separately.
pub(super) const NO_GROUP: u32 = u32::MAX;

impl Reading {
    /// Whether both are the same process. The PID alone is not enough: it may have been reused.
    pub(super) const fn is_same_process(&self, other: &Self) -> bool {
        self.pid == other.pid && self.start == other.start
    }
}

/// The kernel's own count of the CPU time of each systemd unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct UnitTimes {
    /// When we began and finished reading them, in microseconds after the sample's moment.
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
    /// The processes that could not be measured.
    pub(super) unmeasured: Doubts,
    /// The groups of processes that are judged together.
    pub(super) groups: Groups,
    /// The CPU times of units, if the check uses them and they could be read.
    pub(super) unit_times: Option<UnitTimes>,
    /// Sorted by PID.
    readings: Vec<Reading>,
}

impl Sample {
    pub(super) fn new(taken: Moment, mut readings: Vec<Reading>) -> Self {
        // procfs lists processes in order. A recorded tree may not.
        if !readings.is_sorted_by_key(|reading| reading.pid) {
            readings.sort_unstable_by_key(|reading| reading.pid);
        }
        Self { taken, readings, ..Self::default() }
    }

    /// Reads all processes now: `stat` of each, and what `role_of` reads. `role_of` returns a process's role
    /// and group.
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

    /// Reads the CPU times of units.
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

    /// The process with this PID.
    pub(super) fn at(&self, pid: u32) -> Option<&Reading> {
        let place = self.readings.binary_search_by_key(&pid, |r| r.pid).ok()?;
        self.readings.get(place)
    }

    /// The process with this PID and start.
    pub(super) fn find(&self, pid: u32, start: u64) -> Option<&Reading> {
        self.at(pid).filter(|reading| reading.start == start)
    }

    /// The age of a process when we read it, in seconds.
    pub(super) fn age(&self, reading: &Reading) -> f64 {
        let then = self.taken.since_boot + micros(reading.ended);
        (then.as_secs_f64() - ticks_to_seconds(reading.start)).max(0.0)
    }

    /// Seconds awake from the beginning of a reading in an earlier sample (`began`) to the end of a reading
    /// in this one (`ended`). This is the longest time over which the kernel may have counted.
    pub(super) fn elapsed(&self, ended: u32, earlier: &Self, began: u32) -> f64 {
        let from = earlier.taken.awake + micros(began);
        let to = self.taken.awake + micros(ended);
        to.saturating_sub(from).as_secs_f64()
    }
}

/// How long the machine has been awake since boot.
fn awake() -> Duration {
    let time = clock_gettime(ClockId::Monotonic);
    // The kernel's clock is never negative.
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}

fn micros(micros: u32) -> Duration {
    Duration::from_micros(micros.into())
}

/// Saturates after an hour. No sample takes that long.
fn micros_since(moment: Duration) -> u32 {
    let passed = awake().saturating_sub(moment);
    u32::try_from(passed.as_micros()).unwrap_or(u32::MAX)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A judged process, read in no time.
    pub(crate) fn reading(pid: u32, ppid: u32, start: u64, own: u64, children: u64) -> Reading {
        let (began, ended) = (0, 0);
        let (role, group) = (Role::Judged, NO_GROUP);
        Reading { pid, ppid, start, own, children, began, ended, role, group }
    }

    /// A sample taken `at` seconds after boot.
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
