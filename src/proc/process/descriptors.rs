//! How many files a process has open, and how many it may have.

use rustix::fs::{AtFlags, Dir, StatxFlags, statx};
use rustix::io::Errno;

use super::Process;
use crate::kernel::file::File;
use crate::kernel::limits;
use crate::proc::fact::Fact;

impl Process<'_> {
    /// How many descriptors it has open. From Linux 6.2 on everyone may know; before, only who may
    /// trace it.
    ///
    /// # Errors
    /// Gone, or hidden.
    pub(crate) fn open_descriptors(&self) -> Fact<u64> {
        if !self.root().is_procfs() {
            return self.listed_descriptors();
        }
        match self.size_of_descriptors()? {
            // It has none, or the kernel is older and says so of every process.
            0 => self.listed_descriptors().or_else(|hidden| {
                let me = self.root().own_pid().map(|pid| Process::new(self.root(), pid));
                let is_size_told =
                    me.is_some_and(|me| me.size_of_descriptors().is_ok_and(|n| n > 0));
                if is_size_told { Ok(0) } else { Err(hidden) }
            }),
            size => Ok(size),
        }
    }

    /// The same in percent of the soft limit, at which it gets "too many open files".
    ///
    /// # Errors
    /// Gone, or hidden.
    #[allow(clippy::cast_precision_loss, reason = "limits are far below 2^53")]
    pub(crate) fn descriptor_share(&self) -> Fact<f64> {
        let mut text = Vec::new();
        self.read_whole(File::Limits, &mut text)?;
        let limit = limits::open_files(&text);
        let limit = limit.ok_or_else(|| self.malformed(File::Limits, text.is_empty()))?;
        // One that may open none is as good as full.
        Ok(if limit == 0 { 100.0 } else { 100.0 * self.open_descriptors()? as f64 / limit as f64 })
    }

    fn size_of_descriptors(&self) -> Fact<u64> {
        self.attempt(File::Descriptors, |path| {
            let directory = self.root().as_directory();
            statx(directory, path, AtFlags::NO_AUTOMOUNT, StatxFlags::SIZE).map(|it| it.stx_size)
        })
    }

    fn listed_descriptors(&self) -> Fact<u64> {
        self.attempt(File::Descriptors, |path| {
            let mut count = 0;
            for entry in Dir::new(self.root().open_directory(path)?)? {
                let is_descriptor = entry?.file_name().to_bytes().iter().all(u8::is_ascii_digit);
                count += u64::from(is_descriptor);
            }
            Ok::<_, Errno>(count)
        })
    }
}
