//! A process whose first thread has ended while others live on. With that thread went the way to all
//! that memory tells: executable, arguments, sizes. Any other thread still shows them.
//!
//! A process that was killed may look the same for ever, if something holds up one of its threads: a
//! tracer, a device that does not answer. Nothing of it runs any more.

use super::Process;
use crate::kernel::file::File;
use crate::kernel::stat::Stat;
use crate::proc::fact::{Fact, Missing};

impl Process<'_> {
    /// Has a living thread stand in for the first one, if `stat` shows that to have ended before the
    /// last: in `stat` now, and from now on where memory is asked for. Without one, it stays a zombie.
    pub(super) fn ask_a_living_thread(&mut self, stat: Stat) -> Fact<Stat> {
        if !stat.has_ended() || stat.threads <= 1 {
            return Ok(stat);
        }
        let mut none = Ok(stat);
        for thread in self.threads()? {
            match self.thread(thread).living_stat() {
                Ok(Some(seen)) => {
                    self.stand_in = Some(thread);
                    return Ok(Stat { state: seen.state, vsize: seen.vsize, ..stat });
                }
                Ok(None) | Err(Missing::Gone) => {}
                Err(hidden) => none = Err(hidden),
            }
        }
        none
    }

    /// `stat` of a thread, unless that has ended or is about to.
    fn living_stat(&mut self) -> Fact<Option<Stat>> {
        let stat = self.read_stat()?;
        let is_ending = stat.is_ending(&self.scratch);
        let is_ending = is_ending.ok_or_else(|| self.malformed(File::Stat, false))?;
        Ok((!is_ending).then_some(stat))
    }

    /// Whether it turns out only now that another thread stands in for the first one: what the first
    /// one didn't have is to be asked again.
    pub(super) fn finds_a_living_thread(&mut self) -> bool {
        self.stand_in.is_none() && self.stat().is_ok() && self.stand_in.is_some()
    }
}
