//! Detects a /proc mounted with `hidepid=`, which hides other users' processes.

use procfs_core::process::MountInfo;
use rustix::fs::{AtFlags, fstat, statat};
use rustix::process::{getegid, getgroups};

use super::ProcRoot;
use crate::host::open::device;
use crate::host::open::is_first_user_namespace;
use crate::proc::fact::may_trace;

impl ProcRoot {
    /// Why processes may be missing from the listing altogether (`hidepid=invisible` or
    /// `ptraceable`, proc(5)) and what would help; `None` when all are there.
    pub fn blindness(&self) -> Option<String> {
        // PID 1 always exists, and whoever may trace it may trace everything in its user namespace.
        if !self.is_procfs || (may_trace() && self.shows_pid_1()) {
            return None;
        }
        let path = self.shown_path();
        let Some((hidepid, group)) = self.hiding_options() else {
            let blind = format!("{path} hides even process 1; mount it without hidepid");
            return (!self.shows_pid_1()).then_some(blind);
        };
        let has_exception = match hidepid.as_str() {
            "2" | "invisible" => true,
            "4" | "ptraceable" => false,
            _ => return None,
        };
        // Without gid= root's group sees (`has_pid_permissions` in `fs/proc/base.c`), but group 0 of
        // a user namespace is not that group.
        if has_exception && are_in_group(group.unwrap_or(0)) && self.shows_pid_1() {
            return None;
        }
        let remedy = match group {
            Some(gid) if has_exception && !are_in_group(gid) => {
                format!("join group {gid} (its gid= option)")
            }
            None if has_exception && !may_trace() => {
                "mount it with gid= of a group of this user".into()
            }
            _ => "mount it without hidepid".into(),
        };
        // Don't recommend what we already have.
        let or_run = match may_trace() {
            false => ", or run with CAP_SYS_PTRACE",
            true if is_first_user_namespace() => "",
            true => ", or run outside of the user namespace",
        };
        Some(format!("{path} hides other users' processes (hidepid={hidepid}); {remedy}{or_run}"))
    }

    /// Whether the tree is mounted so that users may not read each other's processes.
    pub fn is_private(&self) -> bool {
        let hides = |(hidepid, _): (String, _)| !matches!(hidepid.as_str(), "0" | "off");
        self.is_procfs && self.hiding_options().is_some_and(hides)
    }

    fn shows_pid_1(&self) -> bool {
        statat(&self.directory, c"1", AtFlags::empty()).is_ok()
    }

    /// The mount's `hidepid=` and `gid=`, if it has the first.
    fn hiding_options(&self) -> Option<(String, Option<u32>)> {
        let device = device(&fstat(&self.directory).ok()?);
        let table = self.own_file("mountinfo")?;
        let table = String::from_utf8_lossy(&table);
        let line = table.lines().find(|line| line.split(' ').nth(2) == Some(&device))?;
        let mut options = MountInfo::from_line(line).ok()?.super_options;
        let hidepid = options.remove("hidepid")??;
        let group = options.remove("gid").flatten().and_then(|gid| gid.parse().ok());
        Some((hidepid, group))
    }
}

fn are_in_group(gid: u32) -> bool {
    getegid().as_raw() == gid
        || getgroups().is_ok_and(|groups| groups.iter().any(|group| group.as_raw() == gid))
}
