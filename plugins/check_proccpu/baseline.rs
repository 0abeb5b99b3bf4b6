//! Provides the sample that begins a window: taken now, or stored by the last check.
//!
//! If a stored sample is unusable, the check takes one now and says why. This costs a few seconds and is
//! never an error.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use procwarden::count::unit_times::UnitTime;
use procwarden::host::patience;
use procwarden::plugin::state_dir::StateDir;
use procwarden::plugin::state_file::{StateFile, fingerprint};
use procwarden::proc::root::ProcRoot;
use procwarden::text::error::Error;

use super::sample::{Moment, NO_GROUP, Reading, Role, Sample, UnitTimes};

/// Change this whenever the format of a stored sample changes.
const FORMAT: &str = "cpu-sample-2";

/// Bytes of a stored reading, and of the header before all readings.
const READING_SIZE: usize = 36;
const HEAD_SIZE: usize = 24;

/// How to get the first sample of a window.
#[derive(Debug, Default)]
pub(super) struct Baseline {
    /// The least length of a window.
    over: Duration,
    /// The file that keeps a sample for the next check.
    file: Option<StateFile>,
    /// Samples older than this are not used.
    max_gap: Duration,
    /// Whether samples include the CPU times of units.
    reads_units: bool,
    /// Why this check sampled although it should have used a stored sample.
    pub(super) why_sampled: Option<String>,
    /// Problems with storing samples, for the sysadmin.
    pub(super) trouble: Vec<String>,
}

impl Baseline {
    /// Stores nothing.
    pub(super) fn now(over: Duration) -> Self {
        Self { over, ..Self::default() }
    }

    /// Sets whether samples include the CPU times of units.
    pub(super) fn reading_units(self, reads_units: bool) -> Self {
        Self { reads_units, ..self }
    }

    /// Stores samples in `directory`, or in the default one. Checks share a sample only if they have the
    /// same `identity`.
    pub(super) fn since_last(
        over: Duration,
        max_gap: Duration,
        directory: Option<&Path>,
        identity: &str,
    ) -> Self {
        let mut baseline = Self { over, max_gap, ..Self::default() };
        let file = StateDir::open(directory)
            .and_then(|directory| StateFile::new(directory, name_for(identity), FORMAT));
        match file {
            Ok(file) => baseline.file = Some(file),
            Err(error) => baseline.fail(&error),
        }
        baseline
    }

    /// The sample that begins the first window. Returns when the window may end.
    pub(super) fn first(&mut self, root: &ProcRoot) -> Result<Sample, Error> {
        if let Some(file) = &self.file {
            match self.kept(file, root) {
                Ok(sample) => {
                    // The last check may have ended just now. In a window of milliseconds every
                    // tick would look like a spike.
                    self.wait(&sample, root)?;
                    return Ok(sample);
                }
                Err(why) => self.why_sampled = Some(why.to_string()),
            }
        }
        self.fresh(root)
    }

    /// A sample taken now. Returns when the window may end.
    pub(super) fn fresh(&self, root: &ProcRoot) -> Result<Sample, Error> {
        let mut sample = Sample::take(root, |_| Ok((Role::Outside, NO_GROUP)))?;
        if self.reads_units {
            sample.read_unit_times(root);
        }
        self.wait(&sample, root)?;
        Ok(sample)
    }

    /// Waits until the window is long enough for every process, including the one read last.
    fn wait(&self, sample: &Sample, root: &ProcRoot) -> Result<(), Error> {
        let passed = Moment::now(root)?.since(sample.taken);
        let rest = (self.over + sample.duration()).saturating_sub(passed);
        if !rest.is_zero() {
            patience::rest(rest);
        }
        Ok(())
    }

    fn kept(&self, file: &StateFile, root: &ProcRoot) -> Result<Sample, Error> {
        let bytes = file.load().map_err(|why| Error::new(why.to_string()))?;
        let sample = decode(&bytes).ok_or_else(|| Error::new("what was kept is damaged"))?;
        let now = Moment::now(root)?;
        if sample.taken.is_after(now) {
            return Err(Error::new("what was kept is from the future"));
        }
        let gap = now.since(sample.taken);
        if gap > self.max_gap {
            let (gap, most) = (gap.as_secs(), self.max_gap.as_secs());
            return Err(Error::new(format!("what was kept is {gap} s old (--max-gap {most} s)")));
        }
        Ok(sample)
    }

    /// Stores a sample for the next check.
    pub(super) fn keep(&mut self, sample: &Sample) {
        let stored = self.file.as_ref().map(|file| file.store(&encode(sample)));
        if let Some(Err(error)) = stored {
            self.fail(&error);
        }
    }

    fn fail(&mut self, error: &Error) {
        let mut trouble = format!("cannot keep a sample for the next check: {error}");
        if self.file.is_none() {
            trouble.push_str("; --state-dir names another place");
            self.why_sampled = Some("there is no place to keep anything".into());
        }
        self.trouble.push(trouble);
    }

    /// Where samples are stored, if they are.
    pub(super) fn shown_path(&self) -> Option<String> {
        self.file.as_ref().map(StateFile::shown_path)
    }
}

/// A file name for each identity.
fn name_for(identity: &str) -> String {
    format!("check_proccpu-{:016x}", fingerprint(identity.as_bytes()))
}

fn encode(sample: &Sample) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEAD_SIZE + sample.readings().len() * READING_SIZE);
    for clock in [sample.taken.awake, sample.taken.since_boot] {
        let nanos = u64::try_from(clock.as_nanos()).unwrap_or(u64::MAX);
        bytes.extend(nanos.to_le_bytes());
    }
    bytes.extend((sample.readings().len() as u64).to_le_bytes());
    for reading in sample.readings() {
        for short in [reading.pid, reading.ppid, reading.began] {
            bytes.extend(short.to_le_bytes());
        }
        for long in [reading.start, reading.own, reading.children] {
            bytes.extend(long.to_le_bytes());
        }
    }
    if let Some(times) = &sample.unit_times {
        encode_units(&mut bytes, times);
    }
    bytes
}

/// Writes when they were read, then for each unit: group, time, length of the name, name.
fn encode_units(bytes: &mut Vec<u8>, times: &UnitTimes) {
    bytes.extend(times.began.to_le_bytes());
    bytes.extend(times.ended.to_le_bytes());
    for (name, time) in &times.all {
        bytes.extend(time.group.to_le_bytes());
        bytes.extend(time.micros.to_le_bytes());
        bytes.extend((name.len() as u64).to_le_bytes());
        bytes.extend(name);
    }
}

/// Parses what [`encode`] wrote; `None` for anything else.
fn decode(bytes: &[u8]) -> Option<Sample> {
    let (head, rest) = bytes.split_at_checked(HEAD_SIZE)?;
    let taken = Moment {
        awake: Duration::from_nanos(long(head, 0)?),
        since_boot: Duration::from_nanos(long(head, 8)?),
    };
    let size = usize::try_from(long(head, 16)?).ok()?.checked_mul(READING_SIZE)?;
    let (readings, units) = rest.split_at_checked(size)?;
    let readings: Vec<Reading> =
        readings.chunks_exact(READING_SIZE).map(reading).collect::<Option<_>>()?;
    if !readings.is_sorted_by(|a, b| a.pid < b.pid) {
        return None;
    }
    let mut sample = Sample::new(taken, readings);
    if !units.is_empty() {
        sample.unit_times = Some(decode_units(units)?);
    }
    Some(sample)
}

fn decode_units(bytes: &[u8]) -> Option<UnitTimes> {
    let (began, ended) = (short(bytes, 0)?, short(bytes, 4)?);
    let mut all = BTreeMap::new();
    let mut rest = bytes.get(8..)?;
    while !rest.is_empty() {
        let time = UnitTime { group: long(rest, 0)?, micros: long(rest, 8)? };
        let length = usize::try_from(long(rest, 16)?).ok()?;
        let (name, others) = rest.get(24..)?.split_at_checked(length)?;
        all.insert(name.to_vec(), time);
        rest = others;
    }
    Some(UnitTimes { began, ended, all })
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
        group: NO_GROUP,
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

#[cfg(test)]
mod tests {
    use super::super::sample::tests::{reading, sample};
    use super::*;

    #[test]
    fn what_was_kept_comes_back() {
        let outside =
            |pid| Reading { role: Role::Outside, ..reading(pid, 1, u64::from(pid) << 33, 7, 9) };
        let kept = sample(100, &[outside(9), outside(3)]);
        assert_eq!(decode(&encode(&kept)), Some(kept.clone()));
        assert_eq!(kept.readings()[0].pid, 3);
        let bytes = encode(&kept);
        assert_eq!(decode(&bytes[..bytes.len() - 1]), None);
        assert_eq!(decode(&[]), None);
        let time = |group| UnitTime { group, micros: u64::MAX / group };
        let all = BTreeMap::from([(b"a.service".to_vec(), time(7)), (b"b".to_vec(), time(8))]);
        let mut with_units = kept;
        with_units.unit_times = Some(UnitTimes { began: 1, ended: 2, all });
        let bytes = encode(&with_units);
        assert_eq!(decode(&bytes), Some(with_units));
        assert_eq!(decode(&bytes[..bytes.len() - 1]), None);
        let twice = sample(100, &[outside(3), outside(3)]);
        assert_eq!(decode(&encode(&twice)), None);
    }
}
