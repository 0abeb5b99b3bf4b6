//! `/proc/PID/status`: credentials, capabilities, PID namespaces.
//!
//! The kernel escapes newlines in the name (fs/proc/array.c), so a line that begins with a key is
//! that key's line. Only the lines that someone asks for are parsed, and nothing is allocated.

use std::ops::Range;

use crate::stat::parse_number;

/// The four ids that a process has of a kind, in the order of the `Uid:` and `Gid:` lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ids {
    /// Who started it.
    pub real: u32,
    /// Whose rights it has now.
    pub effective: u32,
    /// What it may go back to.
    pub saved: u32,
    /// Whose rights it has on files; follows the effective one unless set apart.
    pub filesystem: u32,
}

impl Ids {
    /// All four.
    pub const fn all(self) -> [u32; 4] {
        [self.real, self.effective, self.saved, self.filesystem]
    }
}

/// The lines of `/proc/PID/status` that selectors and checks ask for; see `proc_pid_status(5)`.
/// Ids are as the reader's user namespace sees them (65534 where they have no mapping).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// `Uid:`
    pub uid: Ids,
    /// `Gid:`
    pub gid: Ids,
    /// How many PID namespaces, from that of /proc inwards, the process has a number in
    /// (`NSpid:`); more than one means a nested one, a container.
    pub pid_namespaces: usize,
    groups: Range<usize>,
}

impl Status {
    /// Reads the file's text; `None` if it has no `Uid:` or no `Gid:` line.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut status = Self {
            pid_namespaces: 1,
            ..Self::default()
        };
        let (mut has_uid, mut has_gid) = (false, false);
        let mut start = 0;
        for line in text.split(|&byte| byte == b'\n') {
            let end = start + line.len();
            // Two letters tell the few lines we want from the fifty that we don't.
            match line {
                [b'U', b'i', b'd', b':', rest @ ..] => {
                    status.uid = parse_ids(rest)?;
                    has_uid = true;
                }
                [b'G', b'i', b'd', b':', rest @ ..] => {
                    status.gid = parse_ids(rest)?;
                    has_gid = true;
                }
                [b'G', b'r', b'o', b'u', b'p', b's', b':', rest @ ..] => {
                    status.groups = end - rest.len()..end;
                }
                [b'N', b'S', b'p', b'i', b'd', b':', rest @ ..] => {
                    status.pid_namespaces = words(rest).count();
                }
                _ => {}
            }
            start = end + 1;
        }
        (has_uid && has_gid).then_some(status)
    }

    /// The supplementary groups; `text` is what was parsed.
    pub fn groups<'t>(&self, text: &'t [u8]) -> impl Iterator<Item = u32> + 't {
        let line = text.get(self.groups.clone()).unwrap_or_default();
        words(line).filter_map(|word| u32::try_from(parse_number(word)?).ok())
    }
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
}

fn parse_ids(line: &[u8]) -> Option<Ids> {
    let mut ids = words(line).map(|word| u32::try_from(parse_number(word)?).ok());
    Some(Ids {
        real: ids.next()??,
        effective: ids.next()??,
        saved: ids.next()??,
        filesystem: ids.next()??,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"Name:\tevil\\nUid:\t0\nUmask:\t0022\nState:\tS (sleeping)\n\
        NSpid:\t812\t7\nUid:\t1\t33\t3\t4\nGid:\t5\t6\t7\t8\nGroups:\t0 33 1000 \nThreads:\t1\n";

    #[test]
    fn ids_groups_and_namespaces_are_read() {
        let status = Status::parse(TEXT).unwrap();
        assert_eq!(status.uid.all(), [1, 33, 3, 4]);
        assert_eq!(status.gid.all(), [5, 6, 7, 8]);
        assert_eq!(status.groups(TEXT).collect::<Vec<_>>(), [0, 33, 1000]);
        assert_eq!(status.pid_namespaces, 2);
    }

    #[test]
    fn without_ids_it_is_no_status() {
        assert_eq!(Status::parse(b""), None);
        assert_eq!(Status::parse(b"Uid:\t0\t0\t0\t0\n"), None);
        assert_eq!(Status::parse(b"Uid:\t0\t0\t0\nGid:\t0\t0\t0\t0\n"), None);
    }
}
