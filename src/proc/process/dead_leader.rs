//! Handles a process whose first thread has ended while others live on. That thread shows no memory
//! any more: no executable, no arguments, no sizes. Any other thread still does.
//!
//! A killed process may look the same for ever if something holds up one of its threads: a tracer,
//! or a device that does not answer. But nothing of it runs any more.

use super::Process;
use crate::kernel::file::File;
use crate::kernel::stat::Stat;
use crate::proc::fact::{Fact, Missing};

impl Process<'_> {
    /// If `stat` shows that the first thread ended before the others, lets a living thread stand in
    /// for it: in this `stat`, and whenever memory is asked for later. Without a living thread the
    /// process stays a zombie.
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

    /// Whether we find out only now that another thread stands in for the first one. Then what the
    /// first one lacked must be read again.
    pub(super) fn finds_a_living_thread(&mut self) -> bool {
        self.stand_in.is_none() && self.stat().is_ok() && self.stand_in.is_some()
    }
}
