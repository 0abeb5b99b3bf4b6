//! A process whose first thread has ended while others live on. With that thread went the way to all
//! that memory tells: executable, arguments, sizes. Any other thread still shows them.

use super::Process;
use crate::kernel::stat::Stat;

impl Process<'_> {
    /// Has a living thread stand in for the first one, which `stat` shows to have ended: in `stat`
    /// now, and from now on where memory is asked for.
    pub(super) fn ask_a_living_thread(&mut self, stat: &mut Stat) {
        let living = self.threads().into_iter().flatten().filter(|&thread| thread != self.pid);
        let living = living.map(|thread| (thread, Process::new(self.root, thread).read_stat()));
        let found = living.filter_map(|(thread, seen)| Some((thread, seen.ok()?)));
        if let Some((thread, seen)) = found.into_iter().find(|(_, seen)| !seen.has_ended()) {
            (stat.state, stat.vsize) = (seen.state, seen.vsize);
            self.stand_in = Some(thread);
        }
    }

    /// Whether it turns out only now that another thread stands in for the first one: what the first
    /// one didn't have is to be asked again.
    pub(super) fn finds_a_living_thread(&mut self) -> bool {
        self.stand_in.is_none() && self.stat().is_ok() && self.stand_in.is_some()
    }
}
