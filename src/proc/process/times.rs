//! Age, CPU time and memory of a process, from `stat` and `statm`, in seconds, percent and bytes.

use super::Process;
use crate::kernel::file::File;
use crate::kernel::statm::Pages;
use crate::proc::fact::{Cause, Fact, Hidden, Missing};

impl Process<'_> {
    /// Seconds since it started.
    ///
    /// # Errors
    /// Gone, or hidden; malformed if it starts in the future.
    pub fn age(&mut self) -> Fact<f64> {
        let start = ticks_to_seconds(self.stat()?.start);
        if self.now()? < start {
            // It may have started after we read the clock.
            self.now = None;
        }
        let age = self.now()? - start;
        if age < 0.0 {
            return Err(self.malformed(File::Stat, false));
        }
        Ok(age)
    }

    /// User and system time over age, in percent of one core.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn lifetime_cpu(&mut self) -> Fact<f64> {
        let used = ticks_to_seconds(self.stat()?.cpu_ticks);
        // A process that started in this tick has no lifetime to divide by.
        Ok(100.0 * used / self.age()?.max(ticks_to_seconds(1)))
    }

    /// Resident memory in bytes.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub(crate) fn resident_bytes(&mut self) -> Fact<f64> {
        self.pages().map(|pages| bytes(pages.resident))
    }

    /// Resident memory of its own in bytes, without what it shares with others: files, and shared memory.
    /// What is swapped out is not in it.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub(crate) fn anonymous_bytes(&mut self) -> Fact<f64> {
        self.pages().map(|pages| bytes(pages.anonymous()))
    }

    fn pages(&mut self) -> Fact<Pages> {
        let pages = self.read_pages()?;
        if pages.resident == 0 && self.finds_a_living_thread() {
            return self.read_pages();
        }
        Ok(pages)
    }

    fn read_pages(&mut self) -> Fact<Pages> {
        let mut text = [0_u8; 256];
        let length = self.read_short(File::Statm, &mut text)?;
        let pages = Pages::parse(&text[..length]);
        pages.ok_or_else(|| self.malformed(File::Statm, length == 0))
    }

    /// Seconds since boot. Read once a scan, and again for a process that is younger.
    fn now(&mut self) -> Fact<f64> {
        if let Some(now) = self.now {
            return Ok(now);
        }
        let uptime = self
            .root
            .uptime()
            .map_err(|_| Missing::Hidden(Hidden { file: File::Uptime, cause: Cause::Absent }))?;
        Ok(*self.now.insert(uptime))
    }
}

#[allow(clippy::cast_precision_loss, reason = "sizes are far below 2^53")]
fn bytes(pages: u64) -> f64 {
    pages as f64 * rustix::param::page_size() as f64
}

/// Clock ticks, of which `stat` tells times, as seconds.
#[allow(clippy::cast_precision_loss, reason = "ticks since boot are far below 2^53")]
pub fn ticks_to_seconds(ticks: u64) -> f64 {
    ticks as f64 / rustix::param::clock_ticks_per_second() as f64
}
