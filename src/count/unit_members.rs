//! Lists the processes of a systemd unit from its control group, without scanning every process.
//!
//! The list only says where to look; whether a process belongs to the unit is still read from the
//! process itself. But the list must not lack one. If it might disagree with `/proc/PID/cgroup`, we
//! don't use it, and walk the whole tree. The same goes for units that have groups of their own
//! (`Delegate=`), since processes may move between these while we list them. Zombies are in no
//! list.

use std::os::fd::OwnedFd;

use rustix::fs::{OFlags, ResolveFlags, fstat};
use rustix::io::Errno;

use crate::count::unit_groups::{self, LINKS_OF_A_LEAF, open};
use crate::host::open::contents;
use crate::kernel::word::parse_number;
use crate::proc::root::{Pid, ProcRoot};
use crate::select::selector::Selector;

/// The processes of all units that any of `selectors` asks for, each once; `None` where the control
/// groups can't be relied on to list all that `root` shows.
pub(crate) fn members(root: &ProcRoot, selectors: &[&Selector]) -> Option<Vec<Pid>> {
    let top = unit_groups::top(root)?;
    let mut pids = Vec::new();
    let wanted = |unit: &[u8]| {
        let mut questions = selectors.iter().filter_map(|selector| selector.units());
        questions.any(|question| question.wants(unit))
    };
    unit_groups::each(&top, &wanted, &mut |_, group| in_unit(group, &mut pids)).ok()?;
    pids.sort_unstable();
    pids.dedup();
    Some(pids)
}

/// Lists the members of a unit.
///
/// # Errors
/// Also if it has groups below it.
fn in_unit(unit: &OwnedFd, pids: &mut Vec<Pid>) -> Result<(), Errno> {
    let is_leaf = || fstat(unit).map(|found| found.st_nlink == LINKS_OF_A_LEAF);
    let was_leaf = is_leaf()?;
    let members = open(unit, c"cgroup.procs", OFlags::RDONLY, ResolveFlags::NO_XDEV);
    let text = match members.and_then(contents) {
        // It was removed meanwhile.
        Err(Errno::NOENT | Errno::NODEV) => return Ok(()),
        text => text?,
    };
    // Without groups below it before the read: otherwise a process might have come from a group
    // that is now removed. And after it: otherwise a process might have moved to a new one.
    if !was_leaf || !is_leaf()? {
        return Err(Errno::NOTEMPTY);
    }
    let numbers = text.split(|&byte| byte == b'\n').filter_map(parse_number);
    // 0 stands for a process without a PID in our PID namespace, which is not in the tree either.
    pids.extend(numbers.filter_map(|pid| u32::try_from(pid).ok()).filter(|&pid| pid > 0).map(Pid));
    Ok(())
}
