//! What is mounted on the tree: options that hide processes, and mounts that cover single ones.
//!
//! Whoever may mount can hide a process by an empty directory, or another process's, over its own
//! (MITRE ATT&CK, T1564.013). The kernel lists that in `mountinfo`, which is read once.

use std::fs;
use std::os::fd::AsRawFd;

use super::{Pid, ProcRoot, parse_pid};
use crate::host::open::contents;
use crate::host::progress::{self, Stage};

/// A line of `mountinfo` (`proc_pid_mountinfo(5)`), as far as it says where a mount is.
struct Mount<'l> {
    id: &'l [u8],
    parent: &'l [u8],
    point: &'l [u8],
}

impl ProcRoot {
    /// Whether something is mounted over a process's directory, or over a file in it.
    pub(crate) fn is_covered(&self, pid: Pid) -> bool {
        let find = || self.covered_processes().unwrap_or_default();
        self.covered.get_or_init(find).contains(&pid)
    }

    /// `None` where no table lists our mount: that of another mount namespace, without a process in
    /// sight that lives there. Then only the number in `stat` and `status` shows what they are of.
    fn covered_processes(&self) -> Option<Vec<Pid>> {
        if !self.is_procfs {
            return None;
        }
        progress::enter(Stage::Listing);
        let info = self.own_file(&format!("fdinfo/{}", self.directory.as_raw_fd()))?;
        let id = lines(&info).find_map(|line| line.strip_prefix(b"mnt_id:"))?.trim_ascii();
        let covered_in = |table: Vec<u8>| {
            let mounts = || lines(&table).filter_map(Mount::of);
            let own = mounts().find(|mount| mount.id == id)?;
            let on_us = mounts().filter(|mount| mount.parent == id);
            Some(on_us.filter_map(|mount| mount.process_below(own.point)).collect())
        };
        let ours = self.own_file("mountinfo").and_then(covered_in);
        ours.or_else(|| self.file("1/mountinfo").and_then(covered_in))
    }

    /// A file of our own process: the tree's first, since there may be no other /proc here.
    pub(super) fn own_file(&self, name: &str) -> Option<Vec<u8>> {
        self.file(&format!("self/{name}")).or_else(|| fs::read(format!("/proc/self/{name}")).ok())
    }

    fn file(&self, path: &str) -> Option<Vec<u8>> {
        self.open_file(path).and_then(contents).ok()
    }
}

impl<'l> Mount<'l> {
    fn of(line: &'l [u8]) -> Option<Self> {
        let mut words = line.split(|&byte| byte == b' ');
        Some(Self { id: words.next()?, parent: words.next()?, point: words.nth(2)? })
    }

    /// The process whose directory below `top` it is mounted on, or in. Both paths are escaped alike.
    fn process_below(&self, top: &[u8]) -> Option<Pid> {
        let below = self.point.strip_prefix(top)?.strip_prefix(b"/")?;
        parse_pid(below.split(|&byte| byte == b'/').next()?)
    }
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|&byte| byte == b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_in_a_process_covers_it() {
        let below = |line: &str| {
            let mount = Mount::of(line.as_bytes()).unwrap();
            assert_eq!((mount.id, mount.parent), (&b"40"[..], &b"25"[..]));
            mount.process_below(b"/my\\040dir/proc").map(|pid| pid.0)
        };
        let line = |point| format!("40 25 0:22 /1 {point} rw,relatime shared:5 - proc proc rw");
        assert_eq!(below(&line("/my\\040dir/proc/812")), Some(812));
        assert_eq!(below(&line("/my\\040dir/proc/812/status")), Some(812));
        assert_eq!(below(&line("/my\\040dir/proc/812//deleted")), Some(812));
        for point in
            ["/my\\040dir/proc", "/my\\040dir/proc/uptime", "/proc/812", "/my\\040dir/proc812"]
        {
            assert_eq!(below(&line(point)), None, "{point}");
        }
    }
}
