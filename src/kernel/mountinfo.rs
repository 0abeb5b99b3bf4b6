//! The mounts that a process sees: `/proc/PID/mountinfo`, see `proc_pid_mountinfo(5)`.

use crate::kernel::word::parse_number;

/// The first fields of a line: where a mount is. The kernel's escapes in paths are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mount<'l> {
    /// Its id. No other mount in any namespace has the same id at the same time.
    pub id: u64,
    /// The id of the mount that it is mounted on.
    pub parent: u64,
    /// The directory of its file system that it shows.
    pub root: &'l [u8],
    /// Where it is mounted, seen from the process's root.
    pub point: &'l [u8],
}

/// The mounts that the text lists. Malformed lines are skipped.
pub fn mounts(text: &[u8]) -> impl Iterator<Item = Mount<'_>> {
    text.split(|&byte| byte == b'\n').filter_map(mount)
}

fn mount(line: &[u8]) -> Option<Mount<'_>> {
    let mut words = line.split(|&byte| byte == b' ');
    let id = parse_number(words.next()?)?;
    let parent = parse_number(words.next()?)?;
    Some(Mount { id, parent, root: words.nth(1)?, point: words.next()? })
}

/// The id of the mount at a process's `/`. Two processes with the same id have the same mount namespace
/// and the same root.
///
/// `None` if `/` is not a mount point, as after a chroot: the kernel lists only the mounts below the
/// root (`show_mountinfo` in `fs/proc_namespace.c`).
pub fn root_mount(text: &[u8]) -> Option<u64> {
    mounts(text).find(|mount| mount.point == b"/").map(|mount| mount.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"133 26 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n\
        40 133 0:22 /a\\040b /my\\040dir rw master:5 - proc proc rw\n";

    #[test]
    fn a_line_is_a_mount() {
        let all: Vec<_> = mounts(TEXT).collect();
        assert_eq!(all[1], Mount { id: 40, parent: 133, root: b"/a\\040b", point: b"/my\\040dir" });
        assert_eq!(root_mount(TEXT), Some(133));
        // Chrooted: into a directory of the mount, and into one with no mount below it.
        assert_eq!(root_mount(b"40 133 0:22 / /proc rw - proc proc rw\n"), None);
        assert_eq!(root_mount(b""), None);
        assert_eq!(mounts(&TEXT[..12]).count(), 0);
    }
}
