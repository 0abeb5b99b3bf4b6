//! The short way to the processes of a systemd unit: its control group lists them, so that all the
//! others need not be asked where they belong.
//!
//! The listing only says where to look; what a process belongs to is still read of the process
//! itself. But it must not leave one out, so wherever it might tell another story than
//! `/proc/PID/cgroup` does, there is none, and the whole tree is walked.

use std::ffi::{CStr, CString};
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;

use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Mode, OFlags, ResolveFlags, fstat, fstatfs, openat, openat2,
    statat,
};
use rustix::io::Errno;

use crate::cgroup;
use crate::proc_root::{Pid, ProcRoot};
use crate::process::Process;
use crate::selector::Selector;
use crate::stat::parse_number;
use crate::watchdog::{self, Stage};

/// File system types of control groups (include/uapi/linux/magic.h).
const CGROUP2_SUPER_MAGIC: i64 = 0x6367_7270;
const CGROUP_SUPER_MAGIC: i64 = 0x0027_e0eb;

/// Where systemd mounts version 2: alone, or beside version 1.
const TOPS: [&str; 2] = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];

/// Where systemd mounts the hierarchy of version 1 that is its own.
const NAMED_TOP: &str = "/sys/fs/cgroup/systemd";

/// Deeper than any unit nests its groups.
const DEEPEST: usize = 32;

const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// The processes of all units that any of `selectors` asks for, each once; `None` where the control
/// groups can't be relied on to list all that `root` shows.
pub(crate) fn members(root: &ProcRoot, selectors: &[&Selector]) -> Option<Vec<Pid>> {
    watchdog::enter(Stage::Listing);
    // The kernel lists the numbers that processes have in our PID namespace.
    if !root.is_our_own() || systemd_keeps_version_1(root) {
        return None;
    }
    let top = TOPS.into_iter().find_map(whole_hierarchy)?;
    let mut pids = Vec::new();
    let wanted = |unit: &[u8]| {
        let mut questions = selectors.iter().filter_map(|selector| selector.units());
        questions.any(|question| question.wants(unit))
    };
    in_slice(&top, 0, &wanted, &mut pids).ok()?;
    pids.sort_unstable();
    pids.dedup();
    Some(pids)
}

/// Whether units may be told by version 1's hierarchy `name=systemd`, since it has groups.
fn systemd_keeps_version_1(root: &ProcRoot) -> bool {
    let cgroup = root.own_pid().map(|pid| Process::new(root, pid).cgroup().map(<[u8]>::to_vec));
    let Some(Ok(text)) = cgroup else {
        return true;
    };
    let mut lines = text.split(|&byte| byte == b'\n');
    let exists = lines.any(|line| line.split(|&byte| byte == b':').nth(1) == Some(b"name=systemd"));
    // A directory of kernfs has a link more for each one in it (`kernfs_refresh_inode`).
    let is_bare = || {
        let top = openat(CWD, NAMED_TOP, DIRECTORY, Mode::empty()).ok()?;
        Some(is_on(&top, CGROUP_SUPER_MAGIC) && fstat(&top).ok()?.st_nlink == 2)
    };
    exists && is_bare() != Some(true)
}

/// The root of version 2's hierarchy. That of a control group namespace, or of a bind mount, is
/// a group like others and has a type (cgroups(7)); beyond it there would be groups out of sight.
fn whole_hierarchy(top: &str) -> Option<OwnedFd> {
    let top = openat(CWD, top, DIRECTORY, Mode::empty()).ok()?;
    let type_of_it = statat(&top, "cgroup.type", AtFlags::empty());
    let is_root = type_of_it.is_err_and(|errno| errno == Errno::NOENT);
    (is_root && is_on(&top, CGROUP2_SUPER_MAGIC)).then_some(top)
}

fn is_on(directory: &OwnedFd, magic: i64) -> bool {
    #[allow(clippy::unnecessary_cast, reason = "f_type's width differs by architecture")]
    fstatfs(directory).is_ok_and(|found| found.f_type as i64 == magic)
}

/// Lists the members of wanted units in a slice and in the slices below it.
fn in_slice(
    slice: &OwnedFd,
    depth: usize,
    wanted: &dyn Fn(&[u8]) -> bool,
    pids: &mut Vec<Pid>,
) -> Result<(), Errno> {
    for name in groups_in(slice, depth)? {
        let is_slice = cgroup::is_slice(name.to_bytes());
        if !is_slice && !cgroup::unit_of_group(name.to_bytes()).is_some_and(wanted) {
            continue;
        }
        let Some(group) = enter(slice, &name)? else { continue };
        if is_slice {
            in_slice(&group, depth + 1, wanted, pids)?;
        } else {
            in_group(&group, pids)?;
            below(&group, depth + 1, pids)?;
        }
    }
    Ok(())
}

/// Lists the members of all groups that a unit has within its own.
fn below(group: &OwnedFd, depth: usize, pids: &mut Vec<Pid>) -> Result<(), Errno> {
    for name in groups_in(group, depth)? {
        let Some(group) = enter(group, &name)? else { continue };
        match in_group(&group, pids) {
            // It holds threads; a group above it, within the unit, lists their processes.
            Ok(()) | Err(Errno::OPNOTSUPP) => below(&group, depth + 1, pids)?,
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

fn groups_in(group: &OwnedFd, depth: usize) -> Result<Vec<CString>, Errno> {
    if depth > DEEPEST {
        return Err(Errno::LOOP);
    }
    let mut names = Vec::new();
    for entry in Dir::read_from(group)? {
        let entry = entry?;
        if entry.file_type() == FileType::Directory
            && !entry.file_name().to_bytes().starts_with(b".")
        {
            names.push(entry.file_name().to_owned());
        }
    }
    Ok(names)
}

/// Opens a group; `None` if it has gone meanwhile, and so had no process left.
fn enter(parent: &OwnedFd, name: &CStr) -> Result<Option<OwnedFd>, Errno> {
    // Something mounted over it would hide what it holds.
    match openat2(parent, name, DIRECTORY, Mode::empty(), ResolveFlags::NO_XDEV) {
        Ok(group) => Ok(Some(group)),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(errno),
    }
}

fn in_group(group: &OwnedFd, pids: &mut Vec<Pid>) -> Result<(), Errno> {
    let mut text = Vec::new();
    let read = openat(group, "cgroup.procs", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
        .map_err(io::Error::from)
        .and_then(|file| File::from(file).read_to_end(&mut text));
    match read.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO)) {
        // The group has gone meanwhile.
        Ok(_) | Err(Errno::NOENT | Errno::NODEV) => {}
        Err(errno) => return Err(errno),
    }
    let numbers = text.split(|&byte| byte == b'\n').filter_map(parse_number);
    // 0 is a process that has no number in our PID namespace, and so is not in the tree.
    pids.extend(numbers.filter_map(|pid| u32::try_from(pid).ok()).filter(|&pid| pid > 0).map(Pid));
    Ok(())
}
