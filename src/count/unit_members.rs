//! The short way to the processes of a systemd unit: its control group lists them, so that all the
//! others need not be asked where they belong.
//!
//! The listing only says where to look; what a process belongs to is still read of the process
//! itself. But it must not leave one out, so wherever it might disagree with `/proc/PID/cgroup` it is
//! not used, and the whole tree is walked. The same goes for units that have groups of their own
//! (`Delegate=`), between which processes move while they are listed. The dead are in no listing.

use std::ffi::CString;
use std::fs;
use std::os::fd::{AsFd, OwnedFd};

use procfs_core::process::MountInfo;
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, ResolveFlags, fstat, openat2, statat};
use rustix::io::Errno;
use rustix::path::Arg;

use crate::host::open::{contents, device, is_of_type};
use crate::host::progress::{self, Stage};
use crate::kernel::cgroup;
use crate::kernel::word::parse_number;
use crate::proc::process::Process;
use crate::proc::root::{Pid, ProcRoot};
use crate::select::selector::Selector;

/// The file system type of version 2 (include/uapi/linux/magic.h).
const CGROUP2_SUPER_MAGIC: i64 = 0x6367_7270;

/// Where systemd mounts version 2: alone, or beside version 1.
const TOPS: [&str; 2] = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];

/// The first control group namespace (`PROC_CGROUP_INIT_INO` in `include/linux/proc_ns.h`).
const FIRST_NAMESPACE: &[u8] = b"cgroup:[4026531835]";

/// Links of a directory of kernfs that has none in it (`kernfs_refresh_inode` in `fs/kernfs/inode.c`).
const LINKS_OF_A_LEAF: u64 = 2;

/// The processes of all units that any of `selectors` asks for, each once; `None` where the control
/// groups can't be relied on to list all that `root` shows.
pub(crate) fn members(root: &ProcRoot, selectors: &[&Selector]) -> Option<Vec<Pid>> {
    // The kernel lists the numbers that processes have in our PID namespace, and tells of their
    // groups from ours.
    let mut me = Process::own(root)?;
    if root.own_cgroup_namespace()? != FIRST_NAMESPACE || has_version_1(&mut me)? {
        return None;
    }
    progress::enter(Stage::Listing);
    let top = TOPS.into_iter().find_map(whole_hierarchy)?;
    let mut pids = Vec::new();
    let wanted = |unit: &[u8]| {
        let mut questions = selectors.iter().filter_map(|selector| selector.units());
        questions.any(|question| question.wants(unit))
    };
    in_slice(&top, &wanted, &mut pids).ok()?;
    pids.sort_unstable();
    pids.dedup();
    Some(pids)
}

/// Whether units may be told by version 1's hierarchy `name=systemd`: it is there, and has groups.
fn has_version_1(me: &mut Process<'_>) -> Option<bool> {
    if cgroup::path_in(b"name=systemd", me.cgroup().ok()?).is_none() {
        return Some(false);
    }
    let table = fs::read("/proc/self/mountinfo").ok()?;
    let table = String::from_utf8_lossy(&table);
    let mut mounts = table.lines().filter_map(|line| MountInfo::from_line(line).ok());
    let mount = mounts.find(|mount| {
        let name = mount.super_options.get("name");
        mount.fs_type == "cgroup" && name.is_some_and(|name| name.as_deref() == Some("systemd"))
    })?;
    let top = open(CWD, mount.mount_point.as_path(), DIRECTORY, ResolveFlags::empty()).ok()?;
    // Only the root of a hierarchy has it (cgroups(7)), and no other hierarchy is on that device.
    statat(&top, "release_agent", AtFlags::empty()).ok()?;
    let found = fstat(&top).ok()?;
    Some(device(&found) != mount.majmin || found.st_nlink != LINKS_OF_A_LEAF)
}

/// The root of version 2's hierarchy. Any group below it, which a bind mount may show in its place,
/// has a type (cgroups(7)), and hides the groups outside of it.
fn whole_hierarchy(top: &str) -> Option<OwnedFd> {
    // Before openat2(2) came, in Linux 5.6, groups did not always list a process whose first thread
    // has ended.
    let top = open(CWD, top, DIRECTORY, ResolveFlags::empty()).ok()?;
    let is_version_2 = is_of_type(&top, CGROUP2_SUPER_MAGIC).ok()?;
    let type_of_it = statat(&top, "cgroup.type", AtFlags::empty());
    let is_root = type_of_it.is_err_and(|errno| errno == Errno::NOENT);
    (is_version_2 && is_root).then_some(top)
}

/// Lists the members of wanted units in a slice and in the slices below it.
fn in_slice(
    slice: &OwnedFd,
    wanted: &dyn Fn(&[u8]) -> bool,
    pids: &mut Vec<Pid>,
) -> Result<(), Errno> {
    for name in groups_in(slice)? {
        let is_slice = cgroup::is_slice(name.to_bytes());
        if !is_slice && !cgroup::unit_of_group(name.to_bytes()).is_some_and(wanted) {
            continue;
        }
        // Something mounted over it would hide what it holds.
        match open(slice, name.as_c_str(), DIRECTORY, ResolveFlags::NO_XDEV) {
            Ok(group) if is_slice => in_slice(&group, wanted, pids)?,
            Ok(group) => in_unit(&group, pids)?,
            // It has gone meanwhile, so it had no process left.
            Err(Errno::NOENT) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

fn groups_in(slice: &OwnedFd) -> Result<Vec<CString>, Errno> {
    let mut names = Vec::new();
    for entry in Dir::read_from(slice)? {
        let entry = entry?;
        let is_group = entry.file_type() == FileType::Directory;
        if is_group && !matches!(entry.file_name().to_bytes(), b"." | b"..") {
            names.push(entry.file_name().to_owned());
        }
    }
    Ok(names)
}

/// Lists the members of a unit.
///
/// # Errors
/// Also if it has groups of its own.
fn in_unit(unit: &OwnedFd, pids: &mut Vec<Pid>) -> Result<(), Errno> {
    let is_leaf = || fstat(unit).map(|found| found.st_nlink == LINKS_OF_A_LEAF);
    let was_leaf = is_leaf()?;
    let members = open(unit, c"cgroup.procs", OFlags::RDONLY, ResolveFlags::NO_XDEV);
    let text = match members.and_then(contents) {
        // It has gone meanwhile.
        Err(Errno::NOENT | Errno::NODEV) => return Ok(()),
        text => text?,
    };
    // Before, or processes might come from a group that is gone by now; after, or they might have
    // gone to a new one.
    if !was_leaf || !is_leaf()? {
        return Err(Errno::NOTEMPTY);
    }
    let numbers = text.split(|&byte| byte == b'\n').filter_map(parse_number);
    // 0 is a process that has no number in our PID namespace, and so is not in the tree.
    pids.extend(numbers.filter_map(|pid| u32::try_from(pid).ok()).filter(|&pid| pid > 0).map(Pid));
    Ok(())
}

const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY);

fn open(at: impl AsFd, path: impl Arg, flags: OFlags, how: ResolveFlags) -> Result<OwnedFd, Errno> {
    openat2(at, path, flags | OFlags::CLOEXEC, Mode::empty(), how)
}
