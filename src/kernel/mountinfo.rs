//! The mounts that a process sees: `/proc/PID/mountinfo`, see `proc_pid_mountinfo(5)`.

use memchr::memchr_iter;

use crate::kernel::word::parse_number;

/// The first fields of a line: where a mount is. The kernel's escapes in paths are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mount<'l> {
    /// Its id. No other mount in any namespace has the same id at the same time.
    pub id: u64,
    /// The id of the mount that it is mounted on.
    pub parent: u64,
    /// The device of its file system, as in `8:1`.
    pub device: &'l [u8],
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
    Some(Mount { id, parent, device: words.next()?, root: words.next()?, point: words.next()? })
}

/// The id of the mount at a process's `/`. Two processes with the same id have the same mount namespace
/// and the same root.
///
/// `None` if `/` is not a mount point, as after a chroot: the kernel lists only the mounts below the
/// root (`show_mountinfo` in `fs/proc_namespace.c`).
pub fn root_mount(text: &[u8]) -> Option<u64> {
    mounts(text).find(|mount| mount.point == b"/").map(|mount| mount.id)
}

/// The first line's id, parent, device, root and mount point, as they are written. They differ between two
/// roots of processes, unless one was mounted over the other: another namespace's mount has another id, and
/// another root sees it at another point.
///
/// `None` if the text has none, or ends before them.
pub fn first_place(text: &[u8]) -> Option<&[u8]> {
    // The kernel escapes blanks in paths.
    memchr_iter(b' ', text).nth(4).map(|end| &text[..end])
}

/// Where an absolute path without links is: the device of a file system, and the path in it. Two processes
/// for which that is the same see the same file.
///
/// `None` if no mount at `/` is listed, and for a path with a character that the kernel escapes here.
pub fn location<'l>(text: &'l [u8], path: &[u8]) -> Option<(&'l [u8], Vec<u8>)> {
    // `mangle` in fs/proc_namespace.c
    if path.iter().any(|byte| b" \t\n\\#".contains(byte)) {
        return None;
    }
    let around = mounts(text).filter_map(|mount| Some((mount, below(mount.point, path)?)));
    // Of several at one point, the last one is on top.
    let (mount, rest) = around.max_by_key(|(mount, _)| mount.point.len())?;
    let root = mount.root.strip_suffix(b"/").unwrap_or(mount.root);
    Some((mount.device, [root, rest].concat()))
}

impl Mount<'_> {
    /// Whether it shows the file at this [`location`].
    pub fn shows(&self, (device, path): &(&[u8], Vec<u8>)) -> bool {
        self.device == *device && below(self.root, path).is_some()
    }
}

/// The rest of a path that lies at or below a mount: empty, or with its slash.
fn below<'p>(point: &[u8], path: &'p [u8]) -> Option<&'p [u8]> {
    let rest = path.strip_prefix(point.strip_suffix(b"/").unwrap_or(point))?;
    (rest.is_empty() || rest.starts_with(b"/")).then(|| rest.strip_suffix(b"/").unwrap_or(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"133 26 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n\
        40 133 0:22 /a\\040b /my\\040dir rw master:5 - proc proc rw\n";

    #[test]
    fn a_line_is_a_mount() {
        let all: Vec<_> = mounts(TEXT).collect();
        let expected = Mount {
            id: 40,
            parent: 133,
            device: b"0:22",
            root: b"/a\\040b",
            point: b"/my\\040dir",
        };
        assert_eq!(all[1], expected);
        assert_eq!(root_mount(TEXT), Some(133));
        // Chrooted: into a directory of the mount, and into one with no mount below it.
        assert_eq!(root_mount(b"40 133 0:22 / /proc rw - proc proc rw\n"), None);
        assert_eq!(root_mount(b""), None);
        assert_eq!(mounts(&TEXT[..12]).count(), 0);
        assert_eq!(first_place(TEXT), Some(&b"133 26 254:1 / /"[..]));
        assert_eq!(first_place(&TEXT[..16]), None);
    }

    #[test]
    fn a_path_has_one_location() {
        let text: &[u8] = b"30 1 8:1 / / rw - ext4 /dev/vda1 rw\n\
            31 30 8:1 /usr /usr ro - ext4 /dev/vda1 rw\n\
            32 30 8:2 /x /home rw - ext4 /dev/vda2 rw\n33 32 0:9 / /home rw - tmpfs none rw\n";
        let at = |path: &str| {
            let (device, path) = location(text, path.as_bytes())?;
            Some(format!("{} {}", device.escape_ascii(), path.escape_ascii()))
        };
        assert_eq!(at("/"), Some("8:1 ".into()));
        assert_eq!(at("/usr/bin/x"), Some("8:1 /usr/bin/x".into()));
        assert_eq!(at("/usrx"), Some("8:1 /usrx".into()));
        assert_eq!(at("/home/a"), Some("0:9 /a".into()));
        assert_eq!(at("/home/a b"), None);
        assert_eq!(location(b"40 133 0:22 / /proc rw - proc proc rw\n", b"/usr"), None);
    }
}
