//! How old a process is, how busy, how large: what `stat` tells, in units that people use.

use super::Process;
use crate::kernel::file::File;
use crate::proc::fact::{Cause, Fact, Hidden, Missing};

impl Process<'_> {
    /// Seconds since it started, not below 0.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn age(&mut self) -> Fact<f64> {
        let start = self.stat()?.start;
        Ok((self.now()? - ticks_to_seconds(start)).max(0.0))
    }

    /// User and system time over age, in percent of one core.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub fn lifetime_cpu(&mut self) -> Fact<f64> {
        let used = ticks_to_seconds(self.stat()?.cpu_ticks);
        // One that started in this very tick has no lifetime to divide by.
        Ok(100.0 * used / self.age()?.max(ticks_to_seconds(1)))
    }

    /// Resident memory in bytes.
    ///
    /// # Errors
    /// Gone, or hidden.
    #[allow(clippy::cast_precision_loss, reason = "sizes are far below 2^53")]
    pub fn resident_bytes(&mut self) -> Fact<f64> {
        Ok(self.stat()?.rss_pages as f64 * rustix::param::page_size() as f64)
    }

    /// Seconds since boot, asked for once a scan.
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

/// Clock ticks, of which `stat` tells times, as seconds.
#[allow(clippy::cast_precision_loss, reason = "ticks since boot are far below 2^53")]
pub fn ticks_to_seconds(ticks: u64) -> f64 {
    ticks as f64 / rustix::param::clock_ticks_per_second() as f64
}
