//! The CPU time of systemd's units by the kernel's own count, which includes what has ended since.
//!
//! A sum over the processes lacks those that ended, unless something waited for them. The kernel counts
//! the time of a control group and of the groups below it in `cpu.stat`, for everyone to read.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;

use rustix::fs::{OFlags, ResolveFlags, fstat};
use rustix::io::Errno;

use crate::count::unit_groups;
use crate::host::open::contents;
use crate::kernel::cgroup;
use crate::proc::root::ProcRoot;

/// What a unit's control group has used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnitTime {
    /// Tells the group from an earlier one of the same name: a unit that starts anew gets a new group.
    pub group: u64,
    /// User and system time since the group was made, in microseconds.
    pub micros: u64,
}

/// The times of all units by name; `None` where the control groups can't be relied on to be those of
/// the processes that `root` shows, or do not tell (version 1).
pub fn all(root: &ProcRoot) -> Option<BTreeMap<Vec<u8>, UnitTime>> {
    let top = unit_groups::top(root)?;
    let mut times = BTreeMap::new();
    let mut visit = |unit: &[u8], group: &OwnedFd| {
        if let Some(time) = time_of(group)? {
            // Groups of the same name in two slices are one unit to `/proc/PID/cgroup`.
            let all: &mut UnitTime = times.entry(unit.to_vec()).or_default();
            all.group = all.group.wrapping_add(time.group);
            all.micros += time.micros;
        }
        Ok(())
    };
    unit_groups::each(&top, &|_| true, &mut visit).ok()?;
    Some(times)
}

/// The time of a unit; `None` if it has gone meanwhile.
fn time_of(group: &OwnedFd) -> Result<Option<UnitTime>, Errno> {
    let file = unit_groups::open(group, c"cpu.stat", OFlags::RDONLY, ResolveFlags::NO_XDEV);
    let text = match file.and_then(contents) {
        Err(Errno::NOENT | Errno::NODEV) => return Ok(None),
        text => text?,
    };
    let micros = cgroup::cpu_micros(&text).ok_or(Errno::NODATA)?;
    Ok(Some(UnitTime { group: fstat(group)?.st_ino, micros }))
}
