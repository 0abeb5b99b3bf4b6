//! Finds mounts on the tree that cover single processes.
//!
//! Somebody who may mount can hide a process under an empty directory, or under another process's
//! (MITRE ATT&CK, T1564.013). The kernel lists these mounts in `mountinfo`, which we read once.

use std::fs;
use std::os::fd::AsRawFd;

use super::{Pid, ProcRoot, parse_pid};
use crate::host::open::contents;
use crate::host::progress::{self, Stage};
use crate::kernel::mountinfo::{mounts, root_mount};
use crate::kernel::word::parse_number;

impl ProcRoot {
    /// Whether something is mounted over a process's directory, or over a file in it.
    pub(crate) fn is_covered(&self, pid: Pid) -> bool {
        let find = || self.covered_processes().unwrap_or_default();
        self.covered.get_or_init(find).contains(&pid)
    }

    /// `None` if no table lists our mount. It may belong to a mount namespace in which no process
    /// lives that we can see. Then only the PID in `stat` and `status` shows whose they are.
    fn covered_processes(&self) -> Option<Vec<Pid>> {
        if !self.is_procfs {
            return None;
        }
        progress::enter(Stage::Listing);
        let info = self.own_file(&format!("fdinfo/{}", self.directory.as_raw_fd()))?;
        let mut fields = info.split(|&byte| byte == b'\n');
        let id = fields.find_map(|line| line.strip_prefix(b"mnt_id:"))?.trim_ascii();
        let id = parse_number(id)?;
        let covered_in = |table: Vec<u8>| {
            let own = mounts(&table).find(|mount| mount.id == id)?;
            let on_us = mounts(&table).filter(|mount| mount.parent == id);
            Some(on_us.filter_map(|mount| process_below(own.point, mount.point)).collect())
        };
        let ours = self.own_file("mountinfo").and_then(covered_in);
        ours.or_else(|| self.file("1/mountinfo").and_then(covered_in))
    }

    /// Reads a file of our own process. Tries the tree first, since there may be no other /proc
    /// here.
    pub(super) fn own_file(&self, name: &str) -> Option<Vec<u8>> {
        self.file(&format!("self/{name}")).or_else(|| fs::read(format!("/proc/self/{name}")).ok())
    }

    /// The mount that our own `/` is; `None` within a chroot, or where that is out of sight.
    pub(crate) fn own_root_mount(&self) -> Option<u64> {
        root_mount(self.own_mounts())
    }

    /// Our own `mountinfo`; empty where it is out of sight.
    pub fn own_mounts(&self) -> &[u8] {
        self.own_mounts.get_or_init(|| fs::read("/proc/self/mountinfo").unwrap_or_default())
    }

    fn file(&self, path: &str) -> Option<Vec<u8>> {
        self.open_file(path).and_then(contents).ok()
    }
}

/// The process whose directory below `top` the mount `point` is on, or in. Both are escaped alike.
fn process_below(top: &[u8], point: &[u8]) -> Option<Pid> {
    let below = point.strip_prefix(top)?.strip_prefix(b"/")?;
    parse_pid(below.split(|&byte| byte == b'/').next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_in_a_process_covers_it() {
        let below =
            |point: &str| process_below(b"/my\\040dir/proc", point.as_bytes()).map(|pid| pid.0);
        assert_eq!(below("/my\\040dir/proc/812"), Some(812));
        assert_eq!(below("/my\\040dir/proc/812/status"), Some(812));
        assert_eq!(below("/my\\040dir/proc/812//deleted"), Some(812));
        for point in
            ["/my\\040dir/proc", "/my\\040dir/proc/uptime", "/proc/812", "/my\\040dir/proc812"]
        {
            assert_eq!(below(point), None, "{point}");
        }
    }
}
