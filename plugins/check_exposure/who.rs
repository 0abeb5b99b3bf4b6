//! Decides which processes matter: those with root's privileges, and those of system users.

use std::ops::RangeInclusive;

use procwarden::host::login_defs;
use procwarden::kernel::capability::Capabilities;
use procwarden::kernel::cgroup;
use procwarden::proc::fact::Fact;
use procwarden::proc::process::Process;
use procwarden::proc::root::ProcRoot;

use super::last::Last;

/// Capabilities with which a process can become root or change what root does.
const AS_GOOD_AS_ROOT: [&str; 15] = [
    "sys_admin",
    "sys_module",
    "sys_rawio",
    "sys_ptrace",
    "dac_override",
    "dac_read_search",
    "setuid",
    "setgid",
    "setfcap",
    "chown",
    "fowner",
    "bpf",
    "mac_admin",
    "mac_override",
    // Of a disk, for one.
    "mknod",
];

/// UIDs that systemd makes up for `DynamicUser=` (`dynamic-uid-min`, `dynamic-uid-max` of systemd's build).
const DYNAMIC: RangeInclusive<u32> = 61_184..=65_519;

/// The UID of `nobody`, as whom daemons run that need no rights.
const NOBODY: u32 = 65_534;

/// What we know about the users and containers of this host.
#[derive(Debug)]
pub(crate) struct Who {
    strong: Capabilities,
    first_regular_uid: u32,
    /// Our own control groups. We may be in a container ourselves, which does not count.
    own_groups: Vec<u8>,
    /// Whether control groups are a container's.
    are_containers: Last<bool>,
}

impl Who {
    pub(crate) fn new(root: &ProcRoot) -> Self {
        let strong = AS_GOOD_AS_ROOT.iter().filter_map(|name| Capabilities::named(name).ok());
        let own = root.own_pid().map(|pid| Process::new(root, pid));
        let own_groups = own.and_then(|mut own| own.cgroup().map(<[u8]>::to_vec).ok());
        Self {
            strong: strong.fold(Capabilities::default(), Capabilities::union),
            first_regular_uid: login_defs::regular_uids().0,
            own_groups: own_groups.unwrap_or_default(),
            are_containers: Last::default(),
        }
    }

    /// Whether it has all or most of root's privileges on this host.
    pub(crate) fn is_privileged(&self, process: &mut Process<'_>) -> Fact<bool> {
        let status = process.status()?;
        if status.uid.effective == 0 {
            return Ok(true);
        }
        let held = status.held.map(|held| held.effective.union(held.permitted)).unwrap_or_default();
        if held.intersection(self.strong).is_empty() {
            return Ok(false);
        }
        // Browsers' sandboxes and rootless containers hold all capabilities, but only in a namespace of
        // their own.
        process.is_in_own_user_namespace().map(|is_own| !is_own)
    }

    /// Whether it runs as a system user other than root, as most daemons do.
    pub(crate) fn is_system_user(&self, process: &mut Process<'_>) -> Fact<bool> {
        let uid = process.status()?.uid.effective;
        Ok(uid != 0 && self.is_systems(uid))
    }

    /// Whether a UID is root's or a system user's.
    pub(crate) fn is_systems(&self, uid: u32) -> bool {
        uid < self.first_regular_uid || DYNAMIC.contains(&uid) || uid == NOBODY
    }

    /// Whether it is in a container: in a nested PID namespace, or in a known runtime's control group.
    pub(crate) fn is_contained(&self, process: &mut Process<'_>) -> Fact<bool> {
        Ok(process.status()?.pid_namespaces > 1 || self.is_in_containers_group(process)?)
    }

    /// Whether it is in a known runtime's control group.
    pub(crate) fn is_in_containers_group(&self, process: &mut Process<'_>) -> Fact<bool> {
        let groups = process.cgroup()?;
        self.are_containers.answer(groups, || Ok(cgroup::is_in_container(groups, &self.own_groups)))
    }
}
