//! `/proc/PID/status`: credentials, capabilities, PID namespaces.
//!
//! The kernel escapes newlines in the name (fs/proc/array.c), so a line that begins with a key is
//! that key's line. Only the lines that someone asks for are parsed, and nothing is allocated.

use std::ops::Range;

use crate::kernel::capability::Capabilities;
use crate::kernel::word::{parse_number, words};

/// The four ids that a process has of a kind, in the order of the `Uid:` and `Gid:` lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
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

/// The capability sets that a process can use, or raise to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Held {
    /// `CapPrm:` what it may make effective.
    pub permitted: Capabilities,
    /// `CapEff:` what the kernel grants it now.
    pub effective: Capabilities,
    /// `CapAmb:` what also the programs have that it executes; kernels before 4.3 have none.
    pub ambient: Capabilities,
}

impl Held {
    /// All three together.
    pub const fn any(self) -> Capabilities {
        self.permitted.union(self.effective).union(self.ambient)
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
    /// `CapPrm:`, `CapEff:`, `CapAmb:`; `None` if a set that every kernel has is missing.
    pub held: Option<Held>,
    /// `NoNewPrivs:`; `None` before Linux 4.10.
    pub no_new_privs: Option<bool>,
    /// `VmExe:` the size of the executable's code in kB; `None` without memory of its own.
    pub code: Option<u64>,
    /// `Threads:` the first one included; 0 without that line.
    pub threads: u64,
    state: u8,
    groups: Option<Range<usize>>,
}

impl Status {
    /// Reads the file's text; `None` if it has no `Uid:` or no `Gid:` line.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut status = Self { pid_namespaces: 1, ..Self::default() };
        let (mut uid, mut gid) = (None, None);
        let (mut permitted, mut effective, mut ambient) = (None, None, None);
        let mut start = 0;
        for line in text.split(|&byte| byte == b'\n') {
            let end = start + line.len();
            // The first letters tell the few lines we want from the fifty that we don't.
            match line {
                [b'U', b'i', b'd', b':', rest @ ..] => uid = Some(parse_ids(rest)?),
                [b'G', b'i', b'd', b':', rest @ ..] => gid = Some(parse_ids(rest)?),
                [b'G', b'r', b'o', b'u', b'p', b's', b':', rest @ ..] => {
                    status.groups = Some(end - rest.len()..end);
                }
                [b'N', b'S', b'p', b'i', b'd', b':', rest @ ..] => {
                    status.pid_namespaces = words(rest).count();
                }
                [b'S', b't', b'a', b't', b'e', b':', b'\t', state, ..] => status.state = *state,
                [b'T', b'h', b'r', b'e', b'a', b'd', b's', b':', rest @ ..] => {
                    status.threads = parse_number(rest.trim_ascii())?;
                }
                [b'V', b'm', b'E', b'x', b'e', b':', rest @ ..] => {
                    status.code = words(rest).next().and_then(parse_number);
                }
                [b'C', b'a', b'p', b'P', b'r', b'm', b':', rest @ ..] => {
                    permitted = Capabilities::from_hex(rest.trim_ascii());
                }
                [b'C', b'a', b'p', b'E', b'f', b'f', b':', rest @ ..] => {
                    effective = Capabilities::from_hex(rest.trim_ascii());
                }
                [b'C', b'a', b'p', b'A', b'm', b'b', b':', rest @ ..] => {
                    ambient = Capabilities::from_hex(rest.trim_ascii());
                }
                [b'N', b'o', b'N', b'e', b'w', b'P', b'r', b'i', b'v', b's', b':', rest @ ..] => {
                    status.no_new_privs = Some(rest.trim_ascii() == b"1");
                    // The rest, nearly half of the file, is not ours (fs/proc/array.c).
                    break;
                }
                _ => {}
            }
            start = end + 1;
        }
        (status.uid, status.gid) = (uid?, gid?);
        status.held = permitted.zip(effective).map(|(permitted, effective)| Held {
            permitted,
            effective,
            ambient: ambient.unwrap_or_default(),
        });
        Some(status)
    }

    /// The supplementary groups; `text` is what was parsed. `None` without a `Groups:` line.
    pub fn groups<'t>(&self, text: &'t [u8]) -> Option<impl Iterator<Item = u32> + use<'t>> {
        let line = text.get(self.groups.clone()?)?;
        Some(words(line).filter_map(|word| u32::try_from(parse_number(word)?).ok()))
    }

    /// Whether any of its threads runs, as [`Stat::is_alive`](crate::kernel::stat::Stat::is_alive) has it;
    /// `None` without a `State:` line.
    pub const fn is_alive(&self) -> Option<bool> {
        match self.state {
            0 => None,
            b'Z' | b'X' | b'x' => Some(self.threads > 1),
            _ => Some(true),
        }
    }
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
        NSpid:\t812\t7\nUid:\t1\t33\t3\t4\nGid:\t5\t6\t7\t8\nGroups:\t0 33 1000 \nVmExe:\t     772 kB\nThreads:\t1\n\
        CapInh:\t0000000000000001\nCapPrm:\t0000000002000000\nCapEff:\t0000000000000000\n\
        CapBnd:\t000001ffffffffff\nCapAmb:\t0000000000000002\nNoNewPrivs:\t1\nSeccomp:\t0\n";

    #[test]
    fn ids_groups_and_namespaces_are_read() {
        let status = Status::parse(TEXT).unwrap();
        assert_eq!(status.uid.all(), [1, 33, 3, 4]);
        assert_eq!(status.gid.all(), [5, 6, 7, 8]);
        assert_eq!(status.groups(TEXT).unwrap().collect::<Vec<_>>(), [0, 33, 1000]);
        assert_eq!(status.pid_namespaces, 2);
        assert_eq!(status.is_alive(), Some(true));
        assert_eq!(status.code, Some(772));
    }

    #[test]
    fn capabilities_are_those_held_and_not_those_that_bound() {
        let status = Status::parse(TEXT).unwrap();
        let held = status.held.unwrap();
        assert_eq!(held.permitted.to_string(), "cap_sys_time");
        assert!(held.effective.is_empty());
        assert_eq!(held.any().to_string(), "cap_dac_override, cap_sys_time");
        assert_eq!(status.no_new_privs, Some(true));
    }

    #[test]
    fn what_an_old_kernel_does_not_write_is_not_made_up() {
        let status = Status::parse(b"Uid:\t1\t1\t1\t1\nGid:\t1\t1\t1\t1\n").unwrap();
        assert_eq!((status.held, status.no_new_privs), (None, None));
        assert!(status.groups(b"").is_none() && status.is_alive().is_none());
    }

    #[test]
    fn a_dead_leader_with_threads_is_alive() {
        let of = |threads: &str| {
            let text = format!("State:\tZ (zombie)\nUid:\t1\t1\t1\t1\nGid:\t1\t1\t1\t1\n{threads}");
            Status::parse(text.as_bytes()).unwrap().is_alive()
        };
        assert_eq!((of("Threads:\t2\n"), of("Threads:\t1\n")), (Some(true), Some(false)));
    }

    #[test]
    fn without_ids_it_is_no_status() {
        assert_eq!(Status::parse(b""), None);
        assert_eq!(Status::parse(b"Uid:\t0\t0\t0\t0\n"), None);
        assert_eq!(Status::parse(b"Uid:\t0\t0\t0\nGid:\t0\t0\t0\t0\n"), None);
    }
}
