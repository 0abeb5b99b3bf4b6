//! The control groups of systemd's units: where they can be relied on, and a walk through them.

use std::ffi::CString;
use std::fs;
use std::os::fd::{AsFd, OwnedFd};

use procfs_core::process::MountInfo;
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, ResolveFlags, fstat, openat2, statat};
use rustix::io::Errno;
use rustix::path::Arg;

use crate::host::open::{device, is_of_type};
use crate::host::progress::{self, Stage};
use crate::kernel::cgroup;
use crate::proc::process::Process;
use crate::proc::root::ProcRoot;

/// The file system type of version 2 (include/uapi/linux/magic.h).
const CGROUP2_SUPER_MAGIC: i64 = 0x6367_7270;

/// Where systemd mounts version 2: alone, or beside version 1.
const TOPS: [&str; 2] = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];

/// The first control group namespace (`PROC_CGROUP_INIT_INO` in `include/linux/proc_ns.h`).
const FIRST_NAMESPACE: &[u8] = b"cgroup:[4026531835]";

/// Links of a directory of kernfs that has none in it (`kernfs_refresh_inode` in `fs/kernfs/inode.c`).
pub(super) const LINKS_OF_A_LEAF: u64 = 2;

/// The root of version 2's hierarchy, if it shows the units of all processes of `root` as
/// `/proc/PID/cgroup` does.
pub(super) fn top(root: &ProcRoot) -> Option<OwnedFd> {
    // The kernel lists the numbers that processes have in our PID namespace, and tells of their
    // groups from ours.
    let mut me = Process::own(root)?;
    if root.own_cgroup_namespace()? != FIRST_NAMESPACE || has_version_1(&mut me)? {
        return None;
    }
    progress::enter(Stage::Listing);
    TOPS.into_iter().find_map(whole_hierarchy)
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

/// What is done with the name and the group of a unit.
pub(super) type Visit<'v> = dyn FnMut(&[u8], &OwnedFd) -> Result<(), Errno> + 'v;

/// Calls `visit` with the name and the group of each wanted unit in a slice and in the slices below it.
///
/// # Errors
/// A group that can't be listed, and what `visit` returns.
pub(super) fn each(
    slice: &OwnedFd,
    wanted: &dyn Fn(&[u8]) -> bool,
    visit: &mut Visit<'_>,
) -> Result<(), Errno> {
    for name in groups_in(slice)? {
        let is_slice = cgroup::is_slice(name.to_bytes());
        let unit = cgroup::unit_of_group(name.to_bytes()).filter(|unit| wanted(unit));
        if !is_slice && unit.is_none() {
            continue;
        }
        // Something mounted over it would hide what it holds.
        match (open(slice, name.as_c_str(), DIRECTORY, ResolveFlags::NO_XDEV), unit) {
            (Ok(group), Some(unit)) if !is_slice => visit(unit, &group)?,
            (Ok(group), _) => each(&group, wanted, visit)?,
            // It has gone meanwhile, so it had no process left.
            (Err(Errno::NOENT), _) => {}
            (Err(errno), _) => return Err(errno),
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

const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY);

/// Opens what `path` names below `at`, as openat2(2) does.
pub(super) fn open(
    at: impl AsFd,
    path: impl Arg,
    flags: OFlags,
    how: ResolveFlags,
) -> Result<OwnedFd, Errno> {
    openat2(at, path, flags | OFlags::CLOEXEC, Mode::empty(), how)
}
