//! The two clocks that a share of CPU needs, and what they are good for.
//!
//! A process's start is told in the time since boot, which goes on while the machine sleeps. A
//! window must not count that sleep, in which nobody burns CPU: it is measured by the monotonic
//! clock. Neither can be set, so that no step of the wall clock makes a share.

use std::time::Duration;

use procwarden::proc::root::ProcRoot;
use procwarden::text::error::Error;
use rustix::time::{ClockId, Timespec, clock_gettime};

/// One moment by both clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moment {
    /// Time since boot that the machine was awake.
    pub(super) awake: Duration,
    /// All time since boot: what processes' starts are told in.
    pub(super) since_boot: Duration,
}

impl Moment {
    /// How long ago `earlier` was. A recorded tree's time since boot stands still, and ours does
    /// not.
    pub(super) fn since(self, earlier: Self) -> Duration {
        let awake = self.awake.saturating_sub(earlier.awake);
        awake.max(self.since_boot.saturating_sub(earlier.since_boot))
    }

    /// Whether this can't have come before `other`, unless the clocks are not the same.
    pub(super) fn is_after(self, other: Self) -> bool {
        self.awake > other.awake || self.since_boot > other.since_boot
    }
}

/// The clocks of a tree.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// The time since boot of a recorded tree, which is that of the recording.
    recorded: Option<Duration>,
}

impl Clock {
    /// The kernel's own clocks, or for a recorded tree its `uptime`.
    pub(super) fn of(root: &ProcRoot) -> Result<Self, Error> {
        let recorded = if root.is_procfs() {
            None
        } else {
            Some(Duration::try_from_secs_f64(root.uptime()?).unwrap_or_default())
        };
        Ok(Self { recorded })
    }

    pub(super) fn now(self) -> Moment {
        Moment {
            awake: awake(),
            since_boot: self.recorded.unwrap_or_else(|| duration(clock_gettime(ClockId::Boottime))),
        }
    }
}

/// Time that the machine has been awake since boot.
pub(super) fn awake() -> Duration {
    duration(clock_gettime(ClockId::Monotonic))
}

/// The kernel's clocks since boot are never negative, and nanoseconds are below 10^9.
fn duration(time: Timespec) -> Duration {
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}
