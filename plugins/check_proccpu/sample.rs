//! A sample: the CPU time that each process had used at one moment.
//!
//! It is kept compact, since there may be tens of thousands, and turned to bytes and back for the
//! next run (`--since-last`).

use std::time::Duration;

use procwarden::proc::fact::Hidden;
use procwarden::proc::process::ticks_to_seconds;

use super::clock::Moment;

/// What a process is to the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Its share is held against the thresholds.
    Judged,
    /// It is exempt, by the exemption in this place.
    Exempt(u16),
    /// Whether it is exempt or concerns us at all can't be told.
    Doubtful(Hidden),
    /// It does not concern us: the check itself, a zombie, what `-k` or `--containers` leave out. It
    /// is still read, for it may be a child of one that does.
    Outside,
}

/// One process at the time it was read. Times are in clock ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) pid: u32,
    pub(super) ppid: u32,
    /// Start, since boot.
    pub(super) start: u64,
    /// User and system time of all its threads.
    pub(super) own: u64,
    /// That of children which ended and were waited for.
    pub(super) children: u64,
    /// When reading it began and ended, in microseconds after the sample's moment: the CPU time is
    /// that of some time in between.
    pub(super) began: u32,
    pub(super) ended: u32,
    pub(super) role: Role,
}

/// All processes at about one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sample {
    /// When it began.
    pub(super) taken: Moment,
    /// In the order of their PIDs.
    readings: Vec<Reading>,
}

/// Bytes of a reading as kept, and of what stands before all of them.
const READING_SIZE: usize = 36;
const HEAD_SIZE: usize = 16;

impl Sample {
    pub(super) fn new(taken: Moment, mut readings: Vec<Reading>) -> Self {
        // procfs lists them in order; other trees need not.
        if !readings.is_sorted_by_key(|reading| reading.pid) {
            readings.sort_unstable_by_key(|reading| reading.pid);
        }
        Self { taken, readings }
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

    /// The very same process: a PID alone may belong to another one by now.
    pub(super) fn find(&self, pid: u32, start: u64) -> Option<&Reading> {
        self.at(pid).filter(|reading| reading.start == start)
    }

    /// How long a process had lived when it was read, in seconds.
    pub(super) fn age(&self, reading: &Reading) -> f64 {
        let then = self.taken.since_boot + micros(reading.ended);
        (then.as_secs_f64() - ticks_to_seconds(reading.start)).max(0.0)
    }

    /// Seconds in which a process was awake from one reading of it to the next, at least: what the
    /// kernel counted lies between the outermost moments.
    pub(super) fn elapsed(&self, now: &Reading, earlier: (&Self, &Reading)) -> f64 {
        let (sample, before) = earlier;
        let from = sample.taken.awake + micros(before.began);
        let to = self.taken.awake + micros(now.ended);
        to.saturating_sub(from).as_secs_f64()
    }

    /// As bytes for the next run.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD_SIZE + self.readings.len() * READING_SIZE);
        for clock in [self.taken.awake, self.taken.since_boot] {
            let nanos = u64::try_from(clock.as_nanos()).unwrap_or(u64::MAX);
            bytes.extend(nanos.to_le_bytes());
        }
        for reading in &self.readings {
            for short in [reading.pid, reading.ppid, reading.began] {
                bytes.extend(short.to_le_bytes());
            }
            for long in [reading.start, reading.own, reading.children] {
                bytes.extend(long.to_le_bytes());
            }
        }
        bytes
    }

    /// What [`encode`](Self::encode) wrote; `None` if it did not write this.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_at_checked(HEAD_SIZE)?;
        let taken = Moment {
            awake: Duration::from_nanos(long(head, 0)?),
            since_boot: Duration::from_nanos(long(head, 8)?),
        };
        let chunks = rest.chunks_exact(READING_SIZE);
        if !chunks.remainder().is_empty() {
            return None;
        }
        let readings: Vec<Reading> = chunks.map(reading).collect::<Option<_>>()?;
        let in_order = readings.is_sorted_by(|a, b| a.pid < b.pid);
        in_order.then_some(Self { taken, readings })
    }
}

fn reading(bytes: &[u8]) -> Option<Reading> {
    let began = short(bytes, 8)?;
    Some(Reading {
        pid: short(bytes, 0)?,
        ppid: short(bytes, 4)?,
        began,
        ended: began,
        start: long(bytes, 12)?,
        own: long(bytes, 20)?,
        children: long(bytes, 28)?,
        role: Role::Outside,
    })
}

fn short(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + 4)?.try_into().ok()?;
    Some(u32::from_le_bytes(bytes))
}

fn long(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..at + 8)?.try_into().ok()?;
    Some(u64::from_le_bytes(bytes))
}

fn micros(micros: u32) -> Duration {
    Duration::from_micros(micros.into())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A process that is judged, read at once.
    pub(crate) fn reading(pid: u32, ppid: u32, start: u64, own: u64, children: u64) -> Reading {
        Reading { pid, ppid, start, own, children, began: 0, ended: 0, role: Role::Judged }
    }

    /// A sample of the second `at` since boot.
    pub(crate) fn sample(at: u64, readings: &[Reading]) -> Sample {
        let at = Duration::from_secs(at);
        let taken = Moment { awake: at, since_boot: at };
        Sample::new(taken, readings.to_vec())
    }

    #[test]
    fn what_was_kept_comes_back() {
        let outside =
            |pid| Reading { role: Role::Outside, ..reading(pid, 1, u64::from(pid) << 33, 7, 9) };
        let kept = sample(100, &[outside(9), outside(3)]);
        assert_eq!(Sample::decode(&kept.encode()), Some(kept.clone()));
        assert_eq!(kept.readings()[0].pid, 3);
        let bytes = kept.encode();
        assert_eq!(Sample::decode(&bytes[..bytes.len() - 1]), None);
        assert_eq!(Sample::decode(&[]), None);
        let twice = sample(100, &[outside(3), outside(3)]);
        assert_eq!(Sample::decode(&twice.encode()), None);
    }

    #[test]
    fn a_pid_in_other_hands_is_another_process() {
        let one = sample(10, &[reading(5, 1, 100, 0, 0)]);
        assert!(one.find(5, 100).is_some());
        assert!(one.find(5, 101).is_none());
    }
}
