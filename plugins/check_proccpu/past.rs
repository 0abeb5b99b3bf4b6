//! Where a window begins: at a sample taken now, or at the one that the last check kept.
//!
//! Whatever is wrong with the kept one, the check samples here instead and says why. It costs a few
//! seconds and is never an error.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use procwarden::host::progress::{self, Stage};
use procwarden::plugin::state_dir::StateDir;
use procwarden::plugin::state_file::{StateFile, fingerprint};
use procwarden::text::error::Error;

use super::sample::Sample;
use super::survey::Surveyor;

/// To be changed whenever the bytes of a sample mean something else.
const FORMAT: &str = "cpu-sample-1";

/// What `--since-last` needs to know.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    /// `--state-dir`.
    pub(super) base: Option<PathBuf>,
    /// All that makes this check another than the next.
    pub(super) identity: String,
    /// A kept sample older than this is of no use.
    pub(super) max_gap: Duration,
}

/// The beginnings of windows.
#[derive(Debug)]
pub(super) struct Past {
    over: Duration,
    file: Option<StateFile>,
    max_gap: Duration,
    /// Why this check sampled although a kept sample was wished for, in few words.
    pub(super) sampled_since: Option<String>,
    /// What is wrong with keeping samples, for the sysadmin.
    pub(super) trouble: Vec<String>,
}

impl Past {
    /// Windows are `over` long at least. Without a wish nothing is kept.
    pub(super) fn new(over: Duration, wish: Option<Wish>) -> Self {
        let mut past = Self {
            over,
            file: None,
            max_gap: Duration::ZERO,
            sampled_since: None,
            trouble: Vec::new(),
        };
        let Some(wish) = wish else { return past };
        past.max_gap = wish.max_gap;
        let name = name_for(&wish.identity);
        let file = StateDir::open(wish.base.as_deref())
            .and_then(|directory| StateFile::new(directory, name, FORMAT));
        match file {
            Ok(file) => past.file = Some(file),
            Err(error) => past.fail(&error),
        }
        past
    }

    /// The sample that the first window begins with; waits until its end is due.
    pub(super) fn begin(&mut self, surveyor: &Surveyor<'_>) -> Result<Sample, Error> {
        if let Some(file) = &self.file {
            match self.kept(file, surveyor) {
                Ok(sample) => {
                    // Two runs close together: in a window of milliseconds every tick is a spike.
                    self.wait_for_the_rest(&sample, surveyor);
                    return Ok(sample);
                }
                Err(why) => self.sampled_since = Some(why),
            }
        }
        self.sample(surveyor)
    }

    /// A sample taken now; waits until the window's end is due.
    pub(super) fn sample(&self, surveyor: &Surveyor<'_>) -> Result<Sample, Error> {
        let sample = surveyor.baseline()?;
        self.wait_for_the_rest(&sample, surveyor);
        Ok(sample)
    }

    /// Waits until the window is long enough for the process that was read last, too.
    fn wait_for_the_rest(&self, sample: &Sample, surveyor: &Surveyor<'_>) {
        let passed = surveyor.clock.now().since(sample.taken);
        let rest = (self.over + sample.duration()).saturating_sub(passed);
        if !rest.is_zero() {
            progress::enter(Stage::Waiting);
            thread::sleep(rest);
        }
    }

    fn kept(&self, file: &StateFile, surveyor: &Surveyor<'_>) -> Result<Sample, String> {
        let bytes = file.load().map_err(|why| why.to_string())?;
        let sample = Sample::decode(&bytes).ok_or("what was kept is damaged")?;
        let now = surveyor.clock.now();
        if sample.taken.is_after(now) {
            return Err("what was kept is from the future".into());
        }
        let gap = now.since(sample.taken);
        if gap > self.max_gap {
            let (gap, most) = (gap.as_secs(), self.max_gap.as_secs());
            return Err(format!("what was kept is {gap} s old (--max-gap {most} s)"));
        }
        Ok(sample)
    }

    /// Keeps a sample for the next check.
    pub(super) fn keep(&mut self, sample: &Sample) {
        let stored = self.file.as_ref().map(|file| file.store(&sample.encode()));
        if let Some(Err(error)) = stored {
            self.fail(&error);
        }
    }

    fn fail(&mut self, error: &Error) {
        let mut trouble = format!("cannot keep a sample for the next check: {error}");
        if self.file.is_none() {
            trouble.push_str("; --state-dir names another place");
            self.sampled_since = Some("there is no place to keep anything".into());
        }
        self.trouble.push(trouble);
    }

    /// Where samples are kept, if they are.
    pub(super) fn shown_path(&self) -> Option<String> {
        self.file.as_ref().map(StateFile::shown_path)
    }
}

/// One file for each set of options: the window since the last check must be this check's own.
fn name_for(identity: &str) -> String {
    format!("check_proccpu-{:016x}", fingerprint(identity.as_bytes()))
}
